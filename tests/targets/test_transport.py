"""The way to the wire, over real sockets, to servers that do what no server should."""

from __future__ import annotations

import gzip
import time
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from functools import cache

import h11
import httpcore
import httpx
import pytest

from conformance.errors import ConformanceError, TargetError
from conformance.exchange import Failure, FailureKind, Header, Request, Response
from conformance.server.target.transport import MAX_BODY, MAX_VALUES, HttpTransport
from tests.targets.raw_server import Peer, RawServer, Script, answer, free_port

TIMEOUT = 0.2
LONG_ENOUGH = 5.0
PATH = "/v1/projects/demo/locations/us/operations/op-1:cancel"


@pytest.fixture(autouse=True, scope="module")
def _certificates_are_read_once() -> Iterator[None]:
    """Nothing here speaks TLS, and reading certificates takes longer than everything else."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(httpx, "create_ssl_context", cache(httpx.create_ssl_context))
        yield


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


# --- in good order ------------------------------------------------------------------------------------------------


def test_a_response_is_what_came() -> None:
    response = answer(b'{"a": 1}', "200 All Right", "Content-Type: application/json", "X-Twice: 1", "x-twice: \xe9")
    assert outcome_of(answering(response)) == Response(
        200,
        (("Content-Type", "application/json"), ("X-Twice", "1"), ("x-twice", "\xe9"), ("Content-Length", "8")),
        b'{"a": 1}',
        "All Right",
    )


def test_the_bytes_that_are_recorded_are_the_bytes_that_go_out() -> None:
    with RawServer(answering(answer())) as server, transport_to(server.origin) as transport:
        sent = request(server, ("X-Name", "na\xefve"), ("content-length", "5"), ("X-Empty", ""), body=b"\xff{}\r\n")
        transport.exchange(sent, LONG_ENOUGH)
    assert server.requests == [
        f"POST {PATH} HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n".encode()
        + b"X-Name: na\xefve\r\ncontent-length: 5\r\nX-Empty: \r\n\r\n\xff{}\r\n"
    ]


def test_a_request_in_an_older_version_of_http_says_so_and_ends_its_connection() -> None:
    """No word of its body is taken for the version."""
    with RawServer(answering(answer())) as server, transport_to(server.origin) as transport:
        content = b"x HTTP/1.1\r\n"
        old = request(server, ("Connection", "close"), ("Content-Length", str(len(content))), body=content)
        for _ in range(2):
            transport.exchange(replace(old, version="1.0"), LONG_ENOUGH)
    assert [one.startswith(f"POST {PATH} HTTP/1.0\r\n".encode()) for one in server.requests] == [True, True]
    assert server.requests[0].endswith(content)
    assert server.connections == 2


TARGETS = [
    PATH.replace("op-1", "a%zzb%"),
    PATH.replace("op-1", "a%2Fb%2f"),
    PATH.replace("op-1", "../x/./y//z"),
    PATH + "?",
    PATH + "?$alt=json;enum-encoding=int&a=%20+&name=http://h/x",
    "http://elsewhere.example:99" + PATH,
    "HTTP://" + PATH,
    "*",
    "/",
    "//double//slash",
    '/{a}|^`"<>\\',
]


@pytest.mark.parametrize("target", TARGETS)
def test_a_target_goes_out_byte_for_byte(target: str) -> None:
    """Malformed escapes, dots, the absolute form: all of them are stimuli, and none is mended."""
    with RawServer(answering(answer())) as server, transport_to(server.origin) as transport:
        outcome = transport.exchange(request(server, target=target), LONG_ENOUGH)
    assert isinstance(outcome, Response)
    assert server.requests[0].partition(b"\r\n")[0] == b"POST " + target.encode("latin-1") + b" HTTP/1.1"


FRAMINGS: list[tuple[tuple[Header, ...], bytes, bytes]] = [
    ((("Content-Length", "2"),), b"{}", b"Content-Length: 2\r\n\r\n{}"),
    ((("Content-Length", "0"),), b"", b"Content-Length: 0\r\n\r\n"),
    ((), b"", b"\r\n"),
    ((("Transfer-Encoding", "chunked"),), b"{}", b"Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n1\r\n}\r\n0\r\n\r\n"),
    ((("Transfer-Encoding", "chunked"),), b"", b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
]


@pytest.mark.parametrize(
    ("headers", "body", "tail"), FRAMINGS, ids=["length", "length 0", "none", "chunked", "chunked, empty"]
)
def test_a_body_is_framed_as_it_is_asked(headers: tuple[Header, ...], body: bytes, tail: bytes) -> None:
    with RawServer(answering(answer())) as server, transport_to(server.origin) as transport:
        outcome = transport.exchange(request(server, *headers, body=body), LONG_ENOUGH)
    assert isinstance(outcome, Response)
    head = f"POST {PATH} HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n".encode()
    assert server.requests == [head + tail], "no header that nobody asked for"


@pytest.mark.parametrize("method", ["GET", "DELETE", "PUT", "PATCH", "post", "M-SEARCH"])
def test_any_method_goes_out(method: str) -> None:
    with RawServer(answering(answer())) as server, transport_to(server.origin) as transport:
        transport.exchange(request(server, method=method), LONG_ENOUGH)
    assert server.requests[0].startswith(f"{method} {PATH} ".encode())


def test_the_answer_to_head_has_no_body() -> None:
    outcome = outcome_of(answering(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n"), method="HEAD")
    assert outcome == Response(200, (("Content-Length", "100"),), b"", "OK")


@pytest.mark.parametrize("status", ["204 No Content", "304 Not Modified"])
def test_some_answers_have_no_body_by_their_status(status: str) -> None:
    outcome = outcome_of(answering(f"HTTP/1.1 {status}\r\n\r\n".encode()))
    assert isinstance(outcome, Response)
    assert outcome.body == b""


@pytest.mark.parametrize(
    "response",
    [
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n1;x=y\r\n}\r\n0\r\nTrailer: x\r\n\r\n",
        b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n{}",
        b"HTTP/1.1 200 \r\ncontent-length:2\r\n\r\n{}",
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + answer(),
    ],
    ids=["chunks and trailers", "HTTP/1.0", "no reason", "1xx before it"],
)
def test_other_forms_of_the_same_answer(response: bytes) -> None:
    outcome = outcome_of(answering(response))
    assert isinstance(outcome, Response)
    assert (outcome.status, outcome.body) == (200, b"{}")


def test_a_body_may_end_with_the_connection() -> None:
    outcome = outcome_of(sending(b"HTTP/1.1 200 OK\r\n\r\n{", b"}", then=Peer.end))
    assert isinstance(outcome, Response)
    assert outcome.body == b"{}"


def test_gzip_is_decoded() -> None:
    response = answer(gzip.compress(b'{"a": 1}'), "200 OK", "Content-Encoding: gzip")
    outcome = outcome_of(answering(response))
    assert isinstance(outcome, Response)
    assert outcome.body == b'{"a": 1}'


def test_connections_are_kept() -> None:
    with RawServer(answering(answer())) as server, transport_to(server.origin) as transport:
        for _ in range(3):
            assert isinstance(transport.exchange(request(server), LONG_ENOUGH), Response)
        assert (server.connections, len(server.requests)) == (1, 3)


def test_redirects_are_answers_and_cookies_are_forgotten() -> None:
    response = answer(b"", "302 Found", "Location: /elsewhere", "Set-Cookie: session=1; Path=/")
    with RawServer(answering(response)) as server, transport_to(server.origin) as transport:
        outcomes = [transport.exchange(request(server), LONG_ENOUGH) for _ in range(2)]
    assert [outcome.status for outcome in outcomes if isinstance(outcome, Response)] == [302, 302]
    assert len(server.requests) == 2
    assert server.requests[0] == server.requests[1]


def test_proxies_and_other_settings_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{free_port()}")
    assert isinstance(outcome_of(answering(answer())), Response)


def test_a_url_with_a_password_does_not_change_the_request() -> None:
    """An HTTP library likes to make an Authorization of it, in place of the one that is recorded."""
    with RawServer(answering(answer())) as server:
        with transport_to(server.origin.replace("://", "://user:password@")) as transport:
            transport.exchange(request(server, ("Authorization", "Bearer token")), LONG_ENOUGH)
        assert b"\r\nAuthorization: Bearer token\r\n" in server.requests[0]
        assert b"Basic" not in server.requests[0]


# --- no answer, or half of one ------------------------------------------------------------------------------------


def test_nobody_listens() -> None:
    port = free_port()
    with transport_to(f"http://127.0.0.1:{port}") as transport:
        outcome = transport.exchange(Request("GET", "/", (("Host", f"127.0.0.1:{port}"),)), LONG_ENOUGH)
    assert isinstance(outcome, Failure)
    assert outcome.kind is FailureKind.REFUSED


HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


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


# --- too much -----------------------------------------------------------------------------------------------------


def endless(head: bytes, piece: bytes) -> Script:
    def script(peer: Peer) -> None:
        peer.send(head)
        while True:
            peer.send(piece)

    return script


def test_the_largest_body_is_read() -> None:
    outcome = outcome_of(answering(answer(b" " * MAX_BODY)))
    assert isinstance(outcome, Response)
    assert len(outcome.body) == MAX_BODY


BLANKS = b" " * 65536
TOO_LARGE: dict[str, Script] = {
    "one byte more": sending(answer(b" " * (MAX_BODY + 1))),
    "a length": endless(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n", BLANKS),
    "chunks without end": endless(CHUNKED, b"10000\r\n" + BLANKS + b"\r\n"),
    "a body without end": endless(b"HTTP/1.1 200 OK\r\n\r\n", BLANKS),
    "few bytes and many values": sending(answer(b"[" + b"{}," * MAX_VALUES + b"{}]")),
}


@pytest.mark.parametrize("script", TOO_LARGE.values(), ids=TOO_LARGE)
def test_a_body_without_end_is_cut_off(script: Script) -> None:
    assert kind_of(script) is FailureKind.TOO_LARGE


@pytest.mark.parametrize("piece", [b"X-Header: value\r\n" * 1000, b"x" * 10_000])
def test_headers_without_end_are_cut_off(piece: bytes) -> None:
    assert kind_of(endless(b"HTTP/1.1 200 OK\r\nX: ", piece)) in (FailureKind.TOO_LARGE, FailureKind.MALFORMED)


def gzipped(size: int) -> bytes:
    """So many blanks, compressed without ever having all of them."""
    packer = zlib.compressobj(9, wbits=31)
    return b"".join(packer.compress(BLANKS) for _ in range(size // len(BLANKS))) + packer.flush()


@pytest.mark.parametrize(
    ("body", "codings"),
    [(gzipped(MAX_BODY * 8), "gzip"), (gzip.compress(gzipped(MAX_BODY * 8)), "gzip, gzip")],
    ids=["once", "twice"],
)
def test_a_bomb_does_not_go_off(body: bytes, codings: str) -> None:
    """A few bytes that unfold to many are too large, and are never held in whole.

    Layers multiply: what is three times compressed and unfolded at once is more than any machine has.
    """
    tracemalloc.start()
    try:
        kind = kind_of(answering(answer(body, "200 OK", f"Content-Encoding: {codings}")))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kind is FailureKind.TOO_LARGE
    assert peak < MAX_BODY * 4


@pytest.mark.parametrize("size", [0, 1, 65535, 65536, 65537, MAX_BODY])
@pytest.mark.parametrize(("coding", "pack"), [("gzip", gzip.compress), ("deflate", zlib.compress)])
def test_whatever_fits_is_decoded(size: int, coding: str, pack: Callable[[bytes], bytes]) -> None:
    outcome = outcome_of(answering(answer(pack(b" " * size), "200 OK", f"Content-Encoding: {coding}")))
    assert isinstance(outcome, Response)
    assert outcome.body == b" " * size


@pytest.mark.parametrize(("body", "coding"), [(b"", "gzip"), (b"{}", "identity"), (b"{}", "br"), (b"{}", "gzip, br")])
def test_what_is_not_packed_or_not_known_stays_as_it_is(body: bytes, coding: str) -> None:
    outcome = outcome_of(answering(answer(body, "200 OK", f"Content-Encoding: {coding}")))
    assert isinstance(outcome, Response)
    assert outcome.body == body


# --- not HTTP -----------------------------------------------------------------------------------------------------

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


# --- what is our fault --------------------------------------------------------------------------------------------

UNSENDABLE = (ConformanceError, ValueError, h11.LocalProtocolError, httpcore.LocalProtocolError)


@pytest.mark.parametrize(
    ("target", "headers", "body"),
    [
        (PATH, (("X-Bad", "a\nb"),), b""),
        (PATH, (("X Bad", "a"),), b""),
        (PATH, (("X-Bad", "\N{SNOWMAN}"),), b""),
        (PATH, (("Content-Length", "1"),), b"{}"),
        (PATH, (("Content-Length", "3"),), b"{}"),
        (PATH, (), b"{}"),
        ("/caf\xe9", (), b""),
        ("/a b", (), b""),
        ("", (), b""),
    ],
    ids=[
        "a line end in a header",
        "a blank in a name",
        "no latin-1",
        "length too short",
        "length too long",
        "a body without length",
        "a target that is no ASCII",
        "a blank in a target",
        "no target",
    ],
)
def test_a_request_that_cannot_be_sent_is_not_charged_to_the_server(
    target: str, headers: tuple[Header, ...], body: bytes
) -> None:
    """A failure is judged as a server that does not answer; so what never left this machine must not become one."""
    with (
        RawServer(answering(answer())) as server,
        transport_to(server.origin) as transport,
        pytest.raises(UNSENDABLE),
    ):
        transport.exchange(request(server, *headers, target=target, body=body), LONG_ENOUGH)


def test_a_secret_that_cannot_be_sent_is_not_shown() -> None:
    with RawServer(answering(answer())) as server, transport_to(server.origin) as transport:
        unsendable = request(server, ("Authorization", "Bearer s3cret\nt0ken"))
        try:
            shown = repr(transport.exchange(unsendable, LONG_ENOUGH))
        except Exception as error:
            shown = f"{error!r} {error}"
    assert "s3cret" not in shown
