"""The scripted server: it records what arrives as it arrives, and answers what the script says and nothing else."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from conformance.exchange import Exchange, Failure, FailureKind, Method
from conformance.lro.codes import Code
from conformance.sdk.answers import (
    EMPTY_OBJECT,
    RESET,
    Script,
    cut,
    envelope,
    held,
    html_answer,
    paced,
    redirect,
    together,
)
from conformance.sdk.credentials import TOKEN, masking_of
from conformance.sdk.pacing import Pace
from conformance.sdk.server import ScriptedServer
from conformance.sdk.wire import EndOfCall

from .in_process import CONTRACT

NAME = "projects/p/locations/l/operations/o"
PATH = f"/v1/{NAME}:cancel"
OK = Script((EMPTY_OBJECT,))


@contextmanager
def serving() -> Iterator[ScriptedServer]:
    with ScriptedServer(CONTRACT, time.monotonic) as server:
        yield server


@contextmanager
def wire(url: str) -> Iterator[socket.socket]:
    host, _, port = url.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=5) as connection:
        yield connection


def everything(connection: socket.socket) -> bytes:
    answer = b""
    while piece := connection.recv(65536):
        answer += piece
    return answer


def sent(url: str, request: bytes) -> bytes:
    """What comes back until the server closes; a request that is complete asks for that by `Connection: close`."""
    with wire(url) as connection:
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        return everything(connection)


def post(target: str = PATH, *fields: str, body: str = "") -> bytes:
    lines = [f"POST {target} HTTP/1.1", "Host: h", "Connection: close", *fields, "", body]
    return "\r\n".join(lines).encode("latin-1")


def recorded(server: ScriptedServer, turn: int = 0) -> tuple[Exchange, ...]:
    server.stop()
    return server.arrived(turn)


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


def test_answers_come_in_their_order_and_the_last_stays() -> None:
    script = Script((envelope(Code.UNAVAILABLE, "soon"), EMPTY_OBJECT))
    with serving() as server:
        server.begin("story", Method.CANCEL, NAME, script, 5000)
        assert [sent(server.url, post())[9:12] for _ in range(3)] == [b"503", b"200", b"200"]


def test_who_does_not_stop_by_itself_is_refused_for_good() -> None:
    clock = [0.0]
    with ScriptedServer(CONTRACT, lambda: clock[0]) as server:
        server.begin("story", Method.CANCEL, NAME, Script((envelope(Code.UNAVAILABLE, "soon"),)), 200)
        assert sent(server.url, post())[9:12] == b"503"
        clock[0] = 1.5
        assert b"that was one attempt too many" in sent(server.url, post())


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


def test_an_answer_is_held_until_the_driver_has_replied() -> None:
    with serving() as server, wire(server.url) as connection:
        turn = server.begin("held", Method.CANCEL, NAME, Script((held(EMPTY_OBJECT, 60_000),)), 60_000)
        connection.sendall(post())
        while server.requests == 0:
            time.sleep(0.001)  # until it has arrived over the socket, which the server tells by this number alone
        server.end(turn)
        assert everything(connection) == b"", "long before the answer was due: this connection waits for 5 s"
        (exchange,) = recorded(server)
    assert isinstance(exchange.outcome, Failure)
    assert exchange.outcome.kind is FailureKind.TIMEOUT


def test_a_held_answer_was_over_when_the_client_gave_up_its_connection() -> None:
    """Its driver may say so late: what it needs for that is not the client's."""
    ours, theirs = socket.socketpair()
    with ours:
        replied = threading.Event()
        clock = iter((1.0, 2.0, 3.0))
        ending = EndOfCall(ours, replied, lambda: next(clock))
        assert not ending.within(0)
        assert ending.at == 1.0, "until then it is now"
        theirs.close()
        assert not ending.within(0)
        replied.set()
        assert ending.within(60)
        assert ending.at == ending.at == 2.0


