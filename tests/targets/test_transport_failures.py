"""What a transport makes of answers that break off, come late, or are not HTTP."""

from __future__ import annotations

import gzip
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from conformance.errors import TargetError
from conformance.exchange import Failure, FailureKind, Request, Response
from tests.targets.over_sockets import (
    CHUNKED,
    HEAD,
    LONG_ENOUGH,
    TIMEOUT,
    answering,
    kind_of,
    outcome_of,
    request,
    sending,
    transport_to,
)
from tests.targets.raw_server import Peer, RawServer, Script, answer, free_port


def test_nobody_listens() -> None:
    port = free_port()
    with transport_to(f"http://127.0.0.1:{port}") as transport:
        outcome = transport.exchange(Request("GET", "/", (("Host", f"127.0.0.1:{port}"),)), LONG_ENOUGH)
    assert isinstance(outcome, Failure)
    assert outcome.kind is FailureKind.REFUSED


BEGINNINGS = {
    "before the answer": (),
    "in the status line": (b"HTTP/1.1 200",),
    "in the headers": (b"HTTP/1.1 200 OK\r\nX: y\r\n",),
    "in the body": (HEAD + b"{",),
    "in a chunk": (CHUNKED + b"5\r\n{",),
}


@pytest.mark.parametrize("then", [Peer.end, Peer.reset], ids=["closed", "reset"])
@pytest.mark.parametrize("pieces", BEGINNINGS.values(), ids=BEGINNINGS)
def test_an_answer_that_breaks_off(pieces: tuple[bytes, ...], then: Callable[[Peer], None]) -> None:
    assert kind_of(sending(*pieces, then=then)) is FailureKind.RESET


def test_a_server_that_never_reads() -> None:
    with RawServer(Peer.pause, reads=False) as server, transport_to(server.origin) as transport:
        body = b" " * 16 * 1024 * 1024
        outcome = transport.exchange(request(server, ("Content-Length", str(len(body))), body=body), TIMEOUT)
    assert isinstance(outcome, Failure)
    assert outcome.kind is FailureKind.TIMEOUT


def test_an_answer_that_comes_before_the_request_was_read() -> None:
    """As a server refuses what is too large: it answers, and closes."""
    outcome = outcome_of(sending(answer(b"", "413 Too Large"), then=Peer.end), reads=False)
    if isinstance(outcome, Failure):
        assert outcome.kind is FailureKind.RESET, "the reset may have overtaken the answer"
    else:
        assert outcome.status == 413


def dripping(head: bytes, drop: bytes) -> Script:
    """Sends a head at once, and then a drop in 50 ms, for as long as anybody listens."""

    def script(peer: Peer) -> None:
        peer.send(head)
        while True:
            peer.pause(0.05)
            peer.send(drop)

    return script


