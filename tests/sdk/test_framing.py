"""Frames: whatever they do to the bytes, HTTP reads the same answer of them; and what becomes of connections."""

from __future__ import annotations

import gzip
import http.client
import json
import socket
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from urllib.parse import urlsplit

import pytest

from conformance.exchange import Exchange, Failure, FailureKind, Method
from conformance.lro.codes import Code
from conformance.sdk import framing
from conformance.sdk.answers import EMPTY_OBJECT, Answer, Script, coded, envelope, framed, late
from conformance.sdk.answers import closing as closed
from conformance.sdk.framing import Frame
from conformance.sdk.server import ScriptedServer

from .in_process import CONTRACT
from .scripted import NAME, PATH, post

FRAMES: tuple[Frame, ...] = (
    framing.with_length,
    framing.in_chunks(3),
    framing.in_chunks(1000, ";a=b", ("X-End", "1")),
    framing.until_close,
    framing.as_http_1_0,
    framing.after(framing.CONTINUE),
    framing.without_reason,
    framing.with_names(str.upper),
    framing.with_more_headers(20),
    framing.in_segments,
)


@contextmanager
def answering(*answers: Answer) -> Iterator[tuple[ScriptedServer, http.client.HTTPConnection]]:
    with ScriptedServer(CONTRACT, time.monotonic) as server:
        server.begin("story", Method.CANCEL, NAME, Script(answers), 5000)
        with closing(http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=5)) as connection:
            yield server, connection


def recorded(server: ScriptedServer) -> tuple[Exchange, ...]:
    server.stop()
    return server.arrived(0)


@pytest.mark.parametrize("frame", FRAMES)
def test_a_frame_changes_nothing_of_what_is_said(frame: Frame) -> None:
    answer = envelope(Code.NOT_FOUND, "größe 日本")
    with answering(framed(answer, frame)) as (server, connection):
        for _ in range(2):
            connection.request("POST", PATH, body=b"{}")
            response = connection.getresponse()
            assert (response.status, response.read()) == (404, answer.response.body)
        first, second = recorded(server)
    assert first.response is not None
    assert first.response.json_object() == json.loads(answer.response.body)
    assert first.outcome == second.outcome


@pytest.mark.parametrize(
    ("accepts", "is_coded"), [("gzip", True), ("br, GZIP;q=0.5", True), ("gzip;q=0", False), ("identity", False)]
)
def test_gzip_is_for_who_accepts_it(accepts: str, is_coded: bool) -> None:
    answer = envelope(Code.NOT_FOUND, "no")
    with answering(coded(answer)) as (server, connection):
        connection.request("POST", PATH, body=b"{}", headers={"Accept-Encoding": accepts})
        response = connection.getresponse()
        body = response.read()
        (exchange,) = recorded(server)
    assert (response.getheader("Content-Encoding") == "gzip") is is_coded
    assert (gzip.decompress(body) if is_coded else body) == answer.response.body
    assert exchange.response is not None
    assert exchange.response.body == answer.response.body, "a recording holds what was said"


def test_a_connection_is_closed_before_the_next_turn_begins() -> None:
    with answering(closed(EMPTY_OBJECT)) as (server, connection):
        connection.request("POST", PATH, body=b"{}")
        assert connection.getresponse().read() == b"{}"
        server.end(0)
        server.begin("next", Method.CANCEL, NAME + "-2", Script((EMPTY_OBJECT,)), 5000)
        assert connection.sock.recv(1) == b""


def test_a_late_answer_comes_before_the_next_turn_begins() -> None:
    with answering(late(EMPTY_OBJECT)) as (server, connection):
        connection.request("POST", PATH, body=b"{}")
        while server.requests == 0:
            time.sleep(0.001)  # until it has arrived over the socket, which the server tells by this number alone
        server.end(0)
        server.begin("next", Method.CANCEL, NAME + "-2", Script((EMPTY_OBJECT,)), 5000)
        connection.sock.setblocking(False)
        assert connection.sock.recv(65536).endswith(b"{}")
        (exchange,) = recorded(server)
    assert isinstance(exchange.outcome, Failure)
    assert exchange.outcome.kind is FailureKind.TIMEOUT


@pytest.mark.parametrize(
    ("sent", "turn"),
    [
        (post().replace(b"Connection: close\r\n", b"") + b"{}", 0),
        (f"POST /v1/{NAME}-2:cancel HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\n{{}}".encode(), 1),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc", 0),
    ],
)
def test_bytes_that_are_no_http_belong_to_the_call_that_they_are_of(sent: bytes, turn: int) -> None:
    """To that whose head they have, to the one before them on their connection, or that for which it was opened."""
    with ScriptedServer(CONTRACT, time.monotonic) as server:
        server.begin("first", Method.CANCEL, NAME, Script((EMPTY_OBJECT,)), 5000)
        host, _, port = urlsplit(server.url).netloc.partition(":")
        with socket.create_connection((host, int(port)), timeout=5) as wire:
            if turn == 0 and sent.startswith(b"POST"):
                wire.sendall(sent[:-2])
                assert wire.recv(65536).endswith(b"{}")
                sent = sent[-2:]
            else:
                while not server._last:
                    time.sleep(0.001)  # until the server has the connection
            server.end(0)
            server.begin("second", Method.CANCEL, NAME + "-2", Script((EMPTY_OBJECT,)), 5000)
            wire.sendall(sent)
            wire.shutdown(socket.SHUT_WR)
            assert wire.recv(1) == b""
        server.stop()
        assert [exchange.request.method for exchange in server.arrived(turn)][-1:] == [""]
        assert not server.arrived(1 - turn) or server.arrived(1 - turn)[-1].request.method


def test_an_empty_line_before_a_request_says_nothing() -> None:
    with answering(EMPTY_OBJECT) as (server, connection):
        connection.connect()
        connection.sock.sendall(b"\r\n" + post())
        assert connection.sock.recv(65536).startswith(b"HTTP/1.1 200")
        assert len(recorded(server)) == 1
