"""The answer to a start request: the operation that it names, and what to say when it names none."""

from __future__ import annotations

import re
from typing import Any

from conformance.errors import TargetError
from conformance.exchange import Exchange, Failure, NotJson, Response
from conformance.exchange.printable import in_one_line
from conformance.server.target.configuration import StartRequest
from conformance.server.target.starts import MayHaveStarted, StartedOperation, StartRefused, created
from conformance.server.target.target import is_refused, may_have_arrived, nobody_listens

_SHOWN = 200
_INDEX = re.compile("0|[1-9][0-9]{0,8}")
_NOT_YOU = (401, 403, 429)
"""Answers that speak of who asks, or how often."""
_GAVE_UP = (500, 502, 504)
"""Statuses after which the request may have been carried out: of a proxy, or of a server that broke on the way."""


def operation_of(start: StartRequest, exchange: Exchange) -> StartedOperation:
    """The operation that a start request was answered with.

    Raises StartRefused for a refusal of what is asked, MayHaveStarted where something may have been started, and
    TargetError for whatever else goes wrong.
    """
    try:
        document = _answered(exchange)
        name = _name_in(document, start, exchange)
    except TargetError as error:
        may_have_started = exchange.succeeded() or (exchange.response is None and may_have_arrived(exchange))
        if may_have_started or _gave_up(exchange.response):
            raise MayHaveStarted(error.message, error.remedy) from error
        raise
    return StartedOperation(name, created(_at(document, start.name.rpartition("/")[0])), exchange.received_at)


def _gave_up(response: Response | None) -> bool:
    return response is not None and response.status in _GAVE_UP


def _answered(exchange: Exchange) -> Any:
    """The JSON value that a start request was answered with."""
    request = f"{exchange.request.method} {exchange.request.target}"
    if exchange.response is None:
        if is_refused(exchange):
            raise nobody_listens(exchange, "iut.url or --url")
        raise TargetError(f"{request} was not answered: {in_one_line(_why(exchange.outcome))}", "look at the server")
    if not exchange.response.is_success:
        body = _beginning(exchange)
        is_refused_for_what_it_asks = 400 <= exchange.response.status < 500 and exchange.response.status not in _NOT_YOU
        kind = StartRefused if is_refused_for_what_it_asks else TargetError
        raise kind(
            f"the start request {request} was answered with {exchange.response.status}: {body}",
            "fix [operations] start, or [auth], so that it starts an operation",
        )
    try:
        return exchange.response.json()
    except NotJson as error:
        raise TargetError(
            f"the start request {request} was answered with a body that is not JSON: {error}",
            "fix [operations] start: it must name a request that answers with an operation",
        ) from error


def _name_in(document: Any, start: StartRequest, exchange: Exchange) -> str:
    """The name of the operation in the answer to a start request."""
    name = _at(document, start.name)
    if not isinstance(name, str) or not name:
        raise TargetError(
            f"the start request {exchange.request.method} {exchange.request.target} was answered with no name"
            f" at {start.name}: {_beginning(exchange)}",
            f"fix operations.start.name: a JSON pointer to the operation's name in the answer{_pointers_to(document)}",
        )
    return name


def _beginning(exchange: Exchange) -> str:
    """The beginning of the answer, in one line."""
    body = exchange.response.body if exchange.response is not None else b""
    return in_one_line(body[:_SHOWN].decode("utf-8", "replace")) + ("…" if len(body) > _SHOWN else "")


def _pointers_to(document: Any, at: str = "") -> str:
    """Where in the answer something stands that looks like the name of an operation; empty when nothing does."""
    if isinstance(document, str):
        return f", such as {at}" if "operations/" in document else ""
    members = (
        document.items() if isinstance(document, dict) else enumerate(document) if isinstance(document, list) else ()
    )
    steps = ((str(key).replace("~", "~0").replace("/", "~1"), value) for key, value in members)
    return next((found for step, value in steps if (found := _pointers_to(value, f"{at}/{step}"))), "")


def _why(outcome: Response | Failure) -> str:
    """Why there is no answer."""
    assert isinstance(outcome, Failure)
    return outcome.kind.value + (f" ({outcome.detail})" if outcome.detail else "")


def _at(document: Any, pointer: str) -> Any:
    """The value at a JSON pointer (RFC 6901), or None."""
    for token in pointer.split("/")[1:]:
        key = token.replace("~1", "/").replace("~0", "~")
        if isinstance(document, dict):
            document = document.get(key)
        elif isinstance(document, list) and _INDEX.fullmatch(key) and int(key) < len(document):
            document = document[int(key)]
        else:
            return None
    return document
