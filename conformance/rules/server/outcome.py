"""Oracles about the effect of a request on an operation: none, or what the contract promises of a cancel.

Cancel is best effort. So nothing here waits, and nothing demands that an operation ends. An operation that ended with
another result is wrong only if something else shows that the cancel ended it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from conformance.exchange import Exchange
from conformance.exchange.history import History, Look, histories, operation_in
from conformance.lro import Code, Operation, State, code_numbered
from conformance.rules.rule import Complaint
from conformance.rules.server.errors import answer_in_words, code_said, status_of


def untouched(before: Operation, after: Exchange, cause: Exchange | None = None) -> Complaint | None:
    """A running operation that was not cancelled still exists and shows no sign of a cancellation.

    An operation may succeed or fail by itself at any time. So only its absence and signs of a cancellation count: code
    1, a response that reports a cancellation, `requestedCancellation`.
    """
    evidence = (cause, after) if cause is not None else (after,)
    by = f" by {cause.request.method} {cause.request.target}{_body_shown(cause)}" if cause is not None else ""
    if after.response is not None and after.response.status in (404, 410):
        return Complaint(f"{before.name} is gone{by}", evidence)
    operation = operation_in(after)
    if operation is None or before.done:
        return None
    if operation.state is State.CANCELLED or _reports_cancellation(operation.response):
        return Complaint(f"{before.name} was cancelled{by}", evidence)
    if has_trace(operation) and not has_trace(before) and not operation.done:
        return Complaint(f"the cancellation of {before.name} was requested{by}", evidence)
    return None


def ended(before: Operation, after: Exchange, cause: Exchange) -> Complaint | None:
    """A running operation was done right after a request that must not end it.

    That may be a coincidence once; so the caller repeats it with another operation.
    """
    operation = operation_in(after)
    if operation is None or before.done or not operation.done:
        return None
    message = f"{before.name} was ended by {cause.request.method} {cause.request.target}{_body_shown(cause)}"
    return Complaint(message, (cause, after))


NO_EFFECT_SEEN = "no cancel of this run had a visible effect, so it cannot be seen whether other requests had one"


def a_cancel_had_an_effect(exchanges: Iterable[Exchange]) -> bool:
    """Whether the exchanges show an effect of any cancel. Only then is "no effect seen" evidence for "untouched".

    They do if a later look shows the cancellation of an operation and no earlier look does. They also do if two
    operations were running before their cancel and done at the first look after it, while one that was not cancelled
    ran on; unless another was seen running after its own: then a cancel ends nothing at once, and these were looked at
    so late that they may have ended by themselves.
    """
    everything = histories(exchanges)
    if any(_shows_its_cancellation(history) for history in everything):
        return True
    if any(_ran_after_its_cancel(history) for history in everything):
        return False
    controls = [history for history in everything if not history.cancels()]
    return sum(_ended_with_its_cancel(history, controls) for history in everything) > 1


def _around_its_cancel(history: History) -> tuple[list[Look], list[Look]]:
    """The looks before and after the first successful cancel of an operation; none if there was no cancel."""
    cancels = history.cancels()[:1]
    before = [look for cancel in cancels for look in history.looks if look.exchange.precedes(cancel)]
    after = [look for cancel in cancels for look in history.looks if cancel.precedes(look.exchange)]
    return before, after


def _shows_its_cancellation(history: History) -> bool:
    """Whether looks after a successful cancel show signs of a cancellation that no look before it shows."""
    before, after = _around_its_cancel(history)
    return any(has_trace(look.operation) for look in after) and not any(has_trace(look.operation) for look in before)


def has_trace(operation: Operation) -> bool:
    """Whether an operation shows that it was cancelled, or that its cancellation was requested."""
    is_cancelled = operation.state is State.CANCELLED or _reports_cancellation(operation.response)
    return is_cancelled or operation.cancellation_requested or operation.is_being_cancelled


def _ran_after_its_cancel(history: History) -> bool:
    _, after = _around_its_cancel(history)
    return bool(after) and not after[0].operation.done


def _ended_with_its_cancel(history: History, controls: Sequence[History]) -> bool:
    """Whether an operation was done right after its cancel, while a control that started no later still ran."""
    before, after = _around_its_cancel(history)
    if not after or not after[0].operation.done or any(look.operation.done for look in before):
        return False
    first = history.cancels()[0]
    return any(
        any(look.exchange.precedes(first) for look in control.looks)
        and any(after[0].is_before(look) and not look.operation.done for look in control.looks)
        for control in controls
    )


def ended_by_cancel_has_code_1(cancel: Exchange, end: Exchange) -> Complaint | None:
    """An operation that a cancel ended is done with an error of code 1.

    The caller must know that the cancel ended it (`ended_at_once` is one way), unless the response itself reports a
    cancellation. Any other response is allowed: the operation may have completed first.
    """
    operation = operation_in(end)
    if operation is None or operation.state in (State.RUNNING, State.CANCELLED):
        return None
    if operation.state is State.SUCCEEDED:
        if not _reports_cancellation(operation.response):
            return None
        message = f"{operation.name} was cancelled, says its response, and has no `error`: it reads as a success"
        return Complaint(message, (cancel, end))
    found = "no `error`" if operation.state is State.ENDED else f"`error.code` {operation.error_code!r}"
    return Complaint(f"{operation.name} was ended by its cancel and has {found} instead of 1", (cancel, end))


def ended_at_once(cancel: Exchange, first_look: Exchange, control: Exchange) -> bool:
    """Whether it was the cancel that ended an operation: seen done by the first look after it, while `control`, an
    operation that was started no later and not cancelled, still ran.
    """
    operation, other = operation_in(first_look), operation_in(control)
    return cancel.succeeded() and operation is not None and operation.done and other is not None and not other.done


def reports_cancellation(end: Exchange) -> bool:
    """Whether the operation's response says itself that it was cancelled."""
    operation = operation_in(end)
    return operation is not None and _reports_cancellation(operation.response)


