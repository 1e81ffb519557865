"""The service behind an httpx client, without a socket."""

from __future__ import annotations

from dataclasses import replace

import httpx
import pytest

from conformance.exchange import Failure, FailureKind, Request, Response
from conformance.lro.clock import VirtualClock
from conformance.server.reference import in_process
from conformance.server.reference.api_error import NoAnswer
from conformance.server.reference.service import Service

from .caller import PARENT

START = f"/v1/{PARENT}/operations:start"


@pytest.fixture
def client(service: Service) -> httpx.Client:
    return in_process.client(service)


def test_an_operation_is_started_cancelled_and_seen(client: httpx.Client, clock: VirtualClock) -> None:
    name = client.post(START, json={"mode": "cancel-later", "delay": 3600}).json()["name"]
    assert client.post(f"/v1/{name}:cancel").json() == {}
    assert client.get(f"/v1/{name}").json()["done"] is False
    clock.sleep(3600)
    assert client.get(f"/v1/{name}").json()["error"]["code"] == 1


def test_request_arrives_as_it_was_sent(client: httpx.Client, service: Service) -> None:
    client.post("/v1/x?a=%2F&b", content=b"\x00\xff", headers={b"X-Odd": b"\xe9"})
    request = service.log[-1].request
    assert (request.method, request.target, request.body) == ("POST", "/v1/x?a=%2F&b", b"\x00\xff")
    assert request.header("x-odd") == "é"
    assert request.header("host") == "reference.invalid"


def test_raw_target_is_taken_as_it_is(client: httpx.Client, service: Service) -> None:
    for target in (b"/v1//a/../b%zz", b"*", b"http://elsewhere/v1/x", b"/\xff"):
        client.request("POST", "/", extensions={"target": target})
        assert service.log[-1].request.target == target.decode("latin-1")


def test_content_that_comes_in_pieces_arrives_whole(client: httpx.Client) -> None:
    name = client.post(START, content=iter([b'{"mode"', b': "done"}'])).json()["name"]
    assert client.get(f"/v1/{name}").json()["done"] is True


def test_head_has_no_content(client: httpx.Client) -> None:
    response = client.head("/v1/x")
    assert (response.status_code, response.content) == (404, b"")
    assert int(response.headers["content-length"]) > 0


def test_status_without_a_reason_phrase(service: Service) -> None:
    odd = replace(service, respond=lambda _liar, _request, _response: Response(499, reason="Client Closed Request"))
    response = in_process.client(odd).get("/")
    assert (response.status_code, response.reason_phrase) == (499, "Client Closed Request")


def test_router_stands_beside_other_routes(service: Service) -> None:
    router = in_process.router(service)
    with httpx.Client(transport=httpx.MockTransport(router.handler)) as client:
        assert client.get("http://anywhere/v1/x").status_code == 404
    assert len(router.calls) == 0


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        (FailureKind.REFUSED, httpx.ConnectError),
        (FailureKind.RESET, httpx.ReadError),
        (FailureKind.TIMEOUT, httpx.ReadTimeout),
        (FailureKind.MALFORMED, httpx.RemoteProtocolError),
        (FailureKind.TOO_LARGE, httpx.RemoteProtocolError),
    ],
)
def test_no_answer_is_what_httpx_calls_it(
    service: Service, clock: VirtualClock, kind: FailureKind, error: type[Exception]
) -> None:
    def silent(_liar: Service, _request: Request, _response: Response) -> Response:
        raise NoAnswer(Failure(kind, "as told"))

    client = in_process.client(replace(service, respond=silent))
    with pytest.raises(error, match="as told"):
        client.get("/", timeout=7)
    assert clock.now() == (7 if kind is FailureKind.TIMEOUT else 0)
