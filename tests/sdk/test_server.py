"""The scripted server: it records what arrives as it arrives, and answers what the script says and nothing else."""

from __future__ import annotations

import errno
import fcntl
import resource
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from conformance.exchange import Failure, FailureKind, Method
from conformance.rules.client import LINE_END_AFTER, LINE_END_BEFORE
from conformance.sdk.answers import EMPTY_OBJECT, RESET, Script, cut, html_answer, redirect
from conformance.sdk.credentials import TOKEN, masking_of
from conformance.sdk.gate import allow_open_connections
from conformance.sdk.wire import anything_unread, has_hung_up

from .scripted import NAME, OK, PATH, everything, post, recorded, sent, serving, wire


def test_a_request_is_recorded_as_it_was_sent() -> None:
    with serving() as server:
        server.begin("story", Method.CANCEL, NAME, OK, 5000)
        answer = sent(server.url, post(PATH + "?$alt=json", "x-ODD-case:  two  words ", "X-b: 2", "x-b: 1", body=""))
        (exchange,) = recorded(server)
    assert answer == (
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=UTF-8\r\nContent-Length: 2\r\n\r\n{}"
    )
    assert exchange.request.target == PATH + "?$alt=json"
    assert exchange.request.headers[2:] == (("x-ODD-case", "two  words"), ("X-b", "2"), ("x-b", "1"))
    assert exchange.call is not None
    assert (exchange.call.method, exchange.call.name, exchange.check) == (Method.CANCEL, NAME, "story")
    assert exchange.sent_at <= exchange.received_at


@pytest.mark.parametrize(
    ("target", "recorded_as"),
    [
        ("/v1/a b:cancel", "/v1/a b:cancel"),
        ("/v1/größe:cancel", r"/v1/gr\xf6\xdfe:cancel"),
        ("http://h/v1/x", "http://h/v1/x"),
        ("/v1/%zz//..", "/v1/%zz//.."),
    ],
)
def test_a_target_is_neither_mended_nor_refused(target: str, recorded_as: str) -> None:
    with serving() as server:
        server.begin("story", Method.CANCEL, NAME, OK, 5000)
        assert sent(server.url, post(target)).startswith(b"HTTP/1.1 404")
        (exchange,) = recorded(server)
    assert (exchange.request.target, exchange.call) == (recorded_as, None)


@pytest.mark.parametrize(
    ("fields", "body", "content"),
    [
        (["Content-Length: 2"], "{}", b"{}"),
        (["Transfer-Encoding: chunked"], "1\r\n{\r\n1;x=y\r\n}\r\n0\r\nTrailer: 1\r\n\r\n", b"{}"),
        (["Transfer-Encoding: chunked"], "0\r\n\r\n", b""),
        ([], "", b""),
    ],
)
def test_the_body_is_read_by_its_framing(fields: list[str], body: str, content: bytes) -> None:
    with serving() as server:
        server.begin("story", Method.CANCEL, NAME, OK, 5000)
        assert sent(server.url, post(PATH, *fields, body=body)).startswith(b"HTTP/1.1 200")
        (exchange,) = recorded(server)
    assert exchange.request.body == content


