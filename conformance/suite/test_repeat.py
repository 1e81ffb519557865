"""Cancelling again: while the operation may still run, and when it is done."""

from __future__ import annotations

from conformance.errors import NotTested
from conformance.exchange import Exchange
from conformance.exchange.history import operation_in
from conformance.rules.server.outcome import done_cancel_is_answered, second_cancel_is_accepted, second_cancel_is_safe
from conformance.rules.server.routing import no_internal_error
from conformance.server.target.iut import Iut
from conformance.suite.bystanders import shows_the_end
from conformance.suite.cancellations import Cancellations, FirstCancel
from conformance.suite.evidence import answered, require_answers, require_each, require_looks
from conformance.suite.judging import require, verifies
from conformance.suite.last_look import LastLook
from conformance.suite.repeated_forms import RepeatedForms
from conformance.suite.stimuli import stimulus
from conformance.suite.storm import Storm


@verifies("repeat.is-safe")
def test_second_cancel_is_safe(cancel_works: Cancellations) -> None:
    """Sent right after the first, as a client does whose first answer got lost."""
    first, second = cancel_works.repeated
    require(second_cancel_is_safe(first, second))
    require_answers(second)
    if not first.succeeded():
        raise NotTested(f"the first cancel did not succeed: {answered(first)}")


@verifies("repeat.is-accepted")
def test_second_cancel_is_accepted(cancel_works: Cancellations) -> None:
    """The same one: a client that lost the first answer learns by the second what became of its cancel."""
    first, second = cancel_works.repeated
    after = cancel_works.labelled_without_body.after
    require(second_cancel_is_accepted(first, second, after))
    require_answers(second)
    if not first.succeeded():
        raise NotTested(f"the first cancel did not succeed: {answered(first)}")
    if not second.succeeded():
        require_looks(after)


@verifies("repeat.is-safe")
def test_cancel_of_what_is_cancelled_is_safe(repeated_forms: RepeatedForms, cancel_is_heard: FirstCancel) -> None:
    """Sent when the operation has ended, if it has: where cancels are late, only this one finds it so."""
    require(second_cancel_is_safe(cancel_is_heard.cancel, repeated_forms.control))
    require_answers(repeated_forms.control)


@verifies("repeat.is-safe")
def test_overlapping_cancels_are_safe(storm: Storm, cancel_repeats: Cancellations) -> None:
    """As the first and the second at the same time; which is which, nobody knows."""
    storm.require_overlap()
    require_each(no_internal_error, storm.cancels)


@verifies("repeat.done-is-answered")
def test_cancel_that_came_second_is_answered(storm: Storm, cancel_repeats: Cancellations) -> None:
    """Of cancels that overlap, one may find the operation done by another."""
    storm.require_overlap()
    require_looks(storm.last_look)
    operation = operation_in(storm.last_look)
    assert operation is not None
    answers = [cancel for cancel in storm.cancels if cancel.response is not None and cancel.response.status < 500]
    require(*(done_cancel_is_answered(cancel) for cancel in answers))
    if not operation.done:
        raise NotTested("the operation was not done when the cancels had been answered")
    require_answers(*storm.cancels)


DoneThenCancelled = tuple[Exchange, Exchange]
"""A look at a done operation, and the answer to a cancel of it."""


@stimulus
def completed_then_cancelled(
    iut: Iut,
    first_cancel: FirstCancel,
    completing_name: str,
    attempts: LastLook,
    cancellations: Cancellations | None = None,
) -> DoneThenCancelled | None:
    """Of one that completes by itself, which is waited for; None where there is none.

    What became of it, the last look shows: a cancel may change a result as late as it ends an operation.
    """
    if not completing_name:
        return None
    look = iut.await_end([completing_name])[completing_name]
    if not shows_the_end(look):
        what = f"[operations] completed gave {completing_name}, which is not done"
        raise NotTested(f"there is no done operation: {what} within {iut.settle:g} s")
    attempts.follow(completing_name)
    return look, iut.cancel(completing_name, note="cancel of a done operation")


@stimulus
def done_then_cancelled(
    iut: Iut,
    first_cancel: FirstCancel,
    completed_then_cancelled: DoneThenCancelled | None,
    cancellations: Cancellations | None = None,
    repeated_forms: RepeatedForms | None = None,
) -> DoneThenCancelled:
    """Of that one, or else of one that was done when it was cancelled again."""
    if completed_then_cancelled is not None:
        return completed_then_cancelled
    if iut.ends_at_once:
        return first_cancel.before, first_cancel.cancel
    if cancellations is None or repeated_forms is None:
        raise NotTested("no cancel of a running operation succeeded, so that none is done")
    if not shows_the_end(cancellations.plain.end):
        raise NotTested(f"there is no done operation: none was done within {iut.settle:g} s")
    return cancellations.plain.end, repeated_forms.control


@verifies("repeat.is-safe")
def test_cancel_of_a_done_operation_is_safe(done_then_cancelled: DoneThenCancelled) -> None:
    """As a client sends it whose first answer got lost, and whose operation has ended meanwhile."""
    require_each(no_internal_error, [done_then_cancelled[1]])


@verifies("repeat.done-is-answered")
def test_cancel_of_a_done_operation_is_answered(
    done_then_cancelled: DoneThenCancelled, first_cancel: FirstCancel
) -> None:
    """What it did to the operation, operation.result-is-final says; that there is no cancel at all, unimplemented.*."""
    if first_cancel.cancel.response is not None and first_cancel.cancel.response.status == 501:
        raise NotTested("cancel is answered with UNIMPLEMENTED, whatever it is of")
    require_each(done_cancel_is_answered, [done_then_cancelled[1]])
