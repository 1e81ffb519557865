"""The oracle about operations that were cancelled although no cancel of them was accepted.

Only the run knows the names of its operations. So the recording has every cancel of them, and can show that no cancel
ended an operation.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from conformance.exchange import Exchange, Method
from conformance.exchange.history import History, histories
from conformance.rules.rule import Complaint
from conformance.rules.server.outcome import has_trace


def cancelled_by_nobody(exchanges: Iterable[Exchange], ours: Collection[str]) -> dict[str, Complaint]:
    """By name, a complaint about each operation of the run that was cancelled although no cancel of it was accepted."""
    known = (history for history in histories(exchanges) if history.name in ours)
    found = {history.name: _cancelled_by_nobody(history) for history in known}
    return {name: complaint for name, complaint in found.items() if complaint is not None}


def _cancelled_by_nobody(history: History) -> Complaint | None:
    looks = [look for look in history.looks if not look.in_list]
    before = [look for look in looks if not has_trace(look.operation) and not look.operation.done]
    after = [look for look in looks if has_trace(look.operation) and before and before[0].is_before(look)]
    cancels = [call for call in history.calls if call.calls(Method.CANCEL)]
    if not after or not all(_is_refused(cancel) for cancel in cancels):
        return None
    every = f"each of the {len(cancels)} cancels that named it was refused" if cancels else "no cancel named it"
    message = f"{history.name} was cancelled, and {every}"
    return Complaint(message, (before[-1].exchange, *cancels, after[0].exchange))


def _is_refused(cancel: Exchange) -> bool:
    """Whether a cancel was answered with a client error. What a cancel without an answer did is not known."""
    return cancel.response is not None and 400 <= cancel.response.status < 500