def _reports_cancellation(response: object) -> bool:
    """Whether a response carries a google.rpc.Status of its own that says CANCELLED, as Remote Execution's does."""
    status = response.get("status") if isinstance(response, Mapping) else None
    return isinstance(status, Mapping) and status.get("code") in (Code.CANCELLED, Code.CANCELLED.name)


def ended_cancelled(cancel: Exchange, last: Exchange, settle: float) -> Complaint | None:
    """Where cancel is guaranteed, the operation is done with code 1 when the declared time is over.

    Other requirements are about an operation that is gone, or that get refuses to show.
    """
    operation = operation_in(last)
    if operation is None or operation.state is State.CANCELLED:
        return None
    message = f"{operation.name} is {operation.state.value} {settle:g} s after a guaranteed cancel"
    return Complaint(message, (cancel, last))


def accepted(exchange: Exchange) -> Complaint | None:
    """A cancel of a running operation is accepted, with any 2xx. 429 and 503 are no refusals: the server is busy."""
    if exchange.response is None or exchange.succeeded() or exchange.response.is_busy:
        return None
    return Complaint(f"{described(exchange)} was refused with {answer_in_words(exchange)}", (exchange,))


def as_good_as(
    control: Exchange, exchange: Exchange, also: frozenset[int] = frozenset(), may_have_ended: bool = False
) -> Complaint | None:
    """The answer is the control's: the same status, or another success, or one that is accepted `also`.

    The control is the plain cancel of the same operation in the same state. So the answer need not be a success: a
    server that refuses to cancel a done operation refuses both. If the operation `may_have_ended` in between,
    FAILED_PRECONDITION is accepted. If the control is refused for the state, the form must not be refused for another
    reason with the same status. 429 is no refusal: the server is busy.
    """
    response, expected = exchange.response, control.response
    if response is None or expected is None:
        return None
    alike = response.status == expected.status or (response.is_success and expected.is_success)
    says_otherwise = status_of(exchange) is not None and not says_failed_precondition(exchange)
    is_of_the_form = says_failed_precondition(control) and says_otherwise and not response.is_success
    if (alike and not is_of_the_form) or response.status in also or response.status == 429:
        return None
    if may_have_ended and says_failed_precondition(exchange):
        return None
    return Complaint(
        f"{described(exchange)} was answered with {answer_in_words(exchange)}, the plain cancel with {expected.status}",
        (control, exchange),
    )


def shows_nothing_of_a_form(control: Exchange) -> bool:
    """Whether the plain cancel was refused for its caller, or because the operation does not exist."""
    return control.response is None or control.response.status in (401, 403, 404, 410) or control.response.status >= 500


_CONTROL = re.compile("%(?:[01][0-9A-Fa-f]|7[Ff])")


def not_found(exchange: Exchange, may_be_hidden: bool, may_be_no_name: bool = False) -> Complaint | None:
    """What does not exist is answered with 404 NOT_FOUND, or 403 where authorisation may hide what exists.

    An id that `may_be_no_name`, because the ids of the server look different, may also be refused as invalid (400) or
    as too long (414, 431), or redirected to a normalised path (3xx): no document says which ids a service has. With a
    control character in it, it may be bound to no cancel (405): the `.` of many routers' patterns fits no line end.
    With an escape or two dots in it, a firewall may refuse the path (403), whatever exists.
    """
    response = exchange.response
    if response is None or response.is_busy:
        return None
    is_invalid = response.status == 400 and not says_failed_precondition(exchange)
    if may_be_no_name and (is_invalid or response.status in (414, 431) or 300 <= response.status < 400):
        return None
    if may_be_no_name and response.status == 405 and _CONTROL.search(exchange.request.path):
        return None
    if may_be_no_name and response.status == 403 and any(each in exchange.request.path for each in ("%", "..")):
        return None
    if response.status == 404 or (response.status == 403 and may_be_hidden):
        name = code_said(exchange)
        if response.status == 404 and name not in (None, "NOT_FOUND"):
            return Complaint(f"status 404 says {name!r} instead of NOT_FOUND", (exchange,))
        return None
    return Complaint(f"an operation that does not exist was answered with {answer_in_words(exchange)}", (exchange,))


