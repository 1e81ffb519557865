"""The driver process: started once, greeted, asked line by line, and gone at the end whatever it does.

Whose fault is it? What the client did is in the reply and on the wire, and is judged elsewhere. What the driver does to
the protocol, silence, garbage, a wrong id, an early death, a bad exit status, is a DriverFault: an error of the run
and never a verdict on the client.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import re
import select
import shlex
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Protocol

from conformance.errors import UsageError
from conformance.rules.client.turn import DriverRequest, Hello, Said
from conformance.sdk.reply import PROTOCOL, DriverFault, Gone, Overdue, id_of, read_hello, read_reply, shown
from conformance.secrets.command import command_without_secrets

PATIENCE = 10.0
"""Seconds that a reply may be overdue."""

SLOW_START = 3
"""So many times its patience a driver is given for its first reply, for it has to start."""

_TO_EXIT = 5.0
_LONGEST_LINE = 1024 * 1024
_KEPT_STDERR = 64 * 1024
_WAITING_LINES = 64
_END_OF_A_WORD = re.compile(rb"\A\S{1,16}(?=\s)")


class AnyDriver(Protocol):
    """What scenarios are played with: a driver process, or for tests something that answers in its place."""

    @property
    def replies(self) -> int: ...

    @property
    def stderr(self) -> str: ...

    def greet(self, request: DriverRequest, was_called: Callable[[], bool]) -> Hello | None: ...

    def ask(self, request: Sequence[DriverRequest]) -> list[Said]: ...

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
        self._heard = 0
        self._now = now
        self._environment = {**os.environ, **(environment or {})}
        self._patience = patience
        self._lines: queue.Queue[bytes | None] = queue.Queue(_WAITING_LINES)
        self._is_ending = threading.Event()
        self._is_killed = False
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
                f"the driver {shlex.join(command_without_secrets(self.command))} cannot be started: {error}",
                _how_to_start(self.command[0], error),
            ) from error
        self._ended, self._end = os.pipe()
        self._readers = [
            self._start(self._read_lines, self._process.stdout),
            self._start(self._read_log, self._process.stderr),
        ]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()
        for reader in self._readers:
            reader.join()
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            with contextlib.suppress(OSError):
                _pipe(pipe).close()
        os.close(self._ended)
        os.close(self._end)

    @property
    def replies(self) -> int:
        """How many replies kept to the protocol."""
        return self._replies

    @property
    def stderr(self) -> str:
        """The end of what the driver wrote to stderr, at most 64 KiB, without the end of a word, as in `shown`."""
        is_cut = len(self._stderr) == _KEPT_STDERR
        kept = _END_OF_A_WORD.sub(b"", self._stderr) if is_cut else self._stderr
        return kept.decode("utf-8", "replace")

    def greet(self, request: DriverRequest, was_called: Callable[[], bool]) -> Hello | None:
        """Say hello; the value is what the driver says of itself, None when it is one that does not know a greeting.

        A driver that has to start is given more time, unless its client `was_called` already.
        Raises Gone when it ends instead, and DriverFault for a reply that is none.
        """
        self._tell(request)
        end = time.monotonic() + self._patience * SLOW_START
        hurry = time.monotonic() + self._patience
        while (left := end - time.monotonic()) > 0 and not (was_called() and time.monotonic() > hurry):
            try:
                line = self._lines.get(timeout=min(left, max(hurry - time.monotonic(), self._patience / 10)))
            except queue.Empty:
                continue
            if line is None:
                raise self._gone(request)
            self._heard += 1
            hello = read_hello(line, request)
            self._replies += hello is not None
            return hello
        raise self._silence(request, self._patience * (1 if was_called() else SLOW_START))

    def ask(self, request: Sequence[DriverRequest]) -> list[Said]:
        """Tell the driver some things at once and read its replies, which come in any order.

        Raises Overdue when one is not there in time, Gone when the driver ends, and DriverFault for a line that is no
        reply of the protocol.
        """
        for each in request:
            self._tell(each)
        end = time.monotonic() + max(each.timeout for each in request) / 1000 + self._patience
        said: dict[int, Said] = {}
        while len(said) < len(request):
            awaited = [each for each in request if each.id not in said]
            try:
                line = self._lines.get(timeout=max(end - time.monotonic(), 0))
            except queue.Empty:
                raise self._silence(awaited[0], awaited[0].timeout / 1000 + self._patience) from None
            at = self._now()
            if line is None:
                raise self._gone(awaited[0])
            self._heard += 1
            found = id_of(line) if len(awaited) > 1 else None
            about = next((each for each in awaited if each.id == found), awaited[0])
            said[about.id] = read_reply(line, about, at)
            self._replies += 1
        return [said[each.id] for each in request]

    def finish(self) -> None:
        """End the driver's input and wait for its end.

        Raises DriverFault when it says more, does not end in time, or ends with a status other than 0.
        """
        self._close_input()
        try:
            self._process.wait(_TO_EXIT)
        except subprocess.TimeoutExpired:
            raise DriverFault(
                f"the driver was still running {_TO_EXIT:g} s after the end of its input", "exit at end of input"
            ) from None
        if self._process.returncode != 0:
            raise DriverFault(f"the driver {self._end_in_words()} at the end of its input", "exit with status 0")
        self._stop_reading()
        with contextlib.suppress(queue.Empty):
            line = self._lines.get_nowait()
            if line is not None:
                raise DriverFault(f"the driver wrote a line too many: {shown(line)}", PROTOCOL)

    def kill(self) -> None:
        """End the driver and everything it started, and stop reading, whoever else may hold its output open."""
        if not self._is_killed:
            self._is_killed = True
            with contextlib.suppress(OSError):
                os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._stop_reading()

    def _tell(self, request: DriverRequest) -> None:
        pipe = _pipe(self._process.stdin)
        # A driver that has gone is noticed by its missing reply, with its exit status.
        with contextlib.suppress(OSError, ValueError):
            pipe.write(json.dumps(request.as_json(), ensure_ascii=False).encode("utf-8") + b"\n")
            pipe.flush()

    def _close_input(self) -> None:
        with contextlib.suppress(OSError):
            _pipe(self._process.stdin).close()

    def _gone(self, request: DriverRequest) -> Gone:
        status = self._end_in_words()
        if self._heard == 1 and self._process.returncode == 0:
            return Gone(
                f"the driver {status} after its first reply, instead of replying to request {request.id}",
                "it is started once for all requests: read lines until the end of input. A program that makes one call"
                ' takes a loop around it: while IFS= read -r line; do printf "%s\\n" "$line" | ./program; done',
            )
        return Gone(f"the driver {status} instead of replying to request {request.id}", PROTOCOL)

    def _silence(self, request: DriverRequest, seconds: float) -> DriverFault:
        """Why there is no reply: it is asked of a driver that has never replied, by ending its input."""
        if self._heard:
            return Overdue(
                f"the driver did not reply to request {request.id} within {seconds:g} s",
                "reply to every line, also when the client's call fails or takes longer than timeout_ms",
            )
        self._close_input()
        with contextlib.suppress(queue.Empty):
            line = self._lines.get(timeout=min(self._patience, _TO_EXIT))
            if line is not None and id_of(line) is not None and not line.endswith(b"\n"):
                return DriverFault(
                    f"the driver's reply to request {request.id} had no line end: {shown(line)}",
                    "end every reply with a newline, and flush stdout after it",
                )
            if line is not None and id_of(line) is not None:
                return DriverFault(
                    f"the driver's reply to request {request.id} came only when its input had ended: stdout is"
                    " buffered, or all of stdin is read before the first line is answered",
                    "flush stdout after every line, such as print(…, flush=True), fflush(stdout), System.out.flush()",
                )
        return DriverFault(
            f"the driver did not reply to request {request.id}, its first, within {seconds:g} s",
            "reply to every line, and flush stdout after it; for a driver that is slow to start raise --patience",
        )

    def _end_in_words(self) -> str:
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

    def _stop_reading(self) -> None:
        """Read what is there and no more: a child of the driver may keep its output open for ever."""
        if not self._is_ending.is_set():
            self._is_ending.set()
            os.write(self._end, b".")
        for reader in self._readers:
            reader.join()

    def _pieces(self, pipe: IO[bytes]) -> Iterator[bytes]:
        """What can be read, until the end of the pipe; once the driver has ended, what is there and not for ever."""
        readable = select.poll()
        for descriptor in (pipe.fileno(), self._ended):
            readable.register(descriptor, select.POLLIN)
        after_the_end = 0
        while after_the_end < _LONGEST_LINE:
            if pipe.fileno() not in [descriptor for descriptor, _ in readable.poll()]:
                return
            piece = os.read(pipe.fileno(), 65536)
            if not piece:
                return
            after_the_end += len(piece) if self._is_ending.is_set() else 0
            yield piece

    def _read_lines(self, pipe: IO[bytes]) -> None:
        left = b""
        for piece in self._pieces(pipe):
            left += piece
            while b"\n" in left or len(left) >= _LONGEST_LINE:
                length = left.find(b"\n") + 1
                length = length if 0 < length <= _LONGEST_LINE else _LONGEST_LINE
                line, left = left[:length], left[length:]
                self._put(line)
        if left:
            self._put(left)
        self._put(None)

    def _put(self, line: bytes | None) -> None:
        """Keep a line until it is asked for. After the end of input one line too many is enough to know."""
        while True:
            is_over = self._is_ending.is_set() or _pipe(self._process.stdin).closed
            try:
                return self._lines.put(line, block=not is_over, timeout=0.05)
            except queue.Full:
                if is_over:
                    return None

    def _read_log(self, pipe: IO[bytes]) -> None:
        for piece in self._pieces(pipe):
            self._stderr = (self._stderr + piece)[-_KEPT_STDERR:]


def _how_to_start(program: str, error: OSError | ValueError) -> str:
    """What helps when a program cannot be started: where there is a file, it is its mode or its first line."""
    if not Path(program).is_file():
        return "name a program after `--`"
    if isinstance(error, PermissionError):
        return "make it executable (chmod +x), or name its interpreter before it"
    return "its first line must be `#!` and an interpreter that exists; or name the interpreter before it"


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    assert pipe is not None, "all three pipes were asked for"
    return pipe
