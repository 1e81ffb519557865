"""The commands of `lro-conformance`, one file each.

A command file has `add(commands)`, which describes its arguments, and a function that runs it and returns the exit
status. That function imports what it needs, so that the start of one command does not import another.
"""

from __future__ import annotations

import argparse
import contextlib
import difflib
import signal
import threading
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NoReturn

from conformance.errors import UsageError

if TYPE_CHECKING:
    from conformance.reports.console import Size

    # argparse has no public name for what `add_subparsers` returns.
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]


def add_size(parser: argparse.ArgumentParser) -> None:
    """Describe how much of a report is printed, and in which form."""
    size = parser.add_mutually_exclusive_group()
    size.add_argument("-q", "--quiet", action="store_true", help="print what fails, and the verdict")
    size.add_argument("-v", "--verbose", action="store_true", help="print every requirement, and all evidence")
    size.add_argument("--json", action="store_true", help="print report.json instead of the text")


def size_of(options: argparse.Namespace) -> Size:
    """How much of a report is printed."""
    from conformance.reports.console import Size

    return Size.QUIET if options.quiet else Size.VERBOSE if options.verbose else Size.NORMAL


class CommandParser(argparse.ArgumentParser):
    """Parses the arguments of one command; mistakes become a UsageError, as for any other input."""

    def __init__(self, *arguments: Any, **keywords: Any) -> None:
        super().__init__(*arguments, **keywords)
        self.set_defaults(parser=self)

    def error(self, message: str) -> NoReturn:
        raise UsageError(message, f"`{self.prog} --help` lists what it takes")

    @property
    def known_options(self) -> list[str]:
        """The long options that the command has."""
        return [option for option in self._option_string_actions if option.startswith("--")]


def misspelt(word: str, known: Sequence[str]) -> str:
    """The option that was certainly meant; empty when the word may be an option of pytest."""
    return next(iter(difflib.get_close_matches(word.partition("=")[0], known, n=1, cutoff=_SURELY)), "")


_SURELY = 0.85


def unknown_options(words: Sequence[str], known: Sequence[str]) -> UsageError:
    """The error for words that no parser knows, with the nearest option there is."""
    for word in words:
        near = difflib.get_close_matches(word.partition("=")[0], known, n=1)
        if near:
            return UsageError(f"there is no option {word.partition('=')[0]}", f"did you mean {near[0]}?")
    return UsageError(f"unrecognized arguments: {' '.join(words)}", "--help after the command lists what it takes")


@contextlib.contextmanager
def terminated_like_interrupted() -> Iterator[None]:
    """Within the context, SIGTERM acts like Ctrl-C: what was started is cleaned up and reported.

    Python delivers signals only to the main thread; in another thread nothing is changed.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
