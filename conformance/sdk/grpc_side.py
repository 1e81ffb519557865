"""The gRPC side of the gate: a front that is gRPC to the client and HTTP/JSON to the scripted server behind it.

    client ── CancelOperation{name}, metadata ──→ front ── POST /v1/{name}:cancel, header fields ──→ scripted server
    client ←── google.protobuf.Empty, or Status ── front ←── {} or {"error": …} ────────────────────── scripted server

Scripts and rules so are those of HTTP/JSON: one scenario, two transports. What arrives at the server is the call
transcoded by its binding, with the client's metadata as header fields, `grpc-timeout` among them; what only an HTTP
client decides (`HTTP_ONLY`) is then the front's doing and says nothing about the client. Evidence is what was on the
wire: the call, its metadata and message, its status and trailers.
"""

from __future__ import annotations

import contextlib
import http.client
import itertools
import json
import threading
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import quote, urlsplit

from conformance.errors import UsageError
from conformance.exchange import Failure, FailureKind, Header, Method, OnWire, Request, Response, Wire
from conformance.exchange.view import CONTENT_TYPE_OF_GRPC, status_in
from conformance.lro.codes import Code
from conformance.lro.status import RpcStatus
from conformance.rules.client import client_rules
from conformance.sdk.transport import KEY, Tell
from conformance.server.reference.grpc_messages import message_of
from conformance.server.reference.grpc_wire import SERVICE, failure, listening, part_of_grpc, success
from conformance.spec.contract import Contract

_SAME_OVER_GRPC = """
    plain-cancel
    hash-in-id question-mark-in-id percent-sign-in-id percent-escape-in-id colon-in-id verb-in-id space-in-id
    plus-in-id non-ascii-in-id query-like-in-id unreserved-in-id awkward-get
    upper-case-in-id backslash-in-id trailing-space-in-id long-tail-in-id awkward-parent
    not-found unimplemented failed-precondition permission-denied unauthenticated resource-exhausted
    get-not-found
    cancelled failed-otherwise completed-despite-cancel still-running unknown-metadata unknown-response
    failed-unknown failed-deadline-exceeded failed-aborted conflict
    unavailable-once unavailable-for-ever internal-error no-answer-in-time get-no-answer-in-time
    slow-answer get-slow-answer list-slow-answer delete-slow-answer unavailable-late
    two-cancels-at-once cancel-and-get-at-once four-answers-at-once four-gets-at-once
    two-deadlines-at-once same-id-at-once denied-or-absent message-names-codes
    consecutive-cancels consecutive-gets consecutive-waits get-after-a-refused-cancel
    code-cancelled code-unknown code-invalid-argument code-deadline-exceeded code-already-exists code-aborted
    code-out-of-range code-internal code-data-loss
    get-unimplemented get-failed-precondition get-permission-denied get-unauthenticated get-resource-exhausted
    get-cancelled get-unknown get-invalid-argument get-deadline-exceeded get-already-exists get-aborted
    get-out-of-range get-internal get-data-loss
    unavailable-then-gone get-unavailable-then-gone unavailable-until-spent get-unavailable-until-spent
    get-unavailable-once awkward-retry get-not-found-at-first not-found-at-first names-are-shown
    failed-invalid-argument failed-not-found failed-already-exists failed-permission-denied failed-resource-exhausted
    failed-failed-precondition failed-out-of-range failed-unimplemented failed-unavailable failed-data-loss
    failed-unauthenticated failed-after-its-cancel failed-with-another-number
    cancelled-by-another cancelled-without-message completed-without-cancel
    ended-without-result ended-after-its-cancel another-operation telling-name
    asked-to-cancel asked-to-cancel-and-completed asked-to-cancel-and-failed asked-to-cancel-and-ended
    composed-in-id decomposed-in-id compatibility-in-id beyond-the-bmp-in-id other-case-in-id no-break-space-in-id
    zero-width-in-id sub-delimiters-in-id quotation-marks-in-id escaped-slash-in-id twice-escaped-in-id
    wait-cancelled wait-cancelled-already wait-cancelled-by-another wait-completed-despite-cancel wait-failed-unknown
    wait-failed-invalid-argument wait-failed-deadline-exceeded wait-failed-not-found wait-failed-already-exists
    wait-failed-permission-denied wait-failed-resource-exhausted wait-failed-failed-precondition wait-failed-aborted
    wait-failed-out-of-range wait-failed-unimplemented wait-failed-internal wait-failed-unavailable
    wait-failed-data-loss wait-failed-unauthenticated wait-slow wait-silent wait-asked-to-cancel get-unavailable-late
    wait-through-unavailable wait-through-busy wait-gone wait-denied wait-for-ever wait-long wait-backs-off
    awkward-wait awkward-delete awkward-list awkward-parent-wait awkward-parent-delete
    plain-answers
    wait-gone-at-first wait-denied-at-first wait-ended-without-result wait-nearly-over
    cancel-after-a-done-get cancel-after-a-denied-get wait-after-a-denied-cancel
    error-without-message cancelled-at-length list-long delete-failed-precondition wait-metadata-gone
    wait-renamed
    failed-without-code wait-failed-without-code
    list-page-refused list-page-unavailable list-without-end
    list list-pages list-not-found list-permission-denied list-no-answer-in-time
    delete delete-refused delete-not-found delete-permission-denied delete-no-answer-in-time
    two-verbs-in-id tab-in-id line-end-in-id leading-zeros-id large-number-id leading-space-id verb-as-id
"""
SCENARIOS = frozenset(_SAME_OVER_GRPC.split())
"""The scenarios that ask the same of a client over gRPC; the others are about paths, bodies, JSON and redirects."""

