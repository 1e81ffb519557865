"""The rule that an operation stays readable: clients learn its end by reading it again."""

from __future__ import annotations

from collections.abc import Sequence

from conformance.exchange import Exchange, Method
from conformance.exchange.history import History, operation_in
from conformance.lro import Code
from conformance.rules.rule import Complaint, history_rule
from conformance.rules.server.conditions import of_the_same_caller

_REFUSED = frozenset({400, 409, 499, 500, 501})


def _reads(history: History) -> list[Exchange]:
    """The answered gets after the first that showed the operation, up to the first delete, by caller."""
    deletes = [call for call in history.calls if call.calls(Method.DELETE)]
    shown = [look.exchange for look in history.gets]
    return [
        call
        for call in history.calls
        if call.calls(Method.GET)
        and call.view.is_answered
        and not call.view.is_busy
        and all(call.precedes(delete) for delete in deletes)
        and any(look is call or (look.precedes(call) and of_the_same_caller(look, call)) for look in shown)
    ]


@history_rule("operation.stays-readable", when=lambda history: len(_reads(history)) > 1)
def what_was_read_can_be_read_again(history: History) -> Complaint | None:
    """ "Gets the latest state of a long-running operation. Clients can use this method to poll the operation result"
    (operations.proto, GetOperation). One refusal may be the moment's; it counts when the next read is refused, too.
    """
    reads = _reads(history)
    for before, first, second in zip(reads, reads[1:], reads[2:], strict=False):
        if _is_refused(first, history) and _is_refused(second, history) and first.precedes(second):
            shown = before if operation_in(before) is not None else reads[0]
            statuses = f"{first.view.words} and {second.view.words}"
            message = f"{history.name} could be read, and then a get of it was refused twice, with {statuses}"
            return Complaint(message, (shown, first, second))
    return _vanished(history, reads)


def _is_refused(read: Exchange, history: History) -> bool:
    """Whether a get was refused for another reason than a missing permission."""
    if read.view.code is Code.PERMISSION_DENIED:
        others = (other for other in history.read if other.call is not None and other.call.name != history.name)
        return any(of_the_same_caller(other, read) and read.precedes(other) for other in others)
    return read.view.http_status in _REFUSED


def _vanished(history: History, reads: Sequence[Exchange]) -> Complaint | None:
    """A running operation that nobody cancelled or deleted is not found any more. Other rules are about the other
    cases."""
    last, shown = reads[-1], [read for read in reads if operation_in(read) is not None]
    seen = operation_in(shown[-1]) if shown else None
    if history.cancels() or seen is None or seen.done:
        return None
    if any(post.succeeded() for post in history.posts):
        return None
    if last.view.code is Code.NOT_FOUND and shown[-1].precedes(last):
        message = f"{history.name} ran, nobody cancelled or deleted it, and a get of it is answered with"
        return Complaint(f"{message} {last.view.words}", (shown[-1], last))
    return None


def read_as_without(plain: Exchange, read: Exchange) -> Complaint | None:
    """A get or list with other header fields succeeds, as the plain one did; "not now" says nothing of them."""
    if read.response is None or read.response.is_busy or read.succeeded() or not plain.succeeded():
        return None
    message = f"{read.note} was answered with {read.response.status}, a plain one with a success"
    return Complaint(message, (plain, read))
