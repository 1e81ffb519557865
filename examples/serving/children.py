"""The programs a target consists of: started in order, stopped in reverse, none left behind.

Each child leads a process group of its own, for two reasons: Ctrl-C in the terminal reaches only us, so that we
stop the children in the right order, and whatever a child started itself can be killed with it.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TypeVar

from examples.serving.failure import CannotServe
from examples.serving.stopping import StopRequest

Ready = TypeVar("Ready")

POLL = 0.05
GRACE = 8.0
"""Seconds a child gets to end by itself after its stop signal. Slower is not an error: it is killed."""


@dataclass(frozen=True, slots=True)
class Account:
    """A user other than ours, for programs that refuse to run as root."""

    uid: int
    gid: int


@dataclass(frozen=True, slots=True)
class Child:
    name: str
    process: subprocess.Popen[bytes]
    log: Path
    stop_signal: signal.Signals

    def ended(self) -> bool:
        """Whether it has ended. It is not reaped, so that its process group's number cannot be given to another."""
        if self.process.returncode is not None:
            return True
        return os.waitid(os.P_PID, self.process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None

    def stop(self) -> None:
        _signal_group(self.process.pid, self.stop_signal)
        deadline = time.monotonic() + GRACE
        while not self.ended() and time.monotonic() < deadline:
            time.sleep(POLL)
        _signal_group(self.process.pid, signal.SIGKILL)
        self.process.wait()


class Children:
    """Starts children; on exit stops all of them, the last one first."""

    def __init__(self, logs: Path, stop: StopRequest) -> None:
        self._logs = logs
        self._stop = stop
        self._children: list[Child] = []

    def __enter__(self) -> Children:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        while self._children:
            self._children.pop().stop()

    def start(
        self,
        name: str,
        command: Sequence[str | Path],
        *,
        account: Account | None = None,
        directory: Path | None = None,
        stop_signal: signal.Signals = signal.SIGTERM,
        inherit: Sequence[int] = (),
    ) -> Child:
        log = self._logs / f"{name}.log"
        with log.open("ab") as output:
            try:
                process = subprocess.Popen(
                    [str(word) for word in command],
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    cwd=directory,
                    start_new_session=True,
                    pass_fds=inherit,
                    preexec_fn=die_with_parent,
                    user=account.uid if account else None,
                    group=account.gid if account else None,
                    extra_groups=[] if account else None,
                )
            except (OSError, subprocess.SubprocessError) as error:
                raise CannotServe(
                    f"{name} cannot be started: {error}",
                    "check that the file exists and may be executed; a broken cache is rebuilt after deleting .interop",
                ) from None
        child = Child(name, process, log, stop_signal)
        self._children.append(child)
        return child

    def run(
        self,
        name: str,
        command: Sequence[str | Path],
        *,
        within: float,
        remedy: str,
        account: Account | None = None,
        directory: Path | None = None,
    ) -> None:
        """Run a program to its end; anything but success is an error that quotes what it said last."""
        child = self.start(name, command, account=account, directory=directory)
        deadline = time.monotonic() + within
        while not child.ended():
            if time.monotonic() > deadline:
                raise CannotServe(f"{name} did not finish within {within:g} s{_last_words(child.log)}", remedy)
            self._stop.pause(POLL)
        self._children.remove(child)
        child.stop()
        if child.process.returncode != 0:
            raise CannotServe(f"{name} failed with status {child.process.returncode}{_last_words(child.log)}", remedy)

    def wait_until(self, what: str, ready: Callable[[], Ready | None], *, within: float) -> Ready:
        """Ask `ready` until it returns something; meanwhile watch the children and the wish to stop."""
        deadline = time.monotonic() + within
        while (answer := ready()) is None:
            self.check()
            if time.monotonic() > deadline:
                words = "".join(_last_words(child.log) for child in self._children)
                raise CannotServe(
                    f"{what} did not come up within {within:g} s{words}",
                    "read the log above; is the machine overloaded?",
                )
            self._stop.pause(POLL)
        return answer

    def check(self) -> None:
        """Raise if one of the children has ended without being asked to."""
        for child in self._children:
            if child.ended():
                child.process.wait()
                raise CannotServe(
                    f"{child.name} ended by itself with status {child.process.returncode}{_last_words(child.log)}",
                    "read the log above, then start the target again",
                )


def _last_words(log: Path, lines: int = 15) -> str:
    tail = log.read_text("utf-8", "replace").strip().splitlines()[-lines:] if log.exists() else []
    return "".join(f"\n  | {line}" for line in tail)


def _signal_group(leader: int, number: signal.Signals) -> None:
    # Nobody of that group is left, or (macOS says so) only its unreaped leader.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, number)


_PR_SET_PDEATHSIG = 1
_prctl = ctypes.CDLL(None).prctl if sys.platform == "linux" else None


def die_with_parent() -> None:
    """Runs in the child: even when we are killed with SIGKILL, which nobody can catch, the kernel ends the child."""
    if _prctl is not None:
        _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
