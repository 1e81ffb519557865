"""Correct variants that read the request-target differently."""

from __future__ import annotations

import re
from dataclasses import replace
from urllib.parse import unquote

from conformance.exchange import Request, Response
from conformance.lro.codes import Code
from conformance.server.reference.api_error import ApiError
from conformance.server.reference.bindings import Rpc
from conformance.server.reference.faults.lies import NO_SUCH_PAGE
from conformance.server.reference.invocation import Invocation
from conformance.server.reference.naming import id_of
from conformance.server.reference.service import Service
from conformance.server.reference.variants.registry import variant

_FORM = "application/x-www-form-urlencoded"


@variant(
    warns=frozenset(
        {
            "routing.encoded-separator-is-data",
            "routing.nothing-follows-the-verb",
            "routing.absolute-form-is-accepted",
        }
    )
)
def decodes_before_it_routes(honest: Service) -> Service:
    """Starlette under uvicorn: it decodes the path before it matches it, with a pattern that ends in `$`."""

    def route(service: Service, request: Request) -> Invocation:
        if not request.target.startswith("/"):
            raise NO_SUCH_PAGE
        path = re.sub(r"(?<=/operations)%2[Ff](?=[^/]*$)", "/", request.path.replace("/operations%2F", "/operations/"))
        path = re.sub(r"^(/v1/projects)%2[Ff]", r"\1/", path)
        if unquote(path).endswith(":cancel\n"):
            path = path[: -len("%0A")]
        query = f"?{request.query}" if "?" in request.target else ""
        return honest.route(service, replace(request, target=path + query))

    return replace(honest, route=route)


@variant(warns=frozenset({"routing.encoded-separator-is-data"}))
def hands_on_a_clean_path(honest: Service) -> Service:
    """nginx, told to hand on the path that it compares: decoded, with slashes merged and dot segments removed."""

    def route(service: Service, request: Request) -> Invocation:
        if not request.target.startswith("/"):
            return honest.route(service, request)
        path = re.sub(r"/+", "/", re.sub("%2[Ff]", "/", request.path))
        while (shorter := re.sub(r"/\.(?=/)|/[^/]+/\.\.(?=/)", "", path)) != path:
            path = shorter
        return honest.route(service, replace(request, target=path + request.target[len(request.path) :]))

    return replace(honest, route=route)


@variant()
def patterns_fit_no_line_end(honest: Service) -> Service:
    """Falcon: `.+` of the pattern of cancel fits no line end, `[^/]+` of that of get does, so 405 is the answer."""

    def route(service: Service, request: Request) -> Invocation:
        if request.method == "POST" and re.search("%0[AaDd].*:cancel$", request.path):
            raise ApiError(
                Code.UNIMPLEMENTED,
                "Method Not Allowed",
                reason="METHOD_NOT_ALLOWED",
                headers=(("Allow", "GET, DELETE"),),
                http_status=405,
                routed=False,
            )
        return honest.route(service, request)

    return replace(honest, route=route)


@variant()
def reads_forms_as_gets(honest: Service) -> Service:
    """grpc-gateway answers a form without a bound POST as a get, for old clients that cannot send long URLs."""

    def route(service: Service, request: Request) -> Invocation:
        label = (request.header("content-type") or "").partition(";")[0]
        if request.method == "POST" and label == _FORM and ":" not in request.path:
            return honest.route(service, replace(request, method="GET", body=b""))
        return honest.route(service, request)

    return replace(honest, route=route)


@variant()
def counts_the_octets_of_a_target(honest: Service) -> Service:
    """A server may answer a path of 2,000 octets with 414, because none of its names is that long."""

    def respond(service: Service, request: Request, response: Response) -> Response:
        if len(request.target) <= 1500:
            return honest.respond(service, request, response)
        return Response(414, (("Content-Type", "text/plain"),), b"URI Too Long")

    return replace(honest, respond=respond)


@variant()
def answers_long_ids_as_invalid(honest: Service) -> Service:
    """AIP-122 has ids of at most 63 characters; a longer one may be refused as invalid."""
    error = ApiError(Code.INVALID_ARGUMENT, "The id of an operation has at most 63 characters.", reason="INVALID_ID")

    def look(service: Service, call: Invocation) -> str:
        if call.rpc is Rpc.CANCEL and len(id_of(call.name)) > 63:
            raise error
        return honest.choose_target(service, call)

    return replace(honest, choose_target=look)
