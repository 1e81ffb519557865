"""Rules about the form of errors: the AIP-193 envelope, the bare google.rpc.Status, and their codes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import unquote

from conformance.exchange import Exchange, Method, Wire
from conformance.exchange.view import bare_status_in, envelope_in
from conformance.lro import Code, code_named, code_numbered
from conformance.rules.rule import Complaint, When, exchange_rule, traffic_rule
from conformance.rules.server.conditions import (
    ANSWERED_BY_HTTP_ITSELF,
    answered_by_the_service,
    cancel,
    delete,
    failed,
    has_body,
    list_,
    plainly_bound,
)

_ERROR_INFO = "type.googleapis.com/google.rpc.ErrorInfo"
_LOCALIZED_MESSAGE = "type.googleapis.com/google.rpc.LocalizedMessage"
_METADATA_KEY = re.compile(r"[a-z][a-zA-Z0-9_-]+")


def envelope_of(exchange: Exchange) -> Mapping[str, Any] | None:
    """The inner object of the AIP-193 envelope `{"error": {…}}`, or None."""
    return envelope_in(exchange.response.json_object()) if exchange.response is not None else None


def bare_status_of(exchange: Exchange) -> Mapping[str, Any] | None:
    """The body when it is a google.rpc.Status without envelope, or None."""
    return bare_status_in(exchange.response.json_object()) if exchange.response is not None else None


def status_of(exchange: Exchange) -> Mapping[str, Any] | None:
    """The members of the google.rpc.Status of an error, in either form, or None."""
    status = exchange.view.status
    return status.members if status is not None else None


def code_said(exchange: Exchange) -> object:
    """The name of the code as the Status of an error has it, canonical or not; None in the form that has a number."""
    return (status_of(exchange) or {}).get("status")


def answer_in_words(exchange: Exchange) -> str:
    """The answer in a few words: `404 NOT_FOUND`."""
    said = code_said(exchange)
    return f"{exchange.view.words} {said}" if isinstance(said, str) else exchange.view.words


def form_of_errors(errors: Iterable[Exchange]) -> tuple[str, str] | None:
    """What `[statement] errors` has to say of a server that answered so, and that form in words; None of no answer."""
    answered = [exchange for exchange in errors if exchange.response is not None]
    if any(envelope_of(exchange) is not None for exchange in answered):
        return "aip-193", "the AIP-193 envelope"
    if any(bare_status_of(exchange) is not None for exchange in answered):
        return "status", "the form of a bare google.rpc.Status"
    return ("none", "neither form of google.rpc.Status") if answered else None


has_envelope = failed & When(lambda exchange: envelope_of(exchange) is not None)
has_bare_status = failed & When(lambda exchange: bare_status_of(exchange) is not None)
has_status = failed & When(lambda exchange: exchange.view.status is not None)
_is_in_full = has_status & ~has_bare_status
"""It has all that AIP-193 says of an error: over HTTP that is in the envelope."""
_SAYS_UNBOUND = frozenset({404, 405, 501})
_may_be_of_no_method = (list_ | delete) & When(
    lambda exchange: (
        exchange.response is not None and exchange.response.status in _SAYS_UNBOUND and status_of(exchange) is None
    )
)
"""Not every service has list and delete, and no rule says how a router answers a path that it does not know."""

_is_an_error_of_a_method = plainly_bound & answered_by_the_service & ~_may_be_of_no_method


@exchange_rule("errors.are-readable", when=_is_an_error_of_a_method, reads=Wire.HTTP)
def error_is_json_with_a_status(exchange: Exchange) -> str | None:
    assert exchange.response is not None
    status, media_type = exchange.response.status, exchange.response.media_type
    if status_of(exchange) is None:
        return f"status {status} comes with {_described(exchange)}, not with a google.rpc.Status"
    if media_type is not None and not (media_type == "application/json" or media_type.endswith("+json")):
        return f"status {status} comes with a google.rpc.Status that is labelled {media_type}"
    return None


_asks_for_credentials = When(
    lambda exchange: (
        exchange.response is not None and exchange.response.status == 401 and exchange.response.json_object() is None
    )
)
"""In plain text, as Envoy's token filters answer before the service is called; `errors.are-readable` warns."""


@exchange_rule("errors.envelope", when=_is_an_error_of_a_method & ~_asks_for_credentials, reads=Wire.HTTP)
def error_comes_in_the_envelope(exchange: Exchange) -> str | None:
    assert exchange.response is not None
    envelope = envelope_of(exchange)
    if envelope is None:
        return f"status {exchange.response.status} comes with {_described(exchange)}, not with the envelope"
    missing = [member for member in ("code", "message", "status") if member not in envelope]
    if missing:
        return f"the envelope lacks {', '.join(missing)}"
    message = envelope["message"]
    return None if message is None or isinstance(message, str) else f"`error.message` is {message!r}, not text"


