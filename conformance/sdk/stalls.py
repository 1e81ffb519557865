"""How long the machine held everybody up: what a busy processor takes from a client is not the client's.

A thread asks to be woken again and again, and notes by how much it overslept. What a client in a process of its own
suffers meanwhile is of that size: it needs the same processors, and more than one turn of them to end a call.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import TracebackType

_EVERY = 0.02
_USUAL = 0.005
"""Seconds by which a thread may oversleep on a machine that has nothing to do."""


class Stalls:
    """Measures while it is entered, which it may be more than once. `now` is the clock of the run, in seconds."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._stalls: list[tuple[float, float]] = []
        self._is_over = threading.Event()

    def __enter__(self) -> Stalls:
        self._is_over.clear()
        self._thread = threading.Thread(target=self._measure, name="stalls", daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._is_over.set()
        self._thread.join()

    def between(self, start: float, end: float) -> float:
        """The seconds lost between two moments, those of a stall that reaches beyond them included."""
        return sum(until - since for since, until in self._stalls if since < end and until > start)

    def _measure(self) -> None:
        asleep = self._now()
        while not self._is_over.wait(_EVERY):
            awake = self._now()
            if awake - asleep > _EVERY + _USUAL:
                self._stalls.append((asleep + _EVERY, awake))
            asleep = awake
