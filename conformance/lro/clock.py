"""Time as operations see it: a clock is handed in, so nothing here or in a test waits for the wall.

A `VirtualClock` moves only when somebody sleeps on it: a server that ends an operation "three seconds later" and a
suite that waits ten seconds for it meet in microseconds.
"""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime
from typing import Protocol


def timestamp() -> str:
    """The wall's time for the record, which nothing waits for: RFC 3339, in UTC, with milliseconds."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Clock(Protocol):
    """Seconds since an arbitrary start, monotonic; and a way to let them pass."""

    def now(self) -> float: ...

    def sleep(self, seconds: float) -> None: ...


class SystemClock:
    """The machine's monotonic clock."""

    def now(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        if seconds > 0:
            time.sleep(seconds)


class VirtualClock:
    """A clock that moves when it is slept on, and never otherwise."""

    def __init__(self, start: float = 0.0) -> None:
        self._now = start
        self._lock = threading.Lock()

    def now(self) -> float:
        with self._lock:
            return self._now

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self._now += max(0.0, seconds)


RACERS = "lro-conformance-race"
"""What the names of threads begin with whose calls are all made at one moment, each to overlap with the others."""


class TickingClock(VirtualClock):
    """A virtual clock on which every look takes a microsecond, so that no two events have the same time.

    With it the order of events in several threads can be told although no time passes.
    """

    def now(self) -> float:
        with self._lock:
            self._now += 1e-6
            return self._now
