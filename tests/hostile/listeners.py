"""Servers that are hostile before any reply: what listens is no HTTP server, or nothing listens."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator
from contextlib import contextmanager

from tests.hostile.behaviour import stands, unusable
from tests.targets.raw_server import Peer, RawServer, answer, free_port


@stands(unusable("nobody listens"))
@contextmanager
def refuses() -> Iterator[str]:
    """Nobody listens."""
    yield f"http://127.0.0.1:{free_port()}"


@stands(unusable("no connection within the timeout"), waits=2)
@contextmanager
def never_accepts() -> Iterator[str]:
    """The queue of connections is full, and nobody takes one from it."""
    with contextlib.ExitStack() as open_sockets:
        listener = open_sockets.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(4):
            waiting = open_sockets.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listener.getsockname())
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


@stands(unusable("no complete response within the timeout", may_have_started=True), waits=2)
@contextmanager
def never_reads() -> Iterator[str]:
    """Connections are accepted, and nothing is read from them."""
    with RawServer(Peer.pause, reads=False) as server:
        yield server.origin


@stands(unusable("the server does not speak TLS"))
@contextmanager
def plain_port_for_https() -> Iterator[str]:
    """The URL says https, and the port speaks plain HTTP."""

    def refuse(peer: Peer) -> None:
        peer.send(answer(b"", "400 Bad Request", "Connection: close"))
        peer.pause(0.2)
        peer.end()

    with RawServer(refuse, reads=False) as server:
        yield server.origin.replace("http:", "https:")


@stands(unusable("no connection within the timeout"), waits=2)
@contextmanager
def handshake_that_hangs() -> Iterator[str]:
    """The URL says https, and whoever listens never shakes hands."""
    with RawServer(Peer.pause, reads=False) as server:
        yield server.origin.replace("http:", "https:")


@stands(unusable("was not answered", may_have_started=True))
@contextmanager
def closes_at_once() -> Iterator[str]:
    """Connections are accepted and closed."""
    with RawServer(Peer.end, reads=False) as server:
        yield server.origin