def test_a_held_answer_comes_late_to_who_waits() -> None:
    with serving() as server, wire(server.url) as connection:
        server.begin("held", Method.CANCEL, NAME, Script((held(EMPTY_OBJECT, 30),)), 5000)
        began = time.monotonic()
        connection.sendall(post())
        assert everything(connection).startswith(b"HTTP/1.1 200")
        assert time.monotonic() - began >= 0.03


def test_answers_that_go_together_wait_for_each_other() -> None:
    """Neither is due, and both are there: the first one cannot have been sent before the second call arrived."""
    other = NAME + "-other"
    with serving() as server, wire(server.url) as first, wire(server.url) as second:
        for name in (NAME, other):
            server.begin("at once", Method.CANCEL, name, Script((together(EMPTY_OBJECT),)), 5000)
        first.sendall(post())
        second.sendall(post(f"/v1/{other}:cancel"))
        assert everything(first).startswith(b"HTTP/1.1 200")
        assert everything(second).startswith(b"HTTP/1.1 200")
        exchanges = (*recorded(server, 0), *recorded(server, 1))
    assert len(exchanges) == 2
    assert max(exchange.sent_at for exchange in exchanges) <= min(exchange.received_at for exchange in exchanges)


@pytest.mark.parametrize(
    ("pace", "comes"),
    [
        (Pace(every=1), b"\r\n\r\n{}"),
        (Pace(with_head=False, every=1), b"\r\n\r\n{}"),
        (Pace(at_most=5), b"\r\n\r\n{}"),
        (Pace(every=1, endless=True, at_most=5), b"\r\n\r\n{}     "),
    ],
)
def test_an_answer_may_come_slowly(pace: Pace, comes: bytes) -> None:
    with serving() as server:
        server.begin("slow", Method.CANCEL, NAME, Script((paced(EMPTY_OBJECT, pace),)), 5000)
        assert sent(server.url, post()).endswith(comes)
        (exchange,) = recorded(server)
    assert isinstance(exchange.outcome, Failure) is pace.endless


@pytest.mark.parametrize("pace", [Pace(every=60_000), Pace(at_most=60_000)])
def test_a_slow_answer_ends_when_the_driver_has_replied(pace: Pace) -> None:
    with serving() as server, wire(server.url) as connection:
        turn = server.begin("slow", Method.CANCEL, NAME, Script((paced(EMPTY_OBJECT, pace),)), 5000)
        connection.sendall(post())
        assert connection.recv(9) == b"HTTP/1.1 "
        server.end(turn, has_failed=True)
        assert everything(connection).endswith(b"\r\n\r\n")
        (exchange,) = recorded(server)
    assert isinstance(exchange.outcome, Failure)
    assert exchange.outcome.kind is FailureKind.UNFINISHED


@pytest.mark.parametrize("pace", [Pace(every=60_000), Pace(at_most=60_000), Pace(every=60_000, endless=True)])
def test_a_slow_answer_ends_when_its_call_is_long_over(pace: Pace) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ending = EndOfCall(ours, threading.Event(), time.monotonic)
        failure = pace.write(ours, b"HTTP/1.1 200 OK\r\n\r\n{}", ending, lambda: 0.0)
        assert theirs.recv(64) == b"HTTP/1.1 200 OK\r\n\r\n"
    assert failure is not None
    assert failure.kind is FailureKind.RESET, "that nothing came in time is not what ends such a call"


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


def test_a_late_attempt_belongs_to_the_call_that_failed() -> None:
    other = NAME + "-2"
    with serving() as server:
        first = server.begin("first", Method.CANCEL, NAME, Script((envelope(Code.UNAVAILABLE, "soon"),)), 5000)
        sent(server.url, post())
        server.end(first, has_failed=True)
        second = server.begin("second", Method.CANCEL, other, OK, 5000)
        assert sent(server.url, post())[9:12] == b"503"
        assert sent(server.url, post(f"/v1/{other}:cancel"))[9:12] == b"200"
        server.stop()
        assert [len(server.arrived(turn)) for turn in (first, second)] == [2, 1]
        assert {exchange.check for exchange in server.arrived(first)} == {"first"}


