"""Rules and oracles about the code that an error is reported with.

A client that retries gets several answers; it reports the last one. The code of an answer is the canonical code of the
envelope or of a bare Status; without one, the HTTP status counts.
"""

from __future__ import annotations

from collections.abc import Sequence

from conformance.errors import NotApplicable, NotTested
from conformance.exchange import Exchange, SemanticView
from conformance.lro.codes import Code
from conformance.rules.client.reading import (
    is_error,
    is_wait,
    names_an_operation,
    reply_in_words,
    something_arrived,
    statuses_of,
    time_was_over,
)
from conformance.rules.client.turn import Outcome, Turn, turn_rule
from conformance.rules.rule import Complaint

_REFUSALS = frozenset(
    [
        Code.NOT_FOUND,
        Code.ALREADY_EXISTS,
        Code.PERMISSION_DENIED,
        Code.FAILED_PRECONDITION,
        Code.OUT_OF_RANGE,
        Code.UNIMPLEMENTED,
    ]
)
"""Codes that only a service can know: no client makes them of an answer that it cannot read, or without an answer."""

_REFUSED = frozenset({403, 404, 409, 412, 501})
"""The HTTP statuses of refusals, without 400, 401 and 429, which clients also use for errors of their own."""


def last_error(turn: Turn) -> SemanticView | None:
    """The last answer to the call, when it is an error; what is sent after the reply was not known to it."""
    before = _before_the_reply(turn.answers, turn)
    return before[-1].view if before and is_error(before[-1]) else None


def _before_the_reply(exchanges: Sequence[Exchange], turn: Turn) -> list[Exchange]:
    """Those that had begun by then: when an answer was read nobody outside knows."""
    return [exchange for exchange in exchanges if exchange.sent_at <= turn.said.at]


def code_in(error: SemanticView) -> Code | None:
    """The canonical code that the Status of an error says; None if it says none."""
    return error.status.code if error.status is not None else None


def tells_the_last_answer(turn: Turn) -> Complaint | None:
    """An oracle: the error of the last answer is reported with its code, one of the same HTTP status, or that status.

    A client whose deadline passed while it was retrying may report that instead.
    """
    last = last_error(turn)
    if last is None:
        raise NotTested(f"the last answer was no error: {statuses_of(turn)}")
    said = turn.said
    status = said.code.http_status if said.code is not None else said.http_status
    if said.outcome is Outcome.RPC_ERROR and status == last.http_status:
        return None
    if said.is_ok:
        raise NotTested("the driver said ok, which is judged elsewhere")
    if time_was_over(turn):
        raise NotTested(f"the time of the call was over, and the driver said {reply_in_words(turn)}")
    code = code_in(last)
    answered = code.name if code is not None else str(last.http_status)
    # Who does not know an error by its number either has most likely a driver that forgets it.
    is_bare = said.outcome is Outcome.RPC_ERROR and said.code is None and said.http_status is None
    hint = "; does the driver pass on the `code` or `http_status` of the SDK's error?" if is_bare else ""
    return turn.complain(f"{answered} was answered last, and the driver said {reply_in_words(turn)}{hint}")


@turn_rule(
    "client-answer.last-answer-is-told",
    when=lambda turn: (
        not is_wait(turn)
        and len(_before_the_reply(turn.answers, turn)) > 1
        # An attempt on another path is judged by what it asks for, and not by what is made of its answer.
        and turn.asked_for(_before_the_reply(turn.arrived, turn)[-1])
        and (last := last_error(turn)) is not None
        and code_in(last) is not None
        and not turn.said.is_ok
        and not time_was_over(turn)
    ),
)
def of_several_answers_the_last_is_told(turn: Turn) -> Complaint | None:
    return tells_the_last_answer(turn)


@turn_rule(
    "client-answer.no-refusal-is-invented",
    when=lambda turn: (
        not turn.said.is_ok
        and (something_arrived(turn) or turn.said.outcome is Outcome.RPC_ERROR)
        # A wait ends with the error of its operation, which nothing but the operation says.
        and not is_wait(turn)
        # A refusal of another call that was under way is no invention; another requirement is about these.
        and not turn.is_at_once
        and names_an_operation(turn)
        and not any(_is_refusal(exchange) for exchange in turn.arrived)
    ),
)
def a_refusal_was_answered(turn: Turn) -> Complaint | None:
    """gRPC lists the codes that its libraries never create by themselves."""
    said = turn.said
    is_refusal = said.code in _REFUSALS if said.code is not None else said.http_status in _REFUSED
    if said.outcome is not Outcome.RPC_ERROR or not is_refusal:
        return None
    return turn.complain(f"the driver said {reply_in_words(turn)}; what came back was {statuses_of(turn) or 'nothing'}")


def _is_refusal(exchange: Exchange) -> bool:
    """Whether a client may report the answer as a refusal: any 4xx, and 501."""
    return exchange.response is not None and (400 <= exchange.response.status < 500 or exchange.response.status == 501)


def keeps_the_class(turn: Turn) -> Complaint | None:
    """An oracle: an error of class 4xx is not reported as one of class 5xx, nor the other way round.

    UNKNOWN has no class, and neither has a client error that only says that the answer cannot be read.
    """
    last = last_error(turn)
    if last is None:
        raise NotTested(f"the last answer was no error: {statuses_of(turn)}")
    said = turn.said
    if said.outcome is not Outcome.RPC_ERROR or (said.code is Code.UNKNOWN and said.http_status is None):
        raise NotApplicable(f"the driver said {reply_in_words(turn)}, which names no class")
    if said.code in (None, Code.UNKNOWN):
        status = said.http_status
    else:
        status = said.code.http_status if said.code is not None else None
    if status is None:
        raise NotApplicable(f"the driver said {reply_in_words(turn)}, which names no class")
    if status // 100 == last.http_status // 100 or (last.http_status, said.code) == (408, Code.DEADLINE_EXCEEDED):
        return None
    return turn.complain(f"{last.http_status} was answered, and the driver said {reply_in_words(turn)}")


def follows_from(status: int, code: Code) -> bool:
    """Whether a code may be made of an HTTP status alone.

    If the status belongs to a code, that code. Else any code of its class; of 408 those, too, that speak of time.
    """
    if any(other.http_status == status for other in Code if other is not Code.OK):
        return code.http_status == status
    if status in _NEAR:
        return code in _NEAR[status]
    return code in (_MISTAKES if 400 <= status < 500 else _FAILURES)


_MISTAKES = frozenset({Code.INVALID_ARGUMENT, Code.FAILED_PRECONDITION})
_FAILURES = frozenset({Code.INTERNAL, Code.UNAVAILABLE})
_NEAR = {408: frozenset({*_MISTAKES, Code.DEADLINE_EXCEEDED, Code.UNAVAILABLE})}
