"""A WSGI application (PEP 3333) in this process."""

from __future__ import annotations

import concurrent.futures
import io
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import unquote_to_bytes

import httpx

from conformance.server.target.app_server import AppServer, path_and_query, response_of, within
from conformance.server.target.extensions import TARGET

Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class WsgiTransport(httpx.BaseTransport):
    """The transport to it: each request has a thread of its own, as in threaded servers."""

    def __init__(self, application: Wsgi, server: AppServer) -> None:
        self._application = application
        self._server = server
        self._threads = concurrent.futures.ThreadPoolExecutor(32, "lro-conformance-app")

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        body = request.read()
        working = self._threads.submit(self._answer, request, body)
        return within(working, request)

    def _answer(self, request: httpx.Request, body: bytes) -> httpx.Response:
        began: list[tuple[str, list[tuple[str, str]]]] = []
        written: list[bytes] = []

        def start_response(status: str, headers: list[tuple[str, str]], *_: object) -> Callable[[bytes], None]:
            began.append((status, headers))
            return written.append

        errors = io.StringIO()
        try:
            answered = self._application(_environ(request, body, errors), start_response)
            try:
                content = b"".join((*written, *answered))
            finally:
                if hasattr(answered, "close"):
                    answered.close()
            if not began:
                raise RuntimeError("the application answered without a call of start_response")
            status, headers = began[-1]
            code, _, reason = status.partition(" ")
            raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]
            return response_of(request, int(code), raw, content, reason)
        except Exception as error:
            return self._server.failed(error, request)
        finally:
            self._server.wrote(errors.getvalue())

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)


def _environ(request: httpx.Request, body: bytes, errors: io.StringIO) -> dict[str, Any]:
    path, _, query = path_and_query(request.extensions[TARGET]).partition(b"?")
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
        "REQUEST_URI": request.extensions[TARGET].decode("latin-1"),
        "RAW_URI": request.extensions[TARGET].decode("latin-1"),
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.input_terminated": True,
        "wsgi.errors": errors,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
