"""The way to the wire, over real sockets: what goes out, and what of an answer is read."""

from __future__ import annotations

import gzip
from dataclasses import replace

import h11
import httpcore
import pytest

from conformance.errors import ConformanceError
from conformance.exchange import Header, Response
from tests.targets.over_sockets import (
    LONG_ENOUGH,
    PATH,
    answering,
    outcome_of,
    request,
    sending,
    transport_to,
)
from tests.targets.raw_server import Peer, RawServer, answer, free_port


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
    """Malformed escapes, dots, the absolute form: all of them are stimuli, and none is fixed."""
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


def test_content_that_follows_the_answer_to_head_is_told_where_it_ends_the_connection() -> None:
    """Else it would be the beginning of the next answer."""

    def lie(peer: Peer) -> None:
        peer.send(b"HTTP/1.1 404 Not Found\r\nContent-Length: 9\r\n\r\n")
        peer.send(b"not found")
        peer.end()

    with RawServer(lie) as server, transport_to(server.origin) as transport:
        outcome = transport.exchange(request(server, ("Connection", "close"), method="HEAD"), LONG_ENOUGH)
    assert isinstance(outcome, Response)
    assert (outcome.status, outcome.body) == (404, b"not found")


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
