"""The table of operations: what time and a cancellation do to each behaviour."""

from __future__ import annotations

import re
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.lro.clock import VirtualClock
from conformance.lro.codes import Code
from conformance.server.reference.store import (
    EPOCH,
    Behaviour,
    Ending,
    EndState,
    Mode,
    Snapshot,
    Store,
    UnknownOperation,
)

PARENT = "projects/demo/locations/us"
LONG = 1_000_000.0


@pytest.fixture
def store(clock: VirtualClock) -> Store:
    return Store(clock, seed=1)


def state(operation: Snapshot) -> str:
    if not operation.done:
        assert (operation.error, operation.response, operation.ended_at) == (None, None, None)
        return "running"
    assert (operation.error is None) != (operation.response is None)
    if operation.error is None:
        return "succeeded"
    return "cancelled" if operation.error.code is Code.CANCELLED else "failed"


@pytest.mark.parametrize(
    ("mode", "at_first", "after_a_long_time"),
    [
        ("run", "running", "running"),
        ("cancel-later", "running", "running"),
        ("succeed-anyway", "running", "running"),
        ("fail-anyway", "running", "running"),
        ("never-ends", "running", "running"),
        ("unimplemented", "running", "running"),
        ("complete", "running", "succeeded"),
        ("done", "succeeded", "succeeded"),
        ("failed", "failed", "failed"),
    ],
)
def test_left_alone(store: Store, clock: VirtualClock, mode: str, at_first: str, after_a_long_time: str) -> None:
    name = store.start(PARENT, Behaviour.of(mode)).name
    assert state(store.get(name)) == at_first
    clock.sleep(LONG)
    assert state(store.get(name)) == after_a_long_time
    assert not store.get(name).requested_cancellation


@pytest.mark.parametrize(
    ("mode", "at_once", "seconds", "later"),
    [
        ("run", "cancelled", LONG, "cancelled"),
        ("cancel-later", "running", 2.9, "running"),
        ("cancel-later", "running", 3.0, "cancelled"),
        ("succeed-anyway", "running", 0.9, "running"),
        ("succeed-anyway", "running", 1.0, "succeeded"),
        ("fail-anyway", "running", 1.0, "failed"),
        ("never-ends", "running", LONG, "running"),
        ("complete", "cancelled", LONG, "cancelled"),
    ],
)
def test_cancelled_while_running(
    store: Store, clock: VirtualClock, mode: str, at_once: str, seconds: float, later: str
) -> None:
    name = store.start(PARENT, Behaviour.of(mode)).name
    assert store.cancel(name)
    assert state(store.get(name)) == at_once
    assert store.get(name).requested_cancellation
    clock.sleep(seconds)
    assert state(store.get(name)) == later
    assert store.get(name).requested_cancellation


def test_times_are_taken_as_asked(store: Store, clock: VirtualClock) -> None:
    slow = store.start(PARENT, Behaviour.of("run", delay=7)).name
    lost = store.start(PARENT, Behaviour.of("fail-anyway", duration=9)).name
    for name in (slow, lost):
        store.cancel(name)
    clock.sleep(7)
    assert (state(store.get(slow)), state(store.get(lost))) == ("cancelled", "running")
    clock.sleep(2)
    assert (state(store.get(slow)), state(store.get(lost))) == ("cancelled", "failed")
    assert (store.get(slow).ended_at, store.get(lost).ended_at) == (7, 9)


def test_cancellation_that_comes_into_effect_too_late_is_lost(store: Store, clock: VirtualClock) -> None:
    name = store.start(PARENT, Behaviour.of("complete", delay=5, duration=4)).name
    store.cancel(name)
    clock.sleep(10)
    assert state(store.get(name)) == "succeeded"
    assert store.get(name).ended_at == 4


def test_repeated_cancellation_does_not_put_the_end_off(store: Store, clock: VirtualClock) -> None:
    name = store.start(PARENT, Behaviour.of("cancel-later", delay=3)).name
    for _ in range(3):
        assert store.cancel(name)
        clock.sleep(1)
    assert state(store.get(name)) == "cancelled"


