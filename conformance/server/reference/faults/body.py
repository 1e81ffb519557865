"""Faults of reading the body of a cancel."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace

from conformance.exchange import Request
from conformance.lro.codes import Code
from conformance.server.reference.api_error import ApiError
from conformance.server.reference.bindings import Rpc
from conformance.server.reference.faults.lies import (
    body_ignored,
    cancel_rashly,
    cancel_refused,
    end_if_running,
    refusal,
)
from conformance.server.reference.faults.registry import fault
from conformance.server.reference.invocation import Invocation, Message
from conformance.server.reference.service import Service
from conformance.server.reference.store import EndState

_INVALID = refusal(Code.INVALID_ARGUMENT, "Invalid request payload.", "INVALID_PAYLOAD")
_INTERNAL = refusal(Code.INTERNAL, "Internal error encountered.", "INTERNAL_ERROR")


# --- What a request carries -------------------------------------------------------------------------------------------


def _is_empty(request: Request) -> bool:
    """Whether the request says that it has no content, rather than leaving it open."""
    return not request.body and request.header("content-length") == "0"


def _is_chunked(request: Request) -> bool:
    return "chunked" in (request.header("transfer-encoding") or "").lower()


def _type(request: Request) -> str:
    return (request.header("content-type") or "").strip().lower()


def _value(request: Request) -> object:
    """The JSON value of the body; `...` when it is none."""
    try:
        return json.loads(request.body)
    except (ValueError, RecursionError):
        return ...


def _is_object(request: Request) -> bool:
    return request.body.strip() == b"{}" and not _is_chunked(request)


def _is_malformed(request: Request) -> bool:
    return bool(request.body) and _value(request) is ...


def _is_no_object(request: Request) -> bool:
    return bool(request.body) and not _is_malformed(request) and not isinstance(_value(request), Mapping)


def _has_unknown_field(request: Request) -> bool:
    value = _value(request)
    return isinstance(value, Mapping) and bool(set(value) - {"name"})


# --- The four empty bodies --------------------------------------------------------------------------------------------


@fault(breaks="body.none-is-accepted")
def no_body_is_refused(honest: Service) -> Service:
    """Refuses a cancel without body and Content-Type, which discovery clients send: "unexpected end of JSON"."""
    return cancel_refused(honest, lambda request: _is_empty(request) and not _type(request), _INVALID)


@fault(breaks="body.none-is-accepted")
def no_content_type_is_refused(honest: Service) -> Service:
    """Refuses a cancel without body for its missing Content-Type, as frameworks do that look at the label first."""
    error = refusal(Code.INVALID_ARGUMENT, "The Content-Type must be application/json.", "CONTENT_TYPE_MISSING")
    return cancel_refused(honest, lambda request: _is_empty(request) and not _type(request), error)


@fault(breaks="body.none-with-content-type-is-accepted")
def empty_text_is_parsed(honest: Service) -> Service:
    """Parses the empty text that google-api-core labels as JSON, and refuses it."""
    return cancel_refused(honest, lambda request: _is_empty(request) and bool(_type(request)), _INVALID)


@fault(breaks=("body.none-is-accepted", "body.none-with-content-type-is-accepted"))
def body_is_demanded(honest: Service) -> Service:
    """Demands `{}`, as gateways do for a binding with a body; GA4GH TES dropped its body for that."""
    return cancel_refused(honest, _is_empty, _INVALID)


@fault(breaks=("body.empty-object-is-accepted", "body.content-encoding"))
def empty_object_is_refused(honest: Service) -> Service:
    """Refuses `{}`: "request should have no body; instead got 2 bytes", as vanguard says where none is bound."""
    error = refusal(Code.INVALID_ARGUMENT, "The request should have no body.", "BODY_NOT_ALLOWED")
    return cancel_refused(honest, lambda request: _is_object(request) and "charset" not in _type(request), error)


@fault(breaks="body.unlabelled-object-is-answered")
def object_without_content_type_crashes(honest: Service) -> Service:
    """Answers `{}` with 500 when nobody labelled it: there is no parser for the type None."""
    return cancel_refused(honest, lambda request: _is_object(request) and not _type(request), _INTERNAL)


@fault(breaks="body.empty-object-is-accepted", profile="ci")
def newline_after_the_object_is_refused(honest: Service) -> Service:
    """Compares the body with `{}` byte by byte, and so refuses the line end that Go's discovery client sends."""
    return cancel_refused(honest, lambda request: _is_object(request) and request.body != b"{}", _INVALID)