_OF_HTTP_AND_JSON = """
    client-request.slash-stays-in-its-segment client-request.unbound-name-is-refused
    client-request.dot-segment-is-refused client-request.credentials-are-in-the-header
    client-request.credentials-stay-with-their-origin client-answer.class-is-kept client-answer.framing-is-read
    client-answer.coding-is-undone client-answer.belongs-to-its-request client-retry.next-call-gets-through
    client-retry.silent-close-is-noticed
    client-answer.no-body-is-success client-answer.unknown-members-are-ignored client-answer.garbage-is-no-success
    client-answer.lost-answer-is-no-success client-answer.bare-status client-answer.unreadable-error-keeps-its-status
    client-answer.redirect-keeps-the-method client-answer.redirected-get-is-no-cancel
    client-operation.absent-done-is-false client-operation.null-is-absent client-operation.garbage-is-no-operation
    client-operation.cut-is-no-operation client-operation.unknown-details-are-carried
"""
HTTP_ONLY = frozenset(_OF_HTTP_AND_JSON.split()) | {
    requirement for requirement, rule in client_rules().items() if rule.reads is Wire.HTTP
}
"""The requirements about which a call over gRPC says nothing: those of rules that read HTTP, and those of scenarios
whose answers are HTTP's."""

_METHODS = {
    "CancelOperation": Method.CANCEL,
    "GetOperation": Method.GET,
    "ListOperations": Method.LIST,
    "DeleteOperation": Method.DELETE,
}
_HTTP_METHODS = {Method.CANCEL: "POST", Method.DELETE: "DELETE"}
_AFTER_THE_NAME = {Method.CANCEL: ":cancel", Method.LIST: "/operations"}
"""What follows the name in the path of a call whose name has none by the contract."""

_HOP_BY_HOP = frozenset({"te", "content-type", "host", "content-length", "connection", "transfer-encoding"})
_PATIENCE = 60.0
"""Seconds; more than a script holds an answer back."""


@contextlib.contextmanager
def grpc_front(server: str, contract: Contract, tell: Tell) -> Iterator[str]:
    """The endpoint to tell a driver whose transport is gRPC, in front of the scripted server at the URL `server`.

    `tell` is told of each call what was on the wire. Raises UsageError when the extra `grpc` is not installed.
    """
    keys = map(str, itertools.count(1))
    endpoint = [""]

    def answers(request: Request, gone: threading.Event) -> Response:
        key = next(keys)
        response = _transcoded(replace(request, headers=(*request.headers, (KEY, key))), server, contract)
        sent = replace(request, headers=(("content-type", CONTENT_TYPE_OF_GRPC), *request.headers))
        over = Failure(FailureKind.TIMEOUT, "the call was over before it was answered")
        tell(key, OnWire(sent, over if gone.is_set() else response, endpoint[0]))
        return response

    with listening(answers) as endpoint[0]:
        yield endpoint[0]


