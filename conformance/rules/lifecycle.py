"""Rules about the life of one operation: what, once seen, must still be so when it is looked at again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from conformance.exchange import Exchange, Method
from conformance.exchange.history import History, Look
from conformance.rules.conditions import plainly_bound
from conformance.rules.rule import Complaint, history_rule


def _was_seen_done_and_again(history: History) -> bool:
    return any(earlier.operation.done for earlier, _ in history.pairs())


@history_rule("operation.done-is-final", when=_was_seen_done_and_again)
def done_stays_done(history: History) -> Complaint | None:
    for earlier, later in history.pairs():
        if earlier.operation.done and not later.operation.done and earlier.in_list == later.in_list:
            return _changed(history, earlier, later, "was done and is not done any more")
    return None


@history_rule("operation.result-is-final", when=_was_seen_done_and_again)
def result_never_changes(history: History) -> Complaint | None:
    for earlier, later in history.pairs():
        both_done = earlier.operation.done and later.operation.done
        if both_done and earlier.in_list == later.in_list and earlier.operation.result != later.operation.result:
            return _changed(history, earlier, later, "is done and its result changed")
    return None


def _was_listed_and_got(history: History) -> bool:
    return any(look.in_list for look in history.looks) and any(call.calls(Method.GET) for call in history.calls)


@history_rule("list.agrees-with-get", when=_was_listed_and_got)
def list_agrees_with_get(history: History) -> Complaint | None:
    for listed in (look for look in history.looks if look.in_list):
        before = [look for look in history.looks if not look.in_list and look.is_before(listed)][-1:]
        following = [look for look in history.looks if not look.in_list and listed.is_before(look)][:1]
        around = before + following
        # Where the gets around a list differ from each other, the operation has changed, rightly or not.
        is_settled = bool(following) and not _differ(around[0], around[-1])
        if is_settled and _differ(listed, around[0]) and (before or listed.operation.done):
            return _changed(history, around[0], listed, "is shown otherwise by list than by get")
        missing = _missing_after(history, listed)
        if missing is not None:
            return Complaint(f"{history.name} is in the list and, later, not found by get", (listed.exchange, missing))
    return None


def _differ(one: Look, other: Look) -> bool:
    return one.operation.done != other.operation.done or one.operation.result != other.operation.result


def _missing_after(history: History, listed: Look) -> Exchange | None:
    """The first get after a list that did not find what the list had shown, unless it was deleted."""
    if any(call.calls(Method.DELETE) for call in history.calls):
        return None
    for call in history.calls:
        if call.calls(Method.GET) and listed.exchange.precedes(call):
            return call if call.response is not None and call.response.status in (404, 410) else None
    return None


def _got_after_cancel(history: History) -> tuple[Exchange, ...]:
    """The answered gets after the first successful cancel and before any delete."""
    cancels = history.cancels()
    deletes = [call for call in history.calls if call.calls(Method.DELETE)]
    return tuple(
        call
        for call in history.calls
        if call.calls(Method.GET)
        and call.response is not None
        and any(cancel.precedes(call) for cancel in cancels)
        and all(call.precedes(delete) for delete in deletes)
    )


@history_rule("outcome.not-deleted", when=lambda history: bool(history.looks) and bool(_got_after_cancel(history)))
def cancelled_operation_can_still_be_got(history: History) -> Complaint | None:
    for call in _got_after_cancel(history):
        if call.response is not None and call.response.status in (404, 410):
            return Complaint(
                f"{history.name} was cancelled and then not found: status {call.response.status}",
                (history.cancels()[0], call),
            )
    return None


@history_rule(
    "outcome.requested-cancellation-is-true",
    when=lambda history: any(earlier.operation.cancellation_requested for earlier, _ in history.pairs()),
)
def requested_cancellation_is_never_taken_back(history: History) -> Complaint | None:
    for earlier, later in history.pairs():
        if (
            earlier.operation.cancellation_requested
            and isinstance(later.operation.metadata, Mapping)
            and not later.operation.cancellation_requested
        ):
            return _changed(history, earlier, later, "said requestedCancellation and takes it back")
    return None


_LASTING_METADATA = ("@type", "target", "verb", "createTime")


@history_rule(
    "outcome.metadata-is-kept",
    when=lambda history: (
        bool(history.cancels())
        and any(isinstance(earlier.operation.metadata, Mapping) for earlier, _ in history.pairs())
    ),
)
def metadata_outlasts_a_cancel(history: History) -> Complaint | None:
    for earlier, later in history.pairs():
        if not isinstance(earlier.operation.metadata, Mapping):
            continue
        now: Any = later.operation.metadata
        if not isinstance(now, Mapping):
            return _changed(history, earlier, later, "had metadata and has none any more")
        for member in _LASTING_METADATA:
            if member in earlier.operation.metadata and earlier.operation.metadata[member] != now.get(member):
                return _changed(history, earlier, later, f"changed `metadata.{member}`")
    return None


def _changed(history: History, earlier: Look, later: Look, what: str) -> Complaint:
    return Complaint(f"{history.name} {what}", (earlier.exchange, later.exchange))


def _runs_with_beyondcorp_metadata(look: Look) -> bool:
    metadata = look.operation.metadata
    type_url = metadata.get("@type") if isinstance(metadata, Mapping) else None
    is_beyondcorp = isinstance(type_url, str) and "beyondcorp" in type_url and type_url.endswith("OperationMetadata")
    return is_beyondcorp and not look.operation.done


def _running_after_cancel(history: History) -> list[Look]:
    """The looks that show the operation running although a cancel of it had succeeded before."""
    cancels = history.cancels()
    return [
        look
        for look in history.looks
        if _runs_with_beyondcorp_metadata(look) and any(cancel.precedes(look.exchange) for cancel in cancels)
    ]


@history_rule("outcome.requested-cancellation-is-shown", when=lambda history: bool(_running_after_cancel(history)))
def running_cancelled_operation_says_so(history: History) -> Complaint | None:
    running = _running_after_cancel(history)
    last = running[-1]
    if last.operation.cancellation_requested:
        return None
    had_said = any(look.operation.cancellation_requested for look in running)
    has_ended = any(look.operation.done and last.is_before(look) for look in history.looks)
    if has_ended and not had_said:
        return None  # it ended before it came to say so: eventually, not at once
    message = f"{history.name} still runs after its cancel and does not say requestedCancellation"
    return Complaint(message, (history.cancels()[0], last.exchange))


def _cancelled_after_a_look(history: History) -> list[tuple[Look, Exchange]]:
    """The answered cancels that a get had shown the operation to before, each with that look; not after a delete."""
    deletes = [call for call in history.calls if call.calls(Method.DELETE)]
    return [
        (look, call)
        for call in history.calls
        if call.calls(Method.CANCEL) and plainly_bound(call) and all(call.precedes(delete) for delete in deletes)
        for look in [look for look in history.looks if not look.in_list and look.exchange.precedes(call)][-1:]
    ]


@history_rule("repeat.known-stays-known", when=lambda history: bool(_cancelled_after_a_look(history)))
def what_get_shows_cancel_knows(history: History) -> Complaint | None:
    gone = [call for call in history.calls if call.calls(Method.GET) and call.response and call.response.status == 404]
    for look, cancel in _cancelled_after_a_look(history):
        vanished = any(look.exchange.precedes(get) for get in gone)
        if cancel.response is not None and cancel.response.status in (404, 410) and not vanished:
            return Complaint(
                f"get shows {history.name}, cancel answers {cancel.response.status}", (look.exchange, cancel)
            )
    return None
