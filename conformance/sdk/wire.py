"""HTTP/1.1 as bytes: a request exactly as it was sent, and a response exactly as it is told.

No library stands between: one that tidies up (a target, the case of a field, the framing of a body) would tidy up the
evidence. What is not HTTP/1.x is said to be so, with its first bytes.
"""

from __future__ import annotations

import select
import socket
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from conformance.exchange import Header, Request, Response, header_values
from conformance.rules.client import LINE_END_AFTER, LINE_END_BEFORE

LARGEST_HEAD = 256 * 1024
LARGEST_BODY = 8 * 1024 * 1024
_SHOWN = 40
_TO_LOOK = 0.02
"""Seconds between two looks whether a client has given up its connection."""


class NotHttp(Exception):
    """What arrived is no HTTP/1.x request; `data` are its first bytes. Cause: TLS, HTTP/2, a broken client.

    `head` is the request without its body, where that much could be read.
    """

    def __init__(self, why: str, data: bytes) -> None:
        super().__init__(f"{why}; it begins {data[:_SHOWN]!r}")
        self.data = data
        self.head: Request | None = None


@dataclass(frozen=True, slots=True)
class Arrived:
    """One request as it arrived. `stays_open` says whether the client will use the connection again.

    `stray` says what of line ends around it is not HTTP/1.1; it is empty if nothing is.
    """

    request: Request
    version: str
    stays_open: bool
    stray: str = ""


class ServerConnection:
    """One connection of a client, read request by request."""

    def __init__(self, wire: socket.socket) -> None:
        self._wire = wire
        self._left = b""

    def wait(self) -> None:
        """Wait until something has been sent, and leave it there. Raises OSError when the connection breaks."""
        if not self._left:
            self._wire.recv(1, socket.MSG_PEEK)

    def read(self) -> Arrived | None:
        """The next request, None when the client has hung up.

        Raises NotHttp for anything else, OSError when the connection breaks.
        """
        # RFC 9112, section 2.2: a server SHOULD ignore at least one empty line received prior to the request-line,
        # but a user agent MUST NOT preface or follow a request with an extra CRLF.
        is_prefaced = self._skip_line_ends()
        while b"\r\n\r\n" not in self._left:
            if self._left and not _may_be_http(self._left):
                raise NotHttp("what arrived is not HTTP/1.1", self._left)
            if len(self._left) > LARGEST_HEAD:
                raise NotHttp("the head of a request has no end", self._left)
            more = self._wire.recv(65536)
            if not more:
                if self._left:
                    raise NotHttp("the connection was closed in the head of a request", self._left)
                return None
            self._left += more
            is_prefaced |= self._skip_line_ends()
        head, _, self._left = self._left.partition(b"\r\n\r\n")
        method, target, version, headers = _parse_head(head)
        if any(value.lower() == "100-continue" for value in header_values(headers, "expect")):
            self._wire.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        try:
            body = self._read_body(headers)
        except NotHttp as error:
            error.head = Request(method, target, headers)
            raise
        connection = ",".join(header_values(headers, "connection")).lower()
        stays_open = "close" not in connection and (version != "HTTP/1.0" or "keep-alive" in connection)
        stray = LINE_END_BEFORE if is_prefaced else LINE_END_AFTER if self._skip_line_ends() else ""
        return Arrived(Request(method, target, headers, body), version, stays_open, stray)

    def beyond(self) -> bytes:
        """What was sent after the last request that was read, as far as it has come. Raises OSError."""
        if not self._left and anything_unread([self._wire]):
            self._left = self._wire.recv(65536)
        return self._left

    def _skip_line_ends(self) -> bool:
        """Pass over the line ends that come next; whether there were any."""
        found = len(self._left)
        self._left = self._left.lstrip(b"\r\n")
        return len(self._left) < found

    def _read_body(self, headers: tuple[Header, ...]) -> bytes:
        if any("chunked" in value.lower() for value in header_values(headers, "transfer-encoding")):
            return self._read_chunks()
        lengths = set(header_values(headers, "content-length"))
        if not lengths:
            return b""
        length = lengths.pop()
        if lengths or not (length.isascii() and length.isdigit()) or int(length) > LARGEST_BODY:
            raise NotHttp(f"Content-Length {length!r} is no usable length", self._left)
        return self._take(int(length))

    def _read_chunks(self) -> bytes:
        body = b""
        while True:
            line = self._take_line()
            try:
                size = int(line.partition(b";")[0], 16)
            except ValueError as error:
                raise NotHttp("a chunk has no size", line) from error
            if size < 0 or len(body) + size > LARGEST_BODY:
                raise NotHttp("a chunk is too large", line)
            if size == 0:
                while self._take_line():
                    pass
                return body
            body += self._take(size)
            self._take_line()

    def _take(self, count: int) -> bytes:
        while len(self._left) < count:
            self._receive()
        taken, self._left = self._left[:count], self._left[count:]
        return taken

    def _take_line(self) -> bytes:
        while b"\r\n" not in self._left:
            if len(self._left) > LARGEST_HEAD:
                raise NotHttp("a line of a chunked body has no end", self._left)
            self._receive()
        line, _, self._left = self._left.partition(b"\r\n")
        return line

    def _receive(self) -> None:
        more = self._wire.recv(65536)
        if not more:
            raise NotHttp("the connection was closed in the body of a request", self._left)
        self._left += more


