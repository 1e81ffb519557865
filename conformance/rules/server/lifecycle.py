"""Rules about the life of one operation: what was seen once must still be true later."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from conformance.exchange import Exchange, Method
from conformance.exchange.history import History, Look, operation_in
from conformance.lro import Code, State
from conformance.rules.rule import Complaint, history_rule
from conformance.rules.server.conditions import names_nothing_else, of_the_same_caller, plainly_bound


def _done_and_seen_again(history: History) -> list[tuple[Look, Look]]:
    """Every look that showed the operation done, with every later one of the same kind (list or get)."""
    return [
        (earlier, later)
        for earlier, later in history.pairs(_end_shown)
        if earlier.operation.done and earlier.in_list == later.in_list
    ]


def _end_shown(look: Look) -> tuple[bool, str]:
    operation = look.operation
    return look.in_list, json.dumps(operation.result, sort_keys=True) if operation.done else ""


def _request_shown(look: Look) -> tuple[bool, bool, bool]:
    operation = look.operation
    return look.in_list, operation.cancellation_requested, isinstance(operation.metadata, Mapping)


def _was_seen_done_and_again(history: History) -> bool:
    return bool(_done_and_seen_again(history))


@history_rule("operation.done-is-final", when=_was_seen_done_and_again)
def done_stays_done(history: History) -> Complaint | None:
    for earlier, later in _done_and_seen_again(history):
        if not later.operation.done:
            return _changed(history, earlier, later, "was done and is not done any more")
    return None


@history_rule("operation.result-is-final", when=_was_seen_done_and_again)
def result_never_changes(history: History) -> Complaint | None:
    for earlier, later in _done_and_seen_again(history):
        if later.operation.done and earlier.operation.result != later.operation.result:
            return _changed(history, earlier, later, "is done and its result changed")
    return None


def _was_listed_and_got(history: History) -> bool:
    listed = [look.exchange for look in history.lists]
    got = [call for call in history.calls if call.calls(Method.GET) and _tells_what_exists(call)]
    return any(one.precedes(other) or other.precedes(one) for one in listed for other in got)


@history_rule("list.agrees-with-get", when=_was_listed_and_got)
def list_agrees_with_get(history: History) -> Complaint | None:
    for listed in history.lists:
        before = next((look for look in reversed(history.gets) if look.is_before(listed)), None)
        after = next((look for look in history.gets if listed.is_before(look)), None)
        got = before or after
        # Where the gets around a list differ from each other, the operation has changed, rightly or not.
        if got is not None and after is not None and not _differ(got, after):
            is_otherwise = _contradicts(listed, got) and (before is not None or listed.operation.done)
            if is_otherwise and not _was_put_right(history, listed, got, before is not None):
                return _changed(history, got, listed, "is shown otherwise by list than by get")
        missing = _missing_after(history, listed)
        if missing is not None:
            return Complaint(f"{history.name} is in the list and, later, not found by get", (listed.exchange, missing))
    return None


def _was_put_right(history: History, listed: Look, got: Look, was_got_before: bool) -> bool:
    """Whether a later list shows what the get showed, and the one that did not need not have been wrong.

    No document promises that a list is up to date at once: it may show what has ended as running. And if no get showed
    the operation before the list, it may have changed after it, rightly or not.
    """
    later = [look for look in history.lists if listed.is_before(look)]
    may_be_right = not listed.operation.done or not was_got_before
    return may_be_right and any(not _contradicts(look, got) for look in later)


def _contradicts(listed: Look, got: Look) -> bool:
    """Whether a list shows another state or result than a get: it may leave out a part of a result (AIP-157)."""
    return listed.operation.done != got.operation.done or not shows_no_more(
        list(listed.operation.result), list(got.operation.result)
    )


def shows_no_more(listed: Any, got: Any) -> bool:
    """Whether a get shows everything that a list shows of a result; absent and empty members are ignored."""
    if isinstance(listed, Mapping):
        members = got if isinstance(got, Mapping) else {}
        return all(shows_no_more(value, members.get(key)) for key, value in listed.items())
    if isinstance(listed, list) and isinstance(got, list) and len(listed) == len(got):
        return all(shows_no_more(one, other) for one, other in zip(listed, got, strict=True))
    return not listed or listed == got


def _differ(one: Look, other: Look) -> bool:
    return one.operation.done != other.operation.done or one.operation.result != other.operation.result


def _missing_after(history: History, listed: Look) -> Exchange | None:
    """The first get after a list that did not find what the list had shown, unless it was deleted.

    If it was cancelled, or a get had shown it before and it is gone since, other requirements speak about its absence,
    unless a later list shows it again. Nor does this one if a POST on its name, which means nothing, was accepted: some
    servers take that for a delete.
    """
    gets = (call for call in history.calls if call.calls(Method.GET) and listed.exchange.precedes(call))
    look = next((get for get in gets if of_the_same_caller(listed.exchange, get)), None)
    if look is None or look.view.code is not Code.NOT_FOUND:
        return None
    if any(call.calls(Method.DELETE) for call in history.calls) or any(post.succeeded() for post in history.posts):
        return None
    if any(look.precedes(later.exchange) for later in history.lists):
        return look
    has_gone = any(got.exchange.precedes(look) for got in history.gets)
    return look if not has_gone and all(look.precedes(cancel) for cancel in history.cancels()) else None


def _got_after_cancel(history: History) -> tuple[Exchange, ...]:
    """The answered gets after the first successful cancel and before any delete, by whoever was shown the operation."""
    cancels = history.cancels()
    deletes = [call for call in history.calls if call.calls(Method.DELETE)]
    return tuple(
        call
        for call in history.calls
        if call.calls(Method.GET)
        and _tells_what_exists(call)
        and any(of_the_same_caller(look.exchange, call) for look in history.looks)
        and any(cancel.precedes(call) for cancel in cancels)
        and all(call.precedes(delete) for delete in deletes)
    )


def _tells_what_exists(call: Exchange) -> bool:
    """Whether an answer says anything about the operation; a refused caller, a busy server and an unreadable body do
    not."""
    answer = call.view
    if not answer.is_answered or answer.is_denied or answer.is_busy:
        return False
    if call.calls(Method.GET):
        return operation_in(call) is not None or answer.code is Code.NOT_FOUND
    return answer.http_status < 500


@history_rule("outcome.not-deleted", when=lambda history: bool(history.looks) and bool(_got_after_cancel(history)))
def cancelled_operation_can_still_be_got(history: History) -> Complaint | None:
    """One that a delete of another operation took with it was not deleted by its cancel."""
    for call in _got_after_cancel(history):
        if call.view.code is Code.NOT_FOUND and not _may_be_taken_by_another_delete(history, call):
            return Complaint(
                f"{history.name} was cancelled and then not found: status {call.view.words}",
                (history.cancels()[0], call),
            )
    return None


def _may_be_taken_by_another_delete(history: History, missing: Exchange) -> bool:
    """Whether another operation was deleted since the cancel, and such deletes are known to take more with them."""
    deletes = history.deletes
    return bool(deletes.of_another(history.cancels()[0], missing)) and deletes.take_others


@history_rule(
    "outcome.requested-cancellation-is-true",
    when=lambda history: any(earlier.operation.cancellation_requested for earlier, _ in history.pairs(_request_shown)),
)
def requested_cancellation_is_never_taken_back(history: History) -> Complaint | None:
    """A list that says less than a get before it may be late: nobody promises that it is up to date at once."""
    for earlier, later in history.pairs(_request_shown):
        if (
            earlier.operation.cancellation_requested
            and not (later.in_list and not earlier.in_list)
            and isinstance(later.operation.metadata, Mapping)
            and not later.operation.cancellation_requested
        ):
            return _changed(history, earlier, later, "said requestedCancellation and takes it back")
    return None


_LASTING_METADATA = ("@type", "target", "verb", "createTime")


def _metadata_around_the_cancel(history: History) -> tuple[Look, list[Look]] | None:
    """The last get before the first cancel, or else the first get after it, if it shows metadata; and all later
    gets."""
    cancels = history.cancels()
    before = [look for look in history.gets if cancels and look.exchange.precedes(cancels[0])]
    after = [look for look in history.gets if cancels and cancels[0].precedes(look.exchange)]
    candidates = before[-1:] or after
    if not candidates or not isinstance(candidates[0].operation.metadata, Mapping):
        return None
    first = candidates[0]
    later = [look for look in after if first.is_before(look)]
    return (first, later) if later else None


@history_rule("outcome.metadata-is-kept", when=lambda history: _metadata_around_the_cancel(history) is not None)
def metadata_outlasts_a_cancel(history: History) -> Complaint | None:
    earlier, looks = _metadata_around_the_cancel(history) or (None, [])
    for later in looks:
        assert earlier is not None
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
    """The gets that show the operation running although a plain cancel of it had succeeded before.

    A list may be late: nobody promises that it is up to date at once. A cancel that names another operation in its
    query or body may have cancelled that one, and an operation that was done before is not running; other requirements
    are about these cases.
    """
    ends = [look for look in history.looks if look.operation.done]
    cancels = [cancel for cancel in history.cancels() if plainly_bound(cancel) and names_nothing_else(cancel)]
    return [
        look
        for look in history.gets
        if _runs_with_beyondcorp_metadata(look)
        and any(cancel.precedes(look.exchange) for cancel in cancels)
        and not any(end.is_before(look) for end in ends)
    ]


@history_rule("outcome.requested-cancellation-is-shown", when=lambda history: bool(_running_after_cancel(history)))
def running_cancelled_operation_says_so(history: History) -> Complaint | None:
    running = _running_after_cancel(history)
    last = running[-1]
    if last.operation.cancellation_requested:
        return None
    had_said = any(look.operation.cancellation_requested for look in running)
    ends = [look.operation for look in history.looks if look.operation.done and last.is_before(look)]
    # Eventually, not at once: it said so when it had ended, or it ended for another reason before it came to that.
    was_late = any(end.cancellation_requested or end.state is not State.CANCELLED for end in ends)
    if was_late and not had_said:
        return None
    message = f"{history.name} still runs after its cancel and does not say requestedCancellation"
    return Complaint(message, (history.cancels()[0], last.exchange))


def _cancels_of_a_known_operation(history: History) -> list[tuple[Exchange, Exchange]]:
    """The answered cancels of an operation that is known to exist, each with the exchange that shows it.

    It is known by a get before the cancel, or by an earlier successful cancel with a get afterwards. Calls after a
    delete do not count, and neither do paths that a router may read in another way.
    """
    deletes = [call for call in history.calls if call.calls(Method.DELETE)]
    gets = [look.exchange for look in history.gets]
    found = []
    for call in history.calls:
        is_plain_cancel = call.calls(Method.CANCEL) and plainly_bound(call) and _tells_what_exists(call)
        if not (is_plain_cancel and all(call.precedes(delete) for delete in deletes)):
            continue
        own = [get for get in gets if of_the_same_caller(get, call)]
        seen_before = [get for get in own if get.precedes(call)]
        seen_after = [get for get in own if call.precedes(get)]
        if seen_before:
            found.append((seen_before[-1], call))
        elif seen_after and any(cancel.precedes(call) for cancel in history.cancels()):
            found.append((seen_after[0], call))
    return found


@history_rule("repeat.known-stays-known", when=lambda history: bool(_cancels_of_a_known_operation(history)))
def what_get_shows_cancel_knows(history: History) -> Complaint | None:
    gone = [call for call in history.calls if call.calls(Method.GET) and call.view.http_status == 404]
    for look, cancel in _cancels_of_a_known_operation(history):
        vanished = any(look.precedes(get) and of_the_same_caller(look, get) for get in gone)
        if cancel.view.code is Code.NOT_FOUND and not vanished:
            return Complaint(f"get shows {history.name}, cancel answers {cancel.view.words}", (look, cancel))
    return None


def _gets_after_delete(history: History) -> list[tuple[Exchange, Exchange]]:
    """The deletes that succeeded, each with the gets after it, but for those of a name that was given again since."""
    deletes = [call for call in history.calls if call.calls(Method.DELETE) and call.succeeded()]
    gets = [call for call in history.calls if call.calls(Method.GET) and _tells_what_exists(call)]
    return [
        (delete, get)
        for delete in deletes
        for get in gets
        if delete.precedes(get)
        and not any(delete.precedes(start) and not get.precedes(start) for start in history.given)
    ]


@history_rule("delete.removes", when=lambda history: bool(_gets_after_delete(history)))
def deleted_operation_is_not_found(history: History) -> Complaint | None:
    for delete, get in _gets_after_delete(history):
        if get.succeeded():
            return Complaint(f"{history.name} was deleted and can still be got", (delete, get))
    return None