@fault(breaks="body.empty-object-is-accepted", profile="ci")
def blank_in_the_object_is_refused(honest: Service) -> Service:
    """Compares the body with `{}`, which `{ }` is not."""
    return cancel_refused(honest, lambda request: request.body == b"{ }", _INVALID)


@fault(breaks="body.redundant-name-is-accepted")
def redundant_name_is_refused(honest: Service) -> Service:
    """Refuses the name in the body, which Go's generated clients send, because the path has it already."""
    error = refusal(Code.INVALID_ARGUMENT, "The field 'name' is bound by the path.", "FIELD_COLLISION")
    return cancel_refused(honest, lambda request: b'"name"' in request.body, error)


@fault(
    breaks=(
        "body.empty-object-is-accepted",
        "body.unlabelled-object-is-answered",
        "body.redundant-name-is-accepted",
        "body.unknown-field-is-answered",
        "body.malformed-json-is-invalid",
        "body.non-object-is-invalid",
        "errors.client-mistake-is-no-server-error",
        "body.content-encoding",
    )
)
def any_body_crashes(honest: Service) -> Service:
    """Answers every body with 500, as vanguard does when cancel is bound without one."""
    return cancel_refused(honest, lambda request: bool(request.body), _INTERNAL)


# --- How it is framed and labelled ------------------------------------------------------------------------------------


@fault(breaks="body.charset-is-accepted")
def charset_is_refused(honest: Service) -> Service:
    """Compares the Content-Type as text, so that `application/json; charset=UTF-8` is another one."""
    return cancel_refused(honest, lambda request: "charset" in _type(request), _INVALID)


@fault(breaks="body.charset-is-accepted", profile="ci")
def charset_is_compared_by_case(honest: Service) -> Service:
    """Knows the charset as `UTF-8` only, as RFC 3629 writes it."""
    return cancel_refused(honest, lambda request: "charset=utf-8" in (request.header("content-type") or ""), _INVALID)


@fault(breaks="body.media-type-has-no-case", profile="ci")
def media_type_is_compared_by_case(honest: Service) -> Service:
    """Compares the media type letter by letter."""
    return cancel_refused(honest, lambda request: "Application" in (request.header("content-type") or ""), _INVALID)


@fault(breaks="body.chunked-is-accepted")
def chunked_is_refused(honest: Service) -> Service:
    """Refuses chunked bodies, though not with 411."""
    return cancel_refused(honest, _is_chunked, _INVALID)


@fault(breaks="body.chunked-is-accepted")
def empty_chunks_are_parsed(honest: Service) -> Service:
    """Takes a chunked body for one that has content, and parses the empty text."""
    return cancel_refused(honest, lambda request: _is_chunked(request) and not request.body, _INVALID)


@fault(breaks="body.missing-length-is-answered")
def missing_length_is_a_mistake(honest: Service) -> Service:
    """Answers a POST that has no Content-Length with 400."""

    def unmeasured(request: Request) -> bool:
        return request.header("content-length") is None and not _is_chunked(request)

    return cancel_refused(honest, unmeasured, _INVALID)


# --- What is wrong with it --------------------------------------------------------------------------------------------


@fault(breaks=("body.unknown-field-is-answered", "errors.client-mistake-is-no-server-error"))
def unknown_field_crashes(honest: Service) -> Service:
    """Answers an unknown field with 500: the body is spread into the arguments of a function."""
    return cancel_refused(honest, _has_unknown_field, _INTERNAL)


@fault(breaks="body.unknown-field-is-answered")
def unknown_field_is_a_precondition(honest: Service) -> Service:
    """Refuses an unknown field as FAILED_PRECONDITION, which has the same status and means something else."""
    return cancel_refused(honest, _has_unknown_field, refusal(Code.FAILED_PRECONDITION))


