"""Scenarios about gets: their deadline, and that each looks anew."""

from __future__ import annotations

from conformance.lro.codes import Code
from conformance.lro.operation import State
from conformance.rules.client import is_ok, keeps_its_deadline, shows
from conformance.sdk.answers import EMPTY_OBJECT, envelope, held
from conformance.sdk.scenario import IS_REFUSED, SHOWS_RUNNING, Expectation, Scenario, cancel, get, operation
from conformance.sdk.scenarios.requests import AWKWARD_IDS

_GONE = envelope(Code.NOT_FOUND, "there is no such operation yet")


SCENARIOS = (
    Scenario(
        name="get-not-found-at-first",
        story="A get is answered NOT_FOUND, and the next one shows the operation.",
        control=SHOWS_RUNNING,
        steps=(get(_GONE), get(operation())),
        expectations=(Expectation("client-operation.running-is-told", shows(State.RUNNING)),),
    ),
    Scenario(
        name="not-found-at-first",
        story="A cancel is answered NOT_FOUND, and the next one is accepted.",
        control=IS_REFUSED,
        steps=(cancel(_GONE), cancel(EMPTY_OBJECT)),
        expectations=(Expectation("client-answer.empty-object-is-success", is_ok),),
    ),
    Scenario(
        name="names-are-shown",
        story="Operations whose ids are awkward but legal are shown, each by its name.",
        control=SHOWS_RUNNING,
        steps=tuple(
            get(operation(name=f"{{operation}}-{tail}"), name=f"{{operation}}-{tail}") for tail in AWKWARD_IDS.values()
        ),
    ),
    Scenario(
        name="get-no-answer-in-time",
        story="A get is not answered before its deadline.",
        control=SHOWS_RUNNING,
        steps=(get(held(operation(), 1000), timeout=100),),
        expectations=(Expectation("client-retry.deadline-is-kept", keeps_its_deadline),),
    ),
)
