"""Correct variants with other rules about who may call, and other answers to callers who may not."""

from __future__ import annotations

from dataclasses import replace

from conformance.exchange import Request, Response
from conformance.lro.codes import Code
from conformance.server.reference.api_error import ApiError, not_found
from conformance.server.reference.bindings import Rpc
from conformance.server.reference.invocation import Invocation
from conformance.server.reference.service import Service
from conformance.server.reference.variants.registry import (
    variant,
)

_OUR_PROJECT = "projects/demo"


@variant(statement={"auth": False})
def anybody_may_call(honest: Service) -> Service:
    """A server for local use need not ask for credentials."""
    return replace(honest, auth=None)


@variant(statement={"delete": False})
def existence_is_hidden(honest: Service) -> Service:
    """An unknown operation is answered with 403: "or it might not exist" (AIP-211)."""

    def render(service: Service, request: Request, error: ApiError) -> Response:
        if error.code is not Code.NOT_FOUND or not error.routed:
            return honest.render_error(service, request, error)
        text = "Permission denied on the resource (or it might not exist)."
        denied = ApiError(Code.PERMISSION_DENIED, text, reason="IAM_PERMISSION_DENIED", domain="iam.googleapis.com")
        return honest.render_error(service, request, denied)

    return replace(honest, render_error=render)


@variant(statement={"auth": False})
def other_projects_are_denied(honest: Service) -> Service:
    """Anybody may call for one project; for others nobody may, whether they exist or not (AIP-193)."""

    def authorise(_service: Service, call: Invocation) -> None:
        if call.name.startswith("projects/") and not f"{call.name}/".startswith(f"{_OUR_PROJECT}/"):
            text = "Permission denied on the project (or it might not exist)."
            raise ApiError(Code.PERMISSION_DENIED, text, reason="IAM_PERMISSION_DENIED", domain="iam.googleapis.com")

    return replace(honest, auth=None, authorise=authorise)


@variant()
def everybody_is_told_403(honest: Service) -> Service:
    """Missing and invalid credentials may be answered with 403 as well as with 401."""

    def authorise(service: Service, call: Invocation) -> None:
        try:
            honest.authorise(service, call)
        except ApiError:
            text = "Permission denied."
            raise ApiError(Code.PERMISSION_DENIED, text, reason="IAM_PERMISSION_DENIED") from None

    return replace(honest, authorise=authorise)


@variant(warns=frozenset({"auth.reads-need-permission"}))
def unknown_is_not_found_without_permission(honest: Service) -> Service:
    """A caller who may list the parent may be told that an operation does not exist, with 404 (AIP-211)."""

    def authorise(service: Service, call: Invocation) -> None:
        try:
            honest.authorise(service, call)
        except ApiError as error:
            if error.code is not Code.PERMISSION_DENIED:
                raise
            if call.rpc is Rpc.CANCEL:
                service.look_up(service, call.name)
            if call.rpc not in (Rpc.GET, Rpc.LIST):
                raise

    return replace(honest, authorise=authorise)


@variant(warns=frozenset({"auth.denial-is-told"}))
def forbidden_is_hidden(honest: Service) -> Service:
    """Whatever the caller has no permission for, to him there is nothing: 404 (RFC 9110, section 15.5.4)."""

    def authorise(service: Service, call: Invocation) -> None:
        try:
            honest.authorise(service, call)
        except ApiError as error:
            if error.code is Code.PERMISSION_DENIED:
                raise not_found(call.name) from None
            raise

    return replace(honest, authorise=authorise)
