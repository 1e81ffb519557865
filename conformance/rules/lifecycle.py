"""Rules about the life of one operation: what, once seen, must still be so when it is looked at again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from conformance.exchange import Exchange, Method
from conformance.exchange.history import History, Look
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
    return {look.in_list for look in history.looks} == {True, False}


@history_rule("list.agrees-with-get", when=_was_listed_and_got)
def list_agrees_with_get(history: History) -> Complaint | None:
    for earlier, later in history.pairs():
        if earlier.in_list == later.in_list or not earlier.operation.done:
            continue
        first, second = ("list", "get") if earlier.in_list else ("get", "list")
        if not later.operation.done:
            return _changed(history, earlier, later, f"is done by {first} and, later, running by {second}")
        if earlier.operation.result != later.operation.result:
            return _changed(history, earlier, later, f"has another result by {first} than by {second}")
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
