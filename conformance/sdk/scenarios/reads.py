"""Scenarios about gets: that each looks anew."""

from __future__ import annotations

from conformance.lro.codes import Code
from conformance.lro.operation import State
from conformance.rules.client import is_ok, shows
from conformance.sdk.answers import EMPTY_OBJECT, envelope
from conformance.sdk.scenario import IS_REFUSED, SHOWS_RUNNING, Expectation, Scenario, cancel, get, operation
from conformance.sdk.scenarios.requests import AWKWARD_IDS

_GONE = envelope(Code.NOT_FOUND, "there is no such operation yet")


SCENARIOS = (
    Scenario(
        name="get-not-found-at-first",
        summary="A get is answered NOT_FOUND, and the next one shows the operation.",
        control=SHOWS_RUNNING,
        steps=(get(_GONE), get(operation())),
        expectations=(Expectation("client-operation.running-is-told", shows(State.RUNNING)),),
    ),
    Scenario(
        name="not-found-at-first",
        summary="A cancel is answered NOT_FOUND, and the next one is accepted.",
        control=IS_REFUSED,
        steps=(cancel(_GONE), cancel(EMPTY_OBJECT)),
        expectations=(Expectation("client-answer.empty-object-is-success", is_ok),),
    ),
    Scenario(
        name="names-are-shown",
        summary="Operations whose ids are awkward but legal are shown, each by its name.",
        control=SHOWS_RUNNING,
        steps=tuple(
            get(operation(name=f"{{operation}}-{tail}"), name=f"{{operation}}-{tail}") for tail in AWKWARD_IDS.values()
        ),
    ),
)
