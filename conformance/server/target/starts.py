"""The operations that a run starts: each is noted before and after, and accepted only if the run surely started it.

The answer to a start may name an operation that existed before: the start is idempotent, or joins an operation that
already runs, or names one of another project. To cancel and delete that one would harm somebody else. So an operation
is refused if it

* was handed out before in this run, and not deleted since: then neither of the two need be new. It may still be of this
  run, so it is reported as left over;
* is not under `[iut] parent`, if that is given;
* was in the list of that parent before the first start, if the contract binds a list and the server answers it;
* is older than another one of this run by more than the time between the two starts (`metadata.createTime`). Only times
  of the server are compared with each other: its clock may be wrong, or stand still. So the second start can show that
  the first one was answered with an old operation, before anything was cancelled.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import uuid4

from conformance.errors import TargetError
from conformance.server.target.ledger import LedgerState

CLOCKS_DIFFER = 600.0
"""Seconds between the clocks of one service: two operations may be created on two machines."""


class ForeignOperation(TargetError):
    """The supply gave an operation that this run did not start: it is not touched, and nothing more is started."""


class StartRefused(TargetError):
    """The server refused the content of a start request: nothing was started."""


class MayHaveStarted(TargetError):
    """A start without an answer, or whose answer has no name: an unknown operation may be running."""


class NamedInVain(MayHaveStarted):
    """A start that failed but printed a name: it is not known whether that operation is of this run."""

    def __init__(self, message: str, remedy: str, name: str) -> None:
        super().__init__(message, remedy)
        self.name = name


@dataclass(frozen=True, slots=True)
class StartedOperation:
    """An operation that a start was answered with: when it was created, as it says itself, and when the answer came."""

    name: str
    created: float | None = None
    at: float = 0.0


class Note(Protocol):
    """Is told what becomes of a start: its serial, the name once it is known, the form of supply, and the state."""

    def __call__(self, serial: str, name: str, form: str, state: LedgerState) -> None: ...


def _nobody(serial: str, name: str, form: str, state: LedgerState) -> None:
    """Nobody wants to know."""


def _never(_: str) -> bool:
    return False


def _none() -> Iterable[str]:
    return ()


class Starts:
    """All starts of one process.

    `known_before` names the operations that exist; it is asked before the first start. `was_deleted` says whether this
    run has deleted an operation.
    """

    def __init__(
        self,
        parents: tuple[str, ...] = (),
        known_before: Callable[[], Iterable[str]] = _none,
        note: Note = _nobody,
        was_deleted: Callable[[str], bool] = _never,
    ) -> None:
        self._parents = parents
        self._was_deleted = was_deleted
        self._ask = known_before
        self._note = note
        self._lock = threading.Lock()
        self._prefix = f"s-{uuid4().hex[:12]}"
        self._numbers = itertools.count(1)
        self._before: frozenset[str] | None = None
        self._claimed: dict[str, StartedOperation] = {}
        self.given_anew: set[str] = set()
        """The names of operations of ours that were deleted, and that other ones have by now."""

    def look_around(self) -> None:
        """Find out what exists, before the first start."""
        if self._before is None:
            self._before = frozenset(self._ask())

    def begin(self, form: str) -> str:
        """Note that an operation is about to be started; the serial of the start."""
        serial = f"{self._prefix}-{next(self._numbers)}"
        self._note(serial, "", form, LedgerState.STARTING)
        return serial

    def came_to_nothing(self, serial: str, form: str) -> None:
        """Note that a start was refused, so that there is nothing to clean up."""
        self._note(serial, "", form, LedgerState.NOT_STARTED)

    def named_in_vain(self, serial: str, name: str, form: str) -> None:
        """Note the name that a failed start printed, unless this run has started that operation before."""
        if name in self._claimed:
            self.came_to_nothing(serial, form)
            return
        is_foreign = name in (self._before or ()) or not self._is_below_a_parent(name)
        self._note(serial, name, form, LedgerState.FOREIGN if is_foreign else LedgerState.UNCLEAR)

    def claim(self, serial: str, started: StartedOperation, form: str, where: str) -> bool:
        """Make an operation that was started ours; False for one that has the name of one that was deleted.

        A server may give the highest number and one more. It is ours to clean up, but of no use: whatever is seen of it
        would be taken for the end of the other.

        Raises ForeignOperation when it, or one before it, need not be ours: then nothing touches that from now on.
        """
        if started.name in self._claimed and self._was_deleted(started.name):
            self._note(serial, started.name, form, LedgerState.STARTED)
            self.given_anew.add(started.name)
            return False
        name, why = self._foreign(started)
        if name != started.name or not why:
            self._note(serial, started.name, form, LedgerState.STARTED)
        if not why:
            return True
        state = LedgerState.UNCLEAR if why == _TWICE else LedgerState.FOREIGN
        self._note(serial if name == started.name else "", name, form, state)
        remedy = "fix [operations]: each one must be a fresh operation"
        if why == _ELSEWHERE:
            remedy = (
                f"give the parent that the names have as [iut] parent; it is {', '.join(map(repr, self._parents))} now"
            )
        raise ForeignOperation(f"{where} gave {name!r:.200} {why}; it is neither cancelled nor deleted", remedy)

    def _is_below_a_parent(self, name: str) -> bool:
        """Whether a name is below one of the parents that are given; everything is below none, or below nothing."""
        is_free = not self._parents or "" in self._parents
        return is_free or name.startswith(tuple(f"{parent}/" for parent in self._parents))

    def _foreign(self, started: StartedOperation) -> tuple[str, str]:
        """Which operation is not ours, and why; no reason when nothing says so."""
        name = started.name
        with self._lock:
            is_known = name in self._claimed
            others = [one for one in self._claimed.values() if one.created is not None]
            self._claimed.setdefault(name, started)
        if is_known:
            return name, _TWICE
        if not self._is_below_a_parent(name):
            return name, _ELSEWHERE
        if name in (self._before or ()):
            return name, "that existed before this run started any"
        for other in others if started.created is not None else ():
            older, newer = sorted((started, other), key=lambda one: (one.created, one.at))
            assert older.created is not None
            assert newer.created is not None
            between = newer.created - older.created - max(0.0, newer.at - older.at)
            if between > CLOCKS_DIFFER:
                return older.name, f"whose createTime is {between:.0f} s too old for an operation of this run"
        return name, ""


_TWICE = "twice"
_ELSEWHERE = "which is under another parent than [iut] parent"


def created(operation: object) -> float | None:
    """When an operation says that it was created (`metadata.createTime`), in seconds since 1970."""
    metadata = operation.get("metadata") if isinstance(operation, Mapping) else None
    text = metadata.get("createTime") if isinstance(metadata, Mapping) else None
    if not isinstance(text, str):
        return None
    try:
        moment = datetime.fromisoformat(text)
        return moment.timestamp() if moment.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None
