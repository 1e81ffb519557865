"""Faults of cancels that are answered with success and do nothing, where cancel is guaranteed."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

from conformance.exchange import Request
from conformance.server.reference.faults.lies import without_metadata
from conformance.server.reference.faults.registry import fault
from conformance.server.reference.invocation import Invocation, Message
from conformance.server.reference.service import Service


def _idle(honest: Service, when: Callable[[Service, Request], bool]) -> Service:
    """A cancel of a running operation is answered honestly, and not done where `when` is true of it."""

    def lie(service: Service, call: Invocation) -> Message:
        is_running = not service.look_up(service, call.target).done
        return {} if is_running and when(service, call.request) else honest.cancel(service, call)

    return without_metadata(replace(honest, cancel=lie))


@fault(breaks="outcome.guaranteed")
def cancels_wear_out(honest: Service) -> Service:
    """Cancels three operations and no other: a queue of that length has nobody who empties it."""
    return _idle(honest, lambda service, _: service.count("cancels of running operations") > 3)


@fault(breaks="outcome.guaranteed", profile="ci")
def redundant_name_cancels_nothing(honest: Service) -> Service:
    """Reads the name from a body that has one, compares it with nothing, and finds no operation to end."""

    def names_it(_: Service, request: Request) -> bool:
        try:
            body = json.loads(request.body or b"{}")
        except ValueError:
            return False
        return isinstance(body, dict) and "name" in body

    return _idle(honest, names_it)


@fault(breaks="outcome.guaranteed", profile="ci")
def query_cancels_nothing(honest: Service) -> Service:
    """Serves a request with a query from a cache that knows the answer `{}`."""
    return _idle(honest, lambda _, request: bool(request.query))


@fault(breaks="outcome.guaranteed", profile="ci")
def chunked_cancels_nothing(honest: Service) -> Service:
    """Hands requests without Content-Length to a thread that never runs."""
    return _idle(honest, lambda _, request: request.header("content-length") is None)


@fault(breaks="outcome.guaranteed")
def answer_is_kept_by_request_id(honest: Service) -> Service:
    """Answers a cancel whose `X-Request-Id` it has seen with what it answered then, whatever was cancelled."""

    def lie(service: Service, call: Invocation) -> Message:
        kept: dict[str, Message] = service.scratch.setdefault("answers", {})
        identifier = call.request.header("x-request-id")
        if identifier is None:
            return honest.cancel(service, call)
        if identifier not in kept:
            kept[identifier] = honest.cancel(service, call)
        return kept[identifier]

    return without_metadata(replace(honest, cancel=lie))