def test_a_call_that_succeeded_has_no_late_attempts() -> None:
    """What arrives for its operation afterwards is sent on account of the call that is open."""
    get = f"GET /v1/{NAME} HTTP/1.1\r\nConnection: close\r\n\r\n".encode()
    with serving() as server:
        first = server.begin("story", Method.GET, NAME, OK, 5000)
        sent(server.url, get)
        server.end(first)
        second = server.begin("story", Method.CANCEL, NAME, OK, 5000)
        assert sent(server.url, get).endswith(b'{"name": "%s"}' % NAME.encode()), "a look before the cancel"
        assert sent(server.url, post())[9:12] == b"200"
        server.end(second)
        third = server.begin("next", Method.CANCEL, NAME + "-3", OK, 5000)
        sent(server.url, post())
        server.stop()
        assert [len(server.arrived(turn)) for turn in (first, second, third)] == [1, 2, 1]


def test_calls_that_are_open_at_once_are_told_by_their_names() -> None:
    with serving() as server:
        first = server.begin("first", Method.CANCEL, NAME, OK, 5000)
        second = server.begin("second", Method.CANCEL, NAME + "-2", OK, 5000)
        for target in (PATH, f"/v1/{NAME}-2:cancel", PATH):
            sent(server.url, post(target))
        server.stop()
        assert [len(server.arrived(turn)) for turn in (first, second)] == [2, 1]


def test_the_time_of_a_script_begins_with_the_first_attempt() -> None:
    clock = [0.0]
    with ScriptedServer(CONTRACT, lambda: clock[0]) as server:
        server.begin("story", Method.CANCEL, NAME, Script((envelope(Code.UNAVAILABLE, "soon"),)), 200)
        for clock[0] in (9.0, 9.3):
            assert sent(server.url, post())[9:12] == b"503"
        clock[0] = 10.5
        assert b"that was one attempt too many" in sent(server.url, post())


def test_what_is_written_to_a_connection_that_was_closed_is_no_answer() -> None:
    with serving() as server:
        server.begin("held", Method.CANCEL, NAME, Script((held(EMPTY_OBJECT, 40),)), 5000)
        with wire(server.url) as connection:
            connection.sendall(post())
        while not server.arrived(0):
            time.sleep(0.001)  # until the server has let go of the answer, of which nobody else hears
        (exchange,) = recorded(server)
    assert isinstance(exchange.outcome, Failure)
    assert exchange.outcome.detail == "the client had closed the connection before it was answered"


def test_a_coding_that_is_not_known_is_refused() -> None:
    with serving() as server:
        server.begin("story", Method.CANCEL, NAME, OK, 5000)
        refused = sent(server.url, post(PATH, "Content-Encoding: br", "Content-Length: 1", body="x"))
        assert refused.startswith(b"HTTP/1.1 415")
        assert b"\r\nAccept-Encoding: gzip, deflate\r\n" in refused
        assert sent(server.url, post())[9:12] == b"200"


def test_anything_else_belongs_to_the_turn_that_is_open() -> None:
    with serving() as server:
        server.end(server.begin("first", Method.CANCEL, NAME, OK, 5000))
        second = server.begin("second", Method.CANCEL, NAME + "#2", OK, 5000)
        assert sent(server.url, post(f"/v1/{NAME}"))[9:12] == b"404"
        assert sent(server.url, post(f"/v1/{NAME}-unknown:cancel"))[9:12] == b"404"
        server.stop()
        assert len(server.arrived(second)) == 2


def test_who_looks_before_it_cancels_sees_an_operation_that_runs() -> None:
    with serving() as server:
        server.begin("story", Method.CANCEL, NAME, OK, 5000)
        looked = sent(server.url, f"GET /v1/{NAME} HTTP/1.1\r\nConnection: close\r\n\r\n".encode())
    assert looked.endswith(b'{"name": "%s"}' % NAME.encode())


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
