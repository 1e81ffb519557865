"""The table of operations: what a server must remember to keep google/longrunning/operations.proto.

1. An operation is a record of facts: when it was started, how it behaves, when a cancellation was first requested.
   Nothing is ever "in progress" here: no thread, no timer, no callback.
2. The state of an operation at an instant is a pure function of its record and that instant (`Operation.at`). So a
   finished operation stays finished with the same result, whatever is asked of it later: there is nothing to race.
3. One line of the table `_LIVES` says what ends an operation: by itself, and after a cancellation was requested. What
   comes first counts.
4. The table of records is guarded by one lock; what leaves it is immutable.
"""

from __future__ import annotations

import hashlib
import secrets
import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import Enum, StrEnum
from typing import Any, NamedTuple

from conformance.lro.clock import Clock
from conformance.lro.codes import Code

EPOCH = 1767225600.0
"""Unix time at which a clock that starts at zero starts: 2026-01-01T00:00:00Z."""

RESPONSE_TYPE = "type.googleapis.com/google.cloud.beyondcorp.appconnections.v1.AppConnection"


class Mode(StrEnum):
    """How an operation behaves, by the name that `operations:start` takes."""

    RUN = "run"
    CANCEL_LATER = "cancel-later"
    SUCCEED_ANYWAY = "succeed-anyway"
    FAIL_ANYWAY = "fail-anyway"
    NEVER_ENDS = "never-ends"
    COMPLETE = "complete"
    DONE = "done"
    FAILED = "failed"
    UNIMPLEMENTED = "unimplemented"


