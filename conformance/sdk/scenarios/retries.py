"""Scenarios about time: what is tried again, how often, and when it is over.

Nothing here sleeps. An answer that comes too late is held back until the client has given up; only a client that does
not give up waits for it. One that tries on and on is refused for good soon after its deadline.
"""

from __future__ import annotations

from conformance.lro.codes import Code
from conformance.rules.client import (
    attempts_are_limited,
    is_repeated_until_available,
    keeps_its_deadline,
    stops_at_its_deadline,
)
from conformance.sdk.answers import EMPTY_OBJECT, envelope, held, twice
from conformance.sdk.scenario import SUCCEEDS, Expectation, Scenario, cancel

_UNAVAILABLE = envelope(Code.UNAVAILABLE, "the service is being restarted")

SCENARIOS = (
    Scenario(
        name="unavailable-once",
        story="A cancel is answered UNAVAILABLE, and the second attempt succeeds.",
        control=SUCCEEDS,
        steps=(cancel(_UNAVAILABLE, EMPTY_OBJECT),),
        expectations=(Expectation("client-retry.unavailable-is-repeated", is_repeated_until_available),),
    ),
    Scenario(
        name="unavailable-for-ever",
        story="Every attempt is answered UNAVAILABLE.",
        control=SUCCEEDS,
        steps=(cancel(_UNAVAILABLE, timeout=200),),
        expectations=(
            Expectation("client-retry.deadline-ends-the-retries", stops_at_its_deadline),
            Expectation("client-retry.attempts-are-limited", attempts_are_limited),
        ),
    ),
    Scenario(
        name="internal-error",
        story="A cancel is answered INTERNAL: something is broken, and another attempt will not mend it.",
        control=SUCCEEDS,
        steps=(cancel(*twice(envelope(Code.INTERNAL, "a bug"))),),
    ),
    Scenario(
        name="no-answer-in-time",
        story="A cancel is not answered before its deadline.",
        control=SUCCEEDS,
        steps=(cancel(held(EMPTY_OBJECT, 1000), timeout=100),),
        expectations=(Expectation("client-retry.deadline-is-kept", keeps_its_deadline),),
    ),
)
