"""Rules and oracles about what a client makes of an answer."""

from __future__ import annotations

from urllib.parse import urlsplit

from conformance.errors import NotApplicable, NotTested
from conformance.exchange import Exchange, Method, Wire
from conformance.lro.codes import Code
from conformance.rules.client.codes import code_in, follows_from, last_error
from conformance.rules.client.reading import (
    http_method_of,
    is_error,
    is_redirect,
    line_of,
    message_of,
    reply_in_words,
    statuses_of,
    was_answered,
)
from conformance.rules.client.turn import Outcome, Turn, TurnJudge, turn_rule
from conformance.rules.rule import Complaint


@turn_rule(
    "client-answer.error-is-no-success",
    when=lambda turn: (
        # Who mixes calls up that are made at once is told the answer to another one, and that is judged elsewhere.
        not turn.is_at_once
        and any(is_error(exchange) for exchange in turn.arrived)
        and not any(exchange.succeeded() and not _is_a_look(turn, exchange) for exchange in turn.arrived)
        # A helper that says that nothing was cancelled reports no success.
        and turn.said.cancelled is not False
    ),
)
def an_error_is_no_success(turn: Turn) -> Complaint | None:
    return turn.complain(f"the driver said ok, and was answered {statuses_of(turn)}") if turn.said.is_ok else None


def _is_a_look(turn: Turn, exchange: Exchange) -> bool:
    """Whether a client looked at the operation that it was to cancel or delete, and was not led there."""
    return (
        not turn.asks(Method.GET)
        and exchange.calls(Method.GET)
        and not any(is_redirect(each) for each in turn.arrived if each.number < exchange.number)
    )


@turn_rule(
    "client-answer.redirect-is-no-success",
    when=lambda turn: (
        was_answered(turn) and all(exchange.response is None or is_redirect(exchange) for exchange in turn.arrived)
    ),
    reads=Wire.HTTP,
)
def a_redirect_is_no_success(turn: Turn) -> Complaint | None:
    # RFC 9110, section 15.4: further action needs to be taken by the user agent in order to fulfill the request.
    return turn.complain(f"the driver said ok, and was answered {statuses_of(turn)}") if turn.said.is_ok else None


@turn_rule("client-answer.never-breaks-the-client", when=was_answered)
def an_answer_does_not_break_the_client(turn: Turn) -> Complaint | None:
    if turn.said.outcome is not Outcome.CLIENT_ERROR:
        return None
    return turn.complain(f"the client failed by itself on the answer {statuses_of(turn)}: {message_of(turn)}")


def is_ok(turn: Turn) -> Complaint | None:
    """The answer is a success, and the client says so."""
    if turn.said.is_ok and not (turn.asks(Method.CANCEL) and turn.said.cancelled is False):
        return None
    if not turn.answers:
        raise NotTested(f"the call did not arrive; the driver said {reply_in_words(turn)}")
    return turn.complain(f"the call succeeded, and the driver said {reply_in_words(turn)}")


def is_no_success(turn: Turn) -> Complaint | None:
    """The call does not succeed."""
    return turn.complain(f"the driver said ok; the answer was {statuses_of(turn)}") if turn.said.is_ok else None


def if_sent(judge: TurnJudge) -> TurnJudge:
    """An oracle about what is made of answers; that the call was sent at all is judged elsewhere."""

    def judge_sent(turn: Turn) -> Complaint | None:
        if not turn.answers:
            raise NotTested(f"the call did not arrive; the driver said {reply_in_words(turn)}")
        return judge(turn)

    return judge_sent


def success_was_answered(turn: Turn) -> Complaint | None:
    """The client reports success only if an attempt was answered with success."""
    if turn.said.is_ok and not any(exchange.succeeded() for exchange in turn.answers):
        return turn.complain(f"the driver said ok; what came back was {statuses_of(turn)}")
    return None


def reports(code: Code) -> TurnJudge:
    """An oracle: the client reports this code, or one with the same HTTP status; without codes, that status."""

    def judge(turn: Turn) -> Complaint | None:
        said = turn.said
        status = said.code.http_status if said.code is not None else said.http_status
        if said.outcome is Outcome.RPC_ERROR and status == code.http_status:
            return None
        return turn.complain(f"{code.name} was answered, and the driver said {reply_in_words(turn)}")

    return judge


def tells_no_other(*codes: Code) -> TurnJudge:
    """An oracle about a call among others at once: none of these codes is reported, which the others were answered."""

    def judge(turn: Turn) -> Complaint | None:
        said = turn.said
        status = said.code.http_status if said.code is not None else said.http_status
        if said.outcome is not Outcome.RPC_ERROR or status not in [code.http_status for code in codes]:
            return None
        return turn.complain(f"of a call that was not answered so the driver said {reply_in_words(turn)}")

    return judge


def unless_repeated(judge: TurnJudge) -> TurnJudge:
    """An oracle about an error that may be retried: it judges only clients that do not retry."""

    def judge_once(turn: Turn) -> Complaint | None:
        if len(turn.answers) > 1:
            raise NotApplicable(f"the client tries the error again, {len(turn.answers)} times in all")
        return judge(turn)

    return judge_once


