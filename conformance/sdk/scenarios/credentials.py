"""Scenarios about the token: it goes with every call and every attempt, once and whole, as a rule says of all turns."""

from __future__ import annotations

from conformance.exchange import Method
from conformance.lro.codes import Code
from conformance.sdk.answers import EMPTY_OBJECT, Script, envelope, json_answer
from conformance.sdk.scenario import RESPONSE, SUCCEEDS, Scenario, Step, cancel, get, operation, wait

_UNAVAILABLE = envelope(Code.UNAVAILABLE, "the service is being restarted")

SCENARIOS = (
    Scenario(
        name="credentials",
        summary="An operation is cancelled at the second attempt; the token goes with both.",
        control=SUCCEEDS,
        steps=(cancel(_UNAVAILABLE, EMPTY_OBJECT),),
    ),
    Scenario(
        name="credentials-of-a-get",
        summary="An operation is cancelled, and shown at the second attempt; the token goes with all of them.",
        control=SUCCEEDS,
        steps=(cancel(EMPTY_OBJECT), get(_UNAVAILABLE, operation())),
    ),
    *(
        Scenario(
            name=f"credentials-of-a-{step.asks_for}",
            summary=f"The token that goes with a cancel goes with a {step.asks_for}, too.",
            control=SUCCEEDS,
            steps=(cancel(EMPTY_OBJECT), step),
        )
        for step in (
            wait(operation(), operation(True, response=RESPONSE)),
            Step(Method.LIST, Script((json_answer(200, {"operations": []}),)), name="{parent}"),
            Step(Method.DELETE, Script((EMPTY_OBJECT,))),
        )
    ),
)
