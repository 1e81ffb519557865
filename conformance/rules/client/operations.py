"""Rules and oracles about what a client shows of an operation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs

from conformance.errors import NotTested
from conformance.exchange import Exchange
from conformance.lro.codes import Code
from conformance.lro.operation import Operation, State
from conformance.rules.client.reading import is_wait, reply_in_words
from conformance.rules.client.turn import Turn, TurnJudge, turn_rule
from conformance.rules.rule import Complaint


@turn_rule(
    "client-operation.name-is-kept",
    # A helper that returns the result alone shows no name, and then a driver replies null.
    when=lambda turn: (
        turn.said.operation is not None
        and turn.said.operation.get("name", "") is not None
        and _operation_in(turn) is not None
        and not turn.is_at_once
    ),
)
def the_operation_has_its_name(turn: Turn) -> Complaint | None:
    sent, said = _operation_in(turn), turn.said.operation
    assert sent is not None
    assert said is not None
    if said.get("name") == sent.name:
        return None
    return turn.complain(f"the operation is called {sent.name} and was given out as {said.get('name')}")


def keeps_the_message_of_the_operation(turn: Turn) -> Complaint | None:
    """The message of an operation's error reaches the caller, as does that of a wait that throws this error."""
    sent, said = _operation_in(turn), turn.said
    error = said.operation.get("error") if said.operation is not None else None
    if is_wait(turn) and sent is not None and said.code is not None and sent.error_code == said.code:
        error = {"message": said.message}
    if sent is None or sent.error is None or not isinstance(error, Mapping):
        raise NotTested(f"the driver said {reply_in_words(turn)}, and showed no operation with an error")
    message = str(sent.error.get("message", ""))
    if message in str(error.get("message") or ""):
        return None
    return turn.complain(f"the operation's error says {message!r}; the client shows {error.get('message')!r}")


def if_shown(judge: TurnJudge) -> TurnJudge:
    """An oracle about an operation that some clients cannot read: it judges only clients that show it."""

    def judge_shown(turn: Turn) -> Complaint | None:
        if turn.said.operation is None:
            raise NotTested(f"the driver said {reply_in_words(turn)}, and showed no operation")
        return judge(turn)

    return judge_shown


def shows_an_end(turn: Turn) -> Complaint | None:
    """The client shows an operation that is done, with an error or a response; which of them is judged elsewhere."""
    said = turn.said.operation
    if said is not None and said.get("done") and (said.get("error") is not None or said.get("response")):
        return None
    instead = _operation_in_words(said) if said is not None else reply_in_words(turn)
    return turn.complain(f"an operation that has ended was answered, and the driver showed {instead}")


def shows_that_it_has_ended(turn: Turn) -> Complaint | None:
    """The client shows an operation that is done and was not cancelled, with whatever error or response."""
    said = turn.said.operation
    if said is None:
        raise NotTested(f"the driver said {reply_in_words(turn)}, and showed no operation")
    if as_said(said).state not in (State.RUNNING, State.CANCELLED):
        return None
    return turn.complain(f"the operation is done, with an error; the client shows {_operation_in_words(said)}")


def shows(state: State, code: Code | None = None) -> TurnJudge:
    """An oracle: the client shows an operation in this state, ended with this code, and its predicate agrees."""

    def judge(turn: Turn) -> Complaint | None:
        said = turn.said.operation
        if said is None and not turn.answers:
            raise NotTested(f"the call did not arrive; the driver said {reply_in_words(turn)}")
        if said is None:
            return turn.complain(f"an operation was answered, and the driver said {reply_in_words(turn)}")
        seen = as_said(said)
        is_consistent = (seen.error is None or state in (State.CANCELLED, State.FAILED)) and (
            seen.response is None or state is State.SUCCEEDED
        )
        # While the operation runs, a future that was cancelled may say so of itself.
        is_denied = state is not State.RUNNING and turn.said.cancelled not in (None, state is State.CANCELLED)
        if seen.state is state and is_consistent and (code is None or seen.error_code == code) and not is_denied:
            return None
        expected = f"{state.value} with code {int(code)}" if code is not None else state.value
        predicate = f", cancelled: {str(turn.said.cancelled).lower()}" if is_denied else ""
        return turn.complain(f"the operation is {expected}; the client shows {_operation_in_words(said)}{predicate}")

    return judge


def shows_no_other(turn: Turn) -> Complaint | None:
    """An oracle about a get beside others at once: the operation that is shown is none that another get asked for."""
    others = {exchange.call.name for exchange in turn.arrived if exchange.call is not None} - {turn.request.name}
    said = turn.said.operation
    if said is None or said.get("name") not in others:
        return None
    return turn.complain(f"the client was to get {turn.request.name}, and shows {said.get('name')}")


def _operation_in(turn: Turn) -> Operation | None:
    """The operation that the server answered last, if any."""
    for exchange in reversed(turn.answers):
        if exchange.response is not None:
            members = exchange.response.json_object()
            return Operation(members) if members is not None and exchange.succeeded() else None
    return None


def as_said(said: Mapping[str, Any]) -> Operation:
    """The operation as the driver describes it, as JSON of an operation; the driver says only whether there is a
    response."""
    return Operation({**said, "response": {} if said.get("response") else None})


def _operation_in_words(said: Mapping[str, Any]) -> str:
    seen = as_said(said)
    code = f", with an error of code {seen.error_code}" if seen.error is not None else ""
    response = ", with a response" if seen.response is not None else ""
    return f"one that is {seen.state.value}{code}{response}"


def if_listed(judge: TurnJudge) -> TurnJudge:
    """An oracle about a list of which an answer may end the call: it judges only clients that show operations."""

    def judge_listed(turn: Turn) -> Complaint | None:
        if turn.said.operations is None:
            raise NotTested(f"the driver said {reply_in_words(turn)}, and showed no operations")
        return judge(turn)

    return judge_listed


def shows_a_list(turn: Turn) -> Complaint | None:
    """Every operation of every page is shown once, as a get would show it: its name, its state, and its code.

    In which order they are shown is the client's own business.
    """
    pages = [
        (exchange, members)
        for exchange in turn.answers
        if exchange.response is not None and exchange.succeeded() and (members := exchange.response.json_object())
    ]
    if not pages:
        raise NotTested(f"no list arrived; the driver said {reply_in_words(turn)}")
    if turn.said.operations is None:
        return turn.complain(f"a list was answered, and the driver said {reply_in_words(turn)}")
    token = ""
    for exchange, members in pages:
        if (asked := _page_of(exchange)) != token:
            return turn.complain(f"the next page has the token {token!r}, and the client asked for {asked!r}")
        token = members.get("nextPageToken") or ""
    if token:
        return turn.complain(f"the list goes on at the page token {token!r}, and the client did not ask for that page")
    answered = [_in_short(Operation(each)) for _, members in pages for each in members.get("operations") or []]
    shown = [_in_short(as_said(each)) for each in turn.said.operations]
    if sorted(shown) == sorted(answered):
        return None
    return turn.complain(f"the list has {', '.join(answered)}; the client shows {', '.join(shown) or 'none'}")


def _page_of(exchange: Exchange) -> str:
    """The page token in the query of a list, in either spelling of the field; two are none that was given."""
    fields = parse_qs(exchange.request.query)
    return " and ".join(fields.get("pageToken", []) + fields.get("page_token", []))


def _in_short(operation: Operation) -> str:
    code = f" {operation.error_code}" if operation.error is not None else ""
    return f"{operation.name} {operation.state.value}{code}"