class EndState(Enum):
    """How an operation ended."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


class _Life(NamedTuple):
    """What ends an operation: `duration` seconds after its start, and some time after a cancellation was requested."""

    of_its_own_accord: EndState | None
    after_a_cancel: EndState | None


_LIVES = {
    Mode.RUN: _Life(None, EndState.CANCELLED),
    Mode.CANCEL_LATER: _Life(None, EndState.CANCELLED),
    Mode.SUCCEED_ANYWAY: _Life(None, EndState.SUCCEEDED),
    Mode.FAIL_ANYWAY: _Life(None, EndState.FAILED),
    Mode.NEVER_ENDS: _Life(None, None),
    Mode.COMPLETE: _Life(EndState.SUCCEEDED, EndState.CANCELLED),
    Mode.DONE: _Life(EndState.SUCCEEDED, None),
    Mode.FAILED: _Life(EndState.FAILED, None),
    Mode.UNIMPLEMENTED: _Life(None, None),
}


@dataclass(frozen=True, slots=True)
class Behaviour:
    """How an operation behaves; times are seconds.

    `delay` passes between a cancellation request and CANCELLED. `duration` passes between the start and the end of an
    operation that completes by itself, and between a cancellation request and the end of one that completes despite
    it. A mode ignores a time that it does not need. `Behaviour.of` fills in the usual times.
    """

    mode: Mode = Mode.RUN
    delay: float = 0.0
    duration: float = 0.0

    @classmethod
    def of(cls, mode: Mode | str, delay: float | None = None, duration: float | None = None) -> Behaviour:
        """The behaviour of this name; `cancel-later` takes 3 s, and what completes takes 1 s, unless told otherwise.

        Raises ValueError for an unknown mode.
        """
        mode = Mode(mode)
        if delay is None:
            delay = 3.0 if mode is Mode.CANCEL_LATER else 0.0
        if mode in (Mode.DONE, Mode.FAILED):
            duration = 0.0
        return cls(mode, delay, 1.0 if duration is None else duration)


@dataclass(frozen=True, slots=True)
class Status:
    """A google.rpc.Status without details: the value of `Operation.error`."""

    code: Code
    message: str


RUN = Behaviour()

CANCELLED = Status(Code.CANCELLED, "The operation was cancelled.")
FAILED = Status(Code.RESOURCE_EXHAUSTED, "The quota of the project was exhausted before the operation was complete.")


@dataclass(frozen=True, slots=True)
class Ending:
    """When an operation ends (clock seconds), and how."""

    at: float
    outcome: EndState


@dataclass(frozen=True, slots=True)
class Snapshot:
    """An operation as it is at one instant; times are clock seconds."""

    name: str
    behaviour: Behaviour
    target: str
    verb: str
    started_at: float
    number: int = 0
    requested_cancellation: bool = False
    done: bool = False
    ended_at: float | None = None
    error: Status | None = None
    response: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class StoredOperation:
    """The record of an operation; times are clock seconds.

    `ending` is an end that was set by `Store.amend`; without it, the end is derived.
    """

    name: str
    number: int
    behaviour: Behaviour
    target: str
    verb: str
    started_at: float
    cancel_requested_at: float | None = None
    ending: Ending | None = None

    def derived_ending(self) -> Ending | None:
        """When this operation ends, as far as that is decided; None while nothing will end it."""
        if self.ending is not None:
            return self.ending
        behaviour, life, endings = self.behaviour, _LIVES[self.behaviour.mode], []
        if life.after_a_cancel is not None and self.cancel_requested_at is not None:
            lasts = behaviour.delay if life.after_a_cancel is EndState.CANCELLED else behaviour.duration
            endings.append(Ending(self.cancel_requested_at + lasts, life.after_a_cancel))
        if life.of_its_own_accord is not None:
            endings.append(Ending(self.started_at + behaviour.duration, life.of_its_own_accord))
        return min(endings, key=lambda ending: ending.at, default=None)

    def at(self, now: float) -> Snapshot:
        """This operation at the instant `now`."""
        running = Snapshot(
            name=self.name,
            number=self.number,
            behaviour=self.behaviour,
            target=self.target,
            verb=self.verb,
            started_at=self.started_at,
            requested_cancellation=self.cancel_requested_at is not None and self.cancel_requested_at <= now,
        )
        ending = self.derived_ending()
        if ending is None or ending.at > now:
            return running
        if ending.outcome is EndState.SUCCEEDED:
            made = {"@type": RESPONSE_TYPE, "name": self.target, "type": "TCP_PROXY", "state": "CREATED"}
            return replace(running, done=True, ended_at=ending.at, response=made)
        error = CANCELLED if ending.outcome is EndState.CANCELLED else FAILED
        return replace(running, done=True, ended_at=ending.at, error=error)


class UnknownOperation(LookupError):
    """No operation has this name. Cause: it never existed or was deleted. Remedy: the caller answers NOT_FOUND."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class NameTaken(LookupError):
    """An operation has this name already. Cause: a start with its id. Remedy: the caller answers ALREADY_EXISTS."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class Store:
    """All operations of a server. Thread-safe.

    `seed` makes the ids reproducible; nobody who does not know it can guess one. Without a seed, ids are random.
    `epoch` is the Unix time, in seconds, at which the clock shows zero.
    A list shows everything `list_lag` seconds late.
    """

    def __init__(self, clock: Clock, *, seed: str | int | None = None, epoch: float = EPOCH) -> None:
        self.clock = clock
        self.epoch = epoch
        self._key = hashlib.sha256(secrets.token_bytes() if seed is None else str(seed).encode()).digest()
        self.list_lag = 0.0
        self._records: dict[str, StoredOperation] = {}
        self._deleted: list[tuple[StoredOperation, float]] = []
        self._started = 0
        self._lock = threading.RLock()

    def start(
        self,
        parent: str,
        behaviour: Behaviour = RUN,
        *,
        target: str = "",
        collection: str = "operations",
        identifier: str = "",
    ) -> Snapshot:
        """Starts an operation below `parent`, which may be "", and answers with it.

        `target` is the resource that it creates. Without an `identifier` the id is one that nobody can guess.
        Raises NameTaken.
        """
        with self._lock:
            self._started += 1
            number, now = self._started, self.clock.now()
            above = f"{parent}/" if parent else ""
            name = f"{above}{collection}/{identifier or f'operation-{self.sign(str(number))}'}"
            if name in self._records:
                raise NameTaken(name)
            operation = StoredOperation(
                name=name,
                number=number,
                behaviour=behaviour,
                target=target or f"{above}appConnections/connection-{number}",
                verb="create",
                started_at=now,
            )
            self._records[operation.name] = operation
            return operation.at(now)

    def get(self, name: str) -> Snapshot:
        """The operation with exactly this name, as it is now. Raises UnknownOperation."""
        with self._lock:
            return self._record(name).at(self.clock.now())

    def cancel(self, name: str) -> bool:
        """Requests cancellation. Returns whether the operation was still running.

        The first request counts, repeated ones change nothing, and a finished operation keeps its result.
        Raises UnknownOperation.
        """
        with self._lock:
            operation, now = self._record(name), self.clock.now()
            if operation.at(now).done:
                return False
            if operation.cancel_requested_at is None:
                self._records[name] = replace(operation, cancel_requested_at=now)
            return True

    def delete(self, name: str) -> None:
        """Forgets the operation. That does not cancel it. Raises UnknownOperation."""
        with self._lock:
            record = self._record(name)
            del self._records[record.name]
            if self.list_lag:
                self._deleted.append((record, self.clock.now()))

    def list(self, parent: str) -> tuple[Snapshot, ...]:
        """The operations of `parent`, or of a collection, oldest first, all at the same instant."""
        with self._lock:
            then = self.clock.now() - self.list_lag
            records = list(self._records.values())
            if self.list_lag:
                records += [record for record, deleted_at in self._deleted if deleted_at > then]
                records = sorted((each for each in records if each.started_at <= then), key=lambda each: each.number)
            return tuple(record.at(then) for record in records if _is_of(parent, record.name))

    def all_of(self, parent: str) -> tuple[Snapshot, ...]:
        """The operations of `parent` as they are now, oldest first, whatever a list that lags shows: for faults."""
        with self._lock:
            now = self.clock.now()
            records = sorted(self._records.values(), key=lambda each: each.number)
            return tuple(record.at(now) for record in records if _is_of(parent, record.name))

    def running(self, parent: str) -> tuple[Snapshot, ...]:
        """Those of them that run."""
        return tuple(each for each in self.all_of(parent) if not each.done)

    def amend(self, name: str, /, **changes: Any) -> Snapshot:
        """Overwrites fields of a record: for faults, and to set up tests. Raises UnknownOperation.

        A set end such as `ending=Ending(now, EndState.CANCELLED)` overrides everything; a new `name` renames.
        """
        with self._lock:
            amended = replace(self._record(name), **changes)
            if amended.name != name:
                del self._records[name]
            self._records[amended.name] = amended
            return amended.at(self.clock.now())

    def sign(self, text: str) -> str:
        """32 hexadecimal digits that only the holder of the seed can compute for `text`."""
        return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), key=self._key, digest_size=16).hexdigest()

    def timestamp(self, seconds: float) -> str:
        """A clock reading as an RFC 3339 timestamp in UTC, as ProtoJSON writes google.protobuf.Timestamp."""
        return datetime.fromtimestamp(self.epoch + seconds, UTC).isoformat().removesuffix("+00:00") + "Z"

    def _record(self, name: str) -> StoredOperation:
        try:
            return self._records[name]
        except KeyError:
            raise UnknownOperation(name) from None


def _is_of(parent: str, name: str) -> bool:
    """Whether `name` is `parent/collection/id` or `parent/id`."""
    return name.startswith(f"{parent}/") and name.count("/", len(parent) + 1) <= 1
