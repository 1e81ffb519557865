"""Clocks. Code that needs the time is given a clock, so that tests do not wait for real time.

A `VirtualClock` moves only when somebody sleeps on it. If a server ends an operation three seconds later and the suite
waits ten seconds for that, both take microseconds.
"""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime
from typing import Protocol


def timestamp() -> str:
    """The real time, for reports: RFC 3339, in UTC, with milliseconds. Nothing waits for it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Clock(Protocol):
    """Monotonic seconds since an arbitrary start, and a way to let them pass."""

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
    """A clock that moves only when somebody sleeps on it."""

    def __init__(self, start: float = 0.0) -> None:
        self._now = start
        self._lock = threading.Lock()

    def now(self) -> float:
        with self._lock:
            return self._now

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self._now += max(0.0, seconds)


class TickingClock(VirtualClock):
    """A virtual clock that moves by a microsecond whenever it is read, so that no two events have the same time.

    So the order of events in several threads is known although no real time passes.
    """

    def now(self) -> float:
        with self._lock:
            self._now += 1e-6
            return self._now