@pytest.mark.parametrize("mode", ["done", "failed", "complete"])
def test_cancelling_what_has_ended_changes_nothing(store: Store, clock: VirtualClock, mode: str) -> None:
    name = store.start(PARENT, Behaviour.of(mode)).name
    clock.sleep(1)
    before = store.get(name)
    assert not store.cancel(name)
    assert store.get(name) == before


def test_delete_forgets_and_touches_nothing_else(store: Store) -> None:
    first, second = store.start(PARENT), store.start(PARENT)
    store.delete(first.name)
    for forgotten in (store.get, store.cancel, store.delete):
        with pytest.raises(UnknownOperation) as caught:
            forgotten(first.name)
        assert caught.value.name == first.name
    assert store.list(PARENT) == (second,)


def test_names_compare_exactly_and_whole(store: Store) -> None:
    name = store.start(PARENT).name
    for other in (name.upper(), name + "x", name[:-1], name + " ", name.replace("demo", "Demo"), ""):
        with pytest.raises(UnknownOperation):
            store.get(other)


def test_list_is_of_one_parent_oldest_first(store: Store) -> None:
    here = [store.start(PARENT).name for _ in range(3)]
    store.start(PARENT + "-east1")
    store.start("organizations/demo/locations/us")
    assert [operation.name for operation in store.list(PARENT)] == here
    assert store.list("projects/demo") == ()


def test_ids_are_foretold_by_the_seed_and_by_nothing_else(clock: VirtualClock) -> None:
    def names(store: Store) -> list[str]:
        return [store.start(PARENT).name for _ in range(3)]

    assert names(Store(clock, seed="a")) == names(Store(clock, seed="a"))
    assert not set(names(Store(clock, seed="a"))) & set(names(Store(clock, seed="b")))
    assert not set(names(Store(clock))) & set(names(Store(clock)))
    for name in names(Store(clock)):
        assert re.fullmatch(rf"{PARENT}/operations/operation-[0-9a-f]{{32}}", name)


@pytest.mark.parametrize(
    ("seconds", "written"),
    [
        (0, "2026-01-01T00:00:00Z"),
        (1.5, "2026-01-01T00:00:01.500000Z"),
        (86_399.000001, "2026-01-01T23:59:59.000001Z"),
    ],
)
def test_timestamps_are_rfc_3339(store: Store, seconds: float, written: str) -> None:
    assert store.timestamp(seconds) == written
    assert store.epoch == EPOCH


def test_decree_goes_past_all_rules(store: Store, clock: VirtualClock) -> None:
    name = store.start(PARENT, Behaviour.of("done")).name
    assert state(store.amend(name, ending=Ending(clock.now(), EndState.CANCELLED))) == "cancelled"
    assert store.amend(name, name=name + "-renamed").name == name + "-renamed"
    with pytest.raises(UnknownOperation):
        store.get(name)


EVENTS = st.lists(st.one_of(st.just("cancel"), st.floats(0, 5)), max_size=12)
BEHAVIOURS = st.builds(Behaviour.of, st.sampled_from(Mode), st.floats(0, 9), st.floats(0, 9))


@given(behaviour=BEHAVIOURS, events=EVENTS)
def test_life_only_goes_forward(behaviour: Behaviour, events: list[str | float]) -> None:
    """Whatever is done to it: what has ended keeps its result, and a request for cancellation is never unsaid."""
    clock = VirtualClock()
    store = Store(clock, seed=1)
    name = store.start(PARENT, behaviour).name
    before = store.get(name)
    for event in events:
        if isinstance(event, float):
            clock.sleep(event)
        else:
            assert store.cancel(name) is not before.done
        now = store.get(name)
        state(now)
        assert now == before or not before.done
        assert now.requested_cancellation >= before.requested_cancellation
        assert (now.name, now.target, now.started_at) == (before.name, before.target, before.started_at)
        before = now


def test_many_threads_agree(store: Store) -> None:
    """Of eight threads that start, cancel and delete, each finds its own work done and nobody else's undone."""
    problems: list[object] = []

    def work() -> None:
        try:
            names = [store.start(PARENT).name for _ in range(50)]
            for name in names:
                assert store.cancel(name)
                assert not store.cancel(name)
                assert state(store.get(name)) == "cancelled"
            for name in names[::2]:
                store.delete(name)
        except Exception as problem:
            problems.append(problem)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    assert len(store.list(PARENT)) == 8 * 25
