"""The scripted server: a client calls it, it answers by the script of the moment and records what arrived.

Attribution. Every scenario has operation names of its own, so a request that is a call on one belongs to its turn,
however late it arrives, and to the last one where a scenario makes the same call twice. Anything else, a path that
binds nothing or bytes that are no HTTP, belongs to the turn that was open when it arrived: one driver is asked one
thing at a time.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

from conformance.errors import TargetError
from conformance.exchange import Call, Exchange, Failure, FailureKind, Method, Request
from conformance.lro.codes import Code
from conformance.rules.client.retries import OVERDUE
from conformance.sdk.answers import EMPTY_OBJECT, OVER, UNKNOWN_PATH, Answer, End, Script, envelope, json_answer
from conformance.sdk.credentials import without_secrets
from conformance.sdk.wire import Connection, NotHttp, response_bytes
from conformance.spec.contract import Contract

LOOPBACK = "127.0.0.1"
_IDLE_SECONDS = 30.0
_AFTER_TIMEOUT = OVERDUE + 0.1
"""Seconds; more than the rules allow a reply or an attempt to be late, so that who does not stop by itself is late."""
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


@dataclass
class _Open:
    """A turn as the server knows it: what it answers, how often it has, and what arrived."""

    scenario: str
    call: Call
    script: Script
    over: float
    served: int = 0
    arrived: list[Exchange] = field(default_factory=list)
    replied: threading.Event = field(default_factory=threading.Event)


class ScriptedServer:
    """A server on two free ports of the loopback interface, for as long as the context lasts.

    `url` is where it is, `elsewhere` the same server on another host, `other_port` on another port alone. `now` is the
    clock of the run, in seconds.
    Raises TargetError when no port can be had.
    """

    def __init__(self, contract: Contract, now: Callable[[], float]) -> None:
        self._contract = contract
        self._now = now
        self._lock = threading.Lock()
        self._turns: list[_Open] = []
        self._by_call: dict[Call, _Open] = {}
        self._strays: list[Exchange] = []
        self._number = 0
        self._connections: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._is_stopping = False
        self._listeners = [_listen(), _listen()]
        self.url = f"http://{LOOPBACK}:{self._listeners[0].getsockname()[1]}"
        port = self._listeners[1].getsockname()[1]
        self.elsewhere = f"http://localhost:{port}"
        self.other_port = f"http://{LOOPBACK}:{port}"

    def __enter__(self) -> ScriptedServer:
        for listener, origin in zip(self._listeners, (self.url, self.elsewhere), strict=True):
            self._start(self._accept, listener, origin)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def begin(self, scenario: str, method: Method, name: str, script: Script, timeout: int) -> int:
        """Open a turn: from now on its script counts. The value is the turn's number, for `end` and `arrived`.

        Soon after `timeout`, in milliseconds, the script ends, and every further attempt is refused for good.
        """
        with self._lock:
            over = self._now() + timeout / 1000 + _AFTER_TIMEOUT
            turn = _Open(scenario, Call(method, name), script, over)
            self._turns.append(turn)
            self._by_call[turn.call] = turn
            return len(self._turns) - 1

    def end(self, turn: int) -> None:
        """The driver has replied: what was held back for this turn is dropped."""
        self._turns[turn].replied.set()

    def arrived(self, turn: int) -> tuple[Exchange, ...]:
        """What belongs to a turn, in the order of arrival; complete once the server has stopped."""
        with self._lock:
            return tuple(sorted(self._turns[turn].arrived, key=lambda exchange: exchange.number))

    @property
    def requests(self) -> int:
        """How many requests have arrived."""
        return self._number

    def stop(self) -> None:
        """Close everything and wait until every request that had arrived is recorded."""
        self._is_stopping = True
        for turn in self._turns:
            turn.replied.set()
        for listener in self._listeners:
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()
        with self._lock:
            connections = list(self._connections)
        for wire in connections:
            with contextlib.suppress(OSError):
                wire.shutdown(socket.SHUT_RDWR)
        for thread in list(self._threads):
            thread.join(timeout=2)

    def _start(self, target: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=target, args=arguments, name="scripted-server", daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self, listener: socket.socket, origin: str) -> None:
        while not self._is_stopping:
            try:
                wire, _ = listener.accept()
            except OSError:
                return
            wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            wire.settimeout(_IDLE_SECONDS)
            self._start(self._serve, wire, origin)

    def _serve(self, wire: socket.socket, origin: str) -> None:
        with self._lock:
            self._connections.add(wire)
        try:
            connection = Connection(wire)
            while not self._is_stopping and self._serve_one(connection, wire, origin):
                pass
        except OSError:
            pass
        finally:
            with self._lock:
                self._connections.discard(wire)
            wire.close()

    def _serve_one(self, connection: Connection, wire: socket.socket, origin: str) -> bool:
        """Read and answer one request; whether the connection goes on."""
        try:
            arrived = connection.read()
        except NotHttp as error:
            self._record_garbage(error, origin)
            return False
        if arrived is None:
            return False
        at = self._now()
        with self._lock:
            self._number += 1
            number = self._number
            call = self._contract.identify(arrived.request.method, arrived.request.path)
            turn = self._turn_of(call)
            answer = self._answer(turn, call, arrived.request)
        exchange = Exchange(
            number=number,
            request=without_secrets(arrived.request),
            outcome=Failure(FailureKind.RESET, answer.end.value),
            sent_at=at,
            received_at=at,
            call=call,
            check=turn.scenario if turn is not None else "",
            origin=self._origin(origin, arrived.request),
            note="" if arrived.version == "HTTP/1.1" else arrived.version,
        )
        if answer.hold and turn is not None and turn.replied.wait(answer.hold / 1000):
            dropped = Failure(FailureKind.TIMEOUT, "held back until the driver had replied")
            self._record(turn, replace(exchange, outcome=dropped, received_at=self._now()))
            return False
        if answer.end is End.RESET:
            self._record(turn, replace(exchange, received_at=self._now()))
            wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
            return False
        response = answer.response if arrived.request.method != "HEAD" else replace(answer.response, body=b"")
        self._record(turn, replace(exchange, outcome=response, received_at=self._now()))
        wire.sendall(response_bytes(response))
        return answer.end is End.KEPT and arrived.stays_open

    def _turn_of(self, call: Call | None) -> _Open | None:
        if call is not None and call in self._by_call:
            return self._by_call[call]
        return self._turns[-1] if self._turns else None

    def _answer(self, turn: _Open | None, call: Call | None, request: Request) -> Answer:
        """The answer that the script has for a request; call it with the lock held, for it counts."""
        if turn is None:
            return UNKNOWN_PATH
        script = turn.script
        if call == turn.call:
            turn.served += 1
            if self._now() > turn.over:
                return OVER
            return self._placed(turn, script.answers[min(turn.served, len(script.answers)) - 1])
        for pattern, answer in script.elsewhere.items():
            if request.path == pattern.replace("{path}", self._path(turn)):
                return self._placed(turn, answer)
        if call is None:
            return UNKNOWN_PATH
        if call.name == turn.call.name and call.method is Method.GET:
            # A client that looks before it cancels sees an operation that runs.
            return json_answer(200, {"name": call.name})
        if call.method is Method.LIST:
            return json_answer(200, {"operations": [_shown_by(script) or {"name": turn.call.name}]})
        return envelope(Code.NOT_FOUND, f"operation {call.name} does not exist")

    def _placed(self, turn: _Open, answer: Answer) -> Answer:
        """The answer with the places in its header fields filled in."""
        headers = tuple(
            (
                name,
                value.replace("{path}", self._path(turn) if "{path}" in value else "")
                .replace("{here}", self.url)
                .replace("{elsewhere}", self.elsewhere)
                .replace("{other-port}", self.other_port),
            )
            for name, value in answer.response.headers
        )
        return replace(answer, response=replace(answer.response, headers=headers))

    def _origin(self, origin: str, request: Request) -> str:
        """The origin that a request was sent to: the second one has two names, and which it was says Host."""
        by_number = urlsplit(self.other_port).netloc
        return self.other_port if origin == self.elsewhere and request.header("host") == by_number else origin

    def _path(self, turn: _Open) -> str:
        return self._contract.path(turn.call.method, turn.call.name)

    def _record(self, turn: _Open | None, exchange: Exchange) -> None:
        with self._lock:
            (turn.arrived if turn is not None else self._strays).append(exchange)

    def _record_garbage(self, error: NotHttp, origin: str) -> None:
        at = self._now()
        with self._lock:
            self._number += 1
            number = self._number
            turn = self._turn_of(None)
        request = Request("", "", (), error.data)
        outcome = Failure(FailureKind.MALFORMED, str(error))
        scenario = turn.scenario if turn is not None else ""
        self._record(turn, Exchange(number, request, outcome, at, at, None, scenario, origin))


def _shown_by(script: Script) -> dict[str, Any] | None:
    """The operation that a script answers in the end, if it does."""
    last = script.answers[-1].response
    return last.json_object() if last.is_success and last.body != EMPTY_OBJECT.response.body else None


def _listen() -> socket.socket:
    try:
        return socket.create_server((LOOPBACK, 0), backlog=128)
    except OSError as error:
        raise TargetError(f"no port of {LOOPBACK} can be had: {error}", "free one, or run elsewhere") from error
