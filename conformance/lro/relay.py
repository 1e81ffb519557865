"""A relay: threads whose calls overlap run one at a time, in an order that is always the same.

In process a server runs in the threads of those who call it. Which of these the machine lets run first would decide
what is found: in a relay it does not.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

Found = TypeVar("Found")

_OWN = threading.local()


class Relay:
    """Lets `count` threads run one at a time: 0 first, each other one when all before it have ended or wait.

    What is remembered here needs no lock: only who has the turn reads or changes it.
    """

    def __init__(self, count: int) -> None:
        self._may_go_on = [threading.Semaphore(0) for _ in range(count)]
        self._waiting: dict[int, Callable[[], bool]] = {}
        self._begun = 0
        self._are_over = False
        self._pass_on()

    def play(self, place: int, work: Callable[[], Found]) -> Found:
        """Do the work of the thread that has this place, when it is its turn."""
        self._may_go_on[place].acquire()
        _OWN.relay, _OWN.place = self, place
        try:
            return work()
        finally:
            _OWN.relay = None
            self._pass_on()

    def wait(self) -> None:
        """Go on when all have begun, and those that waited before have had their turn."""
        self._wait(lambda: self._begun == len(self._may_go_on))

    def wait_until(self, holds: Callable[[], bool]) -> None:
        """Go on when something holds, which another thread makes so; or when nobody is left who could."""
        if not holds():
            self._wait(holds)

    def end(self) -> None:
        """From now on nobody waits for a turn: some of the threads will never come."""
        self._are_over = True
        for each in self._may_go_on:
            each.release()

    def _wait(self, holds: Callable[[], bool]) -> None:
        if self._are_over:
            return
        place: int = _OWN.place
        self._waiting[place] = holds
        self._pass_on()
        self._may_go_on[place].acquire()

    def _pass_on(self) -> None:
        if self._are_over:
            return
        turn = next((place for place, holds in self._waiting.items() if holds()), None)
        if turn is None and self._begun < len(self._may_go_on):
            turn = self._begun
            self._begun += 1
        if turn is None:
            turn = next(iter(self._waiting), None)
        if turn is not None:
            self._waiting.pop(turn, None)
            self._may_go_on[turn].release()


def relay_of_this_thread() -> Relay | None:
    """The relay in which the calling thread takes part; None where it runs as it likes."""
    return getattr(_OWN, "relay", None)
