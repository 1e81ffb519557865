"""The service over gRPC: the same operations and the same faults.

Only the steps that read requests and write answers are exchanged. Authorisation, methods and the choice of the
operation are those of the service, with its faults.

    with running_server(service) as http, running_grpc_server(service) as grpc:
        ...  # an operation that was started over HTTP can be cancelled over gRPC
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from conformance.exchange import Request, Response
from conformance.lro.codes import Code
from conformance.server.reference.api_error import ApiError
from conformance.server.reference.bindings import Rpc
from conformance.server.reference.grpc_messages import message_of
from conformance.server.reference.grpc_wire import LOOPBACK, SERVICE, failure, listening, part_of_grpc, success
from conformance.server.reference.invocation import Invocation, Message
from conformance.server.reference.service import Service


@contextlib.contextmanager
def running_grpc_server(service: Service, host: str = LOOPBACK, port: int = 0, latency: float = 0.0) -> Iterator[str]:
    """Serves over gRPC for as long as the context lasts; the value is the URL. See `serve.running_server`.

    Raises UsageError when the address cannot be bound or the extra `grpc` is not installed.
    """
    speaking = over_grpc(service)

    def answers(request: Request, gone: threading.Event) -> Response:
        response = speaking.handle(request)
        if latency > 0:
            gone.wait(latency / 1000)
        return response

    with listening(answers, host, port) as url:
        yield url


def over_grpc(service: Service) -> Service:
    """The service with requests and answers in gRPC; `grpc_wire` shows what they look like."""
    return replace(
        service,
        route=_route,
        read_query=_read_query,
        read_body=_read_body,
        render_success=_render_success,
        render_error=_render_error,
    )


def _route(service: Service, request: Request) -> Invocation:
    """The method that a request calls, by its path; the name is in the message.

    Raises ApiError: UNIMPLEMENTED for a method that this service does not have.
    """
    for binding in service.bindings.rows:
        if request.path == f"/{SERVICE}/{binding.rpc}":
            return Invocation(request, binding, _message(binding.rpc, request).name)
    raise ApiError(Code.UNIMPLEMENTED, f"Method not found: {request.path}", reason="METHOD_NOT_FOUND", routed=False)


def _read_query(service: Service, call: Invocation) -> dict[str, str]:  # noqa: ARG001
    """What is in the query over HTTP: the fields of a list."""
    if call.rpc is not Rpc.LIST:
        return {}
    message = _message(call.rpc, call.request)
    fields = {"filter": message.filter, "pageSize": str(message.page_size), "pageToken": message.page_token}
    return {name: value for name, value in fields.items() if value not in ("", "0")}


def _read_body(service: Service, call: Invocation) -> Message:  # noqa: ARG001
    """What is in the body over HTTP beside the name: nothing."""
    return {}


def _render_success(service: Service, call: Invocation, message: Message) -> Response:  # noqa: ARG001
    return success(message_of(_ANSWERS[call.rpc], message))


def _render_error(service: Service, request: Request, error: ApiError) -> Response:  # noqa: ARG001
    """The canonical code, the message, and the details that AIP-193 wants."""
    if not service.flavour.error_details:
        return failure(error.code, error.message)
    details = part_of_grpc("google.rpc.error_details_pb2")
    info = details.ErrorInfo(reason=error.reason, domain=error.domain, metadata=error.metadata)
    if not error.violations:
        return failure(error.code, error.message, [info])
    violations = [
        details.BadRequest.FieldViolation(field=field, description=problem) for field, problem in error.violations
    ]
    return failure(error.code, error.message, [info, details.BadRequest(field_violations=violations)])


def _message(rpc: Rpc, request: Request) -> Any:
    """The request message. Raises ApiError for content that is none: INTERNAL, as every gRPC server has it."""
    kind = getattr(part_of_grpc("google.longrunning.operations_pb2"), f"{rpc}Request")
    try:
        return kind.FromString(request.body)
    except part_of_grpc("google.protobuf.message").DecodeError:
        raise ApiError(Code.INTERNAL, f"The content is no {rpc}Request.", reason="MALFORMED_MESSAGE") from None


_ANSWERS = {
    Rpc.CANCEL: "Empty",
    Rpc.GET: "Operation",
    Rpc.LIST: "ListOperationsResponse",
    Rpc.DELETE: "Empty",
}
