"""The service without a socket, for clients of httpx.

`client(service)` is an `httpx.Client` whose every request the service answers, `transport` only its transport. `router`
is a respx router, to be put beside other routes; only that needs respx.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx

from conformance.exchange import FailureKind, Request
from conformance.server.reference.api_error import NoAnswer
from conformance.server.reference.connection import CONNECTION
from conformance.server.reference.service import Service

if TYPE_CHECKING:
    import respx

ORIGIN = "http://reference.invalid"
"""The origin that a client uses; the domain can never exist (RFC 6761)."""


def router(service: Service) -> respx.MockRouter:
    """A respx router with one route that takes every request to the service.

    Its `calls` stay empty, because they would grow without limit; `service.log` is the record.
    """
    import respx

    class Unrecorded(respx.MockRouter):
        def record(self, request: httpx.Request, **_: object) -> None:
            """Nothing."""

    unrecorded = Unrecorded(assert_all_called=False)
    unrecorded.route(name="service").mock(side_effect=lambda request: _answer(service, request))
    return unrecorded


def transport(service: Service) -> httpx.MockTransport:
    """An httpx transport, for synchronous and asynchronous clients, that ends in the service."""
    return httpx.MockTransport(lambda request: _answer(service, request))


def client(service: Service, origin: str = ORIGIN) -> httpx.Client:
    """A client of the service; relative URLs are relative to `origin`."""
    return httpx.Client(transport=transport(service), base_url=origin)


def received(request: httpx.Request) -> Request:
    """The request as a server would receive it; the extension `target` is the raw request-target, when given."""
    target = request.extensions.get("target") or request.url.raw_path
    return Request(
        method=request.method,
        target=target.decode("latin-1"),
        headers=tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in request.headers.raw),
        body=request.read(),
        version=request.extensions.get("version", "1.1"),
    )


def _answer(service: Service, request: httpx.Request) -> httpx.Response:
    CONNECTION.set(f"a fresh one, {id(request)}" if request.extensions.get("fresh") else "")
    try:
        response = service.handle(received(request))
    except NoAnswer as none:
        if none.failure.kind is FailureKind.TIMEOUT:
            service.clock.sleep(request.extensions.get("timeout", {}).get("read") or 0.0)
        raise _ERRORS[none.failure.kind](none.failure.detail or none.failure.kind.value, request=request) from none
    extensions = {"http_version": b"HTTP/1.1"}
    if response.reason:
        extensions["reason_phrase"] = response.reason.encode("latin-1")
    stream = httpx.ByteStream(response.body)  # of plain content httpx would write the length into the head itself
    return httpx.Response(response.status, headers=list(response.headers), stream=stream, extensions=extensions)


_ERRORS: dict[FailureKind, type[httpx.TransportError]] = {
    FailureKind.REFUSED: httpx.ConnectError,
    FailureKind.RESET: httpx.ReadError,
    FailureKind.TIMEOUT: httpx.ReadTimeout,
    FailureKind.MALFORMED: httpx.RemoteProtocolError,
    FailureKind.TOO_LARGE: httpx.RemoteProtocolError,
}
