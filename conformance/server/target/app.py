"""An application in this process: an ASGI or WSGI application, or an httpx transport, in place of a server at a port.

What a server's software does of HTTP is done here: the path is decoded, an exception of the application is a 500, the
answer to HEAD has no content. What only a socket shows (framing, connections) is not to be seen in process.

An ASGI application has an event loop of its own, which runs for as long as the run does: tasks that it begins go on
between requests, as they do in a server. Its lifespan is begun before the first request and ended after the last.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import importlib
import inspect
import io
import sys
import threading
from collections.abc import Awaitable, Callable, Coroutine, Iterable, MutableMapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes, urlsplit

import httpx

from conformance.errors import TargetError, UsageError
from conformance.server.target.python_supply import described

ORIGIN = "http://localhost"
"""The host of the requests to the application."""

_HEADERS_ONLY = ("HEAD",)
_WITHOUT_CONTENT = (204, 304)
_LIFESPAN = 30.0
"""Seconds that an application may take to begin, and to end."""

Event = MutableMapping[str, Any]
Asgi = Callable[[Event, Callable[[], Awaitable[Event]], Callable[[Event], Awaitable[None]]], Coroutine[Any, Any, None]]
Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def load_app(entry: str, directory: Path) -> object:
    """What `package.module:app` names; with `()` after it, what that function returns.

    The configuration's directory is searched first, then the working directory, then what is installed. Raises
    UsageError when it cannot be imported or is not there.
    """
    where = f"the application {entry!r}"
    module, colon, name = entry.partition(":")
    is_factory = name.endswith("()")
    if not colon or not name:
        raise UsageError(f"{where} names no application", "write it as package.module:app")
    searched = [str(path) for path in dict.fromkeys((directory.resolve(), Path.cwd()))]
    sys.path[:0] = [path for path in searched if path not in sys.path]
    try:
        found: Any = importlib.import_module(module)
        for step in name.removesuffix("()").split("."):
            found = getattr(found, step)
        return found() if is_factory else found
    except Exception as error:
        raise UsageError(
            f"{where} cannot be imported: {described(error)}",
            f"name a module that is installed or stands in {' or '.join(searched)}, and the application in it",
        ) from error


def transport_to(found: object, where: str) -> httpx.BaseTransport:
    """An httpx transport to an ASGI or WSGI application, a transport, a router of respx, or a MockTransport's function.

    Raises UsageError for anything else.
    """
    if isinstance(found, httpx.BaseTransport):
        return _InTurn(found, where)
    handler = getattr(found, "handler", None)  # of a router of respx
    if callable(handler) and not _is_coroutine(found):
        return _InTurn(httpx.MockTransport(handler), where)
    if callable(found) and _is_coroutine(found):
        return AsgiTransport(found, where)
    if callable(found):
        takes = _count_of_parameters(found)
        if takes == 1:
            return _InTurn(httpx.MockTransport(found), where)
        if takes == 2:
            return WsgiTransport(found)
    raise UsageError(
        f"{where} is {type(found).__name__}, which cannot be tested",
        "give an ASGI or a WSGI application, an httpx transport, or a router of respx",
    )


def _is_coroutine(found: object) -> bool:
    return inspect.iscoroutinefunction(found) or inspect.iscoroutinefunction(getattr(found, "__call__", None))  # noqa: B004


def _count_of_parameters(found: Callable[..., object]) -> int:
    try:
        parameters = inspect.signature(found).parameters.values()
    except (TypeError, ValueError):
        return 0
    return sum(one.default is one.empty and one.kind in (0, 1) for one in parameters)


class _InTurn(httpx.BaseTransport):
    """A transport of the user's, asked by one thread at a time: a mock need not be made for more."""

    def __init__(self, transport: httpx.BaseTransport, where: str) -> None:
        self._transport = transport
        self._where = where
        self._lock = threading.Lock()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request = httpx.Request(
            request.method,
            _url(request),
            headers=request.headers.raw,
            content=request.read(),
            extensions=request.extensions,
        )
        with self._lock:
            try:
                response = self._transport.handle_request(request)
                response.read()
            except httpx.TransportError:
                raise
            except Exception as error:
                raise TargetError(
                    f"{self._where} raised {described(error)} for {request.method} {request.url.path}",
                    "let it answer every request, such as with 404",
                ) from error
        return response

    def close(self) -> None:
        self._transport.close()


def _url(request: httpx.Request) -> httpx.URL:
    """The URL with the target as it is, which a mock reads from `request.url`."""
    target: bytes = request.extensions["target"]
    return request.url.copy_with(raw_path=_path_and_query(target))


def _path_and_query(target: bytes) -> bytes:
    """The target without scheme and host, where it has them."""
    if target.startswith(b"/"):
        return target
    parts = urlsplit(target)
    return parts.path + (b"?" + parts.query if parts.query else b"")


