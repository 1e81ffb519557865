"""Ctrl-C and SIGTERM: the first one ends the checks, one in the clean-up ends that, and none ends the report.

A run that is interrupted still cleans up and says what it leaves. A second signal may come at any moment: both keys
were pressed twice, or a CI system sends SIGTERM some seconds after SIGINT. If it came between the first one and the
clean-up, or while the report is written, operations would run on of which nobody is told.
"""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType

_NUMBERS = (signal.SIGINT, signal.SIGTERM)


class _Heed:
    """Whether the next signal interrupts; whichever does is the last one."""

    def __init__(self, is_on: bool) -> None:
        self.is_on = is_on

    def told(self, _number: int, _frame: FrameType | None) -> None:
        if self.is_on:
            self.is_on = False
            raise KeyboardInterrupt


_installed: list[_Heed] = []


@contextlib.contextmanager
def interrupted_once(was_interrupted: bool = False) -> Iterator[None]:
    """For as long as the context lasts, both signals are a KeyboardInterrupt, the first time one of them comes.

    Of whoever `was_interrupted` before, that was the first time.
    Python tells signals to the main thread alone; in another one nothing is changed. What the shell has told the
    process to ignore (`nohup`) stays ignored.
    """
    numbers = [number for number in _NUMBERS if signal.getsignal(number) is not signal.SIG_IGN]
    if _installed or threading.current_thread() is not threading.main_thread():
        yield
        return
    heed = _Heed(not was_interrupted)
    _installed.append(heed)
    before = {number: signal.signal(number, heed.told) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        _installed.remove(heed)


@contextlib.contextmanager
def may_be_interrupted() -> Iterator[None]:
    """What is done here can be ended by one signal more; what comes after it, by none."""
    for heed in _installed:
        heed.is_on = True
    try:
        yield
    finally:
        for heed in _installed:
            heed.is_on = False
