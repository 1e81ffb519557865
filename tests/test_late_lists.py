"""No document promises that a list is up to date at once: it is read again before anything is said of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any, cast

import pytest

from conformance.exchange import Call, Exchange, Method
from conformance.lro.clock import VirtualClock
from conformance.server.target.iut import Iut, listed_names
from conformance.server.target.waits import LIST_SHOWS
from conformance.suite.lists import caught_up, has_listed, is_behind, settled_list
from tests.rules.traffic import OPERATION, OTHER, PARENT, Traffic, running, succeeded

SETTLE = 10.0
Shown = Callable[[float], Sequence[dict[str, Any]]]
"""What a list shows, by the time that has passed."""


class Lists:
    """An implementation of which only lists are asked for, and the traffic with it."""

    def __init__(self, shown: Shown) -> None:
        self._shown = shown
        self.clock = VirtualClock()
        self.traffic = Traffic()
        self.target = SimpleNamespace(clock=self.clock, exchanges=self.traffic.exchanges)
        self.contract = SimpleNamespace(parent_of=lambda _: PARENT)
        self.settle = SETTLE

    def list_pages(self, parent: str) -> list[Exchange]:
        message = {"operations": list(self._shown(self.clock.now()))}
        return [self.traffic.send("GET", f"/v1/{parent}/operations", message, call=Call(Method.LIST, parent))]


def settled(shown: Shown, ended: Sequence[str] = ()) -> tuple[set[str], float]:
    """The names on a list that is waited for, and how long that took."""
    iut = Lists(shown)
    pages = settled_list(cast(Iut, iut), PARENT, {OPERATION, OTHER}, ended)
    return listed_names(pages), iut.clock.now()


def test_list_that_shows_nothing_yet_is_waited_for_until_the_end_of_settle() -> None:
    names, seconds = settled(lambda now: [running(OPERATION), running(OTHER)] if now > 4 else [])
    assert names == {OPERATION, OTHER}
    assert 4 < seconds < 5
    assert SETTLE <= settled(lambda _: [])[1] < SETTLE + 1


def test_list_that_shows_some_is_waited_for_less_long() -> None:
    names, seconds = settled(lambda now: [running(OPERATION)] if now > 4 else [])
    assert names == {OPERATION}
    assert 4 + LIST_SHOWS <= seconds < 5 + LIST_SHOWS


def test_what_has_ended_is_waited_for_until_the_end_of_settle() -> None:
    def shown(now: float) -> list[dict[str, Any]]:
        return [running(OPERATION), succeeded(OTHER) if now > 6 else running(OTHER)]

    assert 6 < settled(shown, ended=[OTHER])[1] < 7


@pytest.mark.parametrize("late", [0.0, 3.0, 99.0])
def test_list_that_is_behind_a_get_is_read_again(late: float) -> None:
    """Of any operation, such as one that has ended by itself since the list was first waited for."""
    iut = Lists(lambda now: [succeeded() if now >= late else running()])
    iut.traffic.get(succeeded())
    pages = caught_up(cast(Iut, iut), PARENT, iut.list_pages(PARENT))
    assert is_behind(pages, [OPERATION]) == (late > SETTLE)
    assert min(late, SETTLE) <= iut.clock.now() < min(late, SETTLE) + 1


def test_a_list_that_succeeded_once_is_supported() -> None:
    """One that crashes as soon as an operation was cancelled had been taken for one that nobody supports."""
    traffic = Traffic()
    traffic.send("GET", f"/v1/{PARENT}/operations", {}, status=500, call=Call(Method.LIST, PARENT))
    assert not has_listed(traffic.exchanges)
    traffic.send("GET", f"/v1/{PARENT}/operations", {}, call=Call(Method.LIST, PARENT))
    assert has_listed(traffic.exchanges)
