"""Correct variants whose lists and messages look different, or that have no list or delete."""

from __future__ import annotations

from dataclasses import replace

from conformance.exchange import Request, Response
from conformance.lro.codes import Code
from conformance.server.reference.api_error import ApiError
from conformance.server.reference.bindings import Rpc
from conformance.server.reference.invocation import Invocation, Message
from conformance.server.reference.service import Service
from conformance.server.reference.store import Snapshot
from conformance.server.reference.variants.registry import (
    flavoured,
    variant,
)


@variant()
def pages_are_small(honest: Service) -> Service:
    """A server may return fewer operations than asked for, with a token for the next page (AIP-158)."""

    def page(service: Service, call: Invocation) -> Message:
        asked = call.query.get("pageSize", "")
        small = asked if asked == "1" or not (asked or "0").isdecimal() else "2"
        return honest.list(service, replace(call, query={**call.query, "pageSize": small}))

    return replace(honest, list=page)


@variant()
def some_pages_are_empty(honest: Service) -> Service:
    """A page may be empty and not be the last: what a filter leaves of a piece of the store (AIP-158)."""
    full = "full-"

    def page(service: Service, call: Invocation) -> Message:
        token = call.query.get("pageToken", "")
        query = {**call.query, "pageToken": token.removeprefix(full)}
        if call.query.get("pageSize", "").isdecimal():
            query["pageSize"] = "1"
        message = honest.list(service, replace(call, query=query))
        return message if token.startswith(full) else {"nextPageToken": f"{full}{token}"}

    return replace(honest, list=page)


@variant()
def list_is_a_basic_view(honest: Service) -> Service:
    """A list may leave out what is long, such as results (AIP-157); a get shows them."""

    def page(service: Service, call: Invocation) -> Message:
        message = honest.list(service, call)
        basic = [
            {key: value for key, value in shown.items() if key in ("name", "metadata", "done")}
            for shown in message["operations"]
        ]
        return message | {"operations": basic}

    return replace(honest, list=page)


@variant()
def newest_is_listed_first(honest: Service) -> Service:
    """No document gives the order of a list."""

    def page(service: Service, call: Invocation) -> Message:
        message = honest.list(service, call)
        return message | {"operations": message["operations"][::-1]}

    return replace(honest, list=page)


@variant()
def metadata_grows(honest: Service) -> Service:
    """Metadata may change over time; here it says what the operation is doing."""

    def render(service: Service, operation: Snapshot) -> Message:
        message = honest.render_operation(service, operation)
        doing = "Cancelling." if operation.requested_cancellation else "Working."
        metadata = message.get("metadata")
        return message | {"metadata": {"statusMessage": doing} | metadata} if metadata else message

    return replace(honest, render_operation=render)


@variant(statement={"list": False, "delete": False})
def list_and_delete_have_no_path(honest: Service) -> Service:
    """If list and delete are not supported, a router may not know them, and answers with a page."""

    def route(service: Service, request: Request) -> Invocation:
        call = honest.route(service, request)
        if call.rpc in (Rpc.LIST, Rpc.DELETE):
            raise ApiError(Code.NOT_FOUND, "Not Found", reason="URL_NOT_FOUND", routed=False)
        return call

    return flavoured(replace(honest, route=route), unrouted_body="html")


@variant(statement={"errors": "status"})
def details_are_of_ones_own(honest: Service) -> Service:
    """Only AIP-193 says how a reason is written; a bare Status may have any details."""

    def render(service: Service, request: Request, error: ApiError) -> Response:
        own = ApiError(
            error.code,
            error.message,
            reason=error.reason.lower().replace("_", "-"),
            domain=error.domain,
            headers=error.headers,
            http_status=error.http_status,
            routed=error.routed,
        )
        return honest.render_error(service, request, own)

    return replace(honest, render_error=render)


@variant(statement={"list": False})
def list_is_unimplemented(honest: Service) -> Service:
    """List need not be supported."""
    return flavoured(honest, unimplemented=frozenset({Rpc.LIST}))


@variant(statement={"delete": False})
def delete_is_unimplemented(honest: Service) -> Service:
    """Delete need not be supported."""
    return flavoured(honest, unimplemented=frozenset({Rpc.DELETE}))