def second_cancel_is_safe(first: Exchange, second: Exchange) -> Complaint | None:
    """A second cancel does not cause a server error; 503 only says that the server is busy."""
    response = second.response
    if response is None or not first.succeeded() or response.is_busy or response.status < 500:
        return None
    return Complaint(f"the second cancel was answered with {answer_in_words(second)}", (first, second))


def second_cancel_is_accepted(first: Exchange, second: Exchange, look: Exchange) -> Complaint | None:
    """A second cancel succeeds while the operation still runs, as `look`, taken afterwards, shows.

    Or it is refused with FAILED_PRECONDITION (AIP-216): an operation that is being cancelled cannot begin to be
    cancelled.
    """
    response = second.response
    if response is None or not first.succeeded() or second.succeeded() or response.is_busy or response.status >= 500:
        return None
    operation = operation_in(look)
    is_precondition = response.status == 400 and (says_failed_precondition(second) or status_of(second) is None)
    if operation is not None and not operation.done and not is_precondition:
        message = f"the second cancel of a running operation was refused with {answer_in_words(second)}"
        return Complaint(message, (first, second, look))
    return None


def done_cancel_is_answered(exchange: Exchange) -> Complaint | None:
    """A cancel of a done operation is a no-op (2xx) or refused as FAILED_PRECONDITION."""
    response = exchange.response
    if response is None or response.is_success or response.is_busy:
        return None
    if response.status == 400 and (says_failed_precondition(exchange) or status_of(exchange) is None):
        return None
    return Complaint(f"a cancel of a done operation was answered with {answer_in_words(exchange)}", (exchange,))


def says_failed_precondition(exchange: Exchange) -> bool:
    """Whether the answer is an error FAILED_PRECONDITION, in either form, whatever HTTP status it came with."""
    status = exchange.view.status
    return status is not None and status.code is Code.FAILED_PRECONDITION


def refused_as_invalid(exchange: Exchange) -> Complaint | None:
    """A refusal with 400 that has a status says INVALID_ARGUMENT: the request is wrong, not the state."""
    status = status_of(exchange)
    if exchange.response is None or exchange.response.status != 400 or status is None:
        return None
    says_otherwise = status.get("status", "INVALID_ARGUMENT") != "INVALID_ARGUMENT"
    if not says_otherwise and (
        "status" in status or code_numbered(status.get("code")) in (None, Code.INVALID_ARGUMENT)
    ):
        return None
    return Complaint(f"{described(exchange)} was refused with {answer_in_words(exchange)}", (exchange,))


def told_of_what_is_ignored(exchange: Exchange) -> Complaint | None:
    """A cancel whose body has a member that no message has is not accepted, unless the statement says that it is."""
    if not exchange.succeeded():
        return None
    return Complaint(
        f"{described(exchange)} was accepted with {answer_in_words(exchange)}; if the server ignores such members on "
        'purpose, write unknown_fields = "ignored" below [statement]',
        (exchange,),
    )


def is_unimplemented(exchange: Exchange) -> Complaint | None:
    """UNIMPLEMENTED is HTTP 501 and says so; 429 and 503 only say that the server is busy."""
    response = exchange.response
    if response is None or response.is_busy:
        return None
    status = status_of(exchange) or {}
    code = status.get("code")
    says_otherwise = status.get("status", "UNIMPLEMENTED") != "UNIMPLEMENTED" or (
        "status" not in status and code not in (None, Code.UNIMPLEMENTED, 501)
    )
    if response.status == 501 and not says_otherwise:
        return None
    return Complaint(f"a cancel that is not supported was answered with {answer_in_words(exchange)}", (exchange,))


def result_is_kept(before: Exchange, after: Exchange, cause: Exchange) -> Complaint | None:
    """A done operation is the same before and after a request that must not change it."""
    was, now = operation_in(before), operation_in(after)
    if was is None or now is None:
        return None
    if (was.done, was.result) == (now.done, now.result):
        return None
    return Complaint(
        f"{was.name} has changed after {cause.request.method} {cause.request.target}", (before, cause, after)
    )


def unsupported_says_so(exchange: Exchange, is_unknown: bool = False) -> Complaint | None:
    """A list or delete that is not supported is answered with UNIMPLEMENTED.

    A path that has no method is answered by a router (404 or 405, without a google.rpc.Status); 401 and 403 say
    something else, and so does NOT_FOUND where what was named `is_unknown`.
    """
    response = exchange.response
    if response is None or response.is_busy or response.status in (401, 403, 501):
        return None
    if response.status in (404, 405) and (is_unknown or status_of(exchange) is None):
        return None
    what = exchange.call.method.value if exchange.call is not None else exchange.request.method
    return Complaint(f"a {what} that is not supported was answered with {answer_in_words(exchange)}", (exchange,))


def described(exchange: Exchange) -> str:
    """A cancel in a few words: what is special about it."""
    request = exchange.request
    if exchange.note:
        return exchange.note
    return f"{request.method} {request.target}{_body_shown(exchange)}"


def _body_shown(exchange: Exchange) -> str:
    body = exchange.request.body
    return f" with body {body[:80].decode('utf-8', 'replace')}" if body else ""