class WsgiTransport(httpx.BaseTransport):
    """A WSGI application (PEP 3333), each request in a thread of its own, as threaded servers have it."""

    def __init__(self, application: Wsgi) -> None:
        self._application = application
        self._threads = concurrent.futures.ThreadPoolExecutor(32, "lro-conformance-app")

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        body = request.read()
        working = self._threads.submit(self._answer, request, body)
        return _within(working, request)

    def _answer(self, request: httpx.Request, body: bytes) -> httpx.Response:
        began: list[tuple[str, list[tuple[str, str]]]] = []
        written: list[bytes] = []

        def start_response(status: str, headers: list[tuple[str, str]], *_: object) -> Callable[[bytes], None]:
            began.append((status, headers))
            return written.append

        try:
            answered = self._application(_environ(request, body), start_response)
            try:
                content = b"".join((*written, *answered))
            finally:
                if hasattr(answered, "close"):
                    answered.close()
        except Exception:
            return _server_error(request)
        status, headers = began[-1]
        code, _, reason = status.partition(" ")
        raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]
        return _response(request, int(code), raw, content, reason)

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)


def _environ(request: httpx.Request, body: bytes) -> dict[str, Any]:
    path, _, query = _path_and_query(request.extensions["target"]).partition(b"?")
    fields: dict[str, str] = {}
    for name, value in request.headers.raw:
        key = name.decode("latin-1").upper().replace("-", "_")
        key = key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"
        text = value.decode("latin-1")
        fields[key] = f"{fields[key]},{text}" if key in fields else text
    return {
        **fields,
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
        "QUERY_STRING": query.decode("latin-1"),
        "REQUEST_URI": request.extensions["target"].decode("latin-1"),
        "RAW_URI": request.extensions["target"].decode("latin-1"),
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.input_terminated": True,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }


class AsgiTransport(httpx.BaseTransport):
    """An ASGI application (ASGI 3.0) in an event loop of its own."""

    def __init__(self, application: Asgi, where: str) -> None:
        self._application = application
        self._where = where
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="lro-conformance-app", daemon=True)
        self._thread.start()
        self._to_lifespan: asyncio.Queue[Event] = asyncio.Queue()
        self._said = concurrent.futures.Future[str]()
        self._ended = concurrent.futures.Future[None]()
        self._state: dict[str, Any] = {}
        asyncio.run_coroutine_threadsafe(self._live(), self._loop)
        try:
            problem = self._said.result(_LIFESPAN)
        except TimeoutError:
            problem = f"it has not begun after {_LIFESPAN:g} s"
        if problem:
            self._stop()
            raise TargetError(
                f"the lifespan of {where} fails: {problem}", "mend what the application does as it starts"
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
        with contextlib.suppress(Exception):
            await self._application(scope, self._to_lifespan.get, send)
        self._answer_startup("")
        self._ended.set_result(None)

    def _answer_startup(self, problem: str) -> None:
        if not self._said.done():
            self._said.set_result(problem)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        body = request.read()
        return _within(asyncio.run_coroutine_threadsafe(self._answer(request, body), self._loop), request)

    async def _answer(self, request: httpx.Request, body: bytes) -> httpx.Response:
        path, _, query = _path_and_query(request.extensions["target"]).partition(b"?")
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
        except Exception:
            if not begun:
                return _server_error(request)
        if not begun or not ended.is_set():
            raise httpx.ReadError("the application ended before its answer did", request=request)
        headers = [(bytes(name), bytes(value)) for name, value in begun[0].get("headers", ())]
        return _response(request, begun[0]["status"], headers, bytes(content))

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._to_lifespan.put_nowait, {"type": "lifespan.shutdown"})
        with contextlib.suppress(TimeoutError):
            self._ended.result(_LIFESPAN)
        self._stop()

    def _stop(self) -> None:
        asyncio.run_coroutine_threadsafe(_cancel_the_others(), self._loop).result(_LIFESPAN)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_LIFESPAN)
        self._loop.close()


async def _cancel_the_others() -> None:
    """What the application began and did not end must not outlive it, nor complain that it was left."""
    others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)


def _within(working: concurrent.futures.Future[httpx.Response], request: httpx.Request) -> httpx.Response:
    """The answer, if it comes within the time of the request."""
    try:
        return working.result(request.extensions["timeout"]["read"])
    except TimeoutError as error:
        working.cancel()
        raise httpx.ReadTimeout("the application has not answered", request=request) from error


def _server_error(request: httpx.Request) -> httpx.Response:
    """What servers answer where an application raises."""
    return _response(request, 500, [(b"content-type", b"text/plain; charset=utf-8")], b"Internal Server Error")


def _response(
    request: httpx.Request, status: int, headers: list[tuple[bytes, bytes]], content: bytes, reason: str = ""
) -> httpx.Response:
    if request.method in _HEADERS_ONLY or status in _WITHOUT_CONTENT:
        content = b""
    extensions: dict[str, Any] = {"http_version": b"HTTP/1.1"}
    if reason:
        extensions["reason_phrase"] = reason.encode("latin-1")
    return httpx.Response(status, headers=headers, stream=httpx.ByteStream(content), extensions=extensions)
