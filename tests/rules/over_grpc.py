"""The traffic of a story, told over gRPC: the same calls and answers, in other bytes.

The messages are written by the library of Protocol Buffers, which knows nothing of how they are read here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from conformance.exchange import Exchange, Failure, Method, Request, Response, SemanticView
from conformance.lro import Code
from conformance.rules.server.errors import bare_status_of
from conformance.server.reference.grpc_messages import message_of
from conformance.server.reference.grpc_wire import failure, part_of_grpc, success

_RPCS = {
    Method.CANCEL: "CancelOperation",
    Method.GET: "GetOperation",
    Method.LIST: "ListOperations",
    Method.DELETE: "DeleteOperation",
}
_ANSWERS = {Method.GET: "Operation", Method.LIST: "ListOperationsResponse"}


class CannotBeSaid(Exception):
    """What was said over HTTP has no form in gRPC: no call, or an answer that no message can be."""


def over_grpc(exchanges: Iterable[Exchange]) -> list[Exchange]:
    """The same story. Raises CannotBeSaid if an exchange has no form in gRPC that means the same."""
    said = [_over_grpc(exchange) for exchange in exchanges]
    for one, other in zip(exchanges, said, strict=True):
        if _meaning(one.view) != _meaning(other.view):
            raise CannotBeSaid(f"{one.view} became {other.view}")
    return said


def _over_grpc(exchange: Exchange) -> Exchange:
    if exchange.call is None or exchange.request.query or exchange.request.body not in (b"", b"{}"):
        raise CannotBeSaid(f"a request with {exchange.request.target} and {exchange.request.body!r}")
    if bare_status_of(exchange) is not None:
        raise CannotBeSaid("a form of errors that is JSON's")
    rpc = _RPCS[exchange.call.method]
    message = getattr(part_of_grpc("google.longrunning.operations_pb2"), f"{rpc}Request")(name=exchange.call.name)
    metadata = [(name, value) for name, value in exchange.request.headers if name.lower() == "authorization"]
    headers = (("content-type", "application/grpc"), *metadata)
    request = Request("POST", f"/google.longrunning.Operations/{rpc}", headers, message.SerializeToString(), "2")
    answer = exchange.outcome if isinstance(exchange.outcome, Failure) else _answer(exchange.call.method, exchange.view)
    return replace(exchange, request=request, outcome=answer)


def _answer(method: Method, view: SemanticView) -> Response:
    try:
        if view.code is Code.OK and view.message is not None:
            return success(message_of(_ANSWERS.get(method, "Empty"), view.message))
        if view.code is not None and view.status is not None:
            return failure(view.code, view.status.message or "", map(_detail, view.status.details or ()))
    except (part_of_grpc("google.protobuf.json_format").ParseError, LookupError, TypeError, AttributeError) as error:
        raise CannotBeSaid(str(error)) from error
    raise CannotBeSaid(view.words)


def _detail(detail: Mapping[str, Any]) -> Any:
    members = {key: value for key, value in detail.items() if key != "@type"}
    kind = getattr(part_of_grpc("google.rpc.error_details_pb2"), str(detail["@type"]).rpartition(".")[2])
    return part_of_grpc("google.protobuf.json_format").ParseDict(members, kind())


def _meaning(view: SemanticView) -> tuple[object, ...]:
    """What has to be the same: a name or a number may stand for the code, and a default for what is absent."""
    said = (view.status.message or "", _stated(view.status.details)) if view.status is not None else None
    return (view.call, view.code, said, bool(view.message), _stated(view.message))


def _stated(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _stated(member) for key, member in value.items() if member not in (None, False, "", 0, [])}
    return [_stated(entry) for entry in value] if isinstance(value, list) else value or None
