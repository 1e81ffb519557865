"""Scenarios about connections: what became of one says nothing of the next call."""

from __future__ import annotations

from conformance.lro.codes import Code
from conformance.lro.operation import State
from conformance.rules.client import gets_through, is_no_success, shows, success_was_answered
from conformance.sdk.answers import (
    EMPTY_OBJECT,
    RESET,
    Answer,
    body_answer,
    closing,
    cut,
    envelope,
    framed,
    late,
    twice,
)
from conformance.sdk.framing import followed_by
from conformance.sdk.scenario import (
    IS_REFUSED,
    RESPONSE,
    SHOWS_RUNNING,
    SUCCEEDS,
    Expectation,
    Scenario,
    cancel,
    get,
    operation,
)

_NEXT = "client-retry.next-call-gets-through"
_NOTICED = "client-retry.silent-close-is-noticed"
_OWN = "client-answer.belongs-to-its-request"
_SHORT = 400
"""Milliseconds: a deadline that passes."""

_SECOND = "{operation}-second"
_SAYS_CLOSE = body_answer(200, b"{}", "application/json", ("Connection", "close"))
_ENDED = operation(True, response=RESPONSE)


def _cancelled_after(name: str, summary: str, *answers: Answer, requirement: str = _NEXT) -> Scenario:
    """A cancel that is answered like this, and then one of another operation that is accepted."""
    return Scenario(
        name,
        summary,
        SUCCEEDS,
        (cancel(*answers), cancel(EMPTY_OBJECT, name=_SECOND)),
        (Expectation(requirement, gets_through),),
    )


def _shown_after(name: str, summary: str, *answers: Answer, requirement: str = _NEXT) -> Scenario:
    """A get that is answered like this, and then one of another operation that is shown."""
    return Scenario(
        name,
        summary,
        SHOWS_RUNNING,
        (get(*answers), get(operation(name=_SECOND), name=_SECOND)),
        (
            Expectation(requirement, gets_through),
            Expectation("client-answer.lost-answer-is-no-success", success_was_answered, step=0),
        ),
    )


SCENARIOS = (
    _cancelled_after(
        "closed-connection",
        "A server closes the connection after its answer, without a word.",
        closing(EMPTY_OBJECT),
        requirement=_NOTICED,
    ),
    _cancelled_after("announced-close", "A server says that it closes the connection, and does.", _SAYS_CLOSE),
    _cancelled_after("broken-connection", "The connection breaks before the answer to a cancel.", *twice(RESET)),
    _shown_after(
        "get-closed-connection",
        "A server closes the connection after its answer, without a word.",
        closing(operation()),
        requirement=_NOTICED,
    ),
    _shown_after("get-broken-connection", "The connection breaks before the answer to a get.", *twice(RESET)),
    _shown_after("get-cut-connection", "The connection breaks within the answer to a get.", *twice(cut(operation()))),
    Scenario(
        "late-answer",
        "A cancel is answered when its time is over; the next one, of another operation, is refused.",
        IS_REFUSED,
        (
            cancel(late(EMPTY_OBJECT), timeout=_SHORT),
            cancel(envelope(Code.NOT_FOUND, "there is no such operation"), name=_SECOND),
        ),
        (Expectation(_OWN, is_no_success),),
    ),
    Scenario(
        "answer-to-nothing",
        "After the answer to a cancel comes another one, which nobody asked for; the next cancel is refused.",
        IS_REFUSED,
        (
            cancel(framed(EMPTY_OBJECT, followed_by(EMPTY_OBJECT.response))),
            cancel(envelope(Code.NOT_FOUND, "there is no such operation"), name=_SECOND),
        ),
        (Expectation(_OWN, is_no_success),),
    ),
    Scenario(
        "get-late-answer",
        "A get is answered when its time is over; the next one, of another operation, shows that it runs.",
        SHOWS_RUNNING,
        (get(late(_ENDED), timeout=_SHORT), get(operation(name=_SECOND), name=_SECOND)),
        (Expectation(_OWN, shows(State.RUNNING)),),
    ),
)