def _transcoded(request: Request, server: str, contract: Contract) -> Response:
    service, _, rpc = request.path.removeprefix("/").rpartition("/")
    method = _METHODS.get(rpc) if service == SERVICE else None
    if method is None:
        # It is recorded as what it is, under the path of the RPC, and has no script.
        with contextlib.suppress(OSError, http.client.HTTPException):
            _ask(server, "POST", request.path, request.headers)
        return failure(Code.UNIMPLEMENTED, f"the gate has no script for {request.path}")
    target, why_not = _target(method, rpc, request.body, contract)
    try:
        status, body = _ask(server, _HTTP_METHODS.get(method, "GET"), target, request.headers)
    except (OSError, http.client.HTTPException):
        return failure(Code.UNAVAILABLE, "the connection was closed before the answer was complete")
    return failure(Code.INVALID_ARGUMENT, why_not) if why_not else _as_grpc(method, status, body)


def _target(method: Method, rpc: str, message: bytes, contract: Contract) -> tuple[str, str]:
    """The request-target of a call, and what is wrong with its message, if anything is: it is recorded nevertheless."""
    request = getattr(part_of_grpc("google.longrunning.operations_pb2"), f"{rpc}Request")()
    try:
        request.ParseFromString(message)
    except part_of_grpc("google.protobuf.message").DecodeError:
        escaped = "".join(f"%{byte:02X}" for byte in message)
        return f"/v1/{escaped}{_AFTER_THE_NAME.get(method, '')}", "the message cannot be decoded"
    asked = {"pageToken": getattr(request, "page_token", ""), "filter": getattr(request, "filter", "")}
    query = "&".join(f"{field}={quote(value, safe='')}" for field, value in asked.items() if value)
    query = f"?{query}" if query else ""
    try:
        return contract.path(method, request.name) + query, ""
    except UsageError:
        path = f"/v1/{quote(request.name, safe='/')}{_AFTER_THE_NAME.get(method, '')}"
        return path + query, f"{request.name!r} is no name of an operation"


def _ask(server: str, method: str, target: str, metadata: tuple[Header, ...]) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection(urlsplit(server).netloc, timeout=_PATIENCE)
    with contextlib.closing(connection):
        connection.putrequest(method, target, skip_accept_encoding=True)
        for field, value in metadata:
            if field.lower() not in _HOP_BY_HOP:
                connection.putheader(field, value)
        if method != "GET":
            connection.putheader("Content-Length", "0")
        connection.endheaders()
        response = connection.getresponse()
        return response.status, response.read()


def _as_grpc(method: Method, status: int, body: bytes) -> Response:
    """The scripted answer in gRPC: a message, or a status."""
    try:
        members = json.loads(body)
    except ValueError:
        members = None
    if not isinstance(members, dict):
        return failure(Code.UNKNOWN, f"the script answered {status} without a JSON object")
    if status >= 300:
        return _status(status, members)
    if method is Method.LIST:
        listed = message_of("ListOperationsResponse", {"nextPageToken": members.get("nextPageToken", "")})
        listed.operations.extend(map(_operation, members.get("operations", [])))
        return success(listed)
    return success(_operation(members) if method is Method.GET else message_of("Empty", members))


def _operation(members: Mapping[str, Any]) -> Any:
    """The operation as a message.

    An Any of a type that is not known here holds what is not known either: a message without fields, where the script
    has none, else bytes that nobody can read.
    """
    parse_error = part_of_grpc("google.protobuf.json_format").ParseError
    opaque = {}
    for field in ("metadata", "response"):
        try:
            message_of("Operation", {field: members.get(field)})
        except parse_error:
            opaque[field] = members[field]
    operation = message_of("Operation", {field: value for field, value in members.items() if field not in opaque})
    for field, value in opaque.items():
        getattr(operation, field).type_url = value["@type"]
        getattr(operation, field).value = b"\x08\x0c" if len(value) > 1 else b""
    return operation


def _status(status: int, members: Mapping[str, Any]) -> Response:
    """An error, from the envelope of AIP-193 or a bare google.rpc.Status."""
    said = status_in(members) or RpcStatus(members)
    info = part_of_grpc("google.rpc.error_details_pb2").ErrorInfo
    details = [
        info(reason=detail["reason"], domain=detail["domain"])
        for detail in said.details or []
        if detail.get("@type", "").endswith("/google.rpc.ErrorInfo")
    ]
    message = f"HTTP {status}" if said.message is None else str(said.message)
    return failure(said.code or Code.UNKNOWN, message, details)
