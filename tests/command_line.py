"""`lro-conformance` in this process, where neither an interpreter nor its start is what is tested."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from conformance.cli import main
from conformance.server.options import Options
from conformance.server.run_suite import run_suite


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended, and what it printed."""

    status: int
    stdout: str
    stderr: str


def command(*words: str, cwd: Path) -> Ended:
    """The command of these words, in this directory."""
    return _told(lambda: main(words), cwd)


def run_of(options: Options, *pytest_options: str, cwd: Path) -> Ended:
    """What `run` does with these options, of which the command has no word for those of the embedded server."""
    return _told(lambda: run_suite(options, pytest_options, as_json=False), cwd)


def _told(call: Callable[[], int], cwd: Path) -> Ended:
    stdout, stderr = io.StringIO(), io.StringIO()
    with contextlib.chdir(cwd), contextlib.redirect_stdout(stdout), contextlib.redirect_stderr(stderr):
        status = call()
    return Ended(status, stdout.getvalue(), stderr.getvalue())
