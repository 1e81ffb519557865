"""The front of the gate that speaks gRPC: what a call becomes behind it, and an answer before it."""

from __future__ import annotations

import http.server
import json
import shlex
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from conformance.exchange import Exchange, OnWire, Request, Response
from conformance.exchange.protobuf import fields_of
from conformance.exchange.serial import exchange_as_json, exchange_from_json
from conformance.lro.codes import Code
from conformance.sdk.grpc_side import HTTP_ONLY, SCENARIOS, grpc_front
from conformance.sdk.scenarios import SCENARIOS as ALL_SCENARIOS
from conformance.sdk.transport import KEY
from conformance.server.reference.grpc_wire import SERVICE, part_of_grpc
from conformance.spec.catalogue import client_catalogue
from conformance.spec.contract import Contract

NAME = "projects/p/locations/l/operations/größe 100% #1?"
ESCAPED = "/v1/projects/p/locations/l/operations/gr%C3%B6%C3%9Fe%20100%25%20%231%3F"
Ask = Callable[..., Any]


def test_what_makes_sense_over_grpc_exists() -> None:
    assert {scenario.name for scenario in ALL_SCENARIOS} >= SCENARIOS
    assert {requirement.id for requirement in client_catalogue()} >= HTTP_ONLY


class Backend:
    """The server behind the front: one answer for everything, and what has arrived."""

    def __init__(self) -> None:
        self.status, self.body = 200, b"{}"
        self.arrived: list[tuple[str, str, dict[str, str]]] = []
        self.on_wire: dict[str, OnWire] = {}

    def answers(self, status: int, message: object) -> None:
        self.status, self.body = status, json.dumps(message).encode()


@pytest.fixture
def backend() -> Backend:
    return Backend()