@exchange_rule("errors.envelope-is-used", when=_is_an_error_of_a_method & has_status, reads=Wire.HTTP)
def error_is_not_a_bare_status(exchange: Exchange) -> str | None:
    assert exchange.response is not None
    if envelope_of(exchange) is not None:
        return None
    return f"status {exchange.response.status} comes with a bare google.rpc.Status"


@exchange_rule("errors.code-is-the-http-status", when=has_envelope, reads=Wire.HTTP)
def code_of_the_envelope_is_the_http_status(exchange: Exchange) -> str | None:
    envelope = envelope_of(exchange)
    assert envelope is not None
    assert exchange.response is not None
    code = envelope.get("code")
    if code == exchange.response.status and not isinstance(code, bool):
        return None
    return f"`error.code` is {code!r}, the HTTP status is {exchange.response.status}"


@exchange_rule(
    "errors.status-is-canonical",
    when=has_envelope & When(lambda exchange: "status" in (envelope_of(exchange) or {})),
    reads=Wire.HTTP,
)
def status_of_the_envelope_maps_to_the_http_status(exchange: Exchange) -> str | None:
    envelope = envelope_of(exchange)
    assert envelope is not None
    assert exchange.response is not None
    code = code_named(envelope["status"])
    if code is None:
        return f"`error.status` is {envelope['status']!r}, not the name of a canonical code"
    if code.http_status == exchange.response.status or exchange.response.status in _OF_HTTP_ALONE:
        return None
    return f"{code.name} maps to HTTP {code.http_status}, the answer has {exchange.response.status}"


# A 405, 411 or 415 is HTTP's own and has no canonical code of its own; what stands in its envelope is nobody's rule.
_OF_HTTP_ALONE = ANSWERED_BY_HTTP_ITSELF - {code.http_status for code in Code}


@exchange_rule("errors.bare-code-maps", when=has_bare_status, reads=Wire.HTTP)
def code_of_a_bare_status_maps_to_the_http_status(exchange: Exchange) -> str | None:
    status = bare_status_of(exchange)
    assert status is not None
    assert exchange.response is not None
    code = code_numbered(status["code"])
    if code is None:
        return f"`code` is {status['code']!r}, not a canonical code"
    if code.http_status == exchange.response.status:
        return None
    return f"{code.name} ({code.value}) maps to HTTP {code.http_status}, the answer has {exchange.response.status}"


@exchange_rule("errors.have-a-message", when=has_status)
def error_has_a_message(exchange: Exchange) -> str | None:
    message = (status_of(exchange) or {}).get("message")
    return None if isinstance(message, str) and message.strip() else "the error has no message"


@exchange_rule("errors.have-error-info", when=_is_in_full & _is_an_error_of_a_method)
def error_has_an_error_info(exchange: Exchange) -> str | None:
    return None if _details_of(exchange, _ERROR_INFO) else "the details contain no google.rpc.ErrorInfo"


@exchange_rule(
    "errors.details-are-well-formed",
    when=has_status & When(lambda exchange: bool((status_of(exchange) or {}).get("details"))),
)
def details_are_well_formed(exchange: Exchange) -> str | None:
    details = (status_of(exchange) or {})["details"]
    if not isinstance(details, list):
        return f"`details` is {type(details).__name__}, not a list"
    types: list[str] = []
    for detail in details:
        type_url = detail.get("@type") if isinstance(detail, Mapping) else None
        if not isinstance(type_url, str):
            return "a detail does not name its type in `@type`"
        if type_url in types:
            return f"two details of the type {type_url}"
        types.append(type_url)
        if type_url == _ERROR_INFO:
            complaint = _error_info_complaint(detail)
            if complaint:
                return complaint
    return None


def _error_info_complaint(info: Mapping[str, Any]) -> str | None:
    reason, domain = info.get("reason"), info.get("domain")
    if not (isinstance(reason, str) and len(reason) <= 63 and re.fullmatch(r"[A-Z][A-Z0-9_]+[A-Z0-9]", reason)):
        return f"`reason` of the ErrorInfo is {reason!r}, not at most 63 capitals, digits and underscores"
    if not (isinstance(domain, str) and domain):
        return "the ErrorInfo has no domain"
    metadata = info.get("metadata") or {}
    if not isinstance(metadata, Mapping):
        return "the metadata of the ErrorInfo is not a map"
    for key in metadata:
        if len(key) > 64 or not _METADATA_KEY.fullmatch(key):
            return f"the metadata of the ErrorInfo has the key {key!r}, not at most 64 letters, digits, `-` and `_`"
    if not all(isinstance(value, str) for value in metadata.values()):
        return "a value in the metadata of the ErrorInfo is not text"
    return None


def _details_of(exchange: Exchange, type_url: str) -> list[Mapping[str, Any]]:
    """The details of an error that are of one type."""
    details = (status_of(exchange) or {}).get("details")
    found = details if isinstance(details, list) else []
    return [detail for detail in found if isinstance(detail, Mapping) and detail.get("@type") == type_url]


