"""Commands of the user's: one that prints the name of an operation, and one that prints a token.

A command has ended when its process has, whatever its children hold open: a port-forward or an emulator that it leaves
behind inherits its stdout, and an end of that would never come.
"""

from __future__ import annotations

import os
import selectors
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_PIECE = 64 * 1024
_MOST = 1024 * 1024
"""Bytes of each output that are kept; all of it is read, so that no command waits for us."""
_LOOK_EVERY = 0.02
"""Seconds between two looks whether a process has ended that does not say so by closing its outputs."""


@dataclass(frozen=True, slots=True)
class Ended:
    """A command that has ended: its exit status and what it had written by then."""

    status: int
    stdout: bytes
    stderr: bytes


def run_command(command: Sequence[str], timeout: float, directory: Path | None = None) -> Ended:
    """Run a command until its process ends.

    Raises OSError when it cannot be run, and subprocess.TimeoutExpired, with the process killed, when it does not end.
    """
    deadline = time.monotonic() + timeout
    with selectors.DefaultSelector() as open_outputs:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=directory)
        assert process.stdout is not None
        assert process.stderr is not None
        outputs = {pipe.fileno(): bytearray() for pipe in (process.stdout, process.stderr)}
        try:
            for pipe in outputs:
                os.set_blocking(pipe, False)
                open_outputs.register(pipe, selectors.EVENT_READ)
            has_ended = False
            while not has_ended:
                # Looked at first: what it wrote before it ended is in the pipes by now, and is read below.
                has_ended = process.poll() is not None
                for key, _ in open_outputs.select(0 if has_ended else _LOOK_EVERY):
                    if not _read(key.fd, outputs[key.fd]):
                        open_outputs.unregister(key.fd)
                if not has_ended and not open_outputs.get_map():
                    process.wait(max(0.0, deadline - time.monotonic()))
                elif not has_ended and time.monotonic() > deadline:
                    raise subprocess.TimeoutExpired(command, timeout)
        except BaseException:
            process.kill()
            raise
        finally:
            process.wait()
            process.stdout.close()
            process.stderr.close()
    return Ended(process.returncode, *map(bytes, outputs.values()))


def _read(pipe: int, into: bytearray) -> bool:
    """Read what is there now, but not for ever; False at the end of the output."""
    for _ in range(_MOST // _PIECE):
        try:
            piece = os.read(pipe, _PIECE)
        except BlockingIOError:
            return True
        if not piece:
            return False
        into += piece[: _MOST - len(into)]
    return True
