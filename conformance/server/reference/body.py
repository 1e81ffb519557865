"""Request bodies: a JSON object or nothing.

First-party clients send four "empty" bodies to cancel: none, none with a content type, `{}`, and the request message
with its `name`. All are accepted, whatever the content type says. The path decides which operation is meant.
"""

from __future__ import annotations

import json
import zlib
from typing import TYPE_CHECKING, Any

from conformance.lro.codes import Code
from conformance.server.reference.api_error import ApiError, invalid_argument
from conformance.server.reference.bindings import Rpc
from conformance.server.reference.invocation import Invocation

if TYPE_CHECKING:
    from conformance.server.reference.service import Service

MAXIMUM = 1 << 20
"""Bytes; no request message here is anywhere near."""

_MEMBERS = {
    Rpc.CANCEL: frozenset({"name"}),
    Rpc.START: frozenset({"mode", "delay", "duration", "id"}),
    Rpc.CREATE: frozenset(
        {
            "name",
            "displayName",
            "labels",
            "type",
            "applicationEndpoint",
            "connectors",
            "gateway",
            # Output only; a client that sends a resource back as it got it is not refused.
            "createTime",
            "updateTime",
            "uid",
            "state",
        }
    ),
}


def read_body(service: Service, call: Invocation) -> dict[str, Any]:  # noqa: ARG001
    """The request message; no content is the empty message. Raises ApiError, INVALID_ARGUMENT, for anything else.

    Content of a method that has no request body is not looked at (RFC 9110, section 9.3.1: no defined semantics).
    """
    content = call.request.body
    if not call.binding.reads_body or not content:
        return {}
    content = _decoded(call)
    if len(content) > MAXIMUM:
        raise invalid_argument(f"Request payload size exceeds the limit: {MAXIMUM} bytes.", reason="PAYLOAD_TOO_LARGE")
    try:
        message = json.loads(content.decode("utf-8"), parse_constant=_refuse, object_pairs_hook=_without_duplicates)
    except (ValueError, RecursionError):
        raise invalid_argument("Invalid JSON payload received.", reason="MALFORMED_JSON") from None
    if not isinstance(message, dict):
        raise invalid_argument(
            "Invalid JSON payload received. Root element must be a message.", reason="MALFORMED_JSON"
        )
    return message


def _decoded(call: Invocation) -> bytes:
    """The content without its coding, of which gzip is known: Java's clients send it by default."""
    coding = call.request.header("content-encoding")
    if coding is None:
        return call.request.body
    if coding.strip().lower() not in ("gzip", "x-gzip"):
        raise ApiError(
            Code.INVALID_ARGUMENT, "Unsupported content coding.", reason="UNSUPPORTED_CONTENT_CODING", http_status=415
        )
    try:
        return zlib.decompressobj(16 + zlib.MAX_WBITS).decompress(call.request.body, MAXIMUM + 1)
    except zlib.error:
        raise invalid_argument("The content is not gzip.", reason="MALFORMED_CONTENT") from None


def accept_body(service: Service, call: Invocation) -> None:
    """Lets the request message pass, or raises ApiError, INVALID_ARGUMENT.

    Refused are members that the message does not have, and a `name` of another operation; the flavour may ignore both.
    """
    if not call.binding.reads_body:
        return
    for member in call.body:
        if member not in _MEMBERS[call.rpc] and service.flavour.unknown_body == "refused":
            raise _unknown_member(member)
    if call.rpc is Rpc.CANCEL and service.flavour.body_name == "same-only":
        name = call.body.get("name")
        if not isinstance(name, str | None):
            raise invalid_argument("The name in the body must be a string.", reason="INVALID_FIELD", field="name")
        if name and name != call.name:  # null and "" are the default value: not set
            raise invalid_argument(
                "The name in the body differs from the name in the path.", reason="NAME_MISMATCH", field="name"
            )


def _unknown_member(member: str) -> ApiError:
    shown = member.encode("utf-8", "replace").decode()
    return invalid_argument(
        f'Invalid JSON payload received. Unknown name "{shown}": Cannot find field.',
        reason="UNKNOWN_FIELD",
        field=shown,
    )


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is not JSON")


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    message = dict(pairs)
    if len(message) < len(pairs):
        raise ValueError("a member occurs twice")
    return message
