"""Faults of reading percent-escapes and the question mark in a path."""

from __future__ import annotations

import re
from dataclasses import replace
from urllib.parse import unquote

from conformance.exchange import Request
from conformance.lro.codes import Code
from conformance.server.reference.faults.lies import (
    NO_SUCH_PAGE,
    also_bound,
    cancel_refused,
    crashing,
    posted,
    refusal,
    succeeding,
)
from conformance.server.reference.faults.registry import fault
from conformance.server.reference.invocation import Invocation
from conformance.server.reference.service import Service


@fault(breaks="routing.encoded-slash-is-data")
def encoded_slash_ends_the_id(honest: Service) -> Service:
    """Decodes `%2F` before it splits the path, and ignores the segment that this makes."""
    return also_bound(honest, lambda request: posted(request, r"(.*/operations/[^/:%]+)%2[Ff].*:cancel", r"\1:cancel"))


@fault(breaks=("routing.encoded-slash-is-data", "routing.encoded-separator-is-data"))
def encoded_slash_finds_anything(honest: Service) -> Service:
    """Answers a cancel of an id with `%2F` with success, because its proxy has no such path and says OK."""
    return succeeding(honest, r".*%2[Ff].*:cancel")


@fault(
    breaks=(
        "routing.unreserved-escapes-are-decoded",
        "routing.escaped-colon-is-data",
        # What is cancelled by its plain colon is not found by the escaped one, by which it is asked for.
        "outcome.not-deleted",
        "list.agrees-with-get",
    )
)
def escapes_are_not_decoded(honest: Service) -> Service:
    """Takes percent-escapes literally, as kinglet does, and so finds no operation."""

    def lie(service: Service, request: Request) -> Invocation:
        call = honest.route(service, request)
        if "%" not in request.path:
            return call
        return replace(call, name=request.path.removeprefix("/v1/").removesuffix(":cancel"))

    return replace(honest, route=lie)


@fault(breaks=("routing.unreserved-escapes-are-decoded", "routing.escaped-colon-is-data"))
def escapes_are_refused(honest: Service) -> Service:
    """Refuses every percent-escape in a name, as a firewall does that fears them."""
    error = refusal(Code.INVALID_ARGUMENT, "The path contains an illegal character.", "ILLEGAL_CHARACTER")
    return cancel_refused(honest, lambda request: unquote(request.path) != request.path, error)


@fault(breaks="routing.unreserved-escapes-are-decoded")
def lower_case_escapes_are_not_decoded(honest: Service) -> Service:
    """Decodes escapes with capital digits only."""

    def lie(service: Service, request: Request) -> Invocation:
        call = honest.route(service, request)
        if not re.search(r"%[0-9A-F]?[a-f]", request.path):
            return call
        return replace(call, name=request.path.removeprefix("/v1/").removesuffix(":cancel"))

    return replace(honest, route=lie)


@fault(breaks="routing.malformed-escape-is-refused")
def malformed_escape_crashes(honest: Service) -> Service:
    """Answers a malformed percent-escape with 500: its decoder throws, and nobody catches."""
    return crashing(honest, r".*%(?![0-9A-Fa-f]{2}).*")


@fault(breaks="routing.malformed-escape-is-refused")
def malformed_escape_is_dropped(honest: Service) -> Service:
    """Leaves malformed percent-escapes out and cancels the operation that remains."""
    malformed = r"%(?:[^0-9A-Fa-f].?|.[^0-9A-Fa-f])"

    def meant(request: Request) -> str | None:
        posted = request.method == "POST" and re.search(malformed, request.path)
        return re.sub(malformed, "", request.path) if posted else None

    return also_bound(honest, meant)


@fault(breaks="routing.encoded-verb-separator-is-no-server-error", profile="ci")
def encoded_verb_separator_crashes(honest: Service) -> Service:
    """Answers `%3Acancel` with 500: one layer sees a verb there, and the next one does not find it."""
    return crashing(honest, r".*%3[Aa]cancel")


@fault(breaks="routing.empty-query-is-no-query")
def empty_query_is_refused(honest: Service) -> Service:
    """Refuses a bare question mark, which google-gax sends, as a parameter without a name."""
    error = refusal(Code.INVALID_ARGUMENT, "A query parameter has no name.", "INVALID_PARAMETER")
    return cancel_refused(honest, lambda request: request.target.endswith("?"), error)


@fault(breaks="routing.empty-query-is-no-query")
def empty_query_is_part_of_the_verb(honest: Service) -> Service:
    """Keeps a bare question mark in the path, and so finds no route."""

    def lie(service: Service, request: Request) -> Invocation:
        if request.target.endswith("?"):
            raise NO_SUCH_PAGE
        return honest.route(service, request)

    return replace(honest, route=lie)
