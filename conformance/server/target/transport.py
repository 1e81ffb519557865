"""The transport: sends one request and returns one complete response or a failure, within one deadline.

A transport of httpx sends what it is given; every header of a request is ours, so the bytes that are recorded are the
bytes that went out. A missing Content-Length, a malformed percent-escape and an absolute-form target are all just
requests here (the raw target travels in the request extension `target`), so no second sender is needed for them. What a
client of httpx adds would be in the way: it follows redirects, keeps cookies and logs.
"""

from __future__ import annotations

import socket
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import takewhile
from typing import Any, Protocol

import httpx

from conformance.errors import TargetError
from conformance.exchange import Failure, FailureKind, Request, Response
from conformance.lro import Clock, SystemClock
from conformance.server.target.extensions import DEADLINE, FRESH, KEEP, SENT_AGAIN, TARGET, VERSION
from conformance.server.target.tls import NO_FILES, Tls

MAX_BODY = 4 * 1024 * 1024
"""Bytes of a response body, as sent or decoded, that are read before the response counts as too large."""

MAX_VALUES = 100_000
"""Values of JSON in a body: of a few bytes each, 4 MiB of them take a hundred when they are read."""

_PIECE = 64 * 1024
_ZLIB_OR_GZIP = 32 + zlib.MAX_WBITS
_CODINGS = ("gzip", "x-gzip", "deflate")
_MOST_CODINGS = 2


class Transport(Protocol):
    """Carries one request; never raises for what the peer does.

    Raises TargetError for a request that cannot be sent: that is our fault, and no failure of the peer.
    """

    def exchange(self, request: Request, timeout: float, fresh: bool = False, keep: bool = False) -> Response | Failure:
        """Send a request; on a `fresh` connection it is surely sent once, for no idle one can be closed under it.

        `keep` lets the next request follow on the connection even if this one is refused.
        """

    def close(self) -> None: ...


class HttpTransport:
    """Requests over a transport of httpx. `origin` is scheme and authority, such as http://127.0.0.1:8080."""

    def __init__(self, transport: httpx.BaseTransport, origin: str, clock: Clock) -> None:
        self._transport = transport
        self._origin = httpx.URL(origin)
        self._clock = clock

    @classmethod
    def live(cls, origin: str, connections: int, tls: Tls = NO_FILES) -> HttpTransport:
        """Over sockets: HTTP/1.1, keep-alive, at most so many idle connections, no proxy, no redirects, no cookies."""
        from conformance.server.target.connections import Connections  # heavy, and of no use in process

        return cls(Connections(connections, tls), origin, SystemClock())

    def exchange(self, request: Request, timeout: float, fresh: bool = False, keep: bool = False) -> Response | Failure:
        deadline = self._clock.now() + timeout
        try:
            outgoing = self._outgoing(request, deadline, timeout)
            outgoing.extensions |= {FRESH: fresh, KEEP: keep}
            outcome = self._outcome(outgoing, deadline)
        except (httpx.LocalProtocolError, UnicodeEncodeError):
            # The error of the library would show what could not be sent, and that may be a secret.
            raise TargetError(
                f"{request.method} {request.target!a} cannot be sent: its target or a header has a character that"
                " HTTP does not allow there, or its Content-Length is not that of its body",
                "fix what the request is made of: the configuration, or the check that sends it",
            ) from None
        if SENT_AGAIN in outgoing.extensions:
            outcome = replace(outcome, note="sent again, for an idle connection was closed as it was used")
        return outcome

    def _outgoing(self, request: Request, deadline: float, timeout: float) -> httpx.Request:
        outgoing = httpx.Request(
            request.method,
            self._origin,
            headers=[(name.encode("latin-1"), value.encode("latin-1")) for name, value in request.headers],
            stream=_chunked(request) if _is_chunked(request) else httpx.ByteStream(request.body),
            extensions={
                TARGET: request.target.encode("latin-1"),
                "timeout": _every_wait(timeout),
                DEADLINE: deadline,
                VERSION: request.version,
            },
        )
        outgoing.method = request.method  # in the case that it has: httpx makes it upper case
        return outgoing

    def _outcome(self, outgoing: httpx.Request, deadline: float) -> Response | Failure:
        try:
            incoming = self._transport.handle_request(outgoing)
            try:
                return self._read(incoming, deadline)
            finally:
                incoming.close()
        except _TooLarge as error:
            return Failure(FailureKind.TOO_LARGE, str(error))
        except httpx.LocalProtocolError:
            raise  # no failure of the peer
        except httpx.TimeoutException as error:
            kind = FailureKind.UNCONNECTED if isinstance(error, httpx.ConnectTimeout) else FailureKind.TIMEOUT
            return Failure(kind, f"{outgoing.extensions['timeout']['read']:g} s")
        except httpx.ConnectError as error:
            cause = error.__cause__
            is_unknown = cause is not None and isinstance(cause.__cause__, socket.gaierror)
            return Failure(FailureKind.REFUSED, f"{UNKNOWN_HOST}: {error}" if is_unknown else str(error))
        except (httpx.RemoteProtocolError, httpx.DecodingError) as error:
            return Failure(FailureKind.MALFORMED, str(error))
        except httpx.TransportError as error:
            return Failure(FailureKind.RESET, str(error))

    def _read(self, incoming: httpx.Response, deadline: float) -> Response | Failure:
        body = bytearray()
        for chunk in _decoded(incoming):
            body += chunk
            if self._clock.now() > deadline:
                return Failure(FailureKind.TIMEOUT, f"the body was still coming after {len(body)} bytes")
        if sum(map(body.count, (b",", b"[", b"{"))) > MAX_VALUES:
            raise _TooLarge(f"more than {MAX_VALUES} JSON values")
        return Response(
            status=incoming.status_code,
            headers=tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in incoming.headers.raw),
            body=bytes(body),
            reason=incoming.reason_phrase,
        )

    def close(self) -> None:
        self._transport.close()


