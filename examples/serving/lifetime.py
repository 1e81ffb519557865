"""The life of a served target: come up, print the URL, wait, go down.

Every `serve.py` keeps the same promise: the first line on standard output is the URL, and it is printed when the
target answers; it lives until SIGTERM, SIGINT, or the end of a piped standard input; nothing survives it.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from examples.serving.children import Children
from examples.serving.environment import enter
from examples.serving.failure import STOPPED, CannotServe
from examples.serving.hook import StartOperation, operations_on_request, refuse_to_replace_a_live_one
from examples.serving.stopping import Stopped, StopRequest

WATCH = 0.25
"""Seconds between two looks at the children while all is well."""

LONGEST_SOCKET_PATH = 100
"""A Unix socket's address has room for some 100 bytes; the longest name we put into the scratch folder needs 30."""


@dataclass(frozen=True, slots=True)
class Stage:
    """What a target gets to come up with."""

    children: Children
    scratch: Path
    cleanup: ExitStack
    port: int


@dataclass(frozen=True, slots=True)
class Running:
    """A target that answers."""

    url: str
    start_operation: StartOperation


def serve(example: str, come_up: Callable[[Stage], Running], *, requirements: Path | None, arguments: list[str]) -> int:
    """The whole of a `serve.py`; returns its exit status."""
    stop = StopRequest()
    scratch: Path | None = None
    try:
        port = _port(arguments)
        refuse_to_replace_a_live_one(example)
        scratch = _scratch(example)
        if requirements is not None:
            enter(requirements, stop, scratch)
        with ExitStack() as cleanup:
            children = cleanup.enter_context(Children(scratch, stop))
            running = come_up(Stage(children, scratch, cleanup, port))
            cleanup.enter_context(operations_on_request(example, running.url, running.start_operation))
            print(running.url, flush=True)
            print(f"serving {example}; logs in {scratch}; stop with Ctrl-C", file=sys.stderr, flush=True)
            while True:
                children.check()
                stop.pause(WATCH)
    except Stopped:
        return STOPPED
    except CannotServe as error:
        print(f"{example}: {error}", file=sys.stderr, flush=True)
        return error.status
    finally:
        if scratch is not None:
            shutil.rmtree(scratch, ignore_errors=True)


def _port(arguments: list[str]) -> int:
    """`--port N`, for people who want the same URL each time; 0 is a free one."""
    match arguments:
        case []:
            return 0
        case ["--port", number] if number.isdigit() and int(number) < 65536:
            return int(number)
        case _:
            raise CannotServe(f"unknown arguments: {' '.join(arguments)}", "usage: serve.py [--port NUMBER]")


def _scratch(example: str) -> Path:
    """A folder for sockets, databases and logs.

    Not in the checkout: its path may be too long for a socket, and closed to the user that runs PostgreSQL for root.
    """
    folder = Path(tempfile.mkdtemp(prefix=f"lro-{example}-"))
    if len(os.fsencode(folder)) + 30 > LONGEST_SOCKET_PATH:
        folder.rmdir()
        raise CannotServe(f"the temporary folder {folder.parent} has too long a path", "set TMPDIR to a shorter one")
    return folder
