"""The service as an ASGI application: the same requests in, the same answers out, byte for byte.

For `NoAnswer` the connection is closed before the answer is complete, or stays open without an answer until the client
gives up; ASGI allows no more.
"""

from __future__ import annotations

import asyncio
import sys
import traceback
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from conformance.exchange import FailureKind, Request, Response
from conformance.lro.codes import Code
from conformance.server.reference.api_error import ApiError, NoAnswer
from conformance.server.reference.connection import CONNECTION
from conformance.server.reference.service import Service

Scope = MutableMapping[str, Any]
Event = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Event]]
Send = Callable[[Event], Awaitable[None]]
Handle = Callable[[Service, Request], Awaitable[Response]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]


async def in_turn(service: Service, request: Request) -> Response:
    """One request after the other, in the event loop."""
    return service.handle(request)


def application(service: Service, latency: float = 0.0, handle: Handle = in_turn) -> Application:
    """The ASGI application; every answer is held back for `latency` milliseconds.

    `handle` is how the service is asked: in turn, or in threads, where requests can overlap.
    """

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        body = await _whole_body(receive)
        if body is None:
            return
        request = _received(scope, body)
        CONNECTION.set(str(scope.get("client")))
        try:
            response = await handle(service, request)
        except NoAnswer as none:
            await _no_answer(none.failure.kind, receive, send)
            return
        except Exception:
            # A bug, not an answer anybody meant: told to whoever runs the server, and to the client no more than that.
            traceback.print_exc(file=sys.stderr)
            internal = ApiError(Code.INTERNAL, "Internal error encountered.", reason="INTERNAL_ERROR")
            response = service.render_error(service, request, internal)
        if latency > 0:
            await asyncio.sleep(latency / 1000)
        await _send(response, send)

    return app


async def _whole_body(receive: Receive) -> bytes | None:
    """The request's content, or None when the client went away before it was complete."""
    pieces = []
    while True:
        event = await receive()
        if event["type"] == "http.disconnect":
            return None
        pieces.append(event.get("body", b""))
        if not event.get("more_body", False):
            return b"".join(pieces)


def _received(scope: Scope, body: bytes) -> Request:
    query: bytes = scope["query_string"]
    target: bytes = scope["raw_path"] + (b"?" + query if query else b"")
    return Request(
        method=scope["method"],
        target=target.decode("latin-1"),
        headers=tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]),
        body=body,
        version=scope["http_version"],
    )


async def _send(response: Response, send: Send) -> None:
    """The answer as one event: never chunked, for it has a `Content-Length`."""
    headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in response.headers]
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    await send({"type": "http.response.body", "body": response.body})


async def _no_answer(kind: FailureKind, receive: Receive, send: Send) -> None:
    if kind is FailureKind.TIMEOUT:
        while (await receive())["type"] != "http.disconnect":
            pass
        return
    # The server closes the connection when an application returns before the announced content is complete.
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"{", "more_body": True})
