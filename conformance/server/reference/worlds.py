"""Worlds: how the server behaves in time, and how it is reached, while a fault or a variant is tested.

Cancel is asynchronous. A check may find a fault where a cancel takes effect before the next request, and miss it where
the effect shows long after the answer. So every fault is tested in several worlds.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from conformance.errors import named
from conformance.server.reference.service import Service
from conformance.server.reference.store import RUN, Behaviour, Mode

LATE, VERY_LATE, LIST_LAG = 0.3, 2.0, 0.25
"""Seconds from a cancel to its effect, and from a change to the list that shows it."""

Reached = Literal["in process", "over a socket", "by workers", "from a recording"]


@dataclass(frozen=True, slots=True)
class World:
    """One world. What it says is true of every honest server in it, whatever its flavour.

    `running` is the behaviour of an operation that was started without special wishes. If a cancel `has_trace`, the
    metadata says `requestedCancellation` at once; else operations have no metadata.
    """

    name: str
    what: str
    running: Behaviour = RUN
    has_trace: bool = True
    list_lag: float = 0.0
    reached: Reached = "in process"

    def of(self, service: Service) -> Service:
        """The service as it is in this world."""
        service.store.list_lag = self.list_lag
        metadata = service.flavour.metadata if self.has_trace else "absent"
        return replace(service, flavour=replace(service.flavour, running=self.running, metadata=metadata))


def _cancels_after(seconds: float) -> Behaviour:
    return Behaviour.of(Mode.CANCEL_LATER, delay=seconds)


AT_ONCE = World("at-once", "a cancel takes effect before it is answered")

_WORLDS = (
    AT_ONCE,
    World("late", f"a cancel takes effect {LATE:g} s later, and nothing shows it before", _cancels_after(LATE), False),
    World("very-late", f"the same after {VERY_LATE:g} s", _cancels_after(VERY_LATE), False),
    World(
        "with-trace", "a cancel takes effect late, and `requestedCancellation` shows it at once", _cancels_after(LATE)
    ),
    World("lagging-list", f"a list shows every change {LIST_LAG:g} s late", list_lag=LIST_LAG),
    World("socket", "as at-once, over a socket and in real time", reached="over a socket"),
    World("workers", "the same, with `-n 2`", reached="by workers"),
    World("recording", "as at-once, and an audit of the recording says what the rules say", reached="from a recording"),
)


def all_worlds() -> dict[str, World]:
    """Every world by its name."""
    return {world.name: world for world in _WORLDS}


def world_named(name: str) -> World:
    """The world of this name. Raises UsageError, which names the nearest one."""
    return named(name, all_worlds(), "world", f"There are {', '.join(all_worlds())}")