@pytest.fixture
def front(backend: Backend) -> Iterator[str]:
    """The URL of the front, with the backend behind it."""
    pytest.importorskip("grpc", reason="grpcio is not installed")

    class Handler(http.server.BaseHTTPRequestHandler):
        def answer(self) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            backend.arrived.append((self.command, self.path, headers))
            if backend.status == 0:
                return
            self.send_response(backend.status)
            self.end_headers()
            self.wfile.write(backend.body)

        do_GET = do_POST = do_DELETE = answer

        def log_message(self, *_: object) -> None:
            """Nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with grpc_front(
        f"http://127.0.0.1:{server.server_port}", Contract.load("beyondcorp.v1"), backend.on_wire.__setitem__
    ) as url:
        yield url
    server.shutdown()
    server.server_close()


@pytest.fixture
def ask(front: str) -> Iterator[Ask]:
    """Makes one call over gRPC; the value is its answer, or its error."""
    grpc: Any = pytest.importorskip("grpc", reason="grpcio is not installed")
    messages = part_of_grpc("google.longrunning.operations_pb2")

    def call(method: str, name: str | bytes, timeout: float = 5.0, service: str = SERVICE, **metadata: str) -> Any:
        rpc = channel.unary_unary(
            f"/{service}/{method}",
            response_deserializer=messages.Operation.FromString if method == "GetOperation" else None,
        )
        named = isinstance(name, str)
        request = getattr(messages, f"{method}Request")(name=name).SerializeToString() if named else name
        try:
            return rpc(request, timeout=timeout, metadata=tuple(metadata.items()))
        except grpc.RpcError as error:
            return error

    with grpc.insecure_channel(front.removeprefix("http://")) as channel:
        yield call


def code_of(error: Any) -> Code:
    return Code[error.code().name]


def test_a_cancel_is_a_post_of_its_binding_with_the_metadata(ask: Ask, backend: Backend) -> None:
    assert ask("CancelOperation", NAME, timeout=3.0, **{"x-goog-request-params": "name=a%20b"}) == b""
    ((method, path, headers),) = backend.arrived
    assert (method, path) == ("POST", f"{ESCAPED}:cancel")
    assert headers["x-goog-request-params"] == "name=a%20b"
    assert headers["content-length"] == "0"
    assert 2000 < int(headers["grpc-timeout"].removesuffix("m")) < 4000  # gRPC rounds it up


def test_what_was_on_the_wire_is_told(ask: Ask, backend: Backend) -> None:
    backend.answers(404, {"error": {"code": 404, "message": "gone: größe", "status": "NOT_FOUND"}})
    ask("CancelOperation", NAME, **{"x-goog-request-params": "name=a%20b"})
    ((_, path, headers),) = backend.arrived
    sent = backend.on_wire[headers[KEY]]
    assert path.startswith("/v1/")
    assert sent.request.target == f"/{SERVICE}/CancelOperation"
    exchange = Exchange(1, Request("POST", path), Response(404), 0.0, 0.0, wire=sent)
    shown = exchange_as_json(exchange)
    assert shown["grpc"]["message"] == [["name", NAME]]
    assert ["x-goog-request-params", "name=a%20b"] in shown["grpc"]["metadata"]
    assert shown["grpc"]["status"] == "NOT_FOUND"
    assert KEY not in json.dumps(shown)
    assert shown["request"]["target"] == f"/{SERVICE}/CancelOperation"
    words = shlex.split(shown["curl"])
    assert words[0] == "grpcurl"
    assert json.loads(words[words.index("-d") + 1]) == {"name": NAME}
    assert words[-2:] == [sent.origin.removeprefix("http://"), f"{SERVICE}/CancelOperation"]
    assert exchange_as_json(exchange_from_json(shown)) == shown


def test_a_field_that_the_method_does_not_have_is_seen() -> None:
    assert fields_of(b"\x0a\x01a\x12\x03why\x18\x96\x01\x22\x02\xff\xfe") == [
        (1, "a"),
        (2, "why"),
        (3, 150),
        (4, "fffe"),
    ]
    assert fields_of(b"\x0a\x7fa") == [(0, "0a7f61")]
    assert fields_of(b"") == []


def test_a_get_shows_the_operation(ask: Ask, backend: Backend) -> None:
    backend.answers(200, {"name": NAME, "done": True, "error": {"code": 1, "message": "cancelled"}, "metadata": None})
    shown = ask("GetOperation", NAME)
    assert backend.arrived[0][:2] == ("GET", ESCAPED)
    assert (shown.name, shown.done, shown.error.code, shown.error.message) == (NAME, True, 1, "cancelled")


def test_a_type_that_nobody_knows_is_carried(ask: Ask, backend: Backend) -> None:
    unknown = "type.googleapis.com/conformance.example.Unknown"
    backend.answers(200, {"name": NAME, "metadata": {"@type": unknown, "progress": 12}})
    shown = ask("GetOperation", NAME)
    assert shown.metadata.type_url == unknown
    assert shown.metadata.value


@pytest.mark.parametrize(
    "body",
    [
        {"error": {"code": 400, "message": "has ended", "status": "FAILED_PRECONDITION"}},
        {"code": 9, "message": "has ended", "details": []},
    ],
    ids=["envelope", "bare status"],
)
def test_an_error_is_a_status(ask: Ask, backend: Backend, body: object) -> None:
    backend.answers(400, body)
    refused = ask("CancelOperation", NAME)
    assert (code_of(refused), refused.details()) == (Code.FAILED_PRECONDITION, "has ended")


def test_an_error_without_a_message_has_none(ask: Ask, backend: Backend) -> None:
    backend.answers(404, {"error": {"code": 404, "message": "", "status": "NOT_FOUND"}})
    refused = ask("CancelOperation", NAME)
    assert (code_of(refused), refused.details()) == (Code.NOT_FOUND, "")


def test_an_error_keeps_its_reason(ask: Ask, backend: Backend) -> None:
    info = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "GONE", "domain": "conformance.example"}
    backend.answers(404, {"error": {"code": 404, "message": "gone", "status": "NOT_FOUND", "details": [info]}})
    details = dict(ask("CancelOperation", NAME).trailing_metadata())["grpc-status-details-bin"]
    assert b"GONE" in details
    assert b"conformance.example" in details


def test_a_connection_that_breaks_is_unavailable(ask: Ask, backend: Backend) -> None:
    backend.status = 0
    assert code_of(ask("CancelOperation", NAME)) is Code.UNAVAILABLE


def test_what_is_unavailable_is_tried_again_by_grpc_itself(backend: Backend, front: str) -> None:
    """An error comes as trailers only; after a message a call is committed, and `retryPolicy` does nothing."""
    grpc: Any = pytest.importorskip("grpc", reason="grpcio is not installed")
    policy = {"maxAttempts": 3, "initialBackoff": "0.01s", "maxBackoff": "0.01s", "backoffMultiplier": 1}
    config = {"methodConfig": [{"name": [{}], "retryPolicy": {**policy, "retryableStatusCodes": ["UNAVAILABLE"]}}]}
    backend.answers(503, {"error": {"code": 503, "message": "restarting", "status": "UNAVAILABLE"}})
    options = [("grpc.service_config", json.dumps(config))]
    with grpc.insecure_channel(front.removeprefix("http://"), options) as channel:
        rpc = channel.unary_unary("/google.longrunning.Operations/CancelOperation")
        with pytest.raises(grpc.RpcError, match="restarting"):
            rpc(part_of_grpc("google.longrunning.operations_pb2").CancelOperationRequest(name=NAME).SerializeToString())
    assert len(backend.arrived) == 3


def test_a_name_without_a_path_is_an_invalid_argument(ask: Ask, backend: Backend) -> None:
    assert code_of(ask("CancelOperation", "no-name")) is Code.INVALID_ARGUMENT
    assert backend.arrived[0][:2] == ("POST", "/v1/no-name:cancel"), "it is recorded nevertheless"
    assert code_of(ask("CancelOperation", "")) is Code.INVALID_ARGUMENT
    assert backend.arrived[1][:2] == ("POST", "/v1/:cancel")


def test_a_method_without_a_script_is_unimplemented(ask: Ask) -> None:
    assert code_of(ask("WaitOperation", NAME)) is Code.UNIMPLEMENTED


def test_a_list_has_its_operations_and_the_token_of_the_next_page(ask: Ask, backend: Backend) -> None:
    backend.answers(200, {"operations": [{"name": NAME, "done": True}], "nextPageToken": "a=/"})
    listed = part_of_grpc("google.longrunning.operations_pb2").ListOperationsResponse.FromString(
        ask("ListOperations", "projects/p/locations/l")
    )
    assert [(each.name, each.done) for each in listed.operations] == [(NAME, True)]
    assert listed.next_page_token == "a=/"
    assert backend.arrived[0][:2] == ("GET", "/v1/projects/p/locations/l/operations")


def test_a_message_that_cannot_be_decoded_is_recorded(ask: Ask, backend: Backend) -> None:
    assert code_of(ask("CancelOperation", b"\x0a\x03\xed\xa0\x80")) is Code.INVALID_ARGUMENT
    assert backend.arrived[0][:2] == ("POST", "/v1/%0A%03%ED%A0%80:cancel")


def test_a_method_of_another_service_is_recorded_and_unimplemented(ask: Ask, backend: Backend) -> None:
    assert code_of(ask("CancelOperation", NAME, service="example.Operations")) is Code.UNIMPLEMENTED
    assert backend.arrived[0][:2] == ("POST", "/example.Operations/CancelOperation")
