"""The life of an operation as a table of transitions: what may be seen of it, whatever is called in whatever order.

Rules for this file

* It knows operations, and neither HTTP nor who is asking: server checks, the reference server's tests and the race
  checker read the same table.
* What the contract leaves open is open here: the model is nondeterministic, and a history is explained when *some* run
  of it fits.

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

Ending is silent: nobody calls it, it happens between two calls. A result is fixed when an operation ends and seen when
somebody looks; until then it is `None`, "some result". Only CANCELLING can end CANCELLED.
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

    `result` is the result that was seen of a done operation, None while nobody has looked. `may_be_cancelled` says
    whether that unseen result may be CANCELLED.
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
    """A look showed the operation running; `says_requested` when it also showed that its cancellation was requested."""

    says_requested: bool = False


@dataclass(frozen=True, slots=True)
class SeenDone:
    """A look showed the operation done, with this result."""

    result: Hashable
    is_cancelled: bool


@dataclass(frozen=True, slots=True)
class Nothing:
    """A call was refused without effect, or showed nothing."""


@dataclass(frozen=True, slots=True)
class Perhaps:
    """A call got no answer: it may have happened, or not."""

    event: Event


Event = Accepted | RefusedForItsState | Deleted | NotFound | SeenRunning | SeenDone | Nothing | Perhaps


def after(life: Life, event: Event) -> Iterator[Life]:
    """Every state in which the operation may be when `event` has happened to it in state `life`.

    None at all means that the event cannot happen there.
    """
    yield from _at_once(life, event)
    if life.phase is Phase.RUNNING:
        yield from _at_once(Life(Phase.DONE), event)
    elif life.phase is Phase.CANCELLING:
        yield from _at_once(Life(Phase.DONE, may_be_cancelled=True), event)


def _at_once(life: Life, event: Event) -> Iterator[Life]:
    """The states after an event, when the operation does not end silently just before it."""
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
