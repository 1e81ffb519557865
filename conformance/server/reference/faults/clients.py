"""Faults that real clients meet: with header fields, codings, expectations, and lenient parsers."""

from __future__ import annotations

import re
from dataclasses import replace

from conformance.exchange import Request, Response
from conformance.lro.codes import Code
from conformance.server.reference.api_error import ApiError
from conformance.server.reference.faults.lies import (
    body_ignored,
    cancel_refused,
    cancelled_shown,
    errors_answered,
    flavoured,
    is_malformed_json,
    refusal,
    with_json,
)
from conformance.server.reference.faults.registry import fault
from conformance.server.reference.invocation import Invocation
from conformance.server.reference.service import Service

_INVALID = refusal(Code.INVALID_ARGUMENT, "Invalid request.", "INVALID_REQUEST")
_INTERNAL = refusal(Code.INTERNAL, "Internal error encountered.", "INTERNAL_ERROR")
_NOT_ACCEPTABLE = ApiError(Code.INVALID_ARGUMENT, "Not Acceptable", reason="NOT_ACCEPTABLE", http_status=406)


def _allows_gzip(request: Request) -> bool:
    return "gzip" in (request.header("accept-encoding") or "")


@fault(breaks="query.client-headers-are-accepted")
def accept_json_is_not_acceptable(honest: Service) -> Service:
    """Answers `Accept: application/json` with 406: its own label has a charset, and the two are compared as texts."""
    return cancel_refused(honest, lambda request: request.header("accept") == "application/json", _NOT_ACCEPTABLE)


@fault(breaks="operation.client-headers-are-accepted")
def reads_of_clients_are_refused(honest: Service) -> Service:
    """Answers a get or list that allows gzip with 406, for it has no gzip."""

    def lie(service: Service, call: Invocation) -> dict[str, str]:
        if call.request.method == "GET" and _allows_gzip(call.request):
            raise _NOT_ACCEPTABLE
        return honest.read_query(service, call)

    return replace(honest, read_query=lie)


@fault(breaks="query.client-headers-are-accepted")
def routing_header_is_refused(honest: Service) -> Service:
    """Refuses the correct `x-goog-request-params`, of which it does not decode the value before it compares it."""

    def is_not_equal(request: Request) -> bool:
        value = request.header("x-goog-request-params") or ""
        return "%2F" in value

    return cancel_refused(honest, is_not_equal, _INVALID)


@fault(breaks="query.client-headers-are-accepted", profile="ci")
def accept_is_required(honest: Service) -> Service:
    """Answers a cancel without `Accept` with 406."""
    return cancel_refused(honest, lambda request: request.header("accept") is None, _NOT_ACCEPTABLE)


@fault(breaks="query.client-headers-are-accepted", profile="ci")
def user_agents_of_tools_are_refused(honest: Service) -> Service:
    """Takes whatever calls itself curl for an intruder."""
    return cancel_refused(
        honest,
        lambda request: (request.header("user-agent") or "").startswith("curl"),
        refusal(Code.PERMISSION_DENIED, "Forbidden.", "FORBIDDEN_CLIENT"),
    )


@fault(breaks="query.client-headers-are-accepted", profile="ci")
def api_client_is_split_into_pairs(honest: Service) -> Service:
    """Answers an `x-goog-api-client` with 500 in which a product has no version."""
    return cancel_refused(
        honest,
        lambda request: any("/" not in product for product in (request.header("x-goog-api-client") or "").split()),
        _INTERNAL,
    )


@fault(breaks="body.content-encoding")
def gzip_is_read_as_text(honest: Service) -> Service:
    """Hands a gzip-coded body to its parser of JSON as it came."""
    return cancel_refused(honest, lambda request: request.header("content-encoding") is not None, _INVALID)


@fault(breaks="body.content-encoding")
def gzip_crashes(honest: Service) -> Service:
    """Answers a gzip-coded body with 500."""
    return cancel_refused(honest, lambda request: request.header("content-encoding") is not None, _INTERNAL)


