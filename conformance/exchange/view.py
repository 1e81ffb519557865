"""The semantic view of an exchange: what was called and what was answered, whichever wire carried it.

    HTTP   POST /v1/{name}:cancel                                 404  {"error": {"status": "NOT_FOUND", …}}
    gRPC   /google.longrunning.Operations/CancelOperation {name}  grpc-status: 5, grpc-status-details-bin: …
    view   cancel of {name}                                       NOT_FOUND, message, details

A rule about meaning reads the view, and so judges both. A rule about bytes reads one wire, and says which.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from typing import Any
from urllib.parse import unquote

from conformance.exchange.message import Request, Response
from conformance.exchange.protobuf import fields_of, members_of
from conformance.lro.codes import Code, code_numbered
from conformance.lro.status import RpcStatus

CONTENT_TYPE_OF_GRPC = "application/grpc"


class Wire(Enum):
    """What carries calls: HTTP with JSON, or gRPC."""

    HTTP = "HTTP"
    GRPC = "gRPC"

    @classmethod
    def of(cls, request: Request) -> Wire:
        """The wire on which a request was sent."""
        return cls.GRPC if (request.header("content-type") or "").startswith(CONTENT_TYPE_OF_GRPC) else cls.HTTP


class Method(Enum):
    """The four methods of `google.longrunning.Operations` that have an HTTP binding here."""

    CANCEL = "cancel"
    GET = "get"
    LIST = "list"
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class Call:
    """What a request means by the contract: the method that its verb and path are bound to, and the `name` in the path.

    For LIST the name is the parent of the operations.
    """

    method: Method
    name: str


@dataclass(frozen=True, slots=True)
class SemanticView:
    """The call, and the answer to it: canonical code, google.rpc.Status of an error, message of a success.

    Without an answer there is only the call. `http_status` is that of the answer, or the one to which its code maps.
    `words` is the answer as its wire says it.
    """

    call: Call | None
    code: Code | None = None
    """OK of a success. Of an error the HTTP status decides; where it is that of several codes, the Status has to say
    which. None where nothing does."""
    status: RpcStatus | None = None
    message: Mapping[str, Any] | None = None
    """The message of an answer 200, as ProtoJSON; None where it is not a JSON object."""
    http_status: int = 0
    words: str = ""

    @property
    def is_answered(self) -> bool:
        return self.http_status > 0

    @property
    def is_error(self) -> bool:
        return self.http_status >= 400

    @property
    def is_busy(self) -> bool:
        """Whether the server has no time: the answer says nothing about the call."""
        return self.code in (Code.RESOURCE_EXHAUSTED, Code.UNAVAILABLE)

    @property
    def is_denied(self) -> bool:
        """Whether the caller is refused, which says nothing else about the call."""
        return self.code in (Code.UNAUTHENTICATED, Code.PERMISSION_DENIED)


def view_of(call: Call | None, wire: Wire, response: Response | None) -> SemanticView:
    """What a call and the response to it mean."""
    if response is None:
        return SemanticView(call)
    return _over_grpc(call, response) if wire is Wire.GRPC else _over_http(call, response)


# --- over HTTP ---


def _over_http(call: Call | None, response: Response) -> SemanticView:
    status = response.status
    if response.is_success:
        return SemanticView(call, Code.OK, None, response.json_object() if status == 200 else None, status, str(status))
    said = status_in(response.json_object())
    return SemanticView(call, _code_of(status, said), said, None, status, str(status))


def envelope_in(members: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """The inner object of the AIP-193 envelope `{"error": {…}}`, or None."""
    inner = members.get("error") if members else None
    return inner if isinstance(inner, Mapping) else None


def bare_status_in(members: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """The object when it is a google.rpc.Status without envelope, or None."""
    return members if members is not None and "error" not in members and "code" in members else None


def status_in(members: Mapping[str, Any] | None) -> RpcStatus | None:
    """The google.rpc.Status of the body of an error, in either form, or None."""
    envelope = envelope_in(members)
    found = envelope if envelope is not None else bare_status_in(members)
    return RpcStatus(found) if found is not None else None


_GONE = 410


def _code_of(http_status: int, said: RpcStatus | None) -> Code | None:
    codes = _codes_with(http_status)
    if len(codes) == 1:
        return codes[0]
    code = said.code if said is not None and codes else None
    return code if code in codes else None


@lru_cache
def _codes_with(http_status: int) -> tuple[Code, ...]:
    """The codes that map to an HTTP status. What is gone (410) is not found."""
    if http_status == _GONE:
        return (Code.NOT_FOUND,)
    return tuple(code for code in Code if code is not Code.OK and code.http_status == http_status)


# --- over gRPC ---

_RPCS = {
    "/google.longrunning.Operations/CancelOperation": (Method.CANCEL, 1, "Empty"),
    "/google.longrunning.Operations/GetOperation": (Method.GET, 1, "Operation"),
    "/google.longrunning.Operations/ListOperations": (Method.LIST, 4, "ListOperationsResponse"),
    "/google.longrunning.Operations/DeleteOperation": (Method.DELETE, 1, "Empty"),
}
"""The method of a path, the number of the field `name` in its request, and the message that it answers with."""
_ANSWERS = {method: answer for method, _, answer in _RPCS.values()}


def call_over_grpc(request: Request) -> Call | None:
    """The call that a request over gRPC is, or None."""
    if request.path not in _RPCS:
        return None
    method, number, _ = _RPCS[request.path]
    return Call(method, str(dict(fields_of(request.body)).get(number, "")))


def code_over_grpc(response: Response) -> Code | None:
    """The code of a call's status; None for a number that is none."""
    number = response.header("grpc-status") or ""
    return code_numbered(int(number)) if number.isascii() and number.isdigit() else None


def _over_grpc(call: Call | None, response: Response) -> SemanticView:
    code = code_over_grpc(response)
    if code is Code.OK:
        message = members_of(_ANSWERS[call.method], response.body) if call is not None else None
        return SemanticView(call, code, None, message, code.http_status, code.name)
    known = code or Code.UNKNOWN
    return SemanticView(call, known, _status_of_trailers(known, response), None, known.http_status, known.name)


def _status_of_trailers(code: Code, response: Response) -> RpcStatus:
    plain = {"code": int(code), "message": unquote(response.header("grpc-message") or "")}
    try:
        octets = base64.b64decode(response.header("grpc-status-details-bin") or "")
    except binascii.Error:
        return RpcStatus(plain)
    return RpcStatus({**plain, **(members_of("Status", octets) or {})})
