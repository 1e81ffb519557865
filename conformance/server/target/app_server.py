"""What a server's software does for an application in this process, WSGI or ASGI.

The path is decoded, an answer has to come in time, the answer to HEAD has no content. An exception of the application
is answered with 500. Its traceback is printed, and so is what the application writes to its log of errors.
"""

from __future__ import annotations

import concurrent.futures
import re
import sys
import threading
import traceback
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import httpx

from conformance.exchange.printable import printable
from conformance.server.target.extensions import TARGET

_HEADERS_ONLY = ("HEAD",)
_WITHOUT_CONTENT = (204, 304)

Mask = Callable[[str], str]
"""Masks the secrets of the run in a text."""


class AppServer:
    """The server of one application; `where` is how messages call the application."""

    def __init__(self, where: str, mask: Mask = str) -> None:
        self.where = where
        self._mask = mask
        self._lock = threading.Lock()
        self._printed: set[object] = set()

    def failed(self, error: Exception, request: httpx.Request) -> httpx.Response:
        """The answer that servers give when an application raises; its traceback is printed."""
        began = error.__traceback__.tb_next if error.__traceback__ is not None else None  # without our own line
        target = request.extensions[TARGET].decode("latin-1")
        shown = "".join(traceback.format_exception(type(error), error, began))
        self.wrote(f"{self.where} raised for {request.method} {target}\n{shown}")
        return response_of(request, 500, [(b"content-type", b"text/plain; charset=utf-8")], b"Internal Server Error")

    def wrote(self, text: str) -> None:
        """Print on stderr what the application wrote, masked.

        One bug shows in many requests. A traceback through the same lines is printed once, and so is any other text.
        """
        key = tuple(line for line in text.splitlines() if _FRAME.match(line)) or text
        with self._lock:
            is_new = bool(text) and key not in self._printed
            self._printed.add(key)
        if is_new:
            sys.stderr.write(printable(self._mask(text)))


_FRAME = re.compile(r'\s+File ".*", line \d+')


def path_and_query(target: bytes) -> bytes:
    """The target without scheme and host, where it has them."""
    if target.startswith(b"/"):
        return target
    parts = urlsplit(target)
    return parts.path + (b"?" + parts.query if parts.query else b"")


def within(working: concurrent.futures.Future[httpx.Response], request: httpx.Request) -> httpx.Response:
    """The answer, if it comes within the time of the request."""
    try:
        return working.result(request.extensions["timeout"]["read"])
    except TimeoutError as error:
        working.cancel()
        raise httpx.ReadTimeout("the application has not answered", request=request) from error


def response_of(
    request: httpx.Request, status: int, headers: list[tuple[bytes, bytes]], content: bytes, reason: str = ""
) -> httpx.Response:
    """The answer of an application as a client gets it."""
    if request.method in _HEADERS_ONLY or status in _WITHOUT_CONTENT:
        content = b""
    extensions: dict[str, Any] = {"http_version": b"HTTP/1.1"}
    if reason:
        extensions["reason_phrase"] = reason.encode("latin-1")
    return httpx.Response(status, headers=headers, stream=httpx.ByteStream(content), extensions=extensions)
