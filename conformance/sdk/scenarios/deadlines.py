"""Scenarios about deadlines: calls that are not answered in time, and calls that are answered late but in time.

Nothing here sleeps. An answer that comes too late is held back until the client has given up; only a client that does
not give up waits for it. One that tries on and on is refused for good soon after its deadline.
"""

from __future__ import annotations

from dataclasses import replace

from conformance.exchange import Method, Response
from conformance.lro.codes import Code
from conformance.rules.client import attempts_are_limited, is_ok, stops_at_its_deadline
from conformance.sdk.answers import EMPTY_OBJECT, JSON, Answer, Script, body_answer, envelope, held, json_answer, paced
from conformance.sdk.pacing import Pace
from conformance.sdk.scenario import SHOWS_RUNNING, SUCCEEDS, Expectation, Scenario, Step, cancel, get, operation

_UNAVAILABLE = envelope(Code.UNAVAILABLE, "the service is being restarted")
_SHORT = 300
"""Milliseconds: a deadline that passes."""

_LONGER = 1000
"""Milliseconds: a deadline that is not hidden by what is granted beyond a short one."""

_LONGEST, _SHORTLY_BEFORE = 2000, 1900
"""Milliseconds: a deadline, and a moment from which an attempt that has all of it lasts much too long, beside what is
granted and what a busy machine takes."""

_TOO_LATE = 3000
"""Milliseconds: later than the deadline and all that is granted beyond it."""

_PADDED = b"{" + b" " * 58 + b"}"
_LONG = body_answer(200, _PADDED, JSON)
_ENDLESS = Answer(Response(200, (("Content-Type", JSON), ("Connection", "close")), b"{", "OK"))


def _too_late(answer: Answer) -> Answer:
    return held(answer, _TOO_LATE)


def _asking_to_wait(until: str) -> Answer:
    """UNAVAILABLE with Retry-After, which is a number of seconds or a date (RFC 9110, section 10.2.3)."""
    response = _UNAVAILABLE.response
    return replace(_UNAVAILABLE, response=replace(response, headers=(*response.headers, ("Retry-After", until))))


def _slowly(name: str, summary: str, answer: Answer, pace: Pace) -> Scenario:
    """Something comes in time, and the end of it does not."""
    return Scenario(name, summary, SUCCEEDS, (cancel(paced(answer, pace), timeout=_SHORT),))