def response_bytes(response: Response) -> bytes:
    """The response as it goes over the wire; nothing is added to its header fields."""
    lines = [f"HTTP/1.1 {response.status} {response.reason}", *(f"{name}: {value}" for name, value in response.headers)]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + response.body


def _may_be_http(start: bytes) -> bool:
    """Whether bytes could be the start of a request line: a method is a token of ASCII letters in practice."""
    method = start.partition(b" ")[0][:20]
    return method.isascii() and method.isalpha() and not start.startswith(b"PRI * HTTP/2")


def _parse_head(head: bytes) -> tuple[str, str, str, tuple[Header, ...]]:
    lines = head.split(b"\r\n")
    # A target with a raw space is a defect to be seen, not to be refused: it reaches up to the last space.
    method, _, rest = lines[0].partition(b" ")
    target, _, version = rest.rpartition(b" ")
    if not target or not version.startswith(b"HTTP/1."):
        raise NotHttp("the request line is not that of HTTP/1.1", head)
    return _text(method), _text(target), _text(version), tuple(_header(line, head) for line in lines[1:])


def _header(line: bytes, head: bytes) -> Header:
    name, colon, value = line.partition(b":")
    if not colon:
        raise NotHttp("a header field has no colon", head)
    return _text(name), _text(value.strip(b" \t"))


def _text(data: bytes) -> str:
    """Bytes as text in which a byte that is not ASCII is an escape and cannot be taken for a character."""
    return data.decode("ascii", errors="backslashreplace")


class EndOfCall:
    """Waits for the end of a call: the driver's reply. Meanwhile it notes when the client gave up its connection."""

    def __init__(self, wire: socket.socket, replied: threading.Event, now: Callable[[], float]) -> None:
        self._wire = wire
        self._replied = replied
        self._now = now
        self._gave_up_at: float | None = None

    @property
    def at(self) -> float:
        """When the call was over on the wire: when the client gave it up, else now."""
        return self._now() if self._gave_up_at is None else self._gave_up_at

    def within(self, seconds: float) -> bool:
        """Wait at most so long; whether the driver has replied."""
        end = time.monotonic() + seconds
        while not self._replied.wait(max(min(_TO_LOOK, end - time.monotonic()), 0)):
            if self._gave_up_at is None and has_hung_up(self._wire):
                self._gave_up_at = self._now()
            if time.monotonic() >= end:
                return False
        return True


def anything_unread(wires: Iterable[socket.socket], seconds: float = 0) -> bool:
    """Whether within `seconds` something unread is on one of these connections, or a listener has one to accept."""
    readable = select.poll()
    # Asked once: another thread may close a connection while it is looked at.
    for descriptor in [wire.fileno() for wire in wires]:
        if descriptor >= 0:
            readable.register(descriptor, select.POLLIN)
    return bool(readable.poll(seconds * 1000))


def has_hung_up(wire: socket.socket) -> bool:
    """Whether the client sends no more; who has only said so may still wait for its answer."""
    if not anything_unread([wire]):
        return False
    try:
        return wire.recv(1, socket.MSG_PEEK) == b""
    except OSError:
        return True
