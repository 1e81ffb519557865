"""Requests over real sockets to servers that follow a script."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from conformance.exchange import Failure, FailureKind, Header, Request, Response
from conformance.server.target.transport import HttpTransport
from tests.targets.raw_server import Peer, RawServer, Script

TIMEOUT = 0.2
LONG_ENOUGH = 5.0
PATH = "/v1/projects/demo/locations/us/operations/op-1:cancel"
HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


@contextmanager
def transport_to(origin: str, connections: int = 4) -> Iterator[HttpTransport]:
    transport = HttpTransport.live(origin, connections)
    try:
        yield transport
    finally:
        transport.close()


def request(
    server: RawServer, *headers: Header, method: str = "POST", target: str = PATH, body: bytes = b""
) -> Request:
    return Request(method, target, (("Host", f"127.0.0.1:{server.port}"), *headers), body)


def outcome_of(
    script: Script, timeout: float = LONG_ENOUGH, method: str = "POST", *, reads: bool = True
) -> Response | Failure:
    """What becomes of one request to a server that does as the script says."""
    with RawServer(script, reads=reads) as server, transport_to(server.origin) as transport:
        return transport.exchange(request(server, ("Content-Length", "0"), method=method), timeout)


def kind_of(script: Script, timeout: float = LONG_ENOUGH, *, reads: bool = True) -> FailureKind:
    outcome = outcome_of(script, timeout, reads=reads)
    assert isinstance(outcome, Failure), outcome
    return outcome.kind


def sending(*pieces: bytes, then: Callable[[Peer], None] = Peer.pause) -> Script:
    """Sends these bytes, and then nothing more, or ends or resets the connection."""

    def script(peer: Peer) -> None:
        for piece in pieces:
            peer.send(piece)
        then(peer)

    return script


def answering(response: bytes) -> Script:
    return lambda peer: peer.send(response)
