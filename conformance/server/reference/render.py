"""Makes answers: ProtoJSON, the error envelope, header fields."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from conformance.exchange import Header, Request, Response
from conformance.server.reference.api_error import ApiError
from conformance.server.reference.invocation import Invocation
from conformance.server.reference.store import Snapshot

if TYPE_CHECKING:
    from conformance.server.reference.service import Service

METADATA_TYPE = "type.googleapis.com/google.cloud.beyondcorp.appconnections.v1.AppConnectionOperationMetadata"

_HTML_404 = (
    b"<!DOCTYPE html>\n<html lang=en>\n<title>Error 404 (Not Found)!!1</title>\n<p><b>404.</b> That's an error.\n"
)


def render_operation(service: Service, operation: Snapshot) -> dict[str, Any]:
    """A google.longrunning.Operation as ProtoJSON."""
    omit = service.flavour.defaults == "omitted"
    message: dict[str, Any] = {"name": operation.name}
    if service.flavour.metadata == "null":
        message["metadata"] = None
    elif service.flavour.metadata != "absent":
        message["metadata"] = _metadata(service, operation)
    if operation.done or not omit:
        message["done"] = operation.done
    if operation.error is not None:
        message["error"] = {"code": int(operation.error.code), "message": operation.error.message}
        if not omit:
            message["error"]["details"] = []
    if operation.response is not None:
        message["response"] = dict(operation.response)
    return message


def _metadata(service: Service, operation: Snapshot) -> dict[str, Any]:
    """An AppConnectionOperationMetadata as ProtoJSON in an Any."""
    metadata: dict[str, Any] = {
        "@type": METADATA_TYPE,
        "createTime": service.store.timestamp(operation.started_at),
        "target": operation.target,
        "verb": operation.verb,
        "apiVersion": "v1",
    }
    if operation.ended_at is not None:
        metadata["endTime"] = service.store.timestamp(operation.ended_at)
    if operation.error is not None:
        metadata["statusMessage"] = operation.error.message
    if service.flavour.metadata == "full" and (
        operation.requested_cancellation or service.flavour.defaults == "printed"
    ):
        metadata["requestedCancellation"] = operation.requested_cancellation
    return metadata


def render_success(service: Service, call: Invocation, message: dict[str, Any]) -> Response:
    """200 with the message."""
    return Response(200, (("Content-Type", service.flavour.content_type),), _written(service, message, call))


def render_error(service: Service, request: Request, error: ApiError) -> Response:  # noqa: ARG001
    """The error with the status that its code maps to, in the form that the flavour chooses (AIP-193 by default)."""
    flavour = service.flavour
    if not error.routed and flavour.unrouted_body != "json":
        html: tuple[Header, ...] = (("Content-Type", "text/html; charset=UTF-8"),)
        if flavour.unrouted_body == "html":
            return Response(error.http_status, html + error.headers, _HTML_404)
        return Response(error.http_status, error.headers)
    details = _details(error) if flavour.error_details else []
    body: dict[str, Any]
    if flavour.errors == "status":
        body = {"code": int(error.code), "message": error.message, "details": details}
    else:
        body = {"error": (envelope := {"code": error.http_status, "message": error.message})}
        if error.http_status == error.code.http_status:
            envelope["status"] = error.code.name
        if flavour.errors == "legacy":
            envelope["errors"] = [{"message": error.message, "domain": "global", "reason": _camel(error.reason)}]
        if details:
            envelope["details"] = details
    return Response(
        error.http_status, (("Content-Type", flavour.content_type), *error.headers), _written(service, body, None)
    )


def respond(service: Service, request: Request, response: Response) -> Response:
    """The last step of every answer, error or not. That to a HEAD has the length of its content, and no content."""
    headers, body = response.headers + service.flavour.extra_headers, response.body
    if request.method == "HEAD":
        headers, body = (*headers, ("Content-Length", str(len(body)))), b""
    return Response(response.status, headers, body, response.reason)


def _details(error: ApiError) -> list[dict[str, Any]]:
    """One ErrorInfo, always, and a BadRequest when fields are to blame (AIP-193: each type at most once)."""
    info: dict[str, Any] = {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": error.reason,
        "domain": error.domain,
    }
    if error.metadata:
        info["metadata"] = error.metadata
    if not error.violations:
        return [info]
    violations = [
        {"description": problem, **({"field": field} if field else {})} for field, problem in error.violations
    ]
    return [info, {"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": violations}]


def _camel(reason: str) -> str:
    first, *rest = reason.lower().split("_")
    return first + "".join(word.capitalize() for word in rest)


def _written(service: Service, message: dict[str, Any], call: Invocation | None) -> bytes:
    layout: str = service.flavour.layout
    if call is not None and (pretty := call.query.get("prettyPrint") or call.query.get("$prettyPrint")):
        layout = "indented" if pretty == "true" else "compact"
    if layout == "indented":
        return json.dumps(message, indent=2).encode() + b"\n"
    if layout == "spaced":
        return b" " + json.dumps(message, separators=(" , ", " : ")).encode() + b"\r\n "
    return json.dumps(message, separators=(",", ":")).encode()
