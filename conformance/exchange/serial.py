"""Exchanges as JSON values: what report.json holds and what readers of it get back."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from conformance.exchange.curl import curl_line
from conformance.exchange.grpc import call_as_json, grpcurl_line, is_grpc
from conformance.exchange.message import (
    NO_CONTEXT,
    Call,
    CurlContext,
    Exchange,
    Failure,
    FailureKind,
    Method,
    Request,
    Response,
)


def exchange_as_json(exchange: Exchange) -> dict[str, Any]:
    """One exchange as it was sent, its bodies as text where they are UTF-8 and else in base64, with a curl line.

    A call over gRPC has its method, message and status in words besides, and a line of grpcurl in place of curl's.
    """
    exchange = exchange.as_sent
    outcome = exchange.outcome
    grpc = is_grpc(exchange.request)
    shown: dict[str, Any] = {
        "number": exchange.number,
        "check": exchange.check,
        "note": exchange.note,
        "origin": exchange.origin,
        "sent_at": exchange.sent_at,
        "received_at": exchange.received_at,
        "call": {"method": exchange.call.method.value, "name": exchange.call.name} if exchange.call else None,
        "request": {
            "method": exchange.request.method,
            "target": exchange.request.target,
            "headers": [list(header) for header in exchange.request.headers],
            **_body_as_json(exchange.request.body),
        },
        "curl": grpcurl_line(exchange.request, exchange.origin)
        if grpc
        else curl_line(exchange.request, exchange.origin, exchange.curl),
    }
    if grpc:
        shown["grpc"] = call_as_json(exchange.request, outcome)
    if exchange.curl != NO_CONTEXT:
        shown["curl_context"] = {
            "placeholders": list(exchange.curl.placeholders),
            "options": list(exchange.curl.options),
        }
    if isinstance(outcome, Failure):
        shown["failure"] = {"kind": outcome.kind.name, "what": outcome.kind.value, "detail": outcome.detail}
    else:
        shown["response"] = {
            "status": outcome.status,
            "reason": outcome.reason,
            "headers": [list(header) for header in outcome.headers],
            **_body_as_json(outcome.body),
        }
    return shown


def exchange_from_json(value: Mapping[str, Any]) -> Exchange:
    """The exchange that `exchange_as_json` made the value of. Raises KeyError or ValueError for anything else."""
    try:
        return _exchange(value)
    except (TypeError, AttributeError) as error:
        raise ValueError(f"the value of an exchange is damaged: {error}") from error


def _exchange(value: Mapping[str, Any]) -> Exchange:
    request = value["request"]
    call = value.get("call")
    outcome: Response | Failure
    if "failure" in value:
        outcome = Failure(FailureKind[value["failure"]["kind"]], value["failure"]["detail"])
    else:
        response = value["response"]
        outcome = Response(
            response["status"], _headers(response["headers"]), _body_from_json(response), response.get("reason", "")
        )
    return Exchange(
        number=value["number"],
        request=Request(request["method"], request["target"], _headers(request["headers"]), _body_from_json(request)),
        outcome=outcome,
        sent_at=value["sent_at"],
        received_at=value["received_at"],
        call=Call(Method(call["method"]), call["name"]) if call else None,
        check=value.get("check", ""),
        origin=value.get("origin", ""),
        note=value.get("note", ""),
        curl=_context(value.get("curl_context")),
    )


def _body_as_json(body: bytes) -> dict[str, str]:
    try:
        return {"body": body.decode("utf-8")}
    except UnicodeDecodeError:
        return {"body_base64": base64.b64encode(body).decode("ascii")}


def _body_from_json(message: Mapping[str, Any]) -> bytes:
    if "body_base64" in message:
        return base64.b64decode(message["body_base64"], validate=True)
    return str(message["body"]).encode("utf-8")


def _context(value: Mapping[str, Any] | None) -> CurlContext:
    if value is None:
        return NO_CONTEXT
    return CurlContext(tuple(map(str, value["placeholders"])), tuple(map(str, value["options"])))


def _headers(headers: list[list[str]]) -> tuple[tuple[str, str], ...]:
    return tuple((name, value) for name, value in headers)