DRIPS = {
    "in the status line": dripping(b"HTTP/1.1 200 O", b"K"),
    "in a header": dripping(b"HTTP/1.1 200 OK\r\nX: ", b"y"),
    "in headers": dripping(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n"),
    "in the body": dripping(HEAD, b" "),
    "in chunks": dripping(CHUNKED, b"1\r\n \r\n"),
    "in a chunk": dripping(CHUNKED + b"fff\r\n", b" "),
    "in a body without end": dripping(b"HTTP/1.1 200 OK\r\n\r\n", b" "),
    "of 1xx": dripping(b"", b"HTTP/1.1 103 Early Hints\r\n\r\n"),
}


SLOW: dict[str, Script] = {
    **{f"a drip {where}": script for where, script in DRIPS.items()},
    **{f"silence {where}": sending(*pieces) for where, pieces in BEGINNINGS.items()},
}


@pytest.fixture(scope="module")
def slow() -> dict[str, tuple[Response | Failure, float]]:
    """What becomes of a request to every slow server, and after how many seconds; all are asked at the same time."""

    def elapsed(script: Script) -> tuple[Response | Failure, float]:
        with RawServer(script) as server, transport_to(server.origin) as transport:
            started = time.monotonic()
            return transport.exchange(request(server), TIMEOUT), time.monotonic() - started

    with ThreadPoolExecutor(len(SLOW)) as pool:
        return dict(zip(SLOW, pool.map(elapsed, SLOW.values()), strict=True))


@pytest.mark.parametrize("what", SLOW)
def test_a_slow_server_has_until_the_deadline(slow: dict[str, tuple[Response | Failure, float]], what: str) -> None:
    """One byte in 50 ms keeps every single wait of an HTTP library short, and the exchange going for ever."""
    outcome, seconds = slow[what]
    assert isinstance(outcome, Failure)
    assert outcome.kind is FailureKind.TIMEOUT
    assert TIMEOUT - 0.01 <= seconds < LONG_ENOUGH


def test_a_timeout_poisons_nothing() -> None:
    """The late answer to one request is never the answer to another."""
    replies = iter([Peer.pause, answering(answer(b'{"second": true}'))])
    with RawServer(lambda peer: next(replies)(peer)) as server, transport_to(server.origin, 1) as transport:
        first = transport.exchange(request(server), TIMEOUT)
        second = transport.exchange(request(server), LONG_ENOUGH)
        assert isinstance(first, Failure)
        assert isinstance(second, Response)
        assert second.body == b'{"second": true}'
        assert server.connections == 2


def test_a_connection_that_was_closed_while_idle_is_replaced() -> None:
    with RawServer(sending(answer(), then=Peer.end)) as server, transport_to(server.origin, 1) as transport:
        for _ in range(3):
            assert isinstance(transport.exchange(request(server), LONG_ENOUGH), Response)
            server.await_end()
        assert server.connections == 3


def test_a_connection_that_is_closed_just_as_it_is_used_again_is_no_fault_of_the_server() -> None:
    """A server may close an idle connection at any time (RFC 9112, section 9.5), also when a request is on its way."""
    replies = iter([answering(answer()), Peer.end, answering(answer())])
    with RawServer(lambda peer: next(replies)(peer)) as server, transport_to(server.origin, 1) as transport:
        outcomes = [transport.exchange(request(server), LONG_ENOUGH) for _ in range(2)]
    assert all(isinstance(outcome, Response) for outcome in outcomes), outcomes
    assert [bool(outcome.note) for outcome in outcomes] == [False, True], "that it was sent twice is told"
    assert len(server.requests) == 3


def test_a_server_that_closes_every_time_is_asked_twice_and_not_for_ever() -> None:
    replies = iter([answering(answer()), Peer.end, Peer.end])
    with RawServer(lambda peer: next(replies)(peer)) as server, transport_to(server.origin, 1) as transport:
        transport.exchange(request(server), LONG_ENOUGH)
        outcome = transport.exchange(request(server), LONG_ENOUGH)
    assert isinstance(outcome, Failure)
    assert outcome.kind is FailureKind.RESET
    assert len(server.requests) == 3


def test_an_answer_that_breaks_off_on_a_connection_that_was_kept_is_not_asked_for_again() -> None:
    replies = iter([answering(answer()), sending(b"HTTP/1.1 200", then=Peer.end)])
    with RawServer(lambda peer: next(replies)(peer)) as server, transport_to(server.origin, 1) as transport:
        transport.exchange(request(server), LONG_ENOUGH)
        outcome = transport.exchange(request(server), LONG_ENOUGH)
    assert isinstance(outcome, Failure)
    assert outcome.kind is FailureKind.RESET
    assert len(server.requests) == 2


NOT_HTTP = {
    "a banner": b"SSH-2.0-OpenSSH_9.6\r\n\r\n",
    "JSON": b'{"hello": "there"}\r\n\r\n',
    "a request": b"POST / HTTP/1.1\r\nHost: x\r\n\r\n",
    "a status that is no number": b"HTTP/1.1 OK\r\n\r\n",
    "a status of four digits": b"HTTP/1.1 2000 OK\r\n\r\n",
    "a header without a colon": b"HTTP/1.1 200 OK\r\nnonsense\r\n\r\n",
    "a header with a blank name": b"HTTP/1.1 200 OK\r\n : x\r\n\r\n",
    "two lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
    "a length that is none": b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n{}",
    "a negative length": b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n{}",
    "a chunk size that is none": CHUNKED + b"zz\r\n{}\r\n0\r\n\r\n",
    "an unknown transfer coding": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n{}",
    "another protocol": b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n",
    "a coding that does not decode": answer(b"{}", "200 OK", "Content-Encoding: gzip"),
    "a coding that breaks off": answer(gzip.compress(b"{}")[:-4], "200 OK", "Content-Encoding: gzip"),
}


@pytest.mark.parametrize("response", NOT_HTTP.values(), ids=NOT_HTTP)
def test_what_is_not_http_is_malformed(response: bytes) -> None:
    assert kind_of(answering(response)) is FailureKind.MALFORMED


@pytest.mark.parametrize("response", NOT_HTTP.values(), ids=NOT_HTTP)
def test_what_is_not_http_and_ends_is_a_failure(response: bytes) -> None:
    assert isinstance(outcome_of(sending(response, then=Peer.end)), Failure)


HTTP_2 = {
    "settings": b"\x00\x00\x06\x04\x00\x00\x00\x00\x00\x00\x05\x00\x00\x40\x00",
    "empty settings": b"\x00\x00\x00\x04\x00\x00\x00\x00\x00",
    "goaway": b"\x00\x00\x08\x07\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01",
}


@pytest.mark.parametrize("frame", HTTP_2.values(), ids=HTTP_2)
def test_a_server_that_answers_in_http_2_was_asked_at_the_wrong_url(frame: bytes) -> None:
    """A gRPC server sends the settings of its connection whatever it was asked."""
    with pytest.raises(TargetError, match="HTTP/2") as raised:
        outcome_of(sending(frame, then=Peer.end))
    assert "REST" in raised.value.remedy
    replies = iter([answering(answer(b"{}", "200 OK", "Connection: close")), sending(frame, then=Peer.end)])
    with RawServer(lambda peer: next(replies)(peer)) as server, transport_to(server.origin, 1) as transport:
        assert isinstance(transport.exchange(request(server), LONG_ENOUGH), Response)
        later = transport.exchange(request(server), LONG_ENOUGH)
    assert isinstance(later, Failure)
    assert later.kind is FailureKind.MALFORMED


TLS_ALERT = b"\x15\x03\x01\x00\x02\x02\x46\r\n\r\n"


@pytest.mark.parametrize("script", [answering(TLS_ALERT), sending(TLS_ALERT, then=Peer.end)], ids=["goes on", "ends"])
def test_a_server_that_answers_in_tls_was_asked_at_the_wrong_url(script: Script) -> None:
    """From the first answer on; later it is what a server does, which was asked in HTTP and answered in it."""
    with pytest.raises(TargetError, match="the server speaks TLS"):
        outcome_of(script)
    replies = iter([answering(answer(b"{}", "200 OK", "Connection: close")), script])
    with RawServer(lambda peer: next(replies)(peer)) as server, transport_to(server.origin, 1) as transport:
        assert isinstance(transport.exchange(request(server), LONG_ENOUGH), Response)
        later = transport.exchange(request(server), LONG_ENOUGH)
    assert isinstance(later, Failure)
    assert later.kind is FailureKind.MALFORMED


def test_a_length_that_is_too_long_is_an_answer_that_stops() -> None:
    assert kind_of(sending(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n{}", then=Peer.end)) is FailureKind.RESET


def test_a_length_that_is_too_short_cuts_the_body_and_poisons_nothing() -> None:
    """What is left over is never read as the beginning of the next answer."""
    response = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}HTTP/1.1 500 Smuggled\r\nContent-Length: 0\r\n\r\n"
    with RawServer(answering(response)) as server, transport_to(server.origin, 1) as transport:
        for _ in range(3):
            outcome = transport.exchange(request(server), LONG_ENOUGH)
            assert isinstance(outcome, Response)
            assert (outcome.status, outcome.body) == (200, b"{}")
