"""The commands of `lro-conformance`, one file each.

A command file has `add(commands)`, which describes its arguments, and a function that runs it and returns the exit
status. That function imports what it needs, so that the start of one command does not import another.
"""

from __future__ import annotations

import argparse
import contextlib
import re
import signal
import threading
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NoReturn

from conformance.errors import UsageError, did_you_mean, nearest

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


SURELY, _PROBABLY = 0.85, 0.75
"""How much a word is like the option that was meant, the dashes of both left out."""

_NO_CHOICE = re.compile(r"invalid choice: '?([^' ]+)'? \(choose from (.*)\)")
"""How argparse says that a word is none of those that it knows."""
_WORD = re.compile(r"[\w-]+")


class CommandParser(argparse.ArgumentParser):
    """Parses the arguments of one command; mistakes become a UsageError, as for any other input."""

    def __init__(self, *arguments: Any, **keywords: Any) -> None:
        super().__init__(*arguments, **keywords)
        self.set_defaults(parser=self)
        self.siblings: list[CommandParser] = []
        """The parsers of all commands."""

    def error(self, message: str) -> NoReturn:
        lists = f"`{self.prog} --help` lists what it takes"
        choice = _NO_CHOICE.search(message)
        meant = did_you_mean(choice[1], _WORD.findall(choice[2])) if choice is not None else ""
        raise UsageError(message, f"{meant} {lists}".strip())

    @property
    def known_options(self) -> list[str]:
        """The long options that the command has."""
        return [option for option in self._option_string_actions if option.startswith("--")]

    @property
    def command(self) -> str:
        """The name of the command."""
        return self.prog.partition(" ")[2]

    def misspelt(self, word: str) -> str:
        """The option that was certainly meant; empty when the word may be an option of pytest."""
        return _near(_name_of(word), self.known_options, SURELY)

    def no_such_option(self, words: Sequence[str], cutoff: float = _PROBABLY) -> UsageError | None:
        """The error for the first of these words that is near to an option of this or of another command."""
        own = self.known_options
        of_others = [option for each in self.siblings for option in each.known_options if option not in own]
        for name in map(_name_of, words):
            known = [*own, *of_others]
            cut_off_from = next((option for option in known if name != "--" and option.startswith(name)), "")
            if near := cut_off_from or _near(name, known, cutoff):
                *others, last = [f"`{each.command}`" for each in self.siblings if near in each.known_options]
                meant = [f"did you mean {near}?"] if near != name else []
                owners = f"{', '.join(others)} and {last} have" if others else f"{last} has"
                whose = [f"{owners} {near}"] if near not in own else []
                return UsageError(f"`{self.command}` has no option {name}", " ".join([*meant, *whose]))
        return None

    def unknown_options(self, words: Sequence[str]) -> UsageError:
        """The error for words that nobody knows."""
        return self.no_such_option(words) or UsageError(
            f"unrecognized arguments: {' '.join(words)}", f"`{self.prog} --help` lists what it takes"
        )


def _name_of(word: str) -> str:
    return word.partition("=")[0]


def _near(name: str, options: Sequence[str], cutoff: float) -> str:
    """The option that looks like this one. The dashes of both are left out: they make short names look alike."""
    bare = nearest(name.lstrip("-"), [option.lstrip("-") for option in options], cutoff)
    return f"--{bare}" if bare else ""


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