UNKNOWN_HOST = "its host has no address"
"""How the detail of a refusal begins if the host name does not resolve."""


class _TooLarge(Exception):
    """A body is larger than a limit."""


def _decoded(incoming: httpx.Response) -> Iterator[bytes]:
    """The body without its content codings, in pieces, never more of it than the limit.

    httpx unfolds whatever arrives at once, and a few bytes can unfold to more than any machine has.
    """
    if incoming.is_stream_consumed:  # answered in this process: httpx has read and decoded it
        return _limited(incoming.iter_bytes())
    codings = [coding.strip().lower() for coding in incoming.headers.get("content-encoding", "").split(",")]
    packed = list(takewhile(_CODINGS.__contains__, reversed(codings)))
    if len(packed) > _MOST_CODINGS:
        raise _TooLarge(f"{len(packed)} content codings, one in the other")
    body = _limited(incoming.iter_raw())
    for coding in packed:
        body = _limited(_unpacked(body, coding))
    return body


def _limited(chunks: Iterable[bytes]) -> Iterator[bytes]:
    size = 0
    for chunk in chunks:
        size += len(chunk)
        if size > MAX_BODY:
            raise _TooLarge(f"more than {MAX_BODY} bytes")
        yield chunk


def _unpacked(chunks: Iterable[bytes], coding: str) -> Iterator[bytes]:
    unpacker = zlib.decompressobj(_ZLIB_OR_GZIP)
    has_begun = False
    try:
        for chunk in chunks:
            has_begun = True
            while not unpacker.eof:
                piece = unpacker.decompress(chunk, _PIECE)
                chunk = unpacker.unconsumed_tail
                if piece:
                    yield piece
                elif not chunk:
                    break
    except zlib.error as error:
        raise httpx.DecodingError(f"the content coding does not decode: {error}") from error
    if has_begun and not unpacker.eof:
        raise httpx.DecodingError(f"the content coding does not decode: {coding} without an end")


def _is_chunked(request: Request) -> bool:
    return (request.header("transfer-encoding") or "").lower() == "chunked"


def _chunked(request: Request) -> httpx.SyncByteStream:
    """The body as two chunks, for servers that read only the first one; no chunk for an empty body."""
    chunks = (request.body[:1], request.body[1:])
    return _Chunks(tuple(chunk for chunk in chunks if chunk))


class _Chunks(httpx.SyncByteStream):
    def __init__(self, chunks: tuple[bytes, ...]) -> None:
        self._chunks = chunks

    def __iter__(self) -> Any:
        return iter(self._chunks)


def _every_wait(timeout: float) -> dict[str, float]:
    return {"connect": timeout, "read": timeout, "write": timeout, "pool": timeout}
