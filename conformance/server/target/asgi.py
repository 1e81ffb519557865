"""An ASGI application (ASGI 3.0) in this process, in an event loop of its own.

The loop runs for as long as the run does. So tasks that the application begins go on between requests, as they do in a
server. Its lifespan is begun before the first request and ended after the last.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import threading
from collections.abc import Awaitable, Callable, Coroutine, MutableMapping
from typing import Any
from urllib.parse import unquote_to_bytes

import httpx

from conformance.errors import TargetError
from conformance.server.target.app_server import AppServer, path_and_query, response_of, within
from conformance.server.target.extensions import TARGET
from conformance.server.target.waits import LIFESPAN

Event = MutableMapping[str, Any]
Asgi = Callable[[Event, Callable[[], Awaitable[Event]], Callable[[Event], Awaitable[None]]], Coroutine[Any, Any, None]]


class AsgiTransport(httpx.BaseTransport):
    """The transport to it. Raises TargetError when the lifespan of the application fails."""

    def __init__(self, application: Asgi, server: AppServer) -> None:
        self._application = application
        self._server = server
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="lro-conformance-app", daemon=True)
        self._thread.start()
        self._to_lifespan: asyncio.Queue[Event] = asyncio.Queue()
        self._said = concurrent.futures.Future[str]()
        self._ended = concurrent.futures.Future[None]()
        self._state: dict[str, Any] = {}
        asyncio.run_coroutine_threadsafe(self._live(), self._loop)
        try:
            problem = self._said.result(LIFESPAN)
        except TimeoutError:
            problem = f"it has not begun after {LIFESPAN:g} s"
        if problem:
            self._stop()
            raise TargetError(
                f"the lifespan of {server.where} fails: {problem}", "fix what the application does as it starts"
            )

    async def _live(self) -> None:
        """The lifespan, from startup to shutdown; an application that has none says so by raising."""
        self._to_lifespan.put_nowait({"type": "lifespan.startup"})

        async def send(event: Event) -> None:
            if event["type"] == "lifespan.startup.failed":
                lines = str(event.get("message", "")).strip().splitlines()
                self._answer_startup(lines[-1] if lines else "it says no more")
            elif event["type"] == "lifespan.startup.complete":
                self._answer_startup("")

        scope = {"type": "lifespan", "asgi": {"version": "3.0", "spec_version": "2.0"}, "state": self._state}
        # "If an exception is raised when calling the application callable with a lifespan.startup message or a scope of
        # type lifespan, the server must continue" (ASGI, Lifespan Protocol).
        with contextlib.suppress(Exception):
            await self._application(scope, self._to_lifespan.get, send)
        self._answer_startup("")
        self._ended.set_result(None)

    def _answer_startup(self, problem: str) -> None:
        if not self._said.done():
            self._said.set_result(problem)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        body = request.read()
        return within(asyncio.run_coroutine_threadsafe(self._answer(request, body), self._loop), request)

    async def _answer(self, request: httpx.Request, body: bytes) -> httpx.Response:
        path, _, query = path_and_query(request.extensions[TARGET]).partition(b"?")
        begun: list[Event] = []
        content = bytearray()
        was_read = False
        ended = asyncio.Event()

        async def receive() -> Event:
            nonlocal was_read
            if was_read:
                await ended.wait()
                return {"type": "http.disconnect"}
            was_read = True
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(event: Event) -> None:
            if event["type"] == "http.response.start":
                begun.append(event)
            elif event["type"] == "http.response.body":
                content.extend(event.get("body", b""))
                if not event.get("more_body", False):
                    ended.set()

        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": request.method,
            "scheme": "http",
            "path": unquote_to_bytes(path).decode("utf-8", "replace"),
            "raw_path": path,
            "query_string": query,
            "root_path": "",
            "headers": [(name.lower(), value) for name, value in request.headers.raw],
            "client": ("127.0.0.1", 1),
            "server": ("localhost", 80),
            "state": dict(self._state),
        }
        try:
            await self._application(scope, receive, send)
        except Exception as error:
            failed = self._server.failed(error, request)
            if not begun:
                return failed
        if not begun or not ended.is_set():
            raise httpx.ReadError("the application ended before its answer did", request=request)
        headers = [(bytes(name), bytes(value)) for name, value in begun[0].get("headers", ())]
        return response_of(request, begun[0]["status"], headers, bytes(content))

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._to_lifespan.put_nowait, {"type": "lifespan.shutdown"})
        with contextlib.suppress(TimeoutError):
            self._ended.result(LIFESPAN)
        self._stop()

    def _stop(self) -> None:
        asyncio.run_coroutine_threadsafe(_cancel_the_others(), self._loop).result(LIFESPAN)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(LIFESPAN)
        self._loop.close()


async def _cancel_the_others() -> None:
    """What the application began and did not end must not outlive it, nor complain that it was left."""
    others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
