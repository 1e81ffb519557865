"""A command of the user's that starts one operation and prints its name."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

from conformance.errors import TargetError
from conformance.exchange.printable import in_one_line
from conformance.secrets.looks import without_look_alikes
from conformance.server.target.command import Ended, run_command
from conformance.server.target.starts import MayHaveStarted, NamedInVain
from conformance.server.target.waits import SUPPLY

Fits = Callable[[str], bool]
"""Whether the contract has a path for the operation of a name."""

_SHOWN = 200
_LINES_SHOWN = 3
_REMEDY = "it must print the name of one fresh running operation on one line and exit with 0"


def name_by_command(command: Sequence[str], directory: Path, fits: Fits, mask: Callable[[str], str]) -> str:
    """The name that the command prints; `mask` masks secrets in what is shown of its output.

    Raises TargetError when the command cannot be run, and MayHaveStarted when it gives no name: whatever went wrong may
    have done so after the start. If it printed a name all the same, that is NamedInVain.
    """
    try:
        done = run_command(command, SUPPLY, directory)
    except subprocess.TimeoutExpired as error:
        raise MayHaveStarted(f"operations.command {command[0]!r} has not ended after {SUPPLY:g} s", _REMEDY) from error
    except OSError as error:
        raise TargetError(
            f"operations.command {command[0]!r} cannot be run: {error.strerror}", "fix [operations] command"
        ) from error
    name = _utf_8(done.stdout).strip()
    if done.status == 0 and name and name.isprintable():
        return name
    message = f"operations.command {command[0]!r} {in_one_line(without_look_alikes(mask(_what_it_did(done))))}"
    named = next((line for line in name.splitlines() if line.isprintable() and fits(line)), "")
    raise NamedInVain(message, _REMEDY, named) if named else MayHaveStarted(message, _REMEDY)


def _what_it_did(done: Ended) -> str:
    """How a command has ended that gave no name, with what it wrote."""
    lines = done.stdout.decode("utf-8", "replace").strip().splitlines()
    if done.status != 0:
        did = "failed"
    elif lines:
        did = "printed no name"
    else:
        did = "printed nothing"
    said = (done.stderr.decode("utf-8", "replace").strip().splitlines() or ["no message"])[-1]
    printed = f"; it printed {_lines(len(lines))}: {' | '.join(lines[:_LINES_SHOWN])}"[:_SHOWN] if lines else ""
    return f"{did} (exit status {done.status}): {said}{printed}"


def _lines(count: int) -> str:
    return "1 line" if count == 1 else f"{count} lines"


def _utf_8(output: bytes) -> str:
    """The text; nothing when it is none."""
    try:
        return output.decode("utf-8")
    except UnicodeDecodeError:
        return ""
