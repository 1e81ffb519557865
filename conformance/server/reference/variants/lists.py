"""Correct variants that cut a list into pages, filter it, or bring it up to date in their own way."""

from __future__ import annotations

import re
from dataclasses import replace

from conformance.server.reference.api_error import invalid_argument
from conformance.server.reference.invocation import Invocation, Message
from conformance.server.reference.service import Service
from conformance.server.reference.variants.registry import variant

_EMPTY = "empty-"
_PAGE = 50


def _with(call: Invocation, **parameters: str) -> Invocation:
    return replace(call, query={**call.query, **parameters})


@variant()
def has_empty_pages_in_the_middle(honest: Service) -> Service:
    """A page may be empty and not be the last (AIP-158): what was looked at for it was all filtered out."""

    def page(service: Service, call: Invocation) -> Message:
        token = call.query.get("pageToken", "")
        if token.startswith(_EMPTY):
            return {"operations": [], "nextPageToken": token.removeprefix(_EMPTY)}
        message = honest.list(service, call)
        if "nextPageToken" in message:
            message["nextPageToken"] = _EMPTY + message["nextPageToken"]
        return message

    return replace(honest, list=page)


@variant()
def pages_are_cut_by_number(honest: Service) -> Service:
    """The newest come first and a token is a number, so that a page overlaps the one before if something is started."""

    def page(service: Service, call: Invocation) -> Message:
        token = call.query.get("pageToken", "")
        if token and not re.fullmatch("[0-9]{1,9}", token):
            raise invalid_argument("The page token is no number.", reason="INVALID_PARAMETER", field="pageToken")
        honest.list(service, _with(call, pageToken=""))  # for what it refuses
        operations = service.store.list(call.target)[::-1]
        if "true" in call.query.get("filter", "") or "false" in call.query.get("filter", ""):
            operations = tuple(each for each in operations if str(each.done).lower() in call.query["filter"])
        start = int(token or "0")
        end = start + (int(call.query.get("pageSize") or "0") or _PAGE)
        shown = [service.render_operation(service, each) for each in operations[start:end]]
        return {"operations": shown} | ({"nextPageToken": str(end)} if end < len(operations) else {})

    return replace(honest, list=page)


@variant()
def tokens_belong_to_their_caller(honest: Service) -> Service:
    """A token may be good for nobody but the caller that it was given to."""

    def page(service: Service, call: Invocation) -> Message:
        caller = service.store.sign(call.request.header("authorization") or "nobody")
        token, _, given_to = call.query.get("pageToken", "").partition("+")
        if token and given_to != caller:
            raise invalid_argument("The token is another's.", reason="INVALID_PARAMETER", field="pageToken")
        message = honest.list(service, _with(call, pageToken=token))
        if "nextPageToken" in message:
            message["nextPageToken"] += f"+{caller}"
        return message

    return replace(honest, list=page)


@variant(warns=frozenset({"list.filter-is-not-ignored"}))
def ignores_filters(honest: Service) -> Service:
    """A service need not employ filters (AIP-160); one that ignores the field in silence is worth a warning."""

    def page(service: Service, call: Invocation) -> Message:
        return honest.list(service, _with(call, filter=""))

    return replace(honest, list=page)


@variant()
def lists_seconds_late(honest: Service) -> Service:
    """A list may be read from an index that is brought up to date some time after each change."""
    honest.store.list_lag = 3.0
    return honest
