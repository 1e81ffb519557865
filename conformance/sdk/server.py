"""The scripted server: a client calls it, it answers by the script of the moment and records what arrived."""

from __future__ import annotations

import contextlib
import itertools
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from types import TracebackType
from urllib.parse import urlsplit

from conformance.errors import TargetError
from conformance.exchange import Call, Exchange, Failure, FailureKind, Method, OnWire, Request
from conformance.sdk.answers import Answer, End, Script
from conformance.sdk.framing import BETWEEN_PIECES, gzipped_for
from conformance.sdk.transport import KEY
from conformance.sdk.turns import ScriptedTurn, Turns
from conformance.sdk.wire import EndOfCall, NotHttp, ServerConnection, anything_unread, has_hung_up, response_bytes
from conformance.spec.contract import Contract

LOOPBACK = "127.0.0.1"
_IDLE_SECONDS = 30.0
_TO_HEAR = 0.15
"""Seconds that a client has to hear that a connection was closed of which nobody told it."""

_TO_TRY_AGAIN = 0.05
"""Seconds before the next connection is accepted when one could not be, and between two looks for the end."""

_A_MOMENT = 0.001
_TO_BE_READ = 0.1
"""Seconds that the next turn waits for the rest of a request whose beginning was sent before it."""

_TO_SETTLE = 1.0
"""Seconds that the next turn waits for the end of what the last one brought about."""
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class ScriptedServer:
    """A server on two free ports of the loopback interface, for as long as the context lasts.

    `url` is where it is, `elsewhere` the same server on another host, `other_port` on another port alone. `now` is the
    clock of the run, in seconds.
    `numbers` are those of the requests, where several servers share them. Raises TargetError when no port can be had.
    """

    def __init__(self, contract: Contract, now: Callable[[], float], numbers: Iterator[int] | None = None) -> None:
        self._contract = contract
        self._now = now
        self._numbers = numbers or itertools.count(1)
        self._lock = threading.Lock()
        self._strays: list[Exchange] = []
        self._requests = 0
        self._connections: set[socket.socket] = set()
        self._last: dict[socket.socket, ScriptedTurn | None] = {}
        self._keys: dict[int, str] = {}
        self._closes_at = 0.0
        self._on_wire: dict[str, OnWire] = {}
        self._unsettled: dict[socket.socket, tuple[ScriptedTurn | None, threading.Event]] = {}
        self._threads: list[threading.Thread] = []
        self._is_stopping = False
        self._listeners = [_listen(), _listen()]
        self.url = f"http://{LOOPBACK}:{self._listeners[0].getsockname()[1]}"
        port = self._listeners[1].getsockname()[1]
        self.elsewhere = f"http://localhost:{port}"
        self.other_port = f"http://{LOOPBACK}:{port}"
        places = {"{here}": self.url, "{elsewhere}": self.elsewhere, "{other-port}": self.other_port}
        self._turns = Turns(contract, places)

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

        Soon after `timeout`, in milliseconds from the first attempt, the script ends, and every further attempt is
        refused for good.
        """
        self._hear_out()
        # A client that listens to its connections has heard of the end of one when it is told the next thing.
        time.sleep(max(0.0, min(self._closes_at - self._now(), _TO_HEAR)))
        with self._lock:
            return self._turns.begin(scenario, Call(method, name), script, timeout / 1000)

    def _hear_out(self) -> None:
        """What was sent, ends a connection, or comes late, has happened before the driver is told the next thing.

        So it belongs to what the driver was told before. A request that is not whole by then is not waited for again.
        """
        end = time.monotonic() + _TO_SETTLE
        while time.monotonic() < end:
            with self._lock:
                wires = [*self._listeners, *self._connections]
            if not anything_unread(wires):
                break
            time.sleep(_A_MOMENT)
        # Who reads a request has said so before: what is unread no more is in this list.
        with self._lock:
            unsettled = list(self._unsettled.items())
        for wire, (of, settled) in unsettled:
            if of is not None and of.replied.is_set():
                settled.wait(_TO_SETTLE)
            elif of is None and not settled.wait(_TO_BE_READ):
                self._settle(wire)

    def end(self, turn: int, *, has_failed: bool = False) -> None:
        """The driver has replied: what was held back for this turn is dropped. A failed call may be tried late."""
        with self._lock:
            self._turns.end(turn, has_failed=has_failed)
        self._turns[turn].replied.set()

    def arrived(self, turn: int) -> tuple[Exchange, ...]:
        """What belongs to a turn, in the order of arrival; complete once the server has stopped."""
        with self._lock:
            arrived = sorted(self._turns[turn].arrived, key=lambda exchange: exchange.number)
            return tuple(
                replace(exchange, wire=self._on_wire.get(self._keys.get(exchange.number, ""))) for exchange in arrived
            )

    def was_on_wire(self, key: str, what: OnWire) -> None:
        """A front tells what it received and answered, in whose place it sent the request with this key."""
        with self._lock:
            self._on_wire[key] = what

    @property
    def requests(self) -> int:
        """How many requests have arrived."""
        return self._requests

    def stop(self) -> None:
        """Close everything and wait until every request that had arrived is recorded."""
        self._is_stopping = True
        self._turns.release()
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
            if not anything_unread([listener], _TO_TRY_AGAIN):
                continue
            try:
                with self._lock:
                    wire, _ = listener.accept()
                    self._connections.add(wire)
                    self._last[wire] = self._turns.of(None)
            except OSError:
                # The client has gone, or no file is left for it until another connection ends.
                time.sleep(_TO_TRY_AGAIN)
                continue
            self._start(self._serve, wire, origin)

    def _serve(self, wire: socket.socket, origin: str) -> None:
        try:
            wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            wire.settimeout(_IDLE_SECONDS)
            connection = ServerConnection(wire)
            while not self._is_stopping and self._serve_one(connection, wire, origin):
                self._settle(wire)
        except OSError:
            pass
        finally:
            with self._lock:
                self._connections.discard(wire)
                del self._last[wire]
            wire.close()
            self._settle(wire)

    def _settle(self, wire: socket.socket) -> None:
        """What the last request of a connection has brought about is done."""
        with self._lock:
            unsettled = self._unsettled.pop(wire, None)
        if unsettled is not None:
            unsettled[1].set()

    def _serve_one(self, connection: ServerConnection, wire: socket.socket, origin: str) -> bool:
        """Read and answer one request; whether the connection goes on."""
        connection.wait()
        settled = threading.Event()
        with self._lock:
            self._unsettled[wire] = (None, settled)
        try:
            arrived = connection.read()
        except NotHttp as error:
            self._record_garbage(error, origin, wire)
            return False
        if arrived is None:
            return False
        at = self._now()
        key = arrived.request.header(KEY)
        if key is not None:
            arrived = replace(arrived, request=_without(arrived.request, KEY))
        with self._lock:
            self._requests += 1
            number = next(self._numbers)
            if key is not None:
                self._keys[number] = key
            call = self._contract.identify(arrived.request.method, arrived.request.path)
            turn = self._turns.of(call, arrived.request.path)
            self._unsettled[wire] = (turn, settled)
            self._last[wire] = turn
            answer = self._turns.answer(turn, call, arrived.request, at)
        exchange = Exchange(
            number=number,
            request=arrived.request,
            outcome=Failure(FailureKind.RESET, answer.end.value),
            sent_at=at,
            received_at=at,
            call=call,
            check=turn.scenario if turn is not None else "",
            origin=self._origin(origin, arrived.request),
            note=arrived.stray if arrived.version == "HTTP/1.1" else arrived.version,
        )
        goes_on = self._deliver(wire, exchange, answer, turn) and arrived.stays_open
        if not arrived.stays_open and (beyond := connection.beyond()):
            # RFC 9112, section 9.6: who sends a close option MUST NOT send further requests on that connection.
            self._record_garbage(NotHttp("this follows a request that was to be the last one", beyond), origin, wire)
        return goes_on

    def _deliver(self, wire: socket.socket, exchange: Exchange, answer: Answer, turn: ScriptedTurn | None) -> bool:
        """Answer a request and record both; whether the connection may go on."""
        ending = EndOfCall(wire, turn.replied, self._now) if turn is not None else None
        if answer.together and turn is not None:
            turn.has_company.wait(answer.hold / 1000)
        elif answer.hold and ending is not None and ending.within(answer.hold / 1000):
            when = "sent when the driver had replied" if answer.is_late else "held back until the driver had replied"
            dropped = Failure(FailureKind.TIMEOUT, when)
            self._record(turn, replace(exchange, outcome=dropped, received_at=ending.at))
            if answer.is_late:
                wire.sendall(response_bytes(answer.response))
            return answer.is_late
        if answer.end is End.CLOSED:
            self._closes_at = exchange.sent_at + _TO_HEAR
        if answer.end is End.RESET:
            self._record(turn, replace(exchange, received_at=self._now()))
            wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
            return False
        response = answer.response if exchange.request.method != "HEAD" else replace(answer.response, body=b"")
        if answer.hold and has_hung_up(wire):
            unread = Failure(FailureKind.RESET, "the client had closed the connection before it was answered")
            outcome = unread if _is_refused(wire, response_bytes(response)) else response
            self._record(turn, replace(exchange, outcome=outcome, received_at=self._now()))
            return False
        if answer.pace is not None and turn is not None and ending is not None:
            failure = answer.pace.write(wire, response_bytes(response), ending, lambda: turn.over - self._now())
            self._record(turn, replace(exchange, outcome=failure or response, received_at=ending.at))
            # Who was answered whole may use the connection for its next call: nobody told it that it ends.
            return failure is None
        sent = answer.frame(gzipped_for(exchange.request, response, answer.gzip) if answer.gzip else response)
        # Recorded is what the answer says, as recordings of browsers have it: its header fields as sent, its content.
        recorded = replace(sent.recorded, body=response.body)
        self._record(turn, replace(exchange, outcome=recorded, received_at=self._now()))
        for number, piece in enumerate(sent.pieces):
            if number:
                time.sleep(BETWEEN_PIECES)
            wire.sendall(piece)
        return answer.end is End.KEPT and not sent.closes

    def _origin(self, origin: str, request: Request) -> str:
        """The origin that a request was sent to: the second one has two names, and which it was says Host."""
        by_number = urlsplit(self.other_port).netloc
        return self.other_port if origin == self.elsewhere and request.header("host") == by_number else origin

    def _record(self, turn: ScriptedTurn | None, exchange: Exchange) -> None:
        with self._lock:
            if turn is not None:
                self._turns.record(turn, exchange)
            else:
                self._strays.append(exchange)

    def _record_garbage(self, error: NotHttp, origin: str, wire: socket.socket) -> None:
        """Record what is no HTTP, for the call whose head it has, else for that before it on its connection."""
        at = self._now()
        with self._lock:
            self._requests += 1
            number = next(self._numbers)
            head = error.head
            call = self._contract.identify(head.method, head.path) if head is not None else None
            turn = self._turns.of(call) if call is not None else self._last[wire]
        request = Request("", "", (), error.data)
        outcome = Failure(FailureKind.MALFORMED, str(error))
        scenario = turn.scenario if turn is not None else ""
        self._record(turn, Exchange(number, request, outcome, at, at, None, scenario, origin))


def _without(request: Request, field: str) -> Request:
    """The request without a header field."""
    return replace(request, headers=tuple(header for header in request.headers if header[0].lower() != field))


def _is_refused(wire: socket.socket, start: bytes) -> bool:
    """Whether the peer refuses what is written to it, for it has closed the connection altogether."""
    try:
        wire.sendall(start)
    except OSError:
        return True
    return wire.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) != 0


def _listen() -> socket.socket:
    try:
        listener = socket.create_server((LOOPBACK, 0), backlog=128)
    except OSError as error:
        raise TargetError(f"no port of {LOOPBACK} can be had: {error}", "free one, or run elsewhere") from error
    # Nobody waits for a connection while others wait for what is known of connections.
    listener.setblocking(False)
    return listener
