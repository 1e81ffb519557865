"""HTTP/1.1 connections, kept for the next request: an httpx transport on h11.

httpx's own transport does not say whether a connection was used before, whether it has bytes that nobody read, or when
an exchange as a whole must end. All three decide what a server is charged with.

* A server may close an idle connection at any time, also when a request is on its way (RFC 9112, section 9.5). So a
  request whose connection was used before and ends before any byte of an answer is sent again, once, on a fresh one.
  What must not be sent twice, such as the start of an operation, has a fresh one from the beginning, in place of an
  idle one: no more are open than requests were ever under way, for some servers serve one connection after another.
* What comes after the end of an answer is the answer to nothing. A connection that has such bytes is not used again.
* The content of an answer to HEAD is no part of it, and comes after its end. It is read where the request said that
  the connection ends with it, so that it can be told.
* A server that drips a byte a second keeps every timeout of a single read. So each wait is cut to what is left of the
  exchange's deadline.

What is wrong with a certificate, the server's or ours, is charged to nobody: it is a TargetError.
"""

from __future__ import annotations

import contextlib
import ssl
import threading
from collections.abc import Iterator
from http import HTTPStatus

import h11
import httpcore
import httpx

from conformance.errors import TargetError
from conformance.lro import SystemClock
from conformance.server.target.extensions import DEADLINE, FRESH, KEEP, SENT_AGAIN, TARGET, VERSION
from conformance.server.target.tls import NO_FILES, Tls, problem_of, speaks_tls
from conformance.server.target.waits import END_OF_A_CONNECTION

_TLS_ALERT = b"\x15\x03"
"""How a TLS server begins to say that it was sent something else: an alert, and the version of its record."""

_SETTINGS = b"\x04\x00\x00\x00\x00\x00"
_GOAWAY = b"\x07\x00\x00\x00\x00\x00"
"""Type, flags and stream of a frame of HTTP/2 that is about the connection (RFC 9113, section 4.1); a length of three
octets stands before them. "The server connection preface consists of a potentially empty SETTINGS frame" (section 3.4).
"""

_KEPT_FOR = 2.0
"""Seconds that an idle connection is kept: less than common servers keep theirs."""

_LARGEST_HEAD = 100 * 1024
_PIECE = 64 * 1024

_clock = SystemClock()


class Connections(httpx.BaseTransport):
    """Sends requests to one origin, each on an idle connection or a new one; at most so many are kept."""

    def __init__(self, most_kept: int, tls: Tls = NO_FILES) -> None:
        self._most_kept = most_kept
        self._lock = threading.Lock()
        self._idle: list[_Connection] = []
        self._files = tls
        self._tls: ssl.SSLContext | None = None
        self._was_answered = False

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        connection = self._idle_connection()
        if connection is not None and request.extensions.get(FRESH):
            connection.close()
        elif connection is not None:
            try:
                return self._ask(connection, request)
            except httpx.NetworkError:
                if connection.has_answered:
                    raise
                request.extensions[SENT_AGAIN] = True
        return self._ask(self._connect(request), request)

    def _ask(self, connection: _Connection, request: httpx.Request) -> httpx.Response:
        try:
            head = connection.ask(request)
        except _Http2Answer:
            connection.close()
            if self._was_answered:
                raise
            raise TargetError(
                "the server speaks HTTP/2 only, as gRPC servers do, and was asked in HTTP/1.1",
                "give the URL of its REST front, such as a transcoder or grpc-gateway; gRPC itself is not spoken here",
            ) from None
        except (httpx.ReadError, _TlsAnswer) as error:
            connection.close()
            if not self._was_answered and request.url.scheme == "http" and _is_tls(error, request.url):
                raise TargetError(
                    "the server speaks TLS, and was asked in plain HTTP", "write https:// in the url"
                ) from None
            raise
        except BaseException:
            connection.close()
            raise
        self._was_answered = True
        connection.is_doubtful = _may_be_unread(request, head.status_code) and not request.extensions.get(KEEP)
        return httpx.Response(
            head.status_code,
            headers=head.headers.raw_items(),
            stream=_Body(self, connection),
            extensions={"reason_phrase": head.reason, "http_version": b"HTTP/" + head.http_version},
        )

    def _idle_connection(self) -> _Connection | None:
        with self._lock:
            while self._idle:
                connection = self._idle.pop()
                if not connection.is_stale():
                    return connection
                connection.close()
        return None

    def put_back(self, connection: _Connection) -> None:
        """Keep the connection when it may carry another request, else close it."""
        with self._lock:
            is_good = not connection.is_doubtful and connection.begin_next()
            if is_good and len(self._idle) < self._most_kept:
                self._idle.append(connection)
                return
        connection.close()

    def _connect(self, request: httpx.Request) -> _Connection:
        url, deadline = request.url, request.extensions[DEADLINE]
        is_tls = url.scheme == "https"
        with _as_httpx():
            host = url.raw_host.decode("ascii")
            stream = httpcore.SyncBackend().connect_tcp(
                host, url.port or (443 if is_tls else 80), _left(deadline, httpcore.ConnectTimeout)
            )
            if is_tls:
                left = _left(deadline, httpcore.ConnectTimeout)
                try:
                    stream = stream.start_tls(self._tls_context(), host, left)
                except httpcore.ConnectError as error:  # somebody listens
                    raise problem_of(error.__cause__) or httpx.RemoteProtocolError(
                        f"the TLS handshake failed: {error}"
                    ) from error
        return _Connection(stream)

    def _tls_context(self) -> ssl.SSLContext:
        with self._lock:
            if self._tls is None:
                self._tls = self._files.context()
            return self._tls

    def close(self) -> None:
        with self._lock:
            for connection in self._idle:
                connection.close()
            self._idle.clear()


