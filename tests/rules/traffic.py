"""Traffic for tests of rules, told as a story in virtual time.

    traffic = Traffic()
    traffic.get(running())
    traffic.cancel()
    traffic.get(cancelled())

Every exchange takes one second, and the next is sent a second after its answer; `during=(sent, received)` says
otherwise, and so lets calls overlap. Nothing here reads the contract: the call that a request means is said, not found.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from conformance.exchange import Call, Exchange, Failure, Header, Method, Request, Response
from conformance.secrets.secret import Secret

PARENT = "projects/demo/locations/us"
OPERATION = f"{PARENT}/operations/op-1"
OTHER = f"{PARENT}/operations/op-2"
JSON = "application/json; charset=UTF-8"
METADATA = {
    "@type": "type.googleapis.com/google.cloud.beyondcorp.appconnections.v1.AppConnectionOperationMetadata",
    "target": f"{PARENT}/appConnections/one",
    "verb": "create",
    "createTime": "2026-01-01T00:00:00Z",
}
ASKED = {**METADATA, "requestedCancellation": True}
RESULT = {"@type": "type.googleapis.com/google.protobuf.Empty"}

Answer = Mapping[str, Any] | Sequence[Any] | bytes | Failure | None
"""What comes back: a JSON value, raw bytes, no body at all, or no response at all."""


class Traffic:
    """Exchanges in the order in which they were sent. A POST has a Content-Length, unless it is sent without."""

    def __init__(self) -> None:
        self.exchanges: list[Exchange] = []
        self._now = 0.0

    def send(
        self,
        http_method: str,
        target: str,
        answer: Answer = None,
        status: int = 200,
        *,
        call: Call | None = None,
        sends: bytes = b"",
        content_type: str | None = JSON,
        headers: tuple[Header, ...] = (),
        during: tuple[float, float] | None = None,
        note: str = "",
        has_length: bool = True,
        may_be_unrouted: bool = False,
        credential: str = "",
        asks: tuple[Header, ...] = (),
        version: str = "1.1",
    ) -> Exchange:
        """Any request; `sends` is its body, `asks` its headers, `content_type` and `headers` are the answer's."""
        length = (("Content-Length", str(len(sends))),) if http_method == "POST" else ()
        sent_at, received_at = during or (self._now, self._now + 1)
        self._now = max(self._now, received_at + 1)
        exchange = Exchange(
            number=len(self.exchanges) + 1,
            request=Request(http_method, target, (*(length if has_length else ()), *asks), sends, version),
            outcome=answer if isinstance(answer, Failure) else _response(status, answer, content_type, headers),
            sent_at=sent_at,
            received_at=received_at,
            call=call,
            note=note,
            may_be_unrouted=may_be_unrouted,
            credentials=(Secret(credential),) if credential else (),
        )
        self.exchanges.append(exchange)
        return exchange

    def cancel(
        self,
        name: str = OPERATION,
        answer: Answer = None,
        status: int = 200,
        *,
        sends: bytes = b"{}",
        query: str = "",
        content_type: str | None = JSON,
        headers: tuple[Header, ...] = (),
        during: tuple[float, float] | None = None,
        note: str = "",
        has_length: bool = True,
        may_be_unrouted: bool = False,
        credential: str = "",
        asks: tuple[Header, ...] = (),
    ) -> Exchange:
        """A cancel; unless it is said otherwise it succeeds with `{}`."""
        return self.send(
            "POST",
            f"/v1/{name}:cancel{query}",
            {} if answer is None and status == 200 else answer,
            status,
            call=Call(Method.CANCEL, name),
            sends=sends,
            content_type=content_type,
            headers=headers,
            during=during,
            note=note,
            has_length=has_length,
            may_be_unrouted=may_be_unrouted,
            credential=credential,
            asks=asks,
        )

    def get(
        self,
        answer: Answer,
        status: int = 200,
        *,
        name: str = OPERATION,
        content_type: str | None = JSON,
        during: tuple[float, float] | None = None,
        asks: tuple[Header, ...] = (),
    ) -> Exchange:
        return self.send(
            "GET",
            f"/v1/{name}",
            answer,
            status,
            call=Call(Method.GET, name),
            content_type=content_type,
            during=during,
            asks=asks,
        )

    def list(
        self,
        *operations: object,
        answer: Answer = None,
        status: int = 200,
        during: tuple[float, float] | None = None,
    ) -> Exchange:
        """A list of the operations of PARENT: one page with these, or another answer."""
        page = {"operations": list(operations)} if answer is None else answer
        call = Call(Method.LIST, PARENT)
        return self.send("GET", f"/v1/{PARENT}/operations", page, status, call=call, during=during)

    def delete(
        self,
        answer: Answer = None,
        status: int = 200,
        *,
        name: str = OPERATION,
        during: tuple[float, float] | None = None,
    ) -> Exchange:
        """A delete; unless it is said otherwise it succeeds with `{}`."""
        page = {} if answer is None and status == 200 else answer
        return self.send("DELETE", f"/v1/{name}", page, status, call=Call(Method.DELETE, name), during=during)


