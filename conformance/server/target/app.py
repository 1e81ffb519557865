"""An application in this process: an ASGI or WSGI application, or an httpx transport, in place of a server at a port.

What only a socket shows (framing, connections) is not to be seen in process.
"""

from __future__ import annotations

import importlib
import inspect
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

from conformance.errors import TargetError, UsageError
from conformance.server.target.app_server import AppServer, Mask, path_and_query
from conformance.server.target.asgi import AsgiTransport
from conformance.server.target.extensions import TARGET
from conformance.server.target.python_supply import described
from conformance.server.target.wsgi import WsgiTransport

ORIGIN = "http://localhost"
"""The host of the requests to the application."""


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
    except (Exception, SystemExit) as error:
        raise UsageError(f"{where} cannot be imported: {described(error)}", _remedy(error, module, searched)) from error


def _remedy(error: BaseException, module: str, searched: list[str]) -> str:
    """What helps against an application that cannot be imported."""
    if isinstance(error, ModuleNotFoundError) and error.name and not f"{module}.".startswith(f"{error.name}."):
        return f"install {error.name}, which the application imports, where lro-conformance is installed"
    if isinstance(error, ImportError | AttributeError | ValueError):
        return f"name a module that is installed or stands in {' or '.join(searched)}, and the application in it"
    return f'fix what it raises; `python -c "import {module}"` shows where'


def transport_to(found: object, where: str, mask: Mask = str) -> httpx.BaseTransport:
    """An httpx transport to an ASGI or WSGI application, a transport, a router of respx, or a MockTransport's function.

    `mask` masks what is printed of an application that raises. Raises UsageError for anything else.
    """
    if isinstance(found, httpx.BaseTransport):
        return _InTurn(found, where)
    handler = getattr(found, "handler", None)  # of a router of respx
    if callable(handler) and not _is_coroutine(found):
        return _InTurn(httpx.MockTransport(handler), where)
    if callable(found) and _is_coroutine(found):
        return AsgiTransport(found, AppServer(where, mask))
    if callable(found):
        takes = _count_of_parameters(found)
        if takes == 1:
            return _InTurn(httpx.MockTransport(found), where)
        if takes == 2:
            return WsgiTransport(found, AppServer(where, mask))
    raise UsageError(
        f"{where} is {type(found).__name__}, which cannot be tested",
        "give an ASGI or a WSGI application, an httpx transport, or a router of respx; what a factory makes is "
        "named package.module:create_app()",
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
                    "let it answer every request, such as with 404; if it is made for one base URL, give that as the "
                    "fixture iut_url",
                ) from error
        return response

    def close(self) -> None:
        self._transport.close()


def _url(request: httpx.Request) -> httpx.URL:
    """The URL with the target as it is, which a mock reads from `request.url`."""
    target: bytes = request.extensions[TARGET]
    return request.url.copy_with(raw_path=path_and_query(target))