@fault(breaks="body.expectation-is-answered")
def expectation_is_refused(honest: Service) -> Service:
    """Refuses `Expect: 100-continue` with 400."""
    return cancel_refused(honest, lambda request: request.header("expect") is not None, _INVALID)


@fault(breaks="body.null-name-is-accepted", profile="ci")
def null_name_is_refused(honest: Service) -> Service:
    """Refuses a name that is null."""
    return cancel_refused(honest, lambda request: request.body == b'{"name": null}', _INVALID)


@fault(breaks="body.duplicate-member-is-answered", profile="ci")
def duplicate_member_crashes(honest: Service) -> Service:
    """Answers a member that occurs twice with 500."""
    twice = re.compile(rb'\{"name": "[^"]*", "name": "[^"]*"\}')
    return cancel_refused(honest, lambda request: twice.fullmatch(request.body) is not None, _INTERNAL)


@fault(breaks="errors.client-mistake-is-no-server-error", profile="ci")
def deep_nesting_crashes(honest: Service) -> Service:
    """Answers a body of many brackets with 500: its parser runs out of stack."""
    return cancel_refused(honest, lambda request: b"[" * 1000 in request.body, _INTERNAL)


def _has_unknown_field(request: Request) -> bool:
    return b'"foo"' in request.body


@fault(breaks="body.unknown-field-is-refused-as-stated", statement={"unknown_fields": "refused"})
def unknown_field_is_ignored_in_spite(honest: Service) -> Service:
    """States that it refuses unknown members, and ignores them."""
    return body_ignored(honest, _has_unknown_field)


@fault(breaks="body.unknown-field-is-refused-as-stated", statement={"unknown_fields": "refused"})
def unknown_text_is_ignored_in_spite(honest: Service) -> Service:
    """States that it refuses unknown members, and refuses those that are no text."""
    return body_ignored(honest, lambda request: b'"fooBar": "' in request.body)


@fault(breaks="body.unknown-field-is-ignored-as-stated", statement={"unknown_fields": "ignored"})
def unknown_field_is_refused_in_spite(honest: Service) -> Service:
    """States that it ignores unknown members, and refuses them."""
    return flavoured(honest, unknown_body="refused")


@fault(breaks="body.unknown-field-is-told")
def unknown_field_is_ignored_in_silence(honest: Service) -> Service:
    """Ignores unknown members, and does not state it."""
    return body_ignored(honest, _has_unknown_field)


@fault(breaks="operation.error-has-a-message")
def cancelled_without_a_word(honest: Service) -> Service:
    """The error of a cancelled operation has an empty message."""
    return cancelled_shown(honest, lambda shown: shown | {"error": shown["error"] | {"message": ""}})


@fault(breaks="operation.not-modified-answers-a-condition", at_least=True)
def second_get_is_not_modified(honest: Service) -> Service:
    """Answers the third get of an operation and every other one after it with 304: its cache does not ask."""

    def lie(service: Service, request: Request, response: Response) -> Response:
        if request.method == "GET" and response.status == 200 and "/operations/" in request.path:
            seen = service.count(request.path)
            if seen > 2 and seen % 2:
                return Response(304)
        return honest.respond(service, request, response)

    return replace(honest, respond=lie)


_TRACE = "Traceback (most recent call last):\n  File \"/srv/app/operations.py\", line 12, in cancel\nKeyError: 'name'"


@fault(breaks="errors.no-stack-trace")
def malformed_body_shows_a_stack_trace(honest: Service) -> Service:
    """Shows the stack trace of its parser to whoever sends malformed JSON."""

    def lie(service: Service, request: Request, error: ApiError) -> Response:
        shown = ApiError(error.code, _TRACE, reason=error.reason) if is_malformed_json(error) else error
        return honest.render_error(service, request, shown)

    return replace(honest, render_error=lie)


@fault(breaks="errors.status-is-canonical")
def malformed_json_is_422(honest: Service) -> Service:
    """Answers malformed JSON with 422 and INVALID_ARGUMENT, which is 400."""

    def change(response: Response) -> Response:
        return replace(with_json(response, {"error": response.json()["error"] | {"code": 422}}), status=422)

    return errors_answered(honest, change, is_malformed_json)
