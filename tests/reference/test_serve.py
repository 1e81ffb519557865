"""The service on a socket: it says where it is, serves, and goes when it is told to."""

from __future__ import annotations

import http.client
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

import conformance
from conformance.errors import UsageError
from conformance.exchange import Failure, FailureKind, Request, Response
from conformance.lro.clock import VirtualClock
from conformance.server.reference import asgi
from conformance.server.reference.api_error import NoAnswer
from conformance.server.reference.build import reference_service
from conformance.server.reference.serve import running_server
from conformance.server.reference.service import Service

from .caller import PARENT

PROGRAM = """
from conformance.server.reference.build import reference_service
from conformance.server.reference.serve import serve
serve(reference_service())
print("served")
"""


@contextmanager
def serving_process() -> Iterator[subprocess.Popen[str]]:
    root = Path(conformance.__file__).parent.parent
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=root
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_prints_its_url_first_and_ends_cleanly(number: signal.Signals) -> None:
    with serving_process() as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        assert url.startswith("http://127.0.0.1:")
        with httpx.Client(base_url=url) as client:  # the connection is still open when the signal comes
            assert client.post(f"/v1/{PARENT}/operations:start", json={"mode": "run"}).json()["done"] is False
            process.send_signal(number)
            output, errors = process.communicate(timeout=10)
    assert (process.returncode, output, errors) == (0, "served\n", "")


def test_running_server_is_gone_when_it_is_left(service: Service) -> None:
    with running_server(service) as url:
        assert httpx.get(f"{url}/v1/{PARENT}/operations").json() == {"operations": []}
        address = (url.split("/")[2].split(":")[0], int(url.rpartition(":")[2]))
        with socket.create_connection(address):
            pass
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(address)


def test_two_servers_do_not_share_a_port(service: Service) -> None:
    with running_server(service) as url:
        port = int(url.rpartition(":")[2])
        with pytest.raises(UsageError, match=f"cannot listen on 127.0.0.1:{port}"), running_server(service, port=port):
            pass
    with pytest.raises(UsageError), running_server(service, host="host.invalid"):
        pass


@pytest.fixture(scope="module")
def raw_server() -> Iterator[http.client.HTTPConnection]:
    with running_server(reference_service(VirtualClock(), seed=0)) as url:
        yield http.client.HTTPConnection(url.removeprefix("http://"), timeout=10)


def raw(connection: http.client.HTTPConnection, request: bytes) -> bytes:
    """Everything that comes back for a request that asks to close the connection."""
    with socket.create_connection((connection.host, connection.port), timeout=10) as wire:
        wire.sendall(request)
        answer = b""
        while piece := wire.recv(65536):
            answer += piece
    return answer


def test_answers_have_a_length_and_are_not_chunked(raw_server: http.client.HTTPConnection) -> None:
    answer = raw(raw_server, b"HEAD /v1/x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
    head, _, content = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 404")
    assert b"content-length: " in head
    assert b"transfer-encoding" not in head.lower()
    assert content == b""


@pytest.mark.parametrize(
    "framing", ["Content-Length: 2\r\n\r\n{}", "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"]
)
def test_content_arrives_however_it_is_framed(raw_server: http.client.HTTPConnection, framing: str) -> None:
    head = f"POST /v1/{PARENT}/operations:start HTTP/1.1\r\nHost: h\r\nConnection: close\r\n{framing}"
    assert raw(raw_server, head.encode()).startswith(b"HTTP/1.1 200")


def test_what_is_no_http_is_a_bad_request(raw_server: http.client.HTTPConnection) -> None:
    assert raw(raw_server, b"\x16\x03\x01\r\n\r\n").startswith(b"HTTP/1.1 400")
    assert raw(raw_server, b"GET /v1/x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n").startswith(b"HTTP/1.1 404")


def test_answer_that_never_comes_complete(service: Service) -> None:
    def cut(_liar: Service, _request: Request, _response: Response) -> Response:
        raise NoAnswer(Failure(FailureKind.RESET))

    def silent(_liar: Service, _request: Request, _response: Response) -> Response:
        raise NoAnswer(Failure(FailureKind.TIMEOUT))

    with running_server(replace(service, respond=cut)) as url, pytest.raises(httpx.RemoteProtocolError):
        httpx.get(url)
    with running_server(replace(service, respond=silent)) as url, pytest.raises(httpx.ReadTimeout):
        httpx.get(url, timeout=0.05)


def test_bug_is_told_to_who_runs_the_server(service: Service, capfd: pytest.CaptureFixture[str]) -> None:
    def bug(_liar: Service, _request: Request, _response: Response) -> Response:
        raise ZeroDivisionError("a bug")

    with running_server(replace(service, respond=bug)) as url:
        response = httpx.get(url)
    assert (response.status_code, response.json()["error"]["status"]) == (500, "INTERNAL")
    assert "ZeroDivisionError: a bug" in capfd.readouterr().err


def test_latency_holds_answers_back(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    held: list[float] = []

    async def hold(seconds: float) -> None:
        held.append(seconds)

    monkeypatch.setattr(asgi, "asyncio", type("FastAsyncio", (), {"sleep": staticmethod(hold)}))
    with running_server(service, latency=250) as url:
        assert httpx.get(url).status_code == 404
    assert held == [0.25]