@exchange_rule(
    "errors.localized-message-is-whole",
    when=_is_in_full & When(lambda exchange: bool(_details_of(exchange, _LOCALIZED_MESSAGE))),
)
def localized_message_has_locale_and_message(exchange: Exchange) -> str | None:
    for detail in _details_of(exchange, _LOCALIZED_MESSAGE):
        for member in ("locale", "message"):
            value = detail.get(member)
            if not (isinstance(value, str) and value.strip()):
                return f"the LocalizedMessage has no {member}"
    return None


@traffic_rule("errors.reason-is-of-one-error")
def reason_is_of_one_error(exchanges: Sequence[Exchange]) -> Iterator[Complaint | None]:
    first: dict[tuple[str, str], tuple[Code, Exchange]] = {}
    for exchange in filter(_is_in_full, exchanges):
        code = exchange.view.status.code if exchange.view.status is not None else None
        for info in _details_of(exchange, _ERROR_INFO):
            reason, domain = info.get("reason"), info.get("domain")
            if code is None or not isinstance(reason, str) or not isinstance(domain, str):
                continue
            before, shown = first.setdefault((reason, domain), (code, exchange))
            if before is code:
                yield None
            else:
                message = f"{before.name} and {code.name} have the same reason {reason!r} of {domain!r}"
                yield Complaint(message, (shown, exchange))


_SEGMENT = r"[^\s'\"`,;()\[\]{}<>/\u2039\u203a]+"
_OPERATION_NAME = re.compile(rf"(?:projects|organizations)/{_SEGMENT}/locations/{_SEGMENT}/operations/{_SEGMENT}")

_names_an_operation = When(
    lambda exchange: (
        isinstance((status_of(exchange) or {}).get("message"), str)
        and _OPERATION_NAME.search((status_of(exchange) or {})["message"]) is not None
    )
)
_is_about_an_operation = plainly_bound & When(
    lambda exchange: (
        exchange.call is not None
        and exchange.call.method is not Method.LIST
        and _OPERATION_NAME.fullmatch(exchange.call.name) is not None
    )
)


@exchange_rule("errors.echo-the-name", when=_is_about_an_operation & has_status & _names_an_operation)
def message_names_the_operation_as_it_was_sent(exchange: Exchange) -> str | None:
    message: str = (status_of(exchange) or {})["message"]
    assert exchange.call is not None
    named = _OPERATION_NAME.findall(message)
    sent = re.compile(re.escape(exchange.call.name) + r"(:cancel)?[.!?:]*")
    # Escaped, as it stood in the path, is as it was sent, too.
    if any(sent.fullmatch(name) or sent.fullmatch(unquote(name)) for name in named):
        return None
    return f"sent {exchange.call.name!r}, the message names {named[0]!r}"


_STACK_TRACE = re.compile(
    rb"Traceback \(most recent call last\)"
    rb"|\bat [\w.$<>/]+\([\w$]+\.(?:java|kt|scala):\d+\)"
    rb"|\bat [^\n<]{1,200}?\(?(?:/|file:|node:)[^\s()]+:\d+:\d+\)?"
    rb"|\bgoroutine \d+ \[running\]"
    rb"|\bFile \\?\"[^\"\n]+\\?\", line \d+, in "
    rb"|#\d+ [^\n]{1,200}\.php\(\d+\)"
    rb"|\bat [\w.`]+\([^)\n]*\) in [^\n]+:line \d+"
)
"""Stack traces as Python, the JVM, Node, Go, PHP and .NET print them."""


@exchange_rule("errors.no-stack-trace", when=failed & has_body, reads=Wire.HTTP)
def error_shows_no_stack_trace(exchange: Exchange) -> str | None:
    assert exchange.response is not None
    found = _STACK_TRACE.search(exchange.response.body)
    if found is None:
        return None
    return f"status {exchange.response.status} shows a stack trace: {found.group()[:80].decode('utf-8', 'replace')}"


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")


def _body_is_not_acceptable(exchange: Exchange) -> bool:
    """Whether the body of a cancel is wrong: not a JSON object, or one with members that the message does not have."""
    body = exchange.request.body
    if not body.strip() or exchange.request.header("content-encoding") is not None:
        return False
    try:
        members = json.loads(body, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return True
    return not isinstance(members, dict) or not members.keys() <= {"name"}


@exchange_rule(
    "errors.client-mistake-is-no-server-error",
    when=cancel & plainly_bound & When(lambda exchange: exchange.response is not None) & When(_body_is_not_acceptable),
    reads=Wire.HTTP,
)
def client_mistake_is_no_server_error(exchange: Exchange) -> str | None:
    assert exchange.response is not None
    status = exchange.response.status
    if status < 500 or status in (501, 503):
        return None
    return f"a body that is not a CancelOperationRequest was answered with {status}"


def _described(exchange: Exchange) -> str:
    assert exchange.response is not None
    if not exchange.response.body:
        return "an empty body"
    return f"a body of type {exchange.response.media_type or 'unknown'}"