class _TlsAnswer(httpx.RemoteProtocolError):
    """The answer to plain HTTP is one of TLS."""


class _Http2Answer(httpx.RemoteProtocolError):
    """The answer to HTTP/1.1 begins with a frame of HTTP/2."""


def _may_be_unread(request: httpx.Request, status: int) -> bool:
    """Whether a server may have answered before it had read all of a request, or was confused by it."""
    has_content = "transfer-encoding" in request.headers or request.headers.get("content-length", "0") != "0"
    is_refused = status >= HTTPStatus.BAD_REQUEST
    return status == HTTPStatus.BAD_REQUEST or (has_content and (is_refused or "expect" in request.headers))


def _is_tls(error: httpx.TransportError, url: httpx.URL) -> bool:
    """Whether the server speaks TLS: it says so, or says nothing and takes part in a handshake."""
    return isinstance(error, _TlsAnswer) or speaks_tls(url.host, url.port)


class _Connection:
    """One connection, in one exchange at a time."""

    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream
        self._http = h11.Connection(h11.CLIENT, max_incomplete_event_size=_LARGEST_HEAD)
        self._deadline = 0.0
        self._unsent = b""
        self._idle_since = 0.0
        self._has_ended = False
        self._is_last_head = False
        self.has_answered = False
        self.is_doubtful = False
        """Whether what follows a refusal here would be no evidence: the server may not have read all of it."""

    def ask(self, request: httpx.Request) -> h11.Response:
        """Send a request and read the head of its answer.

        Raises httpx.LocalProtocolError for a request that is not HTTP, other errors of httpx for what the peer does.
        """
        self._deadline = request.extensions[DEADLINE]
        self._is_last_head = request.method == "HEAD" and request.headers.get("connection", "").lower() == "close"
        self.has_answered = False
        assert isinstance(request.stream, httpx.SyncByteStream)
        with _as_httpx():
            # A server may answer, and close, before it has read the whole request: its answer is still to be read.
            with contextlib.suppress(httpcore.WriteError):
                self._unsent = b""
                head = h11.Request(
                    method=request.method.encode("ascii"),
                    target=request.extensions[TARGET],
                    headers=request.headers.raw,
                )
                self._send(head, request.extensions.get(VERSION, "1.1"))
                for piece in request.stream:
                    self._send(h11.Data(data=piece))
                self._send(h11.EndOfMessage())
                self._flush()
            while True:
                event = self._receive()
                if isinstance(event, h11.Response):
                    return event

    def body(self) -> Iterator[bytes]:
        """The body of the answer, as it comes."""
        with _as_httpx():
            while isinstance(event := self._receive(), h11.Data):
                yield bytes(event.data)
        if self._is_last_head:
            yield from self._beyond()

    def _beyond(self) -> Iterator[bytes]:
        """What comes behind the head of an answer to HEAD, up to the end of the connection."""
        octets, _ = self._http.trailing_data
        with contextlib.suppress(httpcore.NetworkError, httpcore.TimeoutException, httpx.TimeoutException):
            until = min(self._deadline, _clock.now() + END_OF_A_CONNECTION)
            while octets or not self._has_ended:
                yield bytes(octets)
                octets = self._stream.read(_PIECE, _left(until, httpcore.ReadTimeout))
                self._has_ended = not octets

    def begin_next(self) -> bool:
        """Make ready for another request, if this one and its answer are complete and nothing came after them."""
        unread, _ = self._http.trailing_data
        if unread or self._http.our_state is not h11.DONE or self._http.their_state is not h11.DONE:
            return False
        self._http.start_next_cycle()
        self._idle_since = _clock.now()
        return True

    def is_stale(self) -> bool:
        """Whether it has been idle for long, was closed by the server, or has bytes that belong to no request."""
        return _clock.now() - self._idle_since > _KEPT_FOR or bool(self._stream.get_extra_info("is_readable"))

    def close(self) -> None:
        self._stream.close()

    def _send(self, event: h11.Event, version: str = "1.1") -> None:
        octets = self._http.send(event) or b""
        if version != "1.1":  # h11 writes no other
            octets = octets.replace(b" HTTP/1.1\r\n", f" HTTP/{version}\r\n".encode("ascii"), 1)
        # A small request goes out whole: one that is refused by its head is closed by some servers at once, and what
        # arrives after that would take the answer with it (RFC 9112, section 9.6).
        self._unsent += octets
        if len(self._unsent) >= _PIECE:
            self._flush()

    def _flush(self) -> None:
        octets, self._unsent = self._unsent, b""
        for start in range(0, len(octets), _PIECE):
            self._stream.write(octets[start : start + _PIECE], _left(self._deadline, httpcore.WriteTimeout))

    def _receive(self) -> h11.Event | type[h11.PAUSED]:
        while True:
            try:
                event = self._http.next_event()
            except h11.RemoteProtocolError as error:
                if self._has_ended:
                    raise httpx.ReadError(str(error)) from error
                raise
            if event is not h11.NEED_DATA:
                assert isinstance(event, h11.Event) or event is h11.PAUSED
                return event
            octets = self._stream.read(_PIECE, _left(self._deadline, httpcore.ReadTimeout))
            if not self.has_answered and octets.startswith(_TLS_ALERT):
                raise _TlsAnswer("the answer is a TLS alert")
            if not self.has_answered and octets[3:9] in (_SETTINGS, _GOAWAY):
                raise _Http2Answer("the answer is a frame of HTTP/2")
            if not octets and self._http.their_state is h11.SEND_RESPONSE:
                raise httpx.ReadError("the server closed the connection without a complete head of an answer")
            self._has_ended = not octets
            self.has_answered = self.has_answered or bool(octets)
            self._http.receive_data(octets)


