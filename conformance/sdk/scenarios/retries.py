"""Scenarios about retries: what is tried again, and what is not."""

from __future__ import annotations

from conformance.lro.codes import Code
from conformance.rules.client import is_repeated_until_available
from conformance.sdk.answers import EMPTY_OBJECT, envelope, twice
from conformance.sdk.scenario import SUCCEEDS, Expectation, Scenario, cancel

_UNAVAILABLE = envelope(Code.UNAVAILABLE, "the service is being restarted")

SCENARIOS = (
    Scenario(
        name="unavailable-once",
        summary="A cancel is answered UNAVAILABLE, and the second attempt succeeds.",
        control=SUCCEEDS,
        steps=(cancel(_UNAVAILABLE, EMPTY_OBJECT),),
        expectations=(Expectation("client-retry.unavailable-is-repeated", is_repeated_until_available),),
    ),
    Scenario(
        name="internal-error",
        summary="A cancel is answered INTERNAL: something is broken, and another attempt will not mend it.",
        control=SUCCEEDS,
        steps=(cancel(*twice(envelope(Code.INTERNAL, "a bug"))),),
    ),
)
