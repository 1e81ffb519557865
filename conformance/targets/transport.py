"""The way to the wire: one request out, one complete response or a failure back, within one deadline.

httpx sends what it is given; every header of a request is ours, so the bytes that are recorded are the bytes that
went out. A missing Content-Length, a malformed percent-escape and an absolute-form target are all just requests here
(the raw target travels in the request extension `target`), so no second sender is needed for them.

httpx's own timeouts bound each read; a server that drips a byte a second keeps every one of them. So the network
stream underneath cuts each wait to what is left of the exchange's deadline.
"""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterable
from typing import Any, Protocol

import httpcore
import httpx

from conformance.exchange import Failure, FailureKind, Request, Response
from conformance.lro import Clock, SystemClock

MAX_BODY = 4 * 1024 * 1024
"""Bytes of a (decoded) response body that are read before the response counts as too large."""


class Transport(Protocol):
    """Carries one request; never raises for what the peer does."""

    def exchange(self, request: Request, timeout: float) -> Response | Failure: ...

    def close(self) -> None: ...


class HttpTransport:
    """Requests over an httpx client. `origin` is scheme and authority, such as http://127.0.0.1:8080."""

    def __init__(self, client: httpx.Client, origin: str, clock: Clock) -> None:
        self._client = client
        self._origin = httpx.URL(origin)
        self._clock = clock

    @classmethod
    def live(cls, origin: str, connections: int) -> HttpTransport:
        """Over sockets: HTTP/1.1, keep-alive, at most so many connections, no proxy, no redirects, no cookies."""
        pool = _DeadlinePool(connections)
        return cls(httpx.Client(transport=pool, follow_redirects=False, trust_env=False), origin, SystemClock())

    def exchange(self, request: Request, timeout: float) -> Response | Failure:
        deadline = self._clock.now() + timeout
        _deadline.at = deadline
        try:
            outgoing = httpx.Request(
                request.method,
                self._origin,
                headers=[(name.encode("latin-1"), value.encode("latin-1")) for name, value in request.headers],
                stream=_chunked(request) if _is_chunked(request) else httpx.ByteStream(request.body),
                extensions={"target": request.target.encode("latin-1"), "timeout": _every_wait(timeout)},
            )
            incoming = self._client.send(outgoing, stream=True)
            try:
                return self._read(incoming, deadline)
            finally:
                incoming.close()
        except (httpx.TimeoutException, httpcore.TimeoutException):
            return Failure(FailureKind.TIMEOUT, f"{timeout:g} s")
        except (httpx.ConnectError, httpcore.ConnectError) as error:
            return Failure(FailureKind.REFUSED, str(error))
        except (httpx.RemoteProtocolError, httpcore.RemoteProtocolError) as error:
            closed = "without sending" in str(error) or "incomplete" in str(error) or "peer closed" in str(error)
            return Failure(FailureKind.RESET if closed else FailureKind.MALFORMED, str(error))
        except httpx.DecodingError as error:
            return Failure(FailureKind.MALFORMED, f"the content coding does not decode: {error}")
        except (httpx.TransportError, httpcore.NetworkError, httpcore.ProtocolError) as error:
            return Failure(FailureKind.RESET, str(error))

    def _read(self, incoming: httpx.Response, deadline: float) -> Response | Failure:
        body = bytearray()
        for chunk in incoming.iter_bytes():
            body += chunk
            if len(body) > MAX_BODY:
                return Failure(FailureKind.TOO_LARGE, f"more than {MAX_BODY} bytes")
            if self._clock.now() > deadline:
                return Failure(FailureKind.TIMEOUT, f"the body was still coming after {len(body)} bytes")
        return Response(
            status=incoming.status_code,
            headers=tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in incoming.headers.raw),
            body=bytes(body),
            reason=incoming.reason_phrase,
        )

    def close(self) -> None:
        self._client.close()


def _is_chunked(request: Request) -> bool:
    return (request.header("transfer-encoding") or "").lower() == "chunked"


def _chunked(request: Request) -> httpx.SyncByteStream:
    """The body as one chunk, or as none at all when it is empty."""
    return _Chunks((request.body,) if request.body else ())


class _Chunks(httpx.SyncByteStream):
    def __init__(self, chunks: tuple[bytes, ...]) -> None:
        self._chunks = chunks

    def __iter__(self) -> Any:
        return iter(self._chunks)


def _every_wait(timeout: float) -> dict[str, float]:
    return {"connect": timeout, "read": timeout, "write": timeout, "pool": timeout}


_deadline = threading.local()


class _DeadlineStream(httpcore.NetworkStream):
    """A network stream whose every wait ends with the deadline of the exchange that its thread is in."""

    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _left(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, _left(timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _DeadlineStream(
            self._stream.start_tls(ssl_context, server_hostname, _left(timeout, httpcore.ConnectTimeout))
        )

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _left(timeout: float | None, expired: type[httpcore.TimeoutException]) -> float | None:
    at: float | None = getattr(_deadline, "at", None)
    if at is None:
        return timeout
    left = at - SystemClock().now()
    if left <= 0:
        raise expired("the deadline of the exchange has passed")
    return left if timeout is None else min(timeout, left)


class _DeadlineBackend(httpcore.NetworkBackend):
    def __init__(self) -> None:
        self._sockets = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        left = _left(timeout, httpcore.ConnectTimeout)
        return _DeadlineStream(self._sockets.connect_tcp(host, port, left, local_address, socket_options))


class _DeadlinePool(httpx.BaseTransport):
    """httpx's own transport but for the network backend, which httpx has no option for."""

    def __init__(self, connections: int) -> None:
        self._pool = httpcore.ConnectionPool(
            ssl_context=httpx.create_ssl_context(trust_env=False),
            max_connections=connections,
            max_keepalive_connections=connections,
            keepalive_expiry=5.0,
            network_backend=_DeadlineBackend(),
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        assert isinstance(request.stream, httpx.SyncByteStream)
        answer = self._pool.handle_request(
            httpcore.Request(
                method=request.method,
                url=httpcore.URL(
                    scheme=request.url.raw_scheme,
                    host=request.url.raw_host,
                    port=request.url.port,
                    target=request.extensions.get("target", request.url.raw_path),
                ),
                headers=request.headers.raw,
                content=request.stream,
                extensions=request.extensions,
            )
        )
        assert isinstance(answer.stream, Iterable)
        return httpx.Response(
            answer.status, headers=answer.headers, stream=_Answer(answer.stream), extensions=answer.extensions
        )

    def close(self) -> None:
        self._pool.close()


class _Answer(httpx.SyncByteStream):
    def __init__(self, stream: Iterable[bytes]) -> None:
        self._stream = stream

    def __iter__(self) -> Any:
        return iter(self._stream)

    def close(self) -> None:
        close = getattr(self._stream, "close", None)
        if close is not None:
            close()