def if_answered_last(status: int, judge: TurnJudge) -> TurnJudge:
    """An oracle about an error: it judges only clients for which this error was the last answer."""

    def judge_last(turn: Turn) -> Complaint | None:
        last = turn.answers[-1].response if turn.answers else None
        if last is not None and last.status != status:
            raise NotTested(f"the client went on after the answer {status}, and was answered {last.status} in the end")
        return judge(turn)

    return judge_last


def if_coded(judge: TurnJudge) -> TurnJudge:
    """An oracle about an answer in a content coding: it judges only clients that accept the coding."""

    def judge_coded(turn: Turn) -> Complaint | None:
        if not turn.answers:
            raise NotTested(f"the call did not arrive; the driver said {reply_in_words(turn)}")
        if not any(exchange.response and exchange.response.header("content-encoding") for exchange in turn.answers):
            raise NotApplicable("the client does not say that it accepts gzip")
        return judge(turn)

    return judge_coded


def sends_its_own_name(judge: TurnJudge) -> TurnJudge:
    """An oracle about a call that was made beside another one: it is sent, and then it is judged by `judge`.

    If nothing but calls of other names came, the calls were mixed up. A client that sends no such call at all does it
    without another one beside it, too, and other requirements are about that.
    """

    def judge_own(turn: Turn) -> Complaint | None:
        if turn.answers or turn.said.is_missing:
            return judge(turn)
        mixed_up = next((exchange for exchange in turn.arrived if exchange.calls(turn.request.method)), None)
        if mixed_up is None:
            raise NotTested(f"no {turn.request.method.value} arrived at all")
        if turn.said.outcome is Outcome.TRANSPORT_ERROR:
            # Calls may wait for each other, such as for the one connection that a client has.
            raise NotTested(f"the client gave up before it had sent the call: {reply_in_words(turn)}")
        return turn.complain(
            f"no {turn.request.method.value} of {turn.request.name} arrived, but {line_of(mixed_up)};"
            f" the driver said {reply_in_words(turn)}"
        )

    return judge_own


def keeps_the_message(message: str) -> TurnJudge:
    """An oracle: the message of the error reaches the caller."""

    def judge(turn: Turn) -> Complaint | None:
        if turn.said.outcome is not Outcome.RPC_ERROR or not turn.answers:
            raise NotTested(f"the driver said {reply_in_words(turn)}, not an RPC error that was answered")
        if message in turn.said.message:
            return None
        return turn.complain(f"the error says {message!r}; the client says {turn.said.message!r}")

    return judge


def keeps_the_code(code: Code) -> TurnJudge:
    """An oracle: the canonical code reaches the caller, not only the HTTP status, which several codes share."""

    def judge(turn: Turn) -> Complaint | None:
        if turn.said.outcome is not Outcome.RPC_ERROR:
            raise NotTested(f"the driver said {reply_in_words(turn)}, not an RPC error")
        if turn.said.code is code:
            return None
        return turn.complain(f"{code.name} was answered, and the driver said {reply_in_words(turn)}")

    return judge


def keeps_the_status(turn: Turn) -> Complaint | None:
    """An oracle: an error that cannot be read is reported with its HTTP status, or a code that follows from it.

    After retries the last answer counts.
    """
    said, last = turn.said, last_error(turn)
    if last is None or said.is_ok or said.outcome is Outcome.CLIENT_ERROR:
        raise NotTested(f"the driver said {reply_in_words(turn)}, which is judged elsewhere")
    if said.outcome is Outcome.RPC_ERROR and (
        said.http_status == last.http_status
        if said.code in (None, Code.UNKNOWN)
        else said.code is not None and (follows_from(last.http_status, said.code) or said.code is code_in(last))
    ):
        return None
    return turn.complain(f"{last.http_status} was answered, and the driver said {reply_in_words(turn)}")


def keeps_the_method(turn: Turn) -> Complaint | None:
    """A redirect that keeps the method (307, 308) is followed with the same method, or not at all.

    What its body says is judged as that of any cancel: no bytes say as little as an empty object.
    """
    followed = [(moved, later) for moved in turn.answers for later in _where_it_leads(moved, turn)]
    changed = [(moved, later) for moved, later in followed if later.request.method != moved.request.method]
    if changed:
        moved, later = changed[0]
        return turn.complain(
            f"the redirect of a {moved.request.method} was followed with {line_of(later)}", *turn.arrived
        )
    if turn.said.is_ok and turn.answers and not followed:
        return turn.complain(f"the driver said ok; the answer was {statuses_of(turn)}")
    return None


def get_is_no_cancel(turn: Turn) -> Complaint | None:
    """If a redirect was followed with a GET, nothing was cancelled or deleted, and the client reports no success."""
    method = http_method_of(turn)
    if (
        turn.said.is_ok
        and turn.answers
        and not any(each.request.method == method and each.succeeded() for each in turn.arrived)
    ):
        return turn.complain(f"the driver said ok; no {method} was answered with a success", *turn.arrived)
    return None


def _where_it_leads(moved: Exchange, turn: Turn) -> list[Exchange]:
    """What arrived at the path of a redirect's Location, after it; anything else is another call of the client."""
    location = moved.response.header("location") if moved.response is not None and is_redirect(moved) else None
    if location is None:
        return []
    path = urlsplit(location).path
    return [later for later in turn.arrived if later.number > moved.number and later.request.path == path]
