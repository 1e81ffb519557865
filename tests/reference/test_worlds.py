"""Worlds: when a cancel takes effect, what shows it before, and how late a list is."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.errors import UsageError
from conformance.lro.clock import VirtualClock
from conformance.server.reference.build import reference_service
from conformance.server.reference.flavour import Flavour
from conformance.server.reference.service import Service
from conformance.server.reference.store import Store
from conformance.server.reference.worlds import LATE, LIST_LAG, all_worlds, world_named

from .caller import PARENT, Caller


def in_world(name: str, flavour: Flavour | None = None) -> tuple[Service, VirtualClock, Caller]:
    clock = VirtualClock()
    service = world_named(name).of(reference_service(clock=clock, flavour=flavour or Flavour()))
    return service, clock, Caller(service)


@pytest.mark.parametrize(("world", "delay"), [("at-once", 0.0), ("late", 0.3), ("very-late", 2.0), ("with-trace", 0.3)])
def test_a_cancel_takes_effect_after_the_time_of_its_world(world: str, delay: float) -> None:
    service, clock, _ = in_world(world)
    name = service.store.start(PARENT, service.flavour.running).name
    service.store.cancel(name)
    if delay:
        clock.sleep(delay - 0.01)
        assert not service.store.get(name).done
        clock.sleep(0.01)
    assert service.store.get(name).done


def test_late_worlds_show_nothing_before_and_one_shows_it_at_once() -> None:
    shown: dict[str, Any] = {}
    for world in ("late", "very-late", "with-trace"):
        service, _, _ = in_world(world)
        name = service.store.start(PARENT, service.flavour.running).name
        service.store.cancel(name)
        shown[world] = service.render_operation(service, service.store.get(name)).get("metadata")
    assert shown["late"] is None
    assert shown["very-late"] is None
    assert shown["with-trace"]["requestedCancellation"] is True


def lagging() -> tuple[Store, VirtualClock, str]:
    service, clock, _ = in_world("lagging-list")
    return service.store, clock, service.store.start(PARENT).name


def test_a_list_that_lags_shows_an_operation_later() -> None:
    store, clock, name = lagging()
    assert store.list(PARENT) == ()
    clock.sleep(LIST_LAG)
    assert [shown.name for shown in store.list(PARENT)] == [name]


def test_a_list_that_lags_shows_a_cancel_later_than_get() -> None:
    store, clock, name = lagging()
    clock.sleep(LIST_LAG)
    store.cancel(name)
    assert store.get(name).done
    (listed,) = store.list(PARENT)
    assert not listed.done
    assert not listed.requested_cancellation
    clock.sleep(LIST_LAG)
    assert store.list(PARENT)[0].done


def test_a_list_that_lags_shows_a_deleted_operation_for_a_while() -> None:
    store, clock, name = lagging()
    clock.sleep(LIST_LAG)
    store.delete(name)
    assert [shown.name for shown in store.list(PARENT)] == [name]
    clock.sleep(LIST_LAG)
    assert store.list(PARENT) == ()


def test_a_flavour_stays_what_it_is_in_every_world() -> None:
    for world in all_worlds():
        service, _, _ = in_world(world, Flavour(done_cancel="failed-precondition"))
        assert service.flavour.done_cancel == "failed-precondition"


def test_an_unknown_world_is_told_with_the_nearest() -> None:
    with pytest.raises(UsageError, match="did you mean late"):
        world_named("lat")
    with pytest.raises(UsageError, match="no world is named 'never'\n  remedy: There are at-once, "):
        world_named("never")
    assert LATE < 1
