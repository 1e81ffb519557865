"""The rules that every request is answered: one for what is HTTP, one for what is not."""

from __future__ import annotations

import re

from conformance.exchange import Exchange, Failure
from conformance.exchange.message import START
from conformance.rules.rule import When, exchange_rule

_PCHAR = r"(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})"
_ORIGIN_FORM = re.compile(rf"(?:/{_PCHAR}*)+(?:\?(?:{_PCHAR}|[/?])*)?")
"""RFC 9112, section 3.2.1, with the characters of RFC 3986, section 3.3."""

_OCTETS_TO_READ = 8000
"""RFC 9112, section 3: recommended to be supported, at a minimum, in a request line."""


def _is_http(exchange: Exchange) -> bool:
    target = exchange.request.target
    return len(target) <= _OCTETS_TO_READ and _ORIGIN_FORM.fullmatch(target) is not None


is_http = When(_is_http)
"""The first line is one that the grammar has and every server has to read; nothing else of a request is odd here."""


is_start = When(lambda exchange: exchange.note == START)
"""That its connection was cut shows nothing: nobody may try again whether it was the moment."""


@exchange_rule("liveness.every-request-is-answered", when=is_http & ~is_start)
def every_request_is_answered(exchange: Exchange) -> str | None:
    return _unanswered(exchange)


@exchange_rule("liveness.bad-request-is-answered", when=~is_http)
def bad_request_is_answered(exchange: Exchange) -> str | None:
    return _unanswered(exchange)


def _unanswered(exchange: Exchange) -> str | None:
    outcome = exchange.outcome
    if not isinstance(outcome, Failure):
        return None
    return outcome.kind.value + (f": {outcome.detail}" if outcome.detail else "")
