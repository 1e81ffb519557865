"""Scenarios about deadlines: calls that are not answered in time, and calls that are answered late but in time.

Nothing here sleeps. An answer that comes too late is held back until the client has given up; only a client that does
not give up waits for it. One that tries on and on is refused for good soon after its deadline.
"""

from __future__ import annotations

from conformance.lro.codes import Code
from conformance.rules.client import attempts_are_limited, is_ok, stops_at_its_deadline
from conformance.sdk.answers import EMPTY_OBJECT, Answer, envelope, held
from conformance.sdk.scenario import SHOWS_RUNNING, SUCCEEDS, Expectation, Scenario, cancel, get, operation

_UNAVAILABLE = envelope(Code.UNAVAILABLE, "the service is being restarted")
_SHORT = 400
"""Milliseconds: a deadline that passes."""

_TOO_LATE = 3000
"""Milliseconds: later than the deadline and all that is granted beyond it."""


def _too_late(answer: Answer) -> Answer:
    return held(answer, _TOO_LATE)


SCENARIOS = (
    Scenario(
        name="unavailable-for-ever",
        story="Every attempt is answered UNAVAILABLE.",
        control=SUCCEEDS,
        steps=(cancel(_UNAVAILABLE, timeout=300),),
        expectations=(
            Expectation("client-retry.deadline-ends-the-retries", stops_at_its_deadline),
            Expectation("client-retry.attempts-are-limited", attempts_are_limited),
        ),
    ),
    Scenario(
        name="no-answer-in-time",
        story="A cancel is not answered before its deadline.",
        control=SUCCEEDS,
        steps=(cancel(_too_late(EMPTY_OBJECT), timeout=_SHORT),),
    ),
    Scenario(
        name="get-no-answer-in-time",
        story="A get is not answered before its deadline.",
        control=SHOWS_RUNNING,
        steps=(get(_too_late(operation()), timeout=_SHORT),),
    ),
    Scenario(
        name="slow-answer",
        story="A cancel is answered late, but long before its deadline.",
        control=SUCCEEDS,
        steps=(cancel(held(EMPTY_OBJECT, 300), timeout=3000),),
        expectations=(Expectation("client-retry.deadline-is-used", is_ok),),
    ),
)
