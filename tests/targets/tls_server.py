"""An HTTPS server on 127.0.0.1 with certificates that were made for the test."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import trustme

from tests.targets.raw_server import answer


@dataclass(frozen=True)
class Files:
    """The files that a client is given, in PEM."""

    ca: Path
    certificate: Path
    key: Path


class Authority:
    """A certificate authority of its own."""

    def __init__(self) -> None:
        self._ca = trustme.CA()

    def files(self, directory: Path) -> Files:
        files = Files(directory / "ca.pem", directory / "client.pem", directory / "client.key")
        client = self._ca.issue_cert("client@example.com")
        self._ca.cert_pem.write_to_path(str(files.ca))
        client.cert_chain_pems[0].write_to_path(str(files.certificate))
        client.private_key_pem.write_to_path(str(files.key))
        return files

    def context(self, *names: str, wants_client: bool = False) -> ssl.SSLContext:
        """The context of a server with a certificate for these names."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._ca.issue_cert(*names).configure_cert(context)
        if wants_client:
            self._ca.configure_trust(context)
            context.verify_mode = ssl.CERT_REQUIRED
        return context


class TlsServer:
    """Answers every request on a free port with `{}`; `clients` are the subjects of those who asked."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self._context = context
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._is_closing = False
        self._thread = threading.Thread(target=self._serve)
        self.port: int = self._listener.getsockname()[1]
        self.requests: list[bytes] = []
        self.clients: list[object] = []

    def __enter__(self) -> TlsServer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_closing = True
        socket.create_connection(("127.0.0.1", self.port)).close()  # wakes accept
        self._thread.join(5)
        assert not self._thread.is_alive()
        self._listener.close()

    def _serve(self) -> None:
        while True:
            connection, _ = self._listener.accept()
            if self._is_closing:
                connection.close()
                return
            connection.settimeout(5)
            with contextlib.suppress(OSError):
                self._talk(connection)
            connection.close()

    def _talk(self, connection: socket.socket) -> None:
        try:
            secured = self._context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
            secured.do_handshake()
        except ssl.SSLError:
            # What the client has sent is read to its end, or the system would take our alert back.
            raw = socket.socket(fileno=secured.detach())
            raw.settimeout(5)
            with raw:
                raw.shutdown(socket.SHUT_WR)
                while raw.recv(65536):
                    pass
            return
        with secured:
            self.clients.append(secured.getpeercert())
            for request in _requests(secured):
                self.requests.append(request)
                secured.sendall(answer())


def _requests(connection: ssl.SSLSocket) -> Iterator[bytes]:
    """Heads of requests without a body, until the client closes or the server is about to."""
    unread = b""
    while received := connection.recv(65536):
        unread += received
        while b"\r\n\r\n" in unread:
            head, mark, unread = unread.partition(b"\r\n\r\n")
            yield head + mark
