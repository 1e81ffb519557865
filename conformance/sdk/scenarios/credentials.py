"""Scenarios about the token: it goes with every call and every attempt, once and whole."""

from __future__ import annotations

from conformance.exchange import Method
from conformance.lro.codes import Code
from conformance.rules.client import credentials_are_whole
from conformance.sdk.answers import EMPTY_OBJECT, Script, envelope, json_answer
from conformance.sdk.credentials import TOKEN, carries_what_was_the_token
from conformance.sdk.scenario import RESPONSE, SUCCEEDS, Expectation, Scenario, Step, cancel, get, operation, wait

_UNAVAILABLE = envelope(Code.UNAVAILABLE, "the service is being restarted")

_WHOLE = credentials_are_whole(carries_what_was_the_token, f"Bearer {TOKEN}")

SCENARIOS = (
    Scenario(
        name="credentials",
        story="An operation is cancelled at the second attempt; the token goes with both.",
        control=SUCCEEDS,
        steps=(cancel(_UNAVAILABLE, EMPTY_OBJECT),),
        expectations=(Expectation("client-request.credentials-are-whole", _WHOLE),),
    ),
    Scenario(
        name="credentials-of-a-get",
        story="An operation is cancelled, and shown at the second attempt; the token goes with all of them.",
        control=SUCCEEDS,
        steps=(cancel(EMPTY_OBJECT), get(_UNAVAILABLE, operation())),
        expectations=(Expectation("client-request.credentials-are-whole", _WHOLE, is_of_all=True),),
    ),
    *(
        Scenario(
            name=f"credentials-of-a-{step.asks_for}",
            story=f"The token that goes with a cancel goes with a {step.asks_for}, too.",
            control=SUCCEEDS,
            steps=(cancel(EMPTY_OBJECT), step),
            expectations=(Expectation("client-request.credentials-are-whole", _WHOLE, is_of_all=True),),
        )
        for step in (
            wait(operation(), operation(True, response=RESPONSE)),
            Step(Method.LIST, Script((json_answer(200, {"operations": []}),)), name="{parent}"),
            Step(Method.DELETE, Script((EMPTY_OBJECT,))),
        )
    ),
)
