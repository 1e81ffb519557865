"""Correct variants that read requests differently: lengths, media types, escapes in the path."""

from __future__ import annotations

from dataclasses import replace

from conformance.exchange import Request
from conformance.lro.codes import Code
from conformance.server.reference.api_error import ApiError, invalid_argument
from conformance.server.reference.invocation import Invocation, Message
from conformance.server.reference.service import Service
from conformance.server.reference.variants.registry import (
    flavoured,
    variant,
)


@variant()
def missing_length_is_411(honest: Service) -> Service:
    """RFC 9110 allows a server to require a length; Google's front end does, and answers with a page."""

    def refused(service: Service, request: Request) -> Invocation:
        unmeasured = request.header("content-length") is None and request.header("transfer-encoding") is None
        if request.method == "POST" and unmeasured:
            raise ApiError(
                Code.INVALID_ARGUMENT, "Length Required", reason="LENGTH_REQUIRED", http_status=411, routed=False
            )
        return honest.route(service, request)

    return flavoured(replace(honest, route=refused), unrouted_body="html")


@variant()
def long_targets_are_too_large(honest: Service) -> Service:
    """A server that limits the whole head answers a long target with 431."""

    def refused(service: Service, request: Request) -> Invocation:
        if len(request.target) > 8192:
            raise ApiError(
                Code.INVALID_ARGUMENT,
                "Request Header Fields Too Large",
                reason="HEAD_TOO_LARGE",
                http_status=431,
                routed=False,
            )
        return honest.route(service, request)

    return replace(honest, route=refused)


@variant()
def other_media_types_are_refused(honest: Service) -> Service:
    """A body with another Content-Type than JSON may be refused."""

    def labelled(service: Service, call: Invocation) -> Message:
        label = (call.request.header("content-type") or "application/json").partition(";")[0].strip().lower()
        if call.request.body and label != "application/json":
            raise invalid_argument("The body must be application/json.", reason="UNSUPPORTED_MEDIA_TYPE")
        return honest.read_body(service, call)

    return replace(honest, read_body=labelled)


@variant()
def unlabelled_bodies_are_refused(honest: Service) -> Service:
    """A body without a Content-Type may be refused: Spring and Jersey answer 415."""

    def labelled(service: Service, call: Invocation) -> Message:
        if call.request.body and call.request.header("content-type") is None:
            text = "Unsupported Media Type"
            raise ApiError(Code.INVALID_ARGUMENT, text, reason="UNSUPPORTED_MEDIA_TYPE", http_status=415)
        return honest.read_body(service, call)

    return replace(honest, read_body=labelled)


@variant()
def chunks_without_a_type_are_refused(honest: Service) -> Service:
    """Fastify asks for a Content-Type before it reads: chunks without one are refused, also if they have no octets."""

    def labelled(service: Service, call: Invocation) -> Message:
        has_content = call.request.body or call.request.header("transfer-encoding") is not None
        if has_content and call.request.header("content-type") is None:
            text = "Unsupported Media Type"
            raise ApiError(Code.INVALID_ARGUMENT, text, reason="UNSUPPORTED_MEDIA_TYPE", http_status=415)
        return honest.read_body(service, call)

    return replace(honest, read_body=labelled)


@variant(warns=frozenset({"routing.encoded-separator-is-data"}))
def encoded_slash_is_not_routed(honest: Service) -> Service:
    """grpc-gateway and vanguard decode a path before they match it, so an id with `%2F` is an unknown path."""

    def route(service: Service, request: Request) -> Invocation:
        return honest.route(service, replace(request, target=request.target.replace("%2F", "/").replace("%2f", "/")))

    return replace(honest, route=route)


@variant()
def encoded_verb_separator_is_decoded(honest: Service) -> Service:
    """grpc-gateway decodes `%3Acancel` before it looks for the verb."""

    def route(service: Service, request: Request) -> Invocation:
        plain = request.target.replace("%3Acancel", ":cancel").replace("%3acancel", ":cancel")
        return honest.route(service, replace(request, target=plain))

    return replace(honest, route=route)


@variant()
def doubled_verb_is_not_routed(honest: Service) -> Service:
    """vanguard does not route `O:cancel:cancel` at all."""

    def route(service: Service, request: Request) -> Invocation:
        doubled = request.path.endswith(":cancel:cancel")
        return honest.route(service, replace(request, target="/") if doubled else request)

    return replace(honest, route=route)
