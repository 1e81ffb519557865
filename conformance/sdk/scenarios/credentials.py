"""Scenarios about the token: it goes with every call and every attempt, once and whole."""

from __future__ import annotations

from conformance.lro.codes import Code
from conformance.rules.client import credentials_are_whole
from conformance.sdk.answers import EMPTY_OBJECT, envelope
from conformance.sdk.credentials import TOKEN, carries_what_was_the_token
from conformance.sdk.scenario import SUCCEEDS, Expectation, Scenario, cancel, get, operation

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
)
