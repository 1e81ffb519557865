"""Faults that need two calls at the same time.

A cancel or a delete takes a few real milliseconds here, so that other calls can overlap with it. `scratch["busy"]` has
an entry for each call under way, `scratch["met"]` the operations whose calls have overlapped.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from conformance.lro.codes import Code
from conformance.lro.relay import relay_of_this_thread
from conformance.server.reference.bindings import Rpc
from conformance.server.reference.faults.lies import refusal, without_metadata
from conformance.server.reference.faults.registry import fault
from conformance.server.reference.invocation import Invocation, Message
from conformance.server.reference.naming import parent_of
from conformance.server.reference.service import Service
from conformance.server.reference.store import UnknownOperation

_HELD = 0.01
"""Seconds that a change takes at least."""

_UNDER_WAY = threading.Lock()


def hold() -> None:
    """Let the time pass that a change takes."""
    relay = relay_of_this_thread()
    if relay is None:
        time.sleep(_HELD)
    else:
        relay.wait()


@dataclass(frozen=True, slots=True)
class _UnderWay:
    """A change that has begun and not ended."""

    rpc: Rpc
    name: str


@contextlib.contextmanager
def _busy_with(
    service: Service, call: Invocation, meets: Callable[[_UnderWay], bool]
) -> Iterator[tuple[list[_UnderWay], list[_UnderWay]]]:
    """Begins a change; the value is what was under way before, and all that is.

    In a relay the order is not left to chance: the change waits, once for each operation, until another
    one that it `meets` is under way.
    """
    own = _UnderWay(call.rpc, call.target)
    with _UNDER_WAY:
        busy: list[_UnderWay] = service.scratch.setdefault("busy", [])
        met: set[_UnderWay] = service.scratch.setdefault("met", set())
        before = list(busy)
        busy.append(own)

    def others() -> list[_UnderWay]:
        left = list(busy)
        left.remove(own)
        return left

    relay = relay_of_this_thread()
    if relay is not None and own not in met:
        relay.wait_until(lambda: own in met or any(map(meets, others())))
        met.add(own)
    with _UNDER_WAY:
        beside = others()
    try:
        yield before, beside
        hold()
    finally:
        with _UNDER_WAY:
            busy.remove(own)


def _overlapping(honest: Service, act: Callable[[Service, Invocation, list[str]], None]) -> Service:
    """A cancel that overlaps with others is preceded by `act`, which is told whose cancels these are."""

    def lie(service: Service, call: Invocation) -> Message:
        with _busy_with(service, call, lambda other: other.name == call.target) as (before, _):
            if before:
                act(service, call, [other.name for other in before])
            return honest.cancel(service, call)

    return replace(honest, cancel=lie)


@fault(breaks="repeat.is-safe", profile="ci")
def overlapping_cancels_of_one_crash(honest: Service) -> Service:
    """Answers a cancel with 500 while another one of the same operation is under way: the row is locked."""

    def act(_: Service, call: Invocation, others: list[str]) -> None:
        if call.target in others:
            raise refusal(Code.INTERNAL, "Deadlock found when trying to get lock.", "DEADLOCK")

    return _overlapping(honest, act)


@fault(breaks="repeat.done-is-answered", profile="ci")
def overlapping_cancels_of_one_conflict(honest: Service) -> Service:
    """Answers a cancel with 409 while another one of the same operation is under way."""

    def act(_: Service, call: Invocation, others: list[str]) -> None:
        if call.target in others:
            raise refusal(Code.ABORTED, "The operation is being changed.", "CONFLICT")

    return _overlapping(honest, act)


@fault(
    breaks="target.other-operations-untouched",
    profile="ci",
    by_chance={"workers": "the newest operation may be one that another worker is cancelling itself"},
)
def overlapping_cancels_hit_a_third(honest: Service) -> Service:
    """Cancels the newest operation that nobody named, too, while two cancels overlap: they share a variable."""

    def act(service: Service, call: Invocation, others: list[str]) -> None:
        named = {call.target, *others}
        running = list(service.store.running(parent_of(call.target)))
        for third in [each.name for each in running if each.name not in named][-1:]:
            service.store.cancel(third)

    return without_metadata(_overlapping(honest, act))


# --- Delete beside cancel ---------------------------------------------------------------------------------------------

_IN_REAL_TIME = dict.fromkeys(("socket", "workers"), "the calls overlap or not, as threads of both sides happen to run")
"""Over a socket four of five runs see it."""


def _overlapping_delete(honest: Service, lie: Callable[[Service, Invocation], Message]) -> Service:
    """A delete that overlaps with a cancel or a delete of the same operation is answered by `lie`."""

    def cancel(service: Service, call: Invocation) -> Message:
        with _busy_with(service, call, lambda other: other == _UnderWay(Rpc.DELETE, call.target)):
            return honest.cancel(service, call)

    def delete(service: Service, call: Invocation) -> Message:
        with _busy_with(service, call, lambda other: other.name == call.target) as (_, beside):
            overlaps = any(other.name == call.target for other in beside)
            return lie(service, call) if overlaps else honest.delete(service, call)

    return replace(honest, cancel=cancel, delete=delete)


@fault(breaks="lifecycle.some-order-explains", profile="ci", by_chance=_IN_REAL_TIME)
def overlapping_delete_finds_nothing(honest: Service) -> Service:
    """Answers a delete with 404 while a cancel of the operation is under way, and the operation is there afterwards."""

    def lie(_: Service, call: Invocation) -> Message:
        raise UnknownOperation(call.target)

    return _overlapping_delete(honest, lie)


@fault(breaks="lifecycle.some-order-explains", profile="ci", by_chance=_IN_REAL_TIME)
def overlapping_deletes_both_succeed(honest: Service) -> Service:
    """Answers two deletes that overlap with success, though there was one operation to delete."""

    def lie(service: Service, call: Invocation) -> Message:
        with contextlib.suppress(UnknownOperation):
            service.store.delete(call.target)
        return {}

    return _overlapping_delete(honest, lie)


@fault(breaks="delete.removes", profile="ci", by_chance=_IN_REAL_TIME)
def overlapping_delete_is_undone(honest: Service) -> Service:
    """Answers a delete with success, and the cancel under way writes the operation back."""
    return _overlapping_delete(honest, lambda *_: {})
