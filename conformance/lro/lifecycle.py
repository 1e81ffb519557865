"""The life of an operation as a table of transitions: what may be seen of it after any calls in any order.

Rules for this file

* It knows operations. It knows neither HTTP nor callers: the checks, the tests of the reference server and the search
  for an order of overlapping calls use the same table.
* What the contract leaves open is open here: the model is nondeterministic. A history is explained when *some* run of
  the model fits it.

Theory, from google/longrunning/operations.proto

    RUNNING ──────────────── cancel accepted ────────────────▶ CANCELLING
       │                                                          │  │
       │ ends by itself, with any result but CANCELLED            │  │ ends, CANCELLED or, for cancel is best effort,
       ▼                                                          │  │ with any other result
     DONE(result) ◀───────────────────────────────────────────────┘◀─┘
       │
       │ delete, from any state
       ▼
    ABSENT

An operation ends silently, between two calls. Its result is fixed when it ends, and is known when somebody reads it;
until then it is `None`, "some result". Only CANCELLING can end CANCELLED.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from enum import Enum


class Phase(Enum):
    RUNNING = "running"
    CANCELLING = "running, cancellation requested"
    DONE = "done"
    ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class Life:
    """One state of the model.

    `result` is the result that was read of a done operation, None before that. `may_be_cancelled` says whether a result
    that was not read yet may be CANCELLED.
    """

    phase: Phase
    result: Hashable = None
    may_be_cancelled: bool = False


BORN = Life(Phase.RUNNING)


@dataclass(frozen=True, slots=True)
class Accepted:
    """A cancel succeeded."""


@dataclass(frozen=True, slots=True)
class RefusedForItsState:
    """A cancel was refused because the operation is done, or is being cancelled already."""


@dataclass(frozen=True, slots=True)
class Deleted:
    """A delete succeeded."""


@dataclass(frozen=True, slots=True)
class NotFound:
    """A call was answered: there is no such operation."""


@dataclass(frozen=True, slots=True)
class SeenRunning:
    """A read showed the operation running. `says_requested`: it also showed that the cancellation was requested."""

    says_requested: bool = False


@dataclass(frozen=True, slots=True)
class SeenDone:
    """A read showed the operation done, with this result."""

    result: Hashable
    is_cancelled: bool


@dataclass(frozen=True, slots=True)
class Nothing:
    """A call was refused without effect, or its answer shows nothing."""


@dataclass(frozen=True, slots=True)
class Perhaps:
    """A call was not answered: it may have had its effect, or not."""

    event: Event


Event = Accepted | RefusedForItsState | Deleted | NotFound | SeenRunning | SeenDone | Nothing | Perhaps


def after(life: Life, event: Event) -> Iterator[Life]:
    """Every state in which the operation may be after `event` happened to it in state `life`.

    An empty result means that the event cannot happen in that state.
    """
    yield from _at_once(life, event)
    if life.phase is Phase.RUNNING:
        yield from _at_once(Life(Phase.DONE), event)
    elif life.phase is Phase.CANCELLING:
        yield from _at_once(Life(Phase.DONE, may_be_cancelled=True), event)


def _at_once(life: Life, event: Event) -> Iterator[Life]:
    """The states after an event, if the operation does not end silently just before it."""
    match event, life.phase:
        case Nothing(), _:
            yield life
        case Perhaps(inner), _:
            yield life
            yield from _at_once(life, inner)
        case NotFound(), Phase.ABSENT:
            yield life
        case Deleted(), Phase.RUNNING | Phase.CANCELLING | Phase.DONE:
            yield Life(Phase.ABSENT)
        case Accepted(), Phase.RUNNING | Phase.CANCELLING:
            yield Life(Phase.CANCELLING)
        case RefusedForItsState(), Phase.CANCELLING:
            yield life
        case Accepted() | RefusedForItsState(), Phase.DONE:
            yield life
        case SeenRunning(says_requested), Phase.RUNNING:
            if not says_requested:
                yield life
        case SeenRunning(), Phase.CANCELLING:
            yield life
        case SeenDone(result, is_cancelled), Phase.DONE:
            if life.result == result or (life.result is None and (life.may_be_cancelled or not is_cancelled)):
                yield Life(Phase.DONE, result)
