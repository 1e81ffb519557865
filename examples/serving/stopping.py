"""Noticing that somebody wants us to stop: SIGTERM, SIGINT, or the end of a piped standard input.

The signal handler only takes a note. Whoever waits asks for it, so a stop never arrives between the birth of a child
process and the line that remembers it.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import stat
import sys
from types import FrameType


class Stopped(Exception):
    """Somebody asked us to stop. Not a failure."""


class StopRequest:
    """Whether to stop. Install it once, in the main thread, before anything is started."""

    def __init__(self) -> None:
        self._signalled = False
        self._wake_reader, self._wake_writer = os.pipe()
        os.set_blocking(self._wake_writer, False)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._note)
        self._stdin = _watchable_stdin()

    def _note(self, _number: int, _frame: FrameType | None) -> None:
        self._signalled = True
        with contextlib.suppress(BlockingIOError):  # full of earlier wake-ups, which do as well
            os.write(self._wake_writer, b"!")

    def pause(self, seconds: float) -> None:
        """Sleep, or raise `Stopped` as soon as a stop is asked for."""
        watched = [self._wake_reader] if self._stdin is None else [self._wake_reader, self._stdin]
        readable, _, _ = select.select(watched, [], [], 0 if self._signalled else seconds)
        if self._signalled:
            raise Stopped
        if self._stdin in readable and self._stdin is not None and os.read(self._stdin, 4096) == b"":
            raise Stopped


def _watchable_stdin() -> int | None:
    """Standard input if its end means something.

    A terminal has Ctrl-C, and reading from it would stop us when we are in the background; `/dev/null`, which shells
    give to background jobs, is at its end from the beginning. Only a pipe or a socket ends when its owner does.
    """
    try:
        descriptor = sys.stdin.fileno()
        mode = os.fstat(descriptor).st_mode
    except (AttributeError, OSError, ValueError):
        return None  # started without a standard input
    return descriptor if stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode) else None