class _Body(httpx.SyncByteStream):
    """The body of one answer; when it is closed its connection goes back."""

    def __init__(self, connections: Connections, connection: _Connection) -> None:
        self._connections = connections
        self._connection = connection

    def __iter__(self) -> Iterator[bytes]:
        return self._connection.body()

    def close(self) -> None:
        self._connections.put_back(self._connection)


def _left(deadline: float, expired: type[httpcore.TimeoutException]) -> float:
    left = deadline - _clock.now()
    if left <= 0:
        raise expired("the deadline of the exchange has passed")
    return left


@contextlib.contextmanager
def _as_httpx() -> Iterator[None]:
    """Errors of the layers below as the errors that every httpx transport raises."""
    try:
        yield
    except httpcore.ConnectTimeout as error:
        raise httpx.ConnectTimeout(str(error)) from error
    except httpcore.TimeoutException as error:
        raise httpx.ReadTimeout(str(error)) from error
    except httpcore.NetworkError as error:
        problem = problem_of(error.__cause__)
        if problem is not None:
            raise problem from None
        kind = httpx.ConnectError if isinstance(error, httpcore.ConnectError) else httpx.ReadError
        raise kind(str(error)) from error
    except h11.LocalProtocolError as error:
        raise httpx.LocalProtocolError(str(error)) from error
    except h11.RemoteProtocolError as error:
        raise httpx.RemoteProtocolError(str(error)) from error
