"""Ctrl-C and SIGTERM: the first one ends the checks, one in the clean-up ends that, and none ends the report.

A run that is interrupted still cleans up and says what it leaves. A second signal may come at any moment: somebody
presses Ctrl-C twice, or a CI system sends SIGTERM some seconds after SIGINT. Before the clean-up, and while the report
is written, it changes nothing. Else operations would run on, and nobody would learn of them.
"""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType

_NUMBERS = (signal.SIGINT, signal.SIGTERM)


class _Heed:
    """Whether the next signal interrupts. The one that does is the last."""

    def __init__(self, is_on: bool) -> None:
        self.is_on = is_on

    def received(self, _number: int, _frame: FrameType | None) -> None:
        if self.is_on:
            self.is_on = False
            raise KeyboardInterrupt


_installed: list[_Heed] = []


@contextlib.contextmanager
def interrupted_once(was_interrupted: bool = False) -> Iterator[None]:
    """Within the context the first signal, of either kind, raises KeyboardInterrupt.

    If the run `was_interrupted` before, that was the first one. Python delivers signals only to the main thread; in
    another thread nothing is changed. A signal that is ignored from the start (`nohup`) stays ignored.
    """
    numbers = [number for number in _NUMBERS if signal.getsignal(number) is not signal.SIG_IGN]
    if _installed or threading.current_thread() is not threading.main_thread():
        yield
        return
    heed = _Heed(not was_interrupted)
    _installed.append(heed)
    before = {number: signal.signal(number, heed.received) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        _installed.remove(heed)


@contextlib.contextmanager
def may_be_interrupted() -> Iterator[None]:
    """Within the context one more signal raises KeyboardInterrupt; after it none does."""
    for heed in _installed:
        heed.is_on = True
    try:
        yield
    finally:
        for heed in _installed:
            heed.is_on = False