SCENARIOS = (
    Scenario(
        name="unavailable-for-ever",
        summary="Every attempt is answered UNAVAILABLE.",
        control=SUCCEEDS,
        steps=(cancel(_UNAVAILABLE, timeout=300),),
        expectations=(
            Expectation("client-retry.deadline-ends-the-retries", stops_at_its_deadline),
            Expectation("client-retry.attempts-are-limited", attempts_are_limited),
        ),
    ),
    Scenario(
        name="no-answer-in-time",
        summary="A cancel is not answered before its deadline.",
        control=SUCCEEDS,
        steps=(cancel(_too_late(EMPTY_OBJECT), timeout=_SHORT),),
    ),
    Scenario(
        name="get-no-answer-in-time",
        summary="A get is not answered before its deadline.",
        control=SHOWS_RUNNING,
        steps=(get(_too_late(operation()), timeout=_LONGER),),
    ),
    *(
        Scenario(
            name=f"{method.value}-no-answer-in-time",
            summary=f"A {method.value} is not answered before its deadline.",
            control=SUCCEEDS,
            steps=(Step(method, Script((_too_late(answer),)), name=name, timeout=_SHORT),),
        )
        for method, answer, name in (
            (Method.LIST, json_answer(200, {"operations": []}), "{parent}"),
            (Method.DELETE, EMPTY_OBJECT, "{operation}"),
        )
    ),
    _slowly(
        "dribbled-answer",
        "The answer to a cancel comes in time, but a byte every 50 ms, and so is not whole before the deadline.",
        _LONG,
        Pace(every=50),
    ),
    _slowly(
        "dribbled-head",
        "The head of the answer to a cancel comes a byte every 30 ms.",
        EMPTY_OBJECT,
        Pace(with_head=False, every=30),
    ),
    _slowly(
        "silent-after-head",
        "The head of the answer to a cancel comes at once, and its content does not.",
        EMPTY_OBJECT,
        Pace(at_most=_TOO_LATE),
    ),
    _slowly(
        "endless-answer",
        "The answer to a cancel goes on and on.",
        _ENDLESS,
        Pace(every=20, endless=True, at_most=_TOO_LATE),
    ),
    Scenario(
        name="dribbled-operation",
        summary="An operation comes a byte every 50 ms, and so is not whole before the deadline of the get.",
        control=SHOWS_RUNNING,
        steps=(get(paced(operation(), Pace(every=50)), timeout=_SHORT),),
    ),
    Scenario(
        name="unavailable-late",
        summary="Every attempt is answered UNAVAILABLE, and not at once: the deadline is that of all attempts.",
        control=SUCCEEDS,
        steps=(cancel(held(_UNAVAILABLE, 180), timeout=_SHORT),),
        expectations=(Expectation("client-retry.deadline-ends-the-retries", stops_at_its_deadline),),
    ),
    Scenario(
        name="get-unavailable-late",
        summary="A get is answered UNAVAILABLE, and not at once; another attempt is not answered before its deadline.",
        control=SHOWS_RUNNING,
        steps=(get(held(_UNAVAILABLE, _SHORTLY_BEFORE), _too_late(operation()), timeout=_LONGEST),),
        expectations=(Expectation("client-retry.deadline-ends-the-retries", stops_at_its_deadline),),
    ),
    Scenario(
        name="try-again-after-the-deadline",
        summary="A cancel is answered UNAVAILABLE, and is to be tried again at a time after its deadline.",
        control=SUCCEEDS,
        steps=(cancel(_asking_to_wait("3"), timeout=600),),
    ),
    Scenario(
        name="get-try-again-after-the-deadline",
        summary="A get is answered UNAVAILABLE, and is to be tried again at a time after its deadline.",
        control=SHOWS_RUNNING,
        steps=(get(_asking_to_wait("3"), timeout=600),),
    ),
    Scenario(
        name="try-again-at-a-date",
        summary="A cancel is answered UNAVAILABLE, and is to be tried again at a date, which is past.",
        control=SUCCEEDS,
        steps=(cancel(_asking_to_wait("Wed, 21 Oct 2015 07:28:00 GMT"), EMPTY_OBJECT),),
    ),
    Scenario(
        name="slow-answer-in-pieces",
        summary="The answer to a cancel comes a byte every 60 ms, and is whole long before the deadline.",
        control=SUCCEEDS,
        steps=(cancel(paced(body_answer(200, b"{  }", JSON), Pace(every=60)), timeout=3000),),
        expectations=(Expectation("client-retry.deadline-is-used", is_ok),),
    ),
    *(
        Scenario(
            name=f"{method.value}-slow-answer",
            summary=f"A {method.value} is answered late, but long before its deadline.",
            control=control,
            steps=(Step(method, Script((held(answer, 1200),)), name=name, timeout=5000),),
            expectations=(Expectation("client-retry.deadline-is-used", is_ok),),
        )
        for method, answer, name, control in (
            (Method.GET, operation(), "{operation}", SHOWS_RUNNING),
            (Method.LIST, json_answer(200, {"operations": []}), "{parent}", SUCCEEDS),
            (Method.DELETE, EMPTY_OBJECT, "{operation}", SUCCEEDS),
        )
    ),
    Scenario(
        name="slow-answer",
        summary="A cancel is answered late, but long before its deadline.",
        control=SUCCEEDS,
        steps=(cancel(held(EMPTY_OBJECT, 1200), timeout=5000),),
        expectations=(Expectation("client-retry.deadline-is-used", is_ok),),
    ),
)