@fault(breaks=("body.malformed-json-is-invalid", "errors.client-mistake-is-no-server-error", "body.content-encoding"))
def malformed_json_crashes(honest: Service) -> Service:
    """Answers malformed JSON with 500, as vanguard does."""
    return cancel_refused(honest, _is_malformed, _INTERNAL)


@fault(breaks="body.malformed-json-is-invalid")
def malformed_json_is_ignored(honest: Service) -> Service:
    """Ignores a body that it cannot parse, and cancels."""
    return body_ignored(honest, _is_malformed)


@fault(breaks=("body.non-object-is-invalid", "errors.client-mistake-is-no-server-error"))
def non_object_crashes(honest: Service) -> Service:
    """Answers `[]` with 500: a list has no `get`."""
    return cancel_refused(honest, _is_no_object, _INTERNAL)


@fault(breaks="body.non-object-is-invalid")
def non_object_is_ignored(honest: Service) -> Service:
    """Takes any JSON value for a message, and cancels."""
    return body_ignored(honest, _is_no_object)


@fault(breaks="body.non-object-is-invalid", profile="ci")
def text_is_a_message(honest: Service) -> Service:
    """Takes a JSON text for a message without members, and cancels."""
    return body_ignored(honest, lambda request: request.body.startswith(b'"'))


@fault(breaks=("body.malformed-json-is-invalid", "body.non-object-is-invalid", "body.unknown-field-is-told"))
def body_is_never_read(honest: Service) -> Service:
    """Never reads the body, as kinglet, and so cancels whatever it says."""
    return body_ignored(honest, lambda _: True)


@fault(breaks=("body.malformed-json-is-invalid", "errors.client-mistake-is-no-server-error"), profile="ci")
def body_that_is_no_utf_8_crashes(honest: Service) -> Service:
    """Answers a body that is no UTF-8 with 500: its decoder throws before the parser is asked."""
    return cancel_refused(honest, lambda request: b"\xff" in request.body, _INTERNAL)


# --- Refused, and done all the same -----------------------------------------------------------------------------------


@fault(breaks="body.refused-cancel-changes-nothing")
def malformed_json_cancels_all_the_same(honest: Service) -> Service:
    """Answers malformed JSON with 400, after it has cancelled the operation of the path."""
    return cancel_rashly(honest, _is_malformed)


@fault(breaks="body.refused-cancel-changes-nothing")
def refused_body_cancels_all_the_same(honest: Service) -> Service:
    """Cancels first and validates afterwards, whatever is wrong with the body."""
    return cancel_rashly(honest, lambda _: True)


@fault(breaks="body.refused-cancel-changes-nothing")
def refused_body_stops_the_operation(honest: Service) -> Service:
    """Ends an operation as failed when a cancel of it is refused for its body."""

    def lie(service: Service, call: Invocation) -> Message:
        if call.rpc is Rpc.CANCEL and (_is_malformed(call.request) or _is_no_object(call.request)):
            end_if_running(service, call.name, EndState.FAILED)
        return honest.read_body(service, call)

    return replace(honest, read_body=lie)


@fault(breaks="body.refused-cancel-changes-nothing")
def unlabelled_body_cancels_all_the_same(honest: Service) -> Service:
    """Refuses `{}` without a Content-Type, as it may, after it has cancelled the operation of the path."""

    def lie(service: Service, call: Invocation) -> Message:
        request = call.request
        if call.rpc is Rpc.CANCEL and request.body == b"{}" and request.header("content-type") is None:
            end_if_running(service, call.name, EndState.CANCELLED)
            raise ApiError(Code.INVALID_ARGUMENT, "The body has no Content-Type.", reason="NO_CONTENT_TYPE")
        return honest.read_body(service, call)

    return replace(honest, read_body=lie)


@fault(breaks="body.refused-cancel-changes-nothing", profile="ci")
def unknown_field_cancels_all_the_same(honest: Service) -> Service:
    """Answers an unknown field with 400, after it has cancelled the operation of the path."""
    return cancel_rashly(honest, lambda request: b'"foo"' in request.body)
