"""The service over gRPC: the operations, errors and faults of the service, in the other language."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from conformance.errors import UsageError
from conformance.exchange import Failure, FailureKind, Method
from conformance.lro.codes import Code
from conformance.server.reference.api_error import NoAnswer
from conformance.server.reference.auth import CLOUD_PLATFORM, Auth
from conformance.server.reference.bindings import Rpc
from conformance.server.reference.build import reference_service
from conformance.server.reference.flavour import Flavour
from conformance.server.reference.grpc_server import running_grpc_server
from conformance.server.reference.grpc_wire import part_of_grpc
from conformance.server.reference.invocation import Invocation, Message
from conformance.server.reference.service import Service

from .caller import PARENT, Caller


def test_without_grpcio_the_remedy_is_named(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "grpc", None)
    with pytest.raises(UsageError, match=r"lro-conformance\[grpc\]"), running_grpc_server(service):
        pass


def test_without_its_messages_the_remedy_is_named(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "google.longrunning.operations_pb2", None)
    pytest.importorskip("grpc", reason="grpcio is not installed")
    with pytest.raises(UsageError, match=r"lro-conformance\[grpc\]"), running_grpc_server(service):
        pass


class Stub:
    """A client as plain as grpcio has it."""

    def __init__(self, url: str, metadata: tuple[tuple[str, str], ...] = ()) -> None:
        self.grpc = part_of_grpc("grpc")
        self.messages = part_of_grpc("google.longrunning.operations_pb2")
        self.empty = part_of_grpc("google.protobuf.empty_pb2").Empty
        self.channel = self.grpc.insecure_channel(url.removeprefix("http://"))
        self.metadata = metadata

    def call(self, method: str, name: str, timeout: float = 5.0, **fields: object) -> Any:
        answers = {"GetOperation": self.messages.Operation, "ListOperations": self.messages.ListOperationsResponse}
        rpc = self.channel.unary_unary(
            f"/google.longrunning.Operations/{method}",
            request_serializer=lambda message: message.SerializeToString(),
            response_deserializer=answers.get(method, self.empty).FromString,
        )
        request = getattr(self.messages, f"{method}Request")(name=name, **fields)
        return rpc(request, timeout=timeout, metadata=self.metadata)

    def refusal(self, method: str, name: str, timeout: float = 5.0, **fields: object) -> Any:
        """The error of a call that must fail."""
        with pytest.raises(self.grpc.RpcError) as refused:
            self.call(method, name, timeout, **fields)
        return refused.value

    def close(self) -> None:
        self.channel.close()


@pytest.fixture
def stub(service: Service) -> Iterator[Stub]:
    pytest.importorskip("grpc", reason="grpcio is not installed")
    with running_grpc_server(service) as url:
        stub = Stub(url)
        yield stub
        stub.close()


def ask(service: Service, method: str, name: str, **metadata: str) -> tuple[Code, str]:
    """One call that must fail; its code and message."""
    pytest.importorskip("grpc", reason="grpcio is not installed")
    with running_grpc_server(service) as url:
        stub = Stub(url, tuple(metadata.items()))
        try:
            refused = stub.refusal(method, name)
        finally:
            stub.close()
    return Code[refused.code().name], refused.details()


def details_of(refused: Any) -> list[Any]:
    """The details of an error, from its trailing metadata."""
    status = part_of_grpc("google.rpc.status_pb2").Status.FromString(
        dict(refused.trailing_metadata())["grpc-status-details-bin"]
    )
    assert status.message == refused.details()
    return list(status.details)


def test_what_was_started_over_http_is_cancelled_over_grpc(stub: Stub, caller: Caller) -> None:
    name = caller.start()
    assert stub.call("CancelOperation", name) == stub.empty()
    shown = stub.call("GetOperation", name)
    assert (shown.name, shown.done, shown.error.code) == (name, True, Code.CANCELLED)
    assert shown.error.message == caller.get(name)["error"]["message"]


def test_metadata_and_response_are_of_the_types_of_beyondcorp(stub: Stub, caller: Caller) -> None:
    name = caller.start("complete", duration=1.0)
    running = stub.call("GetOperation", name)
    assert running.metadata.type_url.endswith("beyondcorp.appconnections.v1.AppConnectionOperationMetadata")
    assert b"create" in running.metadata.value
    caller.passes(2.0)
    done = stub.call("GetOperation", name)
    assert done.response.type_url.endswith("beyondcorp.appconnections.v1.AppConnection")
    assert done.WhichOneof("result") == "response"


@pytest.mark.parametrize("metadata", ["null", "absent", "unflagged"])
def test_every_flavour_of_metadata_is_a_message(metadata: Any) -> None:
    pytest.importorskip("grpc", reason="grpcio is not installed")
    service = reference_service(flavour=Flavour(metadata=metadata))
    name = service.store.start(PARENT).name
    with running_grpc_server(service) as url:
        stub = Stub(url)
        assert stub.call("GetOperation", name).name == name
        stub.close()


def test_an_unknown_name_is_not_found_with_details(stub: Stub) -> None:
    refused = stub.refusal("CancelOperation", "projects/p/locations/l/operations/größe 100%")
    assert refused.code() is stub.grpc.StatusCode.NOT_FOUND
    assert "größe 100%" in refused.details()
    (info,) = details_of(refused)
    assert info.type_url == "type.googleapis.com/google.rpc.ErrorInfo"
    assert b"OPERATION_NOT_FOUND" in info.value


def test_pages_and_filters_of_a_list(stub: Stub, caller: Caller) -> None:
    names = [caller.start() for _ in range(3)]
    first = stub.call("ListOperations", PARENT, page_size=2)
    rest = stub.call("ListOperations", PARENT, page_size=2, page_token=first.next_page_token)
    assert [operation.name for page in (first, rest) for operation in page.operations] == names
    assert not stub.call("ListOperations", PARENT, filter="done=true").operations


def test_a_wrong_filter_is_an_invalid_argument_with_the_field(stub: Stub) -> None:
    refused = stub.refusal("ListOperations", PARENT, filter="colour=red")
    assert refused.code() is stub.grpc.StatusCode.INVALID_ARGUMENT
    assert [detail.type_url.rpartition(".")[2] for detail in details_of(refused)] == ["ErrorInfo", "BadRequest"]


def test_delete_forgets(stub: Stub, caller: Caller) -> None:
    name = caller.start()
    stub.call("DeleteOperation", name)
    assert stub.refusal("GetOperation", name).code() is stub.grpc.StatusCode.NOT_FOUND


def test_what_the_service_does_not_have_is_unimplemented(stub: Stub) -> None:
    assert stub.refusal("WaitOperation", "operations/x").code() is stub.grpc.StatusCode.UNIMPLEMENTED


def test_cancel_can_be_unimplemented() -> None:
    service = reference_service(flavour=Flavour(unimplemented=frozenset({Rpc.CANCEL})))
    name = service.store.start(PARENT).name
    assert ask(service, "CancelOperation", name)[0] is Code.UNIMPLEMENTED


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ({}, Code.UNAUTHENTICATED),
        ({"authorization": "Bearer stranger"}, Code.UNAUTHENTICATED),
        ({"authorization": "Bearer weak"}, Code.PERMISSION_DENIED),
        ({"authorization": "Bearer strong"}, Code.NOT_FOUND),
    ],
)
def test_credentials_are_in_the_metadata(header: dict[str, str], code: Code) -> None:
    auth = Auth({"weak": frozenset(), "strong": frozenset({CLOUD_PLATFORM})})
    assert ask(reference_service(auth=auth), "CancelOperation", f"{PARENT}/operations/none", **header)[0] is code


def test_a_fault_of_the_service_is_one_over_grpc() -> None:
    def deaf(service: Service, call: Invocation) -> Message:
        return {}

    service = replace(reference_service(), cancel=deaf)
    name = service.store.start(PARENT).name
    pytest.importorskip("grpc", reason="grpcio is not installed")
    with running_grpc_server(service) as url:
        stub = Stub(url)
        stub.call("CancelOperation", name)
        assert not stub.call("GetOperation", name).done
        stub.close()


def test_no_answer_ends_with_the_client(service: Service) -> None:
    def silent(service: Service, call: Invocation) -> Message:
        raise NoAnswer(Failure(FailureKind.TIMEOUT))

    pytest.importorskip("grpc", reason="grpcio is not installed")
    with running_grpc_server(replace(service, cancel=silent)) as url:
        stub = Stub(url)
        assert stub.refusal("CancelOperation", "x", timeout=0.1).code() is stub.grpc.StatusCode.DEADLINE_EXCEEDED
        stub.close()


def test_a_lost_connection_is_unavailable(service: Service) -> None:
    def gone(service: Service, call: Invocation) -> Message:
        raise NoAnswer(Failure(FailureKind.RESET))

    assert ask(replace(service, cancel=gone), "CancelOperation", "x")[0] is Code.UNAVAILABLE


def test_a_bug_tells_the_client_nothing(service: Service, capfd: pytest.CaptureFixture[str]) -> None:
    def buggy(service: Service, call: Invocation) -> Message:
        raise RuntimeError("a secret of ours")

    code, message = ask(replace(service, cancel=buggy), "CancelOperation", "x")
    assert code is Code.INTERNAL
    assert "secret" not in message
    assert "a secret of ours" in capfd.readouterr().err


def test_content_that_is_no_message_is_an_internal_error(stub: Stub) -> None:
    raw = stub.channel.unary_unary("/google.longrunning.Operations/CancelOperation")
    with pytest.raises(stub.grpc.RpcError) as refused:
        raw(b"\xff\xff\xff", timeout=5)
    assert refused.value.code() is stub.grpc.StatusCode.INTERNAL


def test_calls_are_in_the_log_of_the_service(stub: Stub, service: Service, caller: Caller) -> None:
    name = caller.start()
    stub.metadata = (("x-goog-request-params", f"name={name}"),)
    stub.call("CancelOperation", name)
    entry = service.log[-1]
    assert entry.call is not None
    assert (entry.call.method, entry.call.name) == (Method.CANCEL, name)
    assert entry.request.target == "/google.longrunning.Operations/CancelOperation"
    assert entry.request.header("x-goog-request-params") == f"name={name}"
    timeout = entry.request.header("grpc-timeout")
    assert timeout is not None
    assert 4000 < int(timeout.removesuffix("m")) < 6000  # gRPC rounds it up
    assert entry.response is not None
    assert entry.response.header("grpc-status") == "0"


def test_an_address_that_is_taken_is_said_to_be(service: Service) -> None:
    pytest.importorskip("grpc", reason="grpcio is not installed")
    with (
        running_grpc_server(service) as url,
        pytest.raises(UsageError, match="cannot listen"),
        running_grpc_server(service, port=int(url.rpartition(":")[2])),
    ):
        pass
