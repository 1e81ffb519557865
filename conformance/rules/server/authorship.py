"""The oracle about operations that were cancelled although no cancel of them was accepted.

Only the run knows the names of its operations. So the recording has every cancel of them, and can show that no cancel
ended an operation.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from conformance.exchange import Exchange, Method
from conformance.exchange.history import History, histories, operation_in
from conformance.lro import Operation
from conformance.rules.rule import Complaint
from conformance.rules.server.outcome import has_trace


def cancelled_by_nobody(exchanges: Iterable[Exchange], ours: Collection[str]) -> dict[str, Complaint]:
    """By name, a complaint about each operation of the run that was cancelled although no cancel of it was accepted."""
    known = (history for history in histories(exchanges) if history.name in ours)
    found = {history.name: _cancelled_by_nobody(history) for history in known}
    return {name: complaint for name, complaint in found.items() if complaint is not None}


def cancelled_from_the_start(refused: Exchange, look: Exchange, control: Exchange) -> Complaint | None:
    """An operation was not cancelled by a cancel of its name that was refused before there was such an operation.

    `control` shows one that was started with it, under a name that no cancel had. If that is cancelled, it is not this.
    """
    operation, other = operation_in(look), operation_in(control)
    if operation is None or other is None or not has_trace(operation) or has_trace(other):
        return None
    message = (
        f"{operation.name} was cancelled, and the only cancel that named it had been refused before it was started"
    )
    return Complaint(message, (refused, look))


def _cancelled_by_nobody(history: History) -> Complaint | None:
    """A look, or the answer to its start, showed it running; a later look shows signs of a cancellation.

    Every cancel of it that had been sent by then was refused: what one does that is sent later, it does to an operation
    that was cancelled before. A list may be late, but it cannot show what has not happened.
    """
    looks = history.looks
    seen = [look.exchange for look in looks if _runs(look.operation)]
    before = seen or _started_running(history)[:1]
    # The answer to a start may leave out what looks show: a mark may have been there from the start, an end cannot.
    signs = [look for look in looks if has_trace(look.operation) and (seen or look.operation.done)]
    after = [look for look in signs if before and before[0].precedes(look.exchange)]
    if not after:
        return None
    calls = [call for call in history.calls if call.calls(Method.CANCEL)]
    cancels = [call for call in calls if not after[0].exchange.precedes(call)]
    if not all(_is_refused(cancel) for cancel in cancels):
        return None
    every = f"each of the {len(cancels)} cancels that named it was refused" if cancels else "no cancel named it"
    message = f"{history.name} was cancelled, and {every}{' by then' if cancels != calls else ''}"
    seen_before = [exchange for exchange in before if exchange.precedes(after[0].exchange)]
    return Complaint(message, (seen_before[-1], *cancels, after[0].exchange))


def _runs(operation: Operation) -> bool:
    return not operation.done and not has_trace(operation)


def _started_running(history: History) -> list[Exchange]:
    """The answer to its start, if it is an operation that runs, and nobody has been given the name again."""
    (start, *others) = history.given or (None,)
    members = start.response.json_object() if start is not None and start.response is not None else None
    if start is None or others or not members or members.get("name") != history.name:
        return []
    return [start] if _runs(Operation(members)) else []


def _is_refused(cancel: Exchange) -> bool:
    """Whether a cancel was answered with a client error. What a cancel without an answer did is not known."""
    return cancel.response is not None and 400 <= cancel.response.status < 500
