"""Conditions: which exchanges a rule judges."""

from __future__ import annotations

import re
from urllib.parse import quote

from conformance.exchange import Exchange, Failure, Method, Wire
from conformance.rules.rule import When

answered = When(lambda exchange: exchange.view.is_answered)
unanswered = When(lambda exchange: isinstance(exchange.outcome, Failure))
succeeded = When(lambda exchange: exchange.succeeded())
failed = When(lambda exchange: exchange.view.is_error)

cancel = When(lambda exchange: exchange.calls(Method.CANCEL))
get = When(lambda exchange: exchange.calls(Method.GET))
list_ = When(lambda exchange: exchange.calls(Method.LIST))
delete = When(lambda exchange: exchange.calls(Method.DELETE))
bound = When(lambda exchange: exchange.call is not None)

has_body = When(lambda exchange: exchange.response is not None and bool(exchange.response.body))
has_content_type = When(lambda exchange: exchange.response is not None and exchange.response.media_type is not None)


def of_the_same_caller(one: Exchange, other: Exchange) -> bool:
    """Whether two requests have the same credentials: to another caller an operation may be hidden behind 404."""
    return one.authorization == other.authorization


def names_nothing_else(cancel: Exchange) -> bool:
    """Whether the message of a cancel has nothing besides the name of the call, which over HTTP is in the path."""
    return cancel.over is Wire.GRPC or cancel.request.body in (b"", b"{}")


_PLAIN_PATH = re.compile(r"[A-Za-z0-9._~/-]+(:[a-z]+)?")


def _is_plain(exchange: Exchange) -> bool:
    """Whether only characters that need it are escaped. `%2F` does not count as plain, because some decode it too
    early."""
    assert exchange.call is not None
    escaped = quote(exchange.call.name, safe="/")
    path = exchange.request.path.replace(escaped, "name", 1)
    return (
        not exchange.may_be_unrouted and "?" not in exchange.request.target and _PLAIN_PATH.fullmatch(path) is not None
    )


plainly_bound = bound & When(_is_plain)
"""The request matches a binding however strictly a router reads it: no needless escapes, no query,
and a name of the shape that the service gives.

A router may answer paths that it does not recognise in any form (Google's front end sends HTML). So rules about the
form of errors judge only these.
"""

ANSWERED_BY_HTTP_ITSELF = frozenset({405, 406, 408, 411, 413, 414, 415, 417, 426, 431, 502, 503, 504, 505})

answered_by_the_service = failed & When(lambda exchange: exchange.view.http_status not in ANSWERED_BY_HTTP_ITSELF)
"""The error cannot be one of an HTTP server or a proxy in front of the service."""
