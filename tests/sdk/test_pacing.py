"""When an answer is given: held back, together with others, byte by byte, and no longer than the call lasts."""

from __future__ import annotations

import socket
import threading
import time

import pytest

from conformance.exchange import Failure, FailureKind, Method
from conformance.sdk.answers import EMPTY_OBJECT, Script, held, paced, together
from conformance.sdk.pacing import Pace
from conformance.sdk.wire import EndOfCall

from .scripted import NAME, everything, post, recorded, sent, serving, wire


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


def test_a_slow_answer_that_came_whole_leaves_the_connection_open() -> None:
    with serving() as server, wire(server.url) as connection:
        server.begin("slow", Method.CANCEL, NAME, Script((paced(EMPTY_OBJECT, Pace(at_most=1)), EMPTY_OBJECT)), 5000)
        for _ in range(2):
            connection.sendall(post().replace(b"Connection: close\r\n", b""))
            answer = b""
            while not answer.endswith(b"{}"):
                answer += connection.recv(65536)
            assert answer.startswith(b"HTTP/1.1 200")


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
