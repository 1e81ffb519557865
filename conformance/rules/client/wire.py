"""Rules about the form of requests: HTTP/1.1, to the right server, with complete credentials.

They do not judge what is called. They read HTTP only: over gRPC the gate itself makes the requests of the calls.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import urlsplit

from conformance.exchange import Exchange, Failure, FailureKind, Wire, header_values
from conformance.rules.client.reading import (
    about,
    line_of,
    reply_in_words,
    requests_of,
    something_arrived,
)
from conformance.rules.client.turn import Turn, turn_rule
from conformance.rules.rule import Complaint

_INJECTED = "x-conformance-injected"
"""The header field that appears if a name is written into a header without an escape."""

_DANGEROUS = re.compile(r"[\r\n\0]")

INJECTION = f"\r\n{_INJECTED}: yes"

LINE_END_BEFORE = "a line end before its request line"
LINE_END_AFTER = "a line end after its body"
"""What the server notes of a request that more line ends stand around than belong to it."""

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
"""The name of a header field (RFC 9110, section 5.1)."""

_ABOUT_THE_CONNECTION = ("TE", "Upgrade")
"""Who sends one of these MUST send a connection option of that name (RFC 9110, sections 10.1.4 and 7.8)."""


@turn_rule("client-request.is-http", when=lambda turn: bool(turn.arrived), reads=Wire.HTTP)
def what_arrives_is_http(turn: Turn) -> Complaint | None:
    garbage = [
        exchange
        for exchange in turn.arrived
        if isinstance(exchange.outcome, Failure) and exchange.outcome.kind is FailureKind.MALFORMED
    ]
    odd = [exchange for exchange in turn.arrived if _odd(exchange)]
    return about(turn, garbage, lambda exchange: _detail(exchange)) or about(
        turn, odd, lambda exchange: f"{line_of(exchange)} has {_odd(exchange)}"
    )


def _odd(exchange: Exchange) -> str:
    """What of the head, or around the request, is not as RFC 9110 and 9112 have it; empty if nothing is."""
    request = exchange.request
    if re.match(r"https?://", request.target, re.IGNORECASE):
        # RFC 9112, section 3.2.1: to an origin server a client MUST send only the absolute path and query components.
        return "the target that only a proxy is sent, with scheme and host"
    for name, _ in request.headers:
        if not _TOKEN.fullmatch(name):
            return f"a header field that is called {name!r}, which is no token"
    if exchange.note in (LINE_END_BEFORE, LINE_END_AFTER):
        # RFC 9112, section 2.2: an HTTP/1.1 user agent MUST NOT preface or follow a request with an extra CRLF.
        return exchange.note
    options = [
        option.strip().lower() for value in header_values(request.headers, "connection") for option in value.split(",")
    ]
    for field in _ABOUT_THE_CONNECTION:
        if header_values(request.headers, field.lower()) and field.lower() not in options:
            return f"the field {field}, which its field Connection does not name"
    # RFC 9110, section 10.1.1: a client MUST NOT generate a 100-continue expectation in a request without content.
    has_content = request.body or header_values(request.headers, "transfer-encoding")
    if not has_content and "100-continue" in [value.lower() for value in header_values(request.headers, "expect")]:
        return "no content, and expects 100-continue"
    return ""


@turn_rule("client-request.host-is-right", when=lambda turn: something_arrived(turn), reads=Wire.HTTP)
def host_is_there_once_and_right(turn: Turn) -> Complaint | None:
    # RFC 9112, section 3.2: a client MUST send a Host header field in all HTTP/1.1 request messages, with the same
    # authority as that of the target URI.
    wrong = [
        exchange
        for exchange in turn.arrived
        if exchange.request.method
        and exchange.note != "HTTP/1.0"
        and [value.lower() for value in header_values(exchange.request.headers, "host")] != [_authority(exchange)]
    ]
    return about(turn, wrong, lambda exchange: f"{_hosts(exchange)}; it was sent to {_authority(exchange)}")


@turn_rule("client-request.length-is-unambiguous", when=lambda turn: something_arrived(turn), reads=Wire.HTTP)
def a_body_has_one_length(turn: Turn) -> Complaint | None:
    # RFC 9112, section 6.2: a sender MUST NOT send a Content-Length header field in any message that contains a
    # Transfer-Encoding header field.
    ambiguous = [
        exchange
        for exchange in turn.arrived
        if len(header_values(exchange.request.headers, "content-length"))
        + len(header_values(exchange.request.headers, "transfer-encoding"))
        > 1
    ]
    return about(turn, ambiguous, lambda exchange: f"{line_of(exchange)} declares more than one length")


@turn_rule("client-request.endpoint-is-kept", when=lambda turn: bool(requests_of(turn)), reads=Wire.HTTP)
def calls_go_to_the_endpoint(turn: Turn) -> Complaint | None:
    astray = [exchange for exchange in requests_of(turn) if exchange.origin != turn.request.endpoint]
    return about(turn, astray, lambda exchange: f"{line_of(exchange)} was sent to {exchange.origin}")


@turn_rule("client-request.name-makes-no-header", when=something_arrived, reads=Wire.HTTP)
def a_name_makes_no_header(turn: Turn) -> Complaint | None:
    # RFC 9110, section 5.5: field values containing CR, LF, or NUL characters are invalid and dangerous.
    made = [
        exchange
        for exchange in turn.arrived
        if any(name.lower() == _INJECTED or _DANGEROUS.search(name + value) for name, value in exchange.request.headers)
    ]
    return about(turn, made, lambda exchange: f"a line end or NUL of the name is in the head of {line_of(exchange)}")


def gets_through(turn: Turn) -> Complaint | None:
    """An oracle: the server answers, so the call succeeds, even if an earlier connection was closed."""
    if turn.said.is_ok:
        return None
    arrived = "" if turn.answers else ", and the call had not arrived"
    return turn.complain(f"the server was there, and the driver said {reply_in_words(turn)}{arrived}")


def _attempts(turn: Turn) -> list[Exchange]:
    """The calls at the endpoint; what follows a redirect, which gRPC has not, is judged by another requirement."""
    return [
        exchange
        for exchange in requests_of(turn)
        if exchange.call is not None and (turn.over is Wire.GRPC or exchange.origin == turn.request.endpoint)
    ]


@turn_rule("client-request.credentials-are-whole", when=lambda turn: bool(turn.credential and _attempts(turn)))
def every_attempt_has_the_credential(turn: Turn) -> Complaint | None:
    wrong = [attempt for attempt in _attempts(turn) if not _is_whole(_authorizations(attempt), turn.credential)]
    return about(turn, wrong, lambda attempt: f"Authorization is {_authorizations(attempt) or 'missing'}")


def _is_whole(values: Sequence[str], credential: str) -> bool:
    if len(values) != 1:
        return False
    scheme, _, rest = values[0].partition(" ")
    wanted, _, token = credential.partition(" ")
    return scheme.lower() == wanted.lower() and rest.strip(" ") == token


def _authorizations(exchange: Exchange) -> list[str]:
    return header_values(exchange.request.headers, "authorization")


def _authority(exchange: Exchange) -> str:
    return urlsplit(exchange.origin).netloc.lower()


def _hosts(exchange: Exchange) -> str:
    hosts = header_values(exchange.request.headers, "host")
    return f"Host is {', '.join(hosts)}" if hosts else f"{line_of(exchange)} has no Host"


def _detail(exchange: Exchange) -> str:
    return exchange.outcome.detail if isinstance(exchange.outcome, Failure) else ""
