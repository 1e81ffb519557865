"""The reference server on bytes of our own: a reply goes out as the honest one, or as a behaviour spoils it."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus

import h11

from conformance.exchange import Request, Response
from conformance.server.reference.build import reference_service
from tests.targets.raw_server import Peer, RawServer


@dataclass(frozen=True, slots=True)
class Reply:
    """One reply that is about to be given, and the honest response for it.

    `number` counts the replies of the server from 1, `connection` its connections.
    """

    server: HonestServer
    peer: Peer
    request: Request
    response: Response
    number: int
    connection: int

    @property
    def body(self) -> bytes:
        return b"" if self.request.method == "HEAD" else self.response.body

    def head(self, *fields: str, status: str = "", framed: bool = True) -> bytes:
        """The status line, the honest header fields, and these; without Content-Length unless `framed`."""
        own = [
            f"{name}: {value}" for name, value in self.response.headers if framed or name.lower() != "content-length"
        ]
        code = self.response.status
        lines = [f"HTTP/1.1 {status or f'{code} {HTTPStatus(code).phrase}'}", *own, *fields, "", ""]
        return "\r\n".join(lines).encode("latin-1")

    def honest(self, *fields: str, status: str = "") -> bytes:
        """The honest response, with these fields more."""
        return self.head(*fields, status=status) + self.body

    def with_body(self, body: bytes, *fields: str, status: str = "") -> bytes:
        """The honest head around another body, in a right Content-Length."""
        return self.head(f"Content-Length: {len(body)}", *fields, status=status, framed=False) + body

    def send(self, data: bytes) -> None:
        self.peer.send(data)

    def send_for_ever(self, piece: bytes) -> None:
        """Until the other side has had enough and is gone."""
        while True:
            self.peer.send(piece)


Spoil = Callable[[Reply], None]
Spoiled = Callable[[Reply], bool]
"""Whether a reply is spoiled."""


def every_reply(_: Reply) -> bool:
    """From the first byte."""
    return True


def cancels(reply: Reply) -> bool:
    """The replies to cancels that succeed."""
    return reply.request.path.endswith(":cancel") and reply.response.is_success


def refusals(reply: Reply) -> bool:
    """The replies to cancels that are refused."""
    return reply.request.path.endswith(":cancel") and not reply.response.is_success


def gets(reply: Reply) -> bool:
    """The replies to gets that succeed, of one operation or of all."""
    return reply.request.method == "GET" and reply.response.is_success


def from_reply(first: int) -> Spoiled:
    """All replies from the so-manieth on."""
    return lambda reply: reply.number >= first


class HonestServer(RawServer):
    """Answers as the reference server does, but where a reply is spoiled."""

    def __init__(self, which: Spoiled, spoil: Spoil) -> None:
        super().__init__(self._reply, reads=False)
        self._which = which
        self._spoil = spoil
        self._service = reference_service()
        self._numbers = itertools.count(1)
        self._numbering = threading.Lock()
        self._peers: dict[Peer, int] = {}

    def restart(self) -> None:
        """From now on it is another process, which knows nothing of what was before."""
        self._service = reference_service()
        self.drop()

    def _reply(self, peer: Peer) -> None:
        request = parsed(peer.read_request())
        with self._numbering:
            number = next(self._numbers)
            connection = self._peers.setdefault(peer, len(self._peers) + 1)
        reply = Reply(self, peer, request, self._service.handle(request), number, connection)
        if self._which(reply):
            self._spoil(reply)
        else:
            reply.send(reply.honest())


def parsed(received: bytes) -> Request:
    """The request in its bytes."""
    reader = h11.Connection(h11.SERVER)
    reader.receive_data(received)
    head = reader.next_event()
    assert isinstance(head, h11.Request)
    body = b""
    while isinstance(event := reader.next_event(), h11.Data):
        body += event.data
    return Request(
        head.method.decode("ascii"),
        head.target.decode("latin-1"),
        tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in head.headers.raw_items()),
        body,
    )
