"""Requests that must leave an operation alone, as they are made."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from conformance.errors import NotTested
from conformance.exchange.history import operation_in
from conformance.server.target.profile import CI
from conformance.suite import test_routing  # noqa: F401 - declares the family
from conformance.suite.blame import Blame
from conformance.suite.bystanders import Bystander
from conformance.suite.drawn import Aimed
from conformance.suite.judging import Violated
from conformance.suite.last_look import LastLook
from conformance.suite.latency import Latency
from conformance.suite.refusals import FAMILIES, Refusals, Situation
from tests.targets.test_iut import NAME, iut_of


def test_a_head_request_has_a_connection_of_its_own() -> None:
    """Some servers send content in answer to it, which the next request would be answered with."""
    iut, _ = iut_of()
    iut.profile = CI
    closing = {
        outgoing.request.method: outgoing.request.header("connection")
        for outgoing in FAMILIES["other_methods"](Situation(iut, NAME, "", NAME))
    }
    assert closing["HEAD"] == "close"
    assert closing["GET"] is None


def test_a_drawn_near_miss_that_succeeded_has_said_who_touched_the_bystander() -> None:
    """Of a router that knows no case it was said besides that nobody had cancelled the operation, by coincidence."""
    iut, _ = iut_of()
    look = iut.get(NAME)
    operation = operation_in(look)
    assert operation is not None
    attempts = LastLook(iut, Latency(iut))
    wrong = Violated(())
    aimed = Aimed(iut, "drawn literals", Bystander(NAME, look, operation), attempts, wrong=wrong)
    with pytest.raises(Violated):
        aimed.require_no_effect(Blame(iut, None, None, None))  # type: ignore[arg-type]
    assert attempts.accounted_for == {NAME}


@pytest.mark.parametrize(
    ("guilty", "asked_before", "is_accounted_for"),
    [
        ("other_verbs", "", True),
        ("other_verbs", "other_verbs", False),
        ("lower_case_method", "lower_case_method", True),
    ],
    ids=["its check is to come, or another worker's", "its check has passed", "it warns at most"],
)
def test_what_a_family_touched_is_judged_once(
    guilty: str, asked_before: str, is_accounted_for: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    iut, _ = iut_of()
    attempts: Any = SimpleNamespace(at=lambda _: SimpleNamespace(has_stopped=False), accounted_for=set(), note=None)
    bystanders: Any = SimpleNamespace(oldest=SimpleNamespace(name=NAME))
    refusals = Refusals(iut, bystanders, "", "", attempts, SimpleNamespace(touches_others=False))  # type: ignore[arg-type]
    if asked_before:
        refusals.effect_of(asked_before)
    monkeypatch.setitem(FAMILIES, "later", lambda _: [])
    monkeypatch.setattr(attempts, "note", lambda *_: None)
    refusals.send("later")
    monkeypatch.setattr(attempts, "at", lambda _: SimpleNamespace(has_stopped=True))
    monkeypatch.setattr(refusals, "_found", lambda: {guilty: NotTested("it did something")})
    refusals.effect_of("trailing_slashes")
    assert (NAME in attempts.accounted_for) == is_accounted_for
