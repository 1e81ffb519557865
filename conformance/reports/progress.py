"""The progress of a run: on a terminal one line that is rewritten, in a pipe a line for each chapter."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from time import monotonic
from typing import TextIO

from conformance.reports.terminal import is_rewritable

_SAID = ("kept", "violated", "error", "played", "not played")
"""Findings that are called by their name; all others are "not judged"."""
_EVERY = 0.1
"""Seconds between two versions of the line."""
_SURE_AFTER = 3.0
"""Seconds after which the time left can be estimated."""
_WIDTH = 79


class Progress:
    """Is called for every check with its chapter and its finding; writes to a stream that may be closed.

    Of a client, scenarios are counted in place of checks: `what` is the word for one.
    """

    def __init__(
        self,
        stream: TextIO,
        environment: Mapping[str, str],
        now: Callable[[], float] = monotonic,
        what: str = "check",
    ) -> None:
        self._stream = stream
        self._is_line = is_rewritable(stream, environment)
        self._now = now
        self._what = what
        self._began = now()
        self._written_at = 0.0
        self._left: Counter[str] = Counter()
        self._found: dict[str, Counter[str]] = {}
        self._total = 0
        self._done = 0
        self._failed = 0

    def expect(self, chapters: Iterable[str]) -> None:
        """The chapter of every check that is going to run."""
        self._left = Counter(chapters)
        self._total = self._left.total()

    def expect_many(self, total: int) -> None:
        """How many checks are going to run, in other processes and in no order."""
        self._total = total

    def ended(self, chapter: str, finding: str) -> None:
        """One check has ended."""
        self._done += 1
        self._left[chapter] -= 1
        self._failed += finding in ("violated", "error")
        self._found.setdefault(chapter, Counter())[finding if finding in _SAID else "not judged"] += 1
        if self._is_line:
            self._show(chapter)
        elif self._total and self._left.total() < 0:
            if self._done * 10 // self._total > (self._done - 1) * 10 // self._total:
                self._write(f"{self._done} of {self._total} {self._what}s\n")
        elif self._left[chapter] == 0:
            found = self._found[chapter]
            counted = ", ".join(f"{count} {word}" for word, count in found.items())
            self._write(f"{chapter}, {found.total()} {self._what}{'s' if found.total() > 1 else ''}: {counted}\n")

    def end(self) -> None:
        """The run is over: the line is no longer needed."""
        if self._is_line and self._done:
            self._write("\r\x1b[K")

    def _show(self, chapter: str) -> None:
        now = self._now()
        if now - self._written_at < _EVERY and self._done < self._total:
            return
        self._written_at = now
        failed = f", {self._failed} violated" if self._failed else ""
        line = f"{self._done}/{self._total or '?'} {self._what}s, {chapter}{failed}{self._time_left(now)}"[:_WIDTH]
        self._write(f"\r\x1b[K{line}")

    def _time_left(self, now: float) -> str:
        took = now - self._began
        if took < _SURE_AFTER or not self._total:
            return ""
        left = took / self._done * (self._total - self._done)
        return f", about {left:.0f} s left" if left < 100 else f", about {left / 60:.0f} min left"

    def _write(self, text: str) -> None:
        with contextlib.suppress(OSError):  # a run needs nobody to watch it
            self._stream.write(text)
            self._stream.flush()
