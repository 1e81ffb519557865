"""The rules that every request is answered, valid HTTP or not, and how the connection goes on afterwards."""

from __future__ import annotations

import re

from conformance.exchange import START, Exchange, Failure, Wire
from conformance.rules.rule import Complaint, When, exchange_rule
from conformance.rules.server.conditions import answered

_PCHAR = r"(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})"
_ORIGIN_FORM = re.compile(rf"(?:/{_PCHAR}*)+(?:\?(?:{_PCHAR}|[/?])*)?")
"""RFC 9112, section 3.2.1, with the characters of RFC 3986, section 3.3."""

is_http = When(lambda exchange: _ORIGIN_FORM.fullmatch(exchange.request.target) is not None)
"""The first line is as the grammar has it. It may be too long to be read, but not to be answered: "a server that
receives a request-target longer than any URI it wishes to parse MUST respond with a 414" (RFC 9112, section 3)."""


is_start = When(lambda exchange: exchange.note == START)
"""Requests whose cut connection shows nothing, because they may not be sent again."""


@exchange_rule("liveness.every-request-is-answered", when=is_http & ~is_start, reads=Wire.HTTP)
def every_request_is_answered(exchange: Exchange) -> str | None:
    return _unanswered(exchange)


@exchange_rule("liveness.bad-request-is-answered", when=~is_http, reads=Wire.HTTP)
def bad_request_is_answered(exchange: Exchange) -> str | None:
    return _unanswered(exchange)


def body_is_no_request(refused: Exchange, after: Exchange) -> Complaint | None:
    """A request after a refused one on the same connection gets its own answer: a get or cancel that succeeds.

    The caller knows that it does on another connection, and that the server could not know of the end of this one.
    """
    if refused.response is None or refused.succeeded() or after.response is None or after.response.is_busy:
        return None
    if after.succeeded():
        return None
    message = "after the refusal of a request with a body, the next on its connection was answered with"
    return Complaint(f"{message} {after.response.status} ({refused.note})", (refused, after))


@exchange_rule(
    "response.old-http-has-no-chunks", when=answered & When(lambda one: one.request.version == "1.0"), reads=Wire.HTTP
)
def http_1_0_has_no_chunks(exchange: Exchange) -> str | None:
    # RFC 9112, section 6.1: a server MUST NOT send a response containing Transfer-Encoding unless the corresponding
    # request indicates HTTP/1.1 (or later minor revisions).
    assert exchange.response is not None
    coding = exchange.response.header("transfer-encoding")
    return None if coding is None else f"a request in HTTP/1.0 was answered with Transfer-Encoding: {coding}"


@exchange_rule("response.has-one-length", when=answered, reads=Wire.HTTP)
def answer_has_one_length(exchange: Exchange) -> str | None:
    # RFC 9112, section 6.2: a sender MUST NOT send a Content-Length header field in any message that contains a
    # Transfer-Encoding header field. Of two readers in a row, each may believe another one.
    assert exchange.response is not None
    coding, length = (exchange.response.header(name) for name in ("transfer-encoding", "content-length"))
    if coding is None or length is None:
        return None
    return f"an answer has Transfer-Encoding: {coding} and Content-Length: {length}"


def _unanswered(exchange: Exchange) -> str | None:
    outcome = exchange.outcome
    if not isinstance(outcome, Failure):
        return None
    return outcome.kind.value + (f": {outcome.detail}" if outcome.detail else "")
