"""Oracles about cancels that take long."""

from __future__ import annotations

from conformance.exchange import Exchange
from conformance.exchange.history import operation_in
from conformance.rules.rule import Complaint

LONG = 1.0
"""Seconds; an answer within this time does not show whether the cancel waited."""
_MUCH = 4
"""How many times longer than a cancel that has nothing to wait for."""


def cancel_waits_for_the_end(cancel: Exchange, look: Exchange, idle: Exchange) -> Complaint | None:
    """A cancel takes long, much longer than an `idle` one, and the operation is done at the next look.

    "Starts asynchronous cancellation on a long-running operation" (operations.proto, CancelOperation)
    """
    took, idly = cancel.received_at - cancel.sent_at, idle.received_at - idle.sent_at
    operation = operation_in(look)
    if operation is None or not operation.done or took < LONG or took < idly * _MUCH:
        return None
    return Complaint(
        f"a cancel was answered after {took:.1f} s, when the operation had ended; "
        f"a cancel that had nothing to wait for took {idly:.1f} s",
        (cancel, look, idle),
    )
