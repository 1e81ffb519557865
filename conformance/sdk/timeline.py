"""Both sides of a scenario on one time line: what the driver was told and said, what arrived and was answered."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from conformance.exchange import Exchange, Failure, Response, Wire
from conformance.exchange.grpc import answer_in_words, call_in_words
from conformance.exchange.masking import Masking
from conformance.exchange.printable import in_one_line
from conformance.rules.client.turn import DriverRequest
from conformance.sdk.play import Play

Event = tuple[float, str, dict[str, Any]]

_SHOWN = 300
_ARROWS = {"told": "→ driver", "said": "← driver", "arrived": "→ server", "answered": "← server"}


def timeline(play: Play, masking: Masking) -> list[dict[str, Any]]:
    """The events of a play in the order of time, as JSON values; `at` is seconds since the first of them."""
    events = sorted(_all_events(play, masking), key=lambda event: event[0])
    start = events[0][0] if events else 0.0
    return [{"at": round(at - start, 6), "event": event, **what} for at, event, what in events]


def timeline_text(events: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """The time line in words, a line for each event; the times are milliseconds."""
    for event in events:
        number = f" [{event['request']}]" if "request" in event else ""
        yield f"{event['at'] * 1000:9.1f} ms  {_ARROWS[event['event']]}{number}  {event['text']}"


def _all_events(play: Play, masking: Masking) -> Iterator[Event]:
    for turn in play.all_turns:
        yield from _events(turn.request, map(masking.exchange, turn.arrived))
        yield turn.said.at, "said", {"text": _cut(masking.text(turn.said.line)), "id": turn.request.id}
    if play.unanswered is not None:
        yield from _events(play.unanswered.request, map(masking.exchange, play.unanswered.arrived))


def _events(request: DriverRequest, arrived: Iterable[Exchange]) -> Iterator[Event]:
    yield (
        request.at,
        "told",
        {"text": _cut(f"{request.asks_for} {request.name} within {request.timeout} ms"), "id": request.id},
    )
    for exchange in arrived:
        yield exchange.sent_at, "arrived", {"text": _request(exchange), "request": exchange.number}
        yield exchange.received_at, "answered", {"text": _outcome(exchange), "request": exchange.number}


def _request(exchange: Exchange) -> str:
    request = exchange.as_sent.request
    if Wire.of(request) is Wire.GRPC:
        return _cut(call_in_words(request))
    if not request.method:
        return _cut(f"no HTTP: {request.body[:60]!r}")
    body = f" {request.body.decode('utf-8', 'replace')}" if request.body else ""
    return _cut(f"{request.method} {request.target}{body}")


def _outcome(exchange: Exchange) -> str:
    outcome = exchange.as_sent.outcome
    if isinstance(outcome, Response) and exchange.as_sent.over is Wire.GRPC:
        return _cut(answer_in_words(outcome))
    if isinstance(outcome, Failure):
        return f"no response: {outcome.detail or outcome.kind.value}"
    return _cut(f"{outcome.status} {outcome.body.decode('utf-8', 'replace')}".rstrip())


def _cut(text: str) -> str:
    text = in_one_line(text)
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"