def _response(status: int, answer: object, content_type: str | None, headers: tuple[Header, ...]) -> Response:
    body = answer if isinstance(answer, bytes) else b"" if answer is None else json.dumps(answer).encode()
    labelled = ((("Content-Type", content_type),) if body and content_type is not None else ()) + headers
    return Response(status, labelled, body)


ANOTHER = (("Authorization", "Bearer another"),)
"""Of another caller than those who send none."""


# --- operations -------------------------------------------------------------------------------------------------


def running(name: object = OPERATION, **members: object) -> dict[str, Any]:
    return {"name": name, "metadata": dict(METADATA), **members}


def done(name: object = OPERATION, **members: object) -> dict[str, Any]:
    """Done, and no result but the one that is given."""
    return {"name": name, "metadata": dict(METADATA), "done": True, **members}


def succeeded(name: object = OPERATION, **members: object) -> dict[str, Any]:
    return done(name, response=dict(RESULT), **members)


def failed(code: object = 13, name: object = OPERATION, **members: object) -> dict[str, Any]:
    return done(name, error={"code": code, "message": "it did not work out"}, **members)


def cancelled(name: object = OPERATION, **members: object) -> dict[str, Any]:
    return done(name, error={"code": 1, "message": "cancelled"}, **members)


def asked_to_cancel(name: object = OPERATION) -> dict[str, Any]:
    """Running, and saying that its cancellation was requested."""
    return running(name, metadata=dict(ASKED))


# --- errors -----------------------------------------------------------------------------------------------------

ERROR_INFO = {
    "@type": "type.googleapis.com/google.rpc.ErrorInfo",
    "reason": "RESOURCE_NOT_FOUND",
    "domain": "beyondcorp.googleapis.com",
    "metadata": {"service": "beyondcorp.googleapis.com"},
}


def envelope(code: int, status: str, message: str = "no such thing", **members: object) -> dict[str, Any]:
    """The AIP-193 envelope, with an ErrorInfo unless `details` says otherwise."""
    return {"error": {"code": code, "message": message, "status": status, "details": [ERROR_INFO], **members}}


def bare(code: object, message: str = "no such thing", **members: object) -> dict[str, Any]:
    """A google.rpc.Status without the envelope, as grpc-gateway and Envoy send it."""
    return {"code": code, "message": message, "details": [], **members}


NOT_FOUND = envelope(404, "NOT_FOUND")
DONE_ALREADY = envelope(400, "FAILED_PRECONDITION", "the operation is done")
INVALID = envelope(400, "INVALID_ARGUMENT", "the body is not acceptable")
UNIMPLEMENTED = envelope(501, "UNIMPLEMENTED", "Operation is not implemented, or supported, or enabled.")
UNAUTHENTICATED = envelope(401, "UNAUTHENTICATED", "who are you?")
PERMISSION_DENIED = envelope(403, "PERMISSION_DENIED", "you may not")
TOO_MANY = envelope(429, "RESOURCE_EXHAUSTED", "not so fast")
UNAVAILABLE = envelope(503, "UNAVAILABLE", "retry later")
INTERNAL = envelope(500, "INTERNAL", "oops")

GOOGLE_PAGE = b"<!DOCTYPE html>\n<html lang=en>\n  <title>Error 404 (Not Found)!!1</title>\n"
"""What Google's front end says about a path that nothing is bound to; it comes as text/html."""

ENVOY_TEXT = b"upstream connect error or disconnect/reset before headers. reset reason: connection failure"
"""What Envoy says in its own name; it comes as text/plain."""

BUILDGRID_CANCELLED = {
    "@type": "type.googleapis.com/build.bazel.remote.execution.v2.ExecuteResponse",
    "status": {"code": 1, "message": "cancelled", "details": []},
}
"""How Remote Execution ends a cancelled operation: with a response, whose own status says CANCELLED."""
