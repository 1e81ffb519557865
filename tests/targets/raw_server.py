"""A server of bytes on 127.0.0.1, for what no HTTP library would send.

    with RawServer(lambda peer: peer.send(b"HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\n\\r\\n{}")) as server:
        ...
    assert server.requests == [b"GET / HTTP/1.1\\r\\n…"]

Every request on every connection is answered by the script; when the script returns, the next request is awaited. With
`reads=False` nothing is ever read, and the script begins when the connection does. A script that pauses is woken when
the server closes, so nothing here outlives its test.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Callable
from types import TracebackType
from typing import NoReturn


class Gone(Exception):
    """The other side, or the test, is gone."""


class Peer:
    """One connection, as the script sees it."""

    def __init__(self, connection: socket.socket, closing: threading.Event) -> None:
        self._connection = connection
        self._closing = closing
        self._unread = b""

    def send(self, data: bytes) -> None:
        try:
            self._connection.sendall(data)
        except OSError as error:
            raise Gone from error

    def drip(self, data: bytes, every: float = 0.05) -> None:
        """Send one byte at a time."""
        for position in range(len(data)):
            self.send(data[position : position + 1])
            self.pause(every)

    def pause(self, seconds: float | None = None) -> None:
        """Do nothing for so long, or until the server closes."""
        if self._closing.wait(seconds):
            raise Gone

    def end(self) -> NoReturn:
        """Close the connection in good order."""
        raise Gone

    def reset(self) -> NoReturn:
        """Close the connection so that the other side gets a reset."""
        self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        raise Gone

    def read_request(self) -> bytes:
        """The bytes of one request: its head, and its body by Content-Length or chunks."""
        data = self._until(b"\r\n\r\n", 0)
        head = data.lower()
        if b"\r\ntransfer-encoding: chunked" in head:
            data = self._until(b"0\r\n\r\n", len(data))
        elif b"\r\ncontent-length:" in head:
            length = int(head.partition(b"\r\ncontent-length:")[2].partition(b"\r\n")[0])
            data = self._until(b"", len(data) + length)
        self._unread = self._unread[len(data) :]
        return data

    def _until(self, mark: bytes, start: int) -> bytes:
        while True:
            found = self._unread.find(mark, start) if len(self._unread) >= start else -1
            if found >= 0:
                return self._unread[: found + len(mark)]
            try:
                received = self._connection.recv(65536)
            except OSError as error:
                raise Gone from error
            if not received:
                raise Gone
            self._unread += received


Script = Callable[[Peer], None]


class RawServer:
    """Listens on a free port of 127.0.0.1 and answers as the script says; `requests` are the bytes as received."""

    def __init__(self, script: Script, *, reads: bool = True) -> None:
        self._script = script
        self._reads = reads
        self._ended = threading.Semaphore(0)
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self._closing = threading.Event()
        self._connections: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self.port: int = self._listener.getsockname()[1]
        self.origin = f"http://127.0.0.1:{self.port}"
        self.requests: list[bytes] = []

    @property
    def connections(self) -> int:
        """How many connections were accepted."""
        return len(self._connections)

    def die(self) -> None:
        """Be gone, as a process that was killed: whoever connects from now on is refused."""
        with contextlib.suppress(OSError):  # two requests may kill it, and it dies once
            self._listener.shutdown(socket.SHUT_RDWR)
        self.drop()

    def drop(self) -> None:
        """End every connection."""
        for connection in self._connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def await_end(self) -> None:
        """Wait until one more connection has been closed from here."""
        assert self._ended.acquire(timeout=5)

    def __enter__(self) -> RawServer:
        self._start(self._accept)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.set()
        with contextlib.suppress(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", self.port)).close()  # wakes accept
        self._threads[0].join(5)
        self._listener.close()
        self.drop()
        for thread in self._threads:
            thread.join(5)
            assert not thread.is_alive()
        for connection in self._connections:
            connection.close()

    def _start(self, work: Callable[[], None]) -> None:
        thread = threading.Thread(target=work, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:  # it died
                return
            if self._closing.is_set():
                connection.close()
                return
            self._connections.append(connection)
            peer = Peer(connection, self._closing)
            self._start(lambda peer=peer, connection=connection: self._serve(peer, connection))  # type: ignore[misc]

    def _serve(self, peer: Peer, connection: socket.socket) -> None:
        try:
            while True:
                if self._reads:
                    self.requests.append(peer.read_request())
                self._script(peer)
        except Gone:
            connection.close()
            self._ended.release()


def answer(body: bytes = b"{}", status: str = "200 OK", *headers: str) -> bytes:
    """A response with a Content-Length."""
    lines = [f"HTTP/1.1 {status}", *headers, f"Content-Length: {len(body)}", "", ""]
    return "\r\n".join(lines).encode("latin-1") + body


def free_port() -> int:
    """A port of 127.0.0.1 on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port
