"""Faults of what lies below a request: the version of HTTP, and the connection that requests share."""

from __future__ import annotations

from dataclasses import replace

from conformance.exchange import Request, Response
from conformance.lro.codes import Code
from conformance.server.reference.api_error import ApiError
from conformance.server.reference.connection import CONNECTION
from conformance.server.reference.faults.lies import cancel_refused
from conformance.server.reference.faults.registry import fault
from conformance.server.reference.invocation import Invocation
from conformance.server.reference.service import Service

_BUFFER = 1024
"""Octets that are read together with the head of a request."""

_NO_REQUEST = ApiError(Code.INVALID_ARGUMENT, "Malformed request line.", reason="MALFORMED_REQUEST", routed=False)
_NO_LABEL = ApiError(Code.INVALID_ARGUMENT, "A body needs a label.", reason="NO_CONTENT_TYPE")
_OLD = ApiError(Code.INVALID_ARGUMENT, "HTTP/1.1 is required.", reason="OLD_VERSION")


@fault(breaks="liveness.refused-body-is-no-request")
def unread_body_is_the_next_request(honest: Service) -> Service:
    """Refuses a request before it has read its body, and takes the rest of it for the next one on the connection."""

    def route(service: Service, request: Request) -> Invocation:
        if service.scratch.pop(f"unread on {CONNECTION.get()}", False):
            raise _NO_REQUEST
        return honest.route(service, request)

    def respond(service: Service, request: Request, response: Response) -> Response:
        if response.status >= 400 and len(request.body) > _BUFFER:
            service.scratch[f"unread on {CONNECTION.get()}"] = True
        return honest.respond(service, request, response)

    return replace(honest, route=route, respond=respond)


@fault(breaks="liveness.refused-body-is-no-request", profile="ci")
def unread_body_of_another_path_is_the_next_request(honest: Service) -> Service:
    """Reads no body of what it has no route for, and takes it for the next request on the connection."""

    def route(service: Service, request: Request) -> Invocation:
        key = f"unread on {CONNECTION.get()}"
        if service.scratch.pop(key, False):
            raise _NO_REQUEST
        service.scratch[key] = len(request.body) > _BUFFER and not request.path.endswith(":cancel")
        return honest.route(service, request)

    return replace(honest, route=route)


_IN_ANY_CASE = dict.fromkeys(("socket", "workers"), "the server below this one reads names in any case")


@fault(breaks="liveness.refused-body-is-no-request", unseen=_IN_ANY_CASE)
def length_in_capitals_is_not_read(honest: Service) -> Service:
    """Knows `Content-Length` in two spellings; behind another one the body is the next request on the connection."""

    def route(service: Service, request: Request) -> Invocation:
        if service.scratch.pop(f"unread on {CONNECTION.get()}", False):
            raise _NO_REQUEST
        return honest.route(service, request)

    def respond(service: Service, request: Request, response: Response) -> Response:
        names = [name for name, _ in request.headers]
        if "CONTENT-LENGTH" in names and "CONNECTION" not in names:
            service.scratch[f"unread on {CONNECTION.get()}"] = True
        return honest.respond(service, request, response)

    return replace(honest, route=route, respond=respond)


@fault(breaks="liveness.header-names-have-no-case", unseen=_IN_ANY_CASE)
def label_in_capitals_is_not_read(honest: Service) -> Service:
    """Looks for `Content-Type` as it is usually written, and refuses a body without a label."""

    def is_unlabelled(request: Request) -> bool:
        return bool(request.body) and "CONTENT-TYPE" in [name for name, _ in request.headers]

    return cancel_refused(honest, lambda request: is_unlabelled(request) and len(request.body) < _BUFFER, _NO_LABEL)


@fault(breaks="liveness.old-http-is-served")
def http_1_0_is_refused(honest: Service) -> Service:
    """Answers a cancel in HTTP/1.0 with 400."""
    return cancel_refused(honest, lambda request: request.version == "1.0", _OLD)


@fault(
    breaks="response.head-has-no-content",
    unseen=dict.fromkeys(("socket", "workers"), "the server below this one knows better, and leaves the content out"),
)
def head_has_content(honest: Service) -> Service:
    """Answers HEAD with the content of a GET, which is the beginning of the next answer on the connection."""

    def respond(service: Service, request: Request, response: Response) -> Response:
        return honest.respond(service, replace(request, method="GET"), response)

    return replace(honest, respond=respond)


@fault(
    breaks="response.has-one-length",
    unseen=dict.fromkeys(("socket", "workers"), "the server below this one knows better, and leaves the length out"),
)
def chunks_have_a_length(honest: Service) -> Service:
    """Says of an answer in chunks how long it is: the proxy that made the chunks kept the field."""

    def respond(service: Service, request: Request, response: Response) -> Response:
        answer = honest.respond(service, request, response)
        if request.version == "1.0" or answer.status != 200 or request.method != "GET":
            return answer
        both = (("Transfer-Encoding", "chunked"), ("Content-Length", str(len(answer.body))))
        return replace(answer, headers=(*answer.headers, *both))

    return replace(honest, respond=respond)


@fault(
    breaks="response.old-http-has-no-chunks",
    unseen=dict.fromkeys(("socket", "workers"), "the server below this one knows better, and leaves the field out"),
)
def http_1_0_gets_chunks(honest: Service) -> Service:
    """Answers in chunks, whatever version of HTTP the request has."""

    def respond(service: Service, request: Request, response: Response) -> Response:
        answer = honest.respond(service, request, response)
        if request.version != "1.0":
            return answer
        return replace(answer, headers=(*answer.headers, ("Transfer-Encoding", "chunked")))

    return replace(honest, respond=respond)
