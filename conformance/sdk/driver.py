"""The driver process: started once, asked line by line, and gone at the end whatever it does.

Whose fault is it? What the client did is in the reply and on the wire, and is judged elsewhere. What the driver does to
the protocol, silence, garbage, a wrong id, an early death, a bad exit status, is a DriverFault: an error of the run
and never a verdict on the client.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import shlex
import signal
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Protocol

from conformance.errors import TargetError, UsageError
from conformance.exchange import Method
from conformance.lro.codes import code_named
from conformance.rules.client.turn import Outcome, Said, Told
from conformance.sdk.credentials import text_without_secrets

PATIENCE = 10.0
_TO_EXIT = 5.0
_LONGEST_LINE = 1024 * 1024
_KEPT_STDERR = 64 * 1024
_SHOWN = 120
_PROTOCOL = "see docs/sdk.md; one JSON line on stdout for each line on stdin, everything else on stderr"


class DriverFault(TargetError):
    """The driver broke the protocol. Cause: the driver, not the client in it. Remedy: in the message."""


class AnyDriver(Protocol):
    """What scenarios are played with: a driver process, or for tests something that answers in its place."""

    @property
    def replies(self) -> int: ...

    @property
    def stderr(self) -> str: ...

    def ask(self, told: Told) -> Said: ...

    def finish(self) -> None: ...

    def kill(self) -> None: ...


class Driver:
    """One driver process, for as long as the context lasts; its whole process group ends with it.

    `patience` is how many seconds a reply may take beyond the deadline that the driver is told; `now` is the clock of
    the run. Raises UsageError when the command cannot be started.
    """

    def __init__(
        self,
        command: Sequence[str],
        now: Callable[[], float],
        environment: Mapping[str, str] | None = None,
        patience: float = PATIENCE,
    ) -> None:
        self.command = tuple(command)
        self._replies = 0
        self._now = now
        self._environment = {**os.environ, **(environment or {})}
        self._patience = patience
        self._lines: queue.Queue[bytes | None] = queue.Queue()
        self._stderr = b""

    def __enter__(self) -> Driver:
        try:
            self._process = subprocess.Popen(
                self.command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=self._environment,
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            raise UsageError(
                f"the driver {shlex.join(self.command)} cannot be started: {error}",
                _how_to_start(self.command[0], error),
            ) from error
        self._readers = [
            self._start(self._read_lines, self._process.stdout),
            self._start(self._read_log, self._process.stderr),
        ]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()

    @property
    def replies(self) -> int:
        """How many replies kept to the protocol."""
        return self._replies

    @property
    def stderr(self) -> str:
        """The end of what the driver wrote to stderr, at most 64 KiB."""
        return self._stderr.decode("utf-8", "replace")

    def ask(self, told: Told) -> Said:
        """Tell the driver one thing and read its reply.

        Raises DriverFault when there is none in time, or when it is not one of the protocol.
        """
        self._tell(json.dumps(told.as_json(), ensure_ascii=False))
        seconds = told.timeout / 1000 + self._patience
        try:
            line = self._lines.get(timeout=seconds)
        except queue.Empty:
            raise DriverFault(
                f"the driver did not reply to request {told.id} within {seconds:g} s",
                "reply to every line, also when the client's call fails or takes longer than timeout_ms",
            ) from None
        at = self._now()
        if line is None:
            raise DriverFault(f"the driver {self._ended()} instead of replying to request {told.id}", _PROTOCOL)
        said = read_reply(line, told, at)
        self._replies += 1
        return said

    def finish(self) -> None:
        """End the driver's input and wait for its end.

        Raises DriverFault when it says more, does not end in time, or ends with a status other than 0.
        """
        with contextlib.suppress(OSError):
            _pipe(self._process.stdin).close()
        try:
            self._process.wait(_TO_EXIT)
        except subprocess.TimeoutExpired:
            raise DriverFault(
                f"the driver was still running {_TO_EXIT:g} s after the end of its input", "exit at end of input"
            ) from None
        if self._process.returncode != 0:
            raise DriverFault(f"the driver {self._ended()} at the end of its input", "exit with status 0")
        self._readers[0].join(timeout=1)
        with contextlib.suppress(queue.Empty):
            line = self._lines.get_nowait()
            if line is not None:
                raise DriverFault(f"the driver wrote a line too many: {_shown(line)}", _PROTOCOL)

    def kill(self) -> None:
        """End the driver and everything it started."""
        with contextlib.suppress(OSError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        for reader in self._readers:
            reader.join(timeout=1)
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            with contextlib.suppress(OSError):
                _pipe(pipe).close()

    def _tell(self, line: str) -> None:
        pipe = _pipe(self._process.stdin)
        # A driver that has gone is noticed by its missing reply, with its exit status.
        with contextlib.suppress(OSError):
            pipe.write(line.encode("utf-8") + b"\n")
            pipe.flush()

    def _ended(self) -> str:
        try:
            status = self._process.wait(1)
        except subprocess.TimeoutExpired:
            return "closed its output"
        if status < 0:
            return f"was ended by {signal.Signals(-status).name}"
        return f"ended with status {status}"

    def _start(self, target: Callable[[IO[bytes]], None], pipe: IO[bytes] | None) -> threading.Thread:
        thread = threading.Thread(target=target, args=(_pipe(pipe),), name="driver", daemon=True)
        thread.start()
        return thread

    def _read_lines(self, pipe: IO[bytes]) -> None:
        with contextlib.suppress(OSError, ValueError):
            while line := pipe.readline(_LONGEST_LINE):
                self._lines.put(line)
        self._lines.put(None)

    def _read_log(self, pipe: IO[bytes]) -> None:
        with contextlib.suppress(OSError, ValueError):
            while piece := os.read(pipe.fileno(), 65536):
                self._stderr = (self._stderr + piece)[-_KEPT_STDERR:]


def _how_to_start(program: str, error: OSError | ValueError) -> str:
    """What helps when a program cannot be started: where there is a file, it is its mode or its first line."""
    if not Path(program).is_file():
        return "name a program after `--`"
    if isinstance(error, PermissionError):
        return "make it executable (chmod +x), or name its interpreter before it"
    return "its first line must be `#!` and an interpreter that exists; or name the interpreter before it"


def read_reply(line: bytes, told: Told, at: float) -> Said:
    """The reply that a line is. Raises DriverFault, saying what is wrong with it, when it is none."""

    def fault(why: str) -> DriverFault:
        return DriverFault(f"the reply to request {told.id} {why}: {_shown(line)}", _PROTOCOL)

    try:
        # A lone surrogate, which JSON can write and UTF-8 cannot, becomes a question mark.
        whole = json.dumps(json.loads(line.decode("utf-8")), ensure_ascii=False)
        reply = json.loads(whole.encode("utf-8", "replace"))
    except (ValueError, RecursionError):
        raise fault("is not a line of JSON") from None
    if not isinstance(reply, dict):
        raise fault("is not a JSON object")
    if type(reply.get("id")) is not int or reply["id"] != told.id:
        raise fault(f"has the id {reply.get('id')!r}")
    try:
        outcome = Outcome(reply.get("outcome"))
    except ValueError:
        words = ", ".join(outcome.value for outcome in Outcome)
        raise fault(f"has the outcome {reply.get('outcome')!r}, which is none of {words}") from None
    code, status, message = (reply.get(key) for key in ("code", "http_status", "message"))
    if code is not None and code_named(code) is None:
        raise fault(f"has the code {code!r}, which is neither null nor the name of a google.rpc.Code")
    if status is not None and type(status) is not int:
        raise fault(f"has the http_status {status!r}, which is neither null nor a number")
    if message is not None and not isinstance(message, str):
        raise fault("has a message that is no text")
    operation = None
    if outcome is Outcome.OK and told.method is Method.GET:
        operation = reply.get("operation")
        if why := _not_an_operation(operation):
            raise fault(why)
    shown = text_without_secrets(line.decode("utf-8").rstrip())
    return Said(outcome, shown, at, operation, code_named(code), status, text_without_secrets(message or ""))


def _not_an_operation(value: Any) -> str:
    """What is wrong with the `operation` of a reply, or nothing."""
    if not isinstance(value, dict):
        return "has no object `operation`, which a successful get returns"
    missing = [key for key in ("name", "done", "response") if key not in value]
    if missing:
        return f"has an operation without {' and '.join(missing)}"
    if not isinstance(value["name"], str | None):
        return "has an operation whose name is neither null nor a text"
    for key in ("done", "response"):
        if not isinstance(value[key], bool):
            return f"has an operation whose {key} is neither true nor false"
    error = value.get("error")
    if error is not None and not (isinstance(error, dict) and type(error.get("code", 0)) is int):
        return "has an operation whose error is neither null nor an object with a number `code`"
    return ""


def _shown(line: bytes) -> str:
    text = text_without_secrets(line.rstrip(b"\r\n").decode("utf-8", "replace"))
    return repr(text if len(text) <= _SHOWN else text[:_SHOWN] + "…")


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    assert pipe is not None, "all three pipes were asked for"
    return pipe
