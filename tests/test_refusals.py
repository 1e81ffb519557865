"""Requests that must leave an operation alone, as they are made."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from conformance.errors import NotTested
from conformance.exchange.history import operation_in
from conformance.server.target.profile import CI
from conformance.suite import test_routing, test_target  # noqa: F401 - each declares its families
from conformance.suite.blame import Blame
from conformance.suite.bystanders import Bystander
from conformance.suite.connections import refused_then_served
from conformance.suite.drawn import Aimed
from conformance.suite.evidence import is_gone, looked_again
from conformance.suite.judging import Violated
from conformance.suite.last_look import LastLook
from conformance.suite.latency import Latency
from conformance.suite.refusals import FAMILIES, Refusals, Situation
from tests.targets.memory import json_response
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


def test_the_likeliest_near_misses_are_sent_twice_in_ci() -> None:
    """Who takes every second one is found. A word that means nearly the same, such as `:stop`, a service may have."""
    iut, _ = iut_of()
    situation = Situation(iut, NAME, "", NAME)
    once = [outgoing.request.target for outgoing in FAMILIES["other_verbs"](situation)]
    assert len(set(once)) == len(once)
    iut.profile = CI
    targets = [outgoing.request.target for outgoing in FAMILIES["other_verbs"](situation)]
    assert [target.removeprefix(f"/v1/{NAME}") for target in targets[len(set(targets)) :]] == [
        *(":Cancel", ":cancelx", "/cancel"),
    ]
    assert not [target for target in targets if target.endswith((":stop", ":abort", ":delete", ":wait"))]


def test_a_request_that_is_sent_twice_is_asked_again_with_the_one_before_it() -> None:
    iut, _ = iut_of()
    iut.profile = CI
    refusals = Refusals(iut, None, "", "", None, None)  # type: ignore[arg-type]
    last = FAMILIES["other_verbs"](Situation(iut, NAME, "", NAME))[-1].note
    assert [len(refusals._remake_one("other_verbs", last, alike)(NAME)) for alike in (0, 1)] == [1, 2]


@pytest.mark.parametrize("asks_who_calls", [False, True])
def test_a_router_or_who_asks_for_credentials_refuses_a_body_in_quick(asks_who_calls: bool) -> None:
    """A service that refuses may have had its body read for it: only ci found who reads none that has no route."""
    iut, transport = iut_of()
    iut.statement.find("auth", asks_who_calls, "of this test")
    refused_then_served(iut, NAME)
    first, second = [request for request in transport.wire if request.method == "POST"]
    assert first.path.endswith(":cancel")
    assert second.path.endswith(":cancel") is asks_who_calls
    assert (second.header("Authorization") is None) is asks_who_calls


@pytest.mark.parametrize(
    ("family", "was_cancelled", "turns"),
    [("query_names", True, 2), ("query_names", False, 1), ("other_verbs", True, 1)],
    ids=["good cancels", "it ended by itself", "near misses"],
)
def test_good_cancels_are_sent_again_where_one_of_several_servers_may_have_done_it(
    family: str, was_cancelled: bool, turns: int
) -> None:
    """Behind a balancer each second request is answered by another server, and the first of a family may be right.

    All near misses besides would take more operations than a run may start.
    """
    iut, _ = iut_of()
    touched: Any = object() if was_cancelled else None
    attempts: Any = SimpleNamespace(at=lambda _: SimpleNamespace(touched=touched))
    asked: list[Any] = []

    def looked_apart(suspects: list[Any]) -> list[tuple[bool, None]]:
        asked.append(suspects)
        return [(len(asked) == 2, None) for _ in suspects]

    refusals = Refusals(iut, None, "", "", attempts, SimpleNamespace(looked_apart=looked_apart))  # type: ignore[arg-type]
    apart = refusals._looked_apart([family])
    assert (apart, len(asked)) == ([(turns == 2, None)], turns)


def test_an_operation_that_one_of_several_replicas_does_not_know_is_not_gone() -> None:
    answers = iter([404, 200, 404])
    iut, transport = iut_of(lambda _: json_response({"name": NAME}, next(answers)))
    look = iut.get(NAME)
    assert not is_gone(looked_again(iut, {NAME: look})[NAME])
    assert looked_again(iut, {}) == {}
    assert len(transport.wire) == 2
