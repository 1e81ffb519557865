"""Faults of the HTTP method: others than POST cancel, and what an answer 405 says of them.

Operations have no metadata here, because `requestedCancellation` would show the same defect a second time.
"""

from __future__ import annotations

from dataclasses import replace

from conformance.exchange import Request, Response
from conformance.server.reference.faults.lies import also_bound, flavoured
from conformance.server.reference.faults.registry import fault
from conformance.server.reference.service import Service


def _also_by(honest: Service, *methods: str) -> Service:
    """These HTTP methods on `…:cancel` are taken for POST."""

    def meant(request: Request) -> str | None:
        return request.path if request.method in methods and request.path.endswith(":cancel") else None

    return also_bound(honest, meant)


@fault(breaks="routing.only-post-cancels")
def get_cancels(honest: Service) -> Service:
    """Cancels on GET, to which the Data Labeling API binds its cancel."""
    return _also_by(honest, "GET")


@fault(breaks="routing.only-post-cancels")
def put_and_patch_cancel(honest: Service) -> Service:
    """Cancels on PUT and PATCH."""
    return _also_by(honest, "PUT", "PATCH")


@fault(breaks="routing.only-post-cancels")
def delete_on_the_verb_cancels(honest: Service) -> Service:
    """Cancels on DELETE of `…:cancel`."""
    return _also_by(honest, "DELETE")


@fault(breaks="routing.only-post-cancels")
def head_cancels(honest: Service) -> Service:
    """Cancels on HEAD, which the router sends wherever a path leads."""
    return _also_by(honest, "HEAD")


@fault(breaks="routing.only-post-cancels", profile="ci")
def options_cancels(honest: Service) -> Service:
    """Cancels on OPTIONS, which the filter for browsers lets through to the handler."""
    return _also_by(honest, "OPTIONS")


@fault(breaks="routing.only-post-cancels")
def link_cancels(honest: Service) -> Service:
    """Cancels on a GET whose query says `_method=POST`, as a link in a message can."""

    def meant(request: Request) -> str | None:
        is_link = request.method == "GET" and "_method=POST" in request.query
        return request.path if is_link and request.path.endswith(":cancel") else None

    return also_bound(flavoured(honest, unknown_query="ignored"), meant)


@fault(breaks="routing.method-has-a-case", profile="ci")
def method_in_any_case(honest: Service) -> Service:
    """Takes `post` for POST: its framework writes every method in capitals."""

    def meant(request: Request) -> str | None:
        is_post = request.method != "POST" and request.method.upper() == "POST"
        return request.path if is_post and request.path.endswith(":cancel") else None

    return also_bound(honest, meant)


@fault(breaks="routing.only-post-cancels")
def every_method_cancels(honest: Service) -> Service:
    """Cancels whatever the HTTP method is: the route was registered for the path alone."""
    return _also_by(honest, "GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS")


@fault(breaks="routing.method-not-allowed-names-methods")
def allow_names_what_is_refused(honest: Service) -> Service:
    """Answers 405 with `Allow` that lists every method of every path."""

    def lie(service: Service, request: Request, response: Response) -> Response:
        response = honest.respond(service, request, response)
        kept = tuple(header for header in response.headers if header[0].lower() != "allow")
        everything = (("Allow", "GET, HEAD, PUT, POST, PATCH, DELETE, OPTIONS"),) if response.status == 405 else ()
        return replace(response, headers=(*kept, *everything))

    return flavoured(replace(honest, respond=lie), wrong_method_status=405)


@fault(breaks="routing.method-not-allowed-names-methods")
def allow_is_missing(honest: Service) -> Service:
    """Answers 405 without `Allow`, as ESPv2 does."""

    def lie(service: Service, request: Request, response: Response) -> Response:
        response = honest.respond(service, request, response)
        kept = tuple(header for header in response.headers if header[0].lower() != "allow")
        return replace(response, headers=kept)

    return flavoured(replace(honest, respond=lie), wrong_method_status=405)
