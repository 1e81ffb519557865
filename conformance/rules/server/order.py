"""Overlapping calls: is there an order that explains what was answered?

A history of calls on one operation is *linearizable* when every call can be given one moment between its invocation
and its response, such that the calls, taken one after the other in the order of their moments, do what the model of
`conformance.lro.lifecycle` allows. The search is complete: it tries every order that respects who had answered before
who was asked (Wing and Gong, with Lowe's memory of visited configurations), so "no order" means that there is none.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from conformance.errors import NotTested
from conformance.exchange import Exchange, Method
from conformance.exchange.history import operation_in, operations_in
from conformance.lro import Code, Operation, State
from conformance.lro.lifecycle import (
    BORN,
    Accepted,
    Deleted,
    Event,
    Life,
    NotFound,
    Nothing,
    Perhaps,
    RefusedForItsState,
    SeenDone,
    SeenRunning,
    after,
)
from conformance.rules.rule import Complaint, HistoryRule, TimedCall, registered_rules
from conformance.rules.server.lifecycle import shows_no_more
from conformance.rules.server.outcome import says_failed_precondition


@dataclass(frozen=True, slots=True)
class CallOn:
    """A call on one operation, and what its answer says happened; None when no state of the model can say that."""

    exchange: Exchange
    event: Event | None


def calls_on(name: str, exchanges: Sequence[Exchange]) -> list[CallOn]:
    """The calls on an operation, lists that show it included, in the order of their invocation."""
    calls = []
    results = [operation for exchange in exchanges if (operation := operation_in(exchange)) is not None]
    for exchange in sorted(exchanges, key=lambda exchange: (exchange.sent_at, exchange.number)):
        if exchange.call is None:
            continue
        if exchange.calls(Method.LIST):
            calls += [
                CallOn(exchange, _listed(operation, results))
                for operation in operations_in(exchange)
                if operation.name == name
            ]
        elif exchange.call.name == name:
            calls.append(CallOn(exchange, event_of(exchange)))
    return calls


def event_of(exchange: Exchange) -> Event | None:
    """The event that an answer to cancel, get or delete shows; None if no event explains the answer."""
    answer = exchange.view
    if not answer.is_answered:
        return Perhaps(_effect_of(exchange))
    if answer.is_denied or answer.is_busy:
        return Nothing()
    if answer.code is Code.NOT_FOUND:
        return NotFound()
    if answer.code is Code.OK:
        operation = operation_in(exchange)
        if exchange.calls(Method.GET):
            return _seen(operation) if operation is not None else Nothing()
        return _effect_of(exchange)
    if exchange.calls(Method.CANCEL) and says_failed_precondition(exchange):
        return RefusedForItsState()
    return Nothing() if answer.http_status < 500 or answer.code is Code.UNIMPLEMENTED else None


def _effect_of(exchange: Exchange) -> Event:
    if exchange.calls(Method.CANCEL):
        return Accepted()
    return Deleted() if exchange.calls(Method.DELETE) else Nothing()


def _seen(operation: Operation) -> Event:
    if not operation.done:
        return SeenRunning(operation.cancellation_requested)
    return SeenDone(json.dumps(operation.result, sort_keys=True), operation.state is State.CANCELLED)


def _listed(operation: Operation, results: Sequence[Operation]) -> Event:
    """The event that a list shows. If it shows less of a result than a get does, the result of the get counts."""
    if not operation.done or operation.result in [got.result for got in results]:
        return _seen(operation)
    whole = [got for got in results if got.done and shows_no_more(list(operation.result), list(got.result))]
    if operation.result == (None, None):
        return _seen(whole[0]) if len(whole) == 1 else Nothing()
    return _seen(whole[0] if whole else operation)


def explained_by_some_order(name: str, exchanges: Sequence[Exchange]) -> Complaint | None:
    """A complaint with a time line when no order of the calls on the operation explains their answers.

    What a rule finds in the history of the operation has no order either, and is charged once: to that rule, which the
    judge applies to these exchanges like to all others. Then this raises NotTested.
    """
    complaint = _without_an_order(name, exchanges)
    if complaint is not None:
        for rule in registered_rules().values():
            if isinstance(rule, HistoryRule) and any(rule.judgements(exchanges)):
                raise NotTested(f"what these calls show violates {rule.requirement}, so they can have no order")
    return complaint


def _without_an_order(name: str, exchanges: Sequence[Exchange]) -> Complaint | None:
    calls = calls_on(name, exchanges)
    for call in calls:
        if call.event is None:
            message = f"a call that overlapped others was answered with {call.exchange.view.words}"
            return Complaint(message, (call.exchange,), time_line(calls))
    if order_exists(calls):
        return None
    message = f"no order of these calls on {name} explains their answers"
    return Complaint(message, tuple(call.exchange for call in calls), time_line(calls))


def order_exists(calls: Sequence[CallOn]) -> bool:
    """Whether the model allows some order of the calls; each of them has an event. The search itself."""
    everything = frozenset(range(len(calls)))
    visited: set[tuple[frozenset[int], Life]] = set()
    stack: list[tuple[frozenset[int], Life]] = [(everything, BORN)]
    while stack:
        left, life = stack.pop()
        if not left:
            return True
        if (left, life) in visited:
            continue
        visited.add((left, life))
        for position in left:
            call = calls[position]
            if any(calls[other].exchange.precedes(call.exchange) for other in left):
                continue  # somebody who is still waiting for a moment had answered before this call was made
            assert call.event is not None
            stack += [(left - {position}, next_life) for next_life in after(life, call.event)]
    return False


def time_line(calls: Sequence[CallOn]) -> tuple[TimedCall, ...]:
    """The calls for a time line: what each was, and its answer."""
    return tuple(TimedCall(call.exchange, _in_words(call)) for call in calls)


def _in_words(call: CallOn) -> str:
    assert call.exchange.call is not None, "what is no call is on no time line"
    what = call.exchange.call.method.value
    answer = call.exchange.view
    if not answer.is_answered:
        return f"{what} → no answer"
    match call.event:
        case SeenRunning(says_requested):
            return f"{what} → running" + (", cancellation requested" if says_requested else "")
        case SeenDone(result, is_cancelled):
            error, _ = json.loads(str(result))
            other = f"error {error.get('code')}" if isinstance(error, dict) else "a response"
            return f"{what} → done, " + ("CANCELLED" if is_cancelled else other)
        case _:
            return f"{what} → {answer.words}"
