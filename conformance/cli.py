"""The command line: `lro-conformance`, and `python -m conformance`.

Exit status: 0 conformant, 1 not conformant, 2 usage or environment error, 3 incomplete.
"""

from __future__ import annotations

import contextlib
import errno
import importlib
import io
import os
import sys
import traceback
from collections.abc import Sequence
from typing import TYPE_CHECKING

from conformance import __version__
from conformance.errors import ConformanceError
from conformance.reports.earlier import announced_directory, remove_earlier_report

if TYPE_CHECKING:
    from argparse import ArgumentParser

USAGE_ERROR = 2
_CANNOT_WRITE = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO})
"""Errors of writing to stdout or stderr, which name no file."""
COMMANDS = ("run", "init", "serve", "requirements", "faults", "baseline", "sdk", "audit", "diff", "replay", "spec")
"""The commands, each in the file of its name; these are loaded when it is sure that no earlier report is left."""
_WRITE_A_REPORT = ("run", "sdk")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status. Every error of this program is one message, without a traceback.

    What nobody foresaw has its traceback, and the status of an error: Python's own would mean "not conformant".
    """
    try:
        return _main(arguments)
    except Exception:  # the last line of defence; what is foreseen is caught by its class in `_main`
        with contextlib.suppress(OSError):  # stderr may be gone as well
            traceback.print_exc()
        return _failed("this is a mistake of lro-conformance\n  remedy: report it, with the lines above")


def _main(arguments: Sequence[str] | None) -> int:
    _escape_what_cannot_be_written()
    try:
        _forget_the_earlier_report(sys.argv[1:] if arguments is None else arguments)
        options, rest = _parser().parse_known_args(arguments)
        unknown = [word for word in rest if not options.takes_pytest_options or options.parser.misspelt(word)]
        if unknown:
            raise options.parser.unknown_options(unknown)
        options.pytest_options = rest
        status = int(options.run(options))
        sys.stdout.flush()
        return status
    except ConformanceError as error:
        return _failed(str(error))
    except KeyboardInterrupt:
        return _failed("interrupted")
    except BrokenPipeError:
        _write_no_more()  # whoever read our output has gone
        return USAGE_ERROR
    except OSError as error:
        if error.filename is not None or error.errno not in _CANNOT_WRITE:
            raise
        _write_no_more()
        return _failed(f"the output cannot be written: {error.strerror}\n  remedy: write it where there is room")


def _forget_the_earlier_report(words: Sequence[str]) -> None:
    """Write the report "not finished" before the arguments are parsed and files are read."""
    directory = announced_directory(words, [command for command in COMMANDS if command not in _WRITE_A_REPORT])
    if directory is not None:
        remove_earlier_report(directory)
        from conformance.reports.unfinished import begin_report

        begin_report(directory)


def _failed(why: str) -> int:
    """Print an error on stderr if possible; the exit status of errors."""
    with contextlib.suppress(OSError):
        print(f"lro-conformance: {why}", file=sys.stderr, flush=True)
    return USAGE_ERROR


def _write_no_more() -> None:
    """Close the output: else Python would flush at exit, fail again, and end with a status of its own."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


def _escape_what_cannot_be_written() -> None:
    """Print characters that the encoding of the output does not have as escapes.

    A `UnicodeEncodeError` would end the program with status 1, which means "not conformant".
    """
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


def _parser() -> ArgumentParser:
    from conformance.commands import CommandParser

    parser = CommandParser(
        prog="lro-conformance", description="Conformance of long-running operations over HTTP/JSON.", allow_abbrev=False
    )
    parser.add_argument("--version", action="version", version=f"lro-conformance {__version__}")
    parser.set_defaults(takes_pytest_options=False)
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for command in COMMANDS:
        importlib.import_module(f"conformance.commands.{command}").add(commands)
    for each in commands.choices.values():
        each.siblings = list(commands.choices.values())
    return parser


if __name__ == "__main__":
    sys.exit(main())