@pytest.mark.parametrize(
    ("sent_bytes", "why"),
    [
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc", "what arrived is not HTTP/1.1; it begins b'\\x16\\x03\\x01"),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "the request line is not that of HTTP/1.1"),
        (b"POST /v1/x\r\n\r\n", "the request line is not that of HTTP/1.1"),
        (b"POST /v1/x HTTP/1.1\r\nHost", "the connection was closed in the head of a request"),
        (b"POST /v1/x HTTP/1.1\r\nno colon\r\n\r\n", "a header field has no colon"),
        (b"POST /v1/x HTTP/1.1\r\nContent-Length: 9\r\n\r\n{}", "the connection was closed in the body of a request"),
        (b"POST /v1/x HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}", "is no usable length"),
        (b"POST /v1/x HTTP/1.1\r\nContent-Length: -1\r\n\r\n", "Content-Length '-1' is no usable length"),
        (b"POST /v1/x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "a chunk has no size"),
    ],
)
def test_what_is_no_http_is_recorded_and_not_answered(sent_bytes: bytes, why: str) -> None:
    with serving() as server:
        server.begin("story", Method.CANCEL, NAME, OK, 5000)
        assert sent(server.url, sent_bytes) == b""
        (exchange,) = recorded(server)
    assert isinstance(exchange.outcome, Failure)
    assert exchange.outcome.kind is FailureKind.MALFORMED
    assert why in exchange.outcome.detail
    assert exchange.request.method == ""


@pytest.mark.parametrize(
    ("before", "after", "notes"),
    [
        (b"", b"", ["", ""]),
        (b"\r\n", b"", [LINE_END_BEFORE, LINE_END_BEFORE]),
        (b"", b"\r\n", [LINE_END_AFTER, LINE_END_AFTER]),
    ],
)
def test_line_ends_around_a_request_are_noted(before: bytes, after: bytes, notes: list[str]) -> None:
    with serving() as server, wire(server.url) as connection:
        server.begin("story", Method.CANCEL, NAME, OK, 5000)
        for _ in notes:
            connection.sendall(before + post(PATH).replace(b"Connection: close\r\n", b"") + after)
            assert connection.recv(65536).endswith(b"{}")
        assert [exchange.note for exchange in recorded(server)] == notes


def test_what_follows_the_last_request_of_a_connection_is_no_http() -> None:
    with serving() as server:
        server.begin("story", Method.CANCEL, NAME, OK, 5000)
        assert sent(server.url, post(PATH, "Content-Length: 1", body="{}")).endswith(b"{}")
        (last, beyond) = recorded(server)
    assert last.succeeded()
    assert isinstance(beyond.outcome, Failure)
    assert beyond.outcome.detail == "this follows a request that was to be the last one; it begins b'}'"


def test_a_connection_is_kept_for_the_next_request() -> None:
    with serving() as server, wire(server.url) as connection:
        server.begin("story", Method.CANCEL, NAME, OK, 5000)
        for _ in range(3):
            connection.sendall(post(PATH).replace(b"Connection: close\r\n", b""))
            assert connection.recv(65536).endswith(b"{}")
        assert len(recorded(server)) == 3


def test_who_waits_for_a_100_gets_one() -> None:
    with serving() as server, wire(server.url) as connection:
        server.begin("story", Method.CANCEL, NAME, OK, 5000)
        connection.sendall(post(PATH, "Expect: 100-continue", "Content-Length: 2"))
        assert connection.recv(65536) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(b"{}")
        assert everything(connection).startswith(b"HTTP/1.1 200")


def test_an_answer_may_be_cut_short_and_a_connection_reset() -> None:
    with serving() as server:
        server.begin("cut", Method.CANCEL, NAME, Script((cut(EMPTY_OBJECT), RESET)), 5000)
        assert sent(server.url, post()).endswith(b"Content-Length: 66\r\n\r\n{}")
        with wire(server.url) as connection:
            connection.sendall(post())
            with pytest.raises(ConnectionResetError):
                everything(connection)
        outcomes = [exchange.outcome for exchange in recorded(server)]
    assert isinstance(outcomes[1], Failure)
    assert outcomes[1].kind is FailureKind.RESET


def test_redirects_lead_to_where_the_script_goes_on() -> None:
    script = Script((redirect(307, "{elsewhere}/moved{path}"),), {"/moved{path}": EMPTY_OBJECT})
    with serving() as server:
        server.begin("moved", Method.CANCEL, NAME, script, 5000)
        answer = sent(server.url, post())
        assert f"Location: {server.elsewhere}/moved{PATH}\r\n".encode() in answer
        assert sent(server.elsewhere, post("/moved" + PATH)).startswith(b"HTTP/1.1 200")
        first, second = recorded(server)
    assert (first.origin, second.origin) == (server.url, server.elsewhere)
    assert first.origin.partition(":")[2] != second.origin


def test_a_coding_that_is_not_known_is_refused() -> None:
    with serving() as server:
        server.begin("story", Method.CANCEL, NAME, OK, 5000)
        refused = sent(server.url, post(PATH, "Content-Encoding: br", "Content-Length: 1", body="x"))
        assert refused.startswith(b"HTTP/1.1 415")
        assert b"\r\nAccept-Encoding: gzip, deflate\r\n" in refused
        assert sent(server.url, post())[9:12] == b"200"


def test_head_has_no_content() -> None:
    with serving() as server:
        server.begin("story", Method.CANCEL, NAME, Script((html_answer(200, "x"),)), 5000)
        looked = sent(server.url, b"HEAD /v1/unknown HTTP/1.1\r\nConnection: close\r\n\r\n")
    assert looked.endswith(b"\r\n\r\n")


def test_credentials_that_are_not_ours_are_recorded_and_never_shown() -> None:
    fields = ("Authorization: Bearer ya29.real", "Cookie: session=real", "X-Goog-Api-Key: AIzareal")
    with serving() as server:
        server.begin("story", Method.CANCEL, NAME, OK, 5000)
        sent(server.url, post(f"{PATH}?alt=json&access_token=ya29.real&key=AIzareal", *fields))
        sent(server.url, post(PATH, f"Authorization: Bearer {TOKEN}"))
        theirs, ours = recorded(server)
    assert "real" in repr(theirs)
    theirs, ours = map(masking_of([theirs, ours]).exchange, (theirs, ours))
    assert "real" not in repr(theirs)
    assert theirs.request.target == f"{PATH}?alt=json&access_token=[secret 1]&key=[secret 2]"
    assert theirs.request.header("authorization") == "Bearer [secret 1]"
    assert ours.request.header("authorization") == f"Bearer {TOKEN}"


@pytest.fixture
def many_files() -> Iterator[None]:
    """More files may be open than the 1024 that select knows."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    allow_open_connections()
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_a_connection_is_looked_at_whatever_its_number(many_files: None) -> None:
    """A client that closes none of its connections has more than the 1024 that select knows."""
    ours, theirs = socket.socketpair()
    with ours, theirs, socket.socket(fileno=fcntl.fcntl(ours, fcntl.F_DUPFD, 1100)) as high:
        assert not has_hung_up(high)
        theirs.close()
        assert has_hung_up(high)


def test_a_connection_that_another_thread_closes_while_it_is_looked_at_is_no_error() -> None:
    class ClosedMeanwhile(socket.socket):
        def fileno(self) -> int:
            descriptor = super().fileno()
            self.close()
            return descriptor

    ours, theirs = socket.socketpair()
    with theirs, ClosedMeanwhile(fileno=ours.detach()) as closed:
        assert anything_unread([closed]), "it is known to be over as soon as it is looked at again"
        assert not anything_unread([closed])


def test_a_run_may_open_as_many_connections_as_it_has_calls(many_files: None) -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
    allow_open_connections()
    assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] == min(4096, hard)


def test_who_could_not_be_accepted_is_accepted_later(monkeypatch: pytest.MonkeyPatch) -> None:
    """The client had gone already, or no file was left for it; the next one is served."""
    accept, fails = socket.socket.accept, iter([OSError(errno.EMFILE, "Too many open files")])

    def accepted(listener: socket.socket) -> Any:
        for error in fails:
            raise error
        return accept(listener)

    monkeypatch.setattr(socket.socket, "accept", accepted)
    with serving() as server:
        server.begin("story", Method.CANCEL, NAME, OK, 5000)
        assert sent(server.url, post(PATH)).startswith(b"HTTP/1.1 200")
