"""Cancels of done operations, however they ended, and how long a cancel of a running one takes to be answered."""

from __future__ import annotations

import pytest

from conformance.errors import NotTested
from conformance.exchange import Exchange
from conformance.rules.server.done import cancel_waits_for_the_end
from conformance.rules.server.outcome import done_cancel_is_answered
from conformance.server.target.iut import Iut
from conformance.suite.bystanders import shows_the_end
from conformance.suite.cancellations import Cancellations, FirstCancel
from conformance.suite.evidence import note, require_each
from conformance.suite.judging import require, verifies
from conformance.suite.last_look import LastLook
from conformance.suite.repeated_forms import RepeatedForms


@pytest.fixture(scope="session")
def cancelled_again(repeated_forms: RepeatedForms, cancel_works: Cancellations) -> Exchange:
    """The second cancel of an operation that had ended when it was sent, whatever [operations] completed gives."""
    if not shows_the_end(cancel_works.plain.end):
        raise NotTested("no cancelled operation was done when it was cancelled again")
    return repeated_forms.control


@verifies("operation.result-is-final", profile="ci")
def test_cancel_and_end_do_not_undo_each_other(
    iut: Iut, completing_name: str, cancel_is_heard: FirstCancel, attempts: LastLook
) -> None:
    """Of what soon ends by itself and is cancelled before: whichever comes last must not undo what came first.

    Whether it does, the rule about all traffic says, when all that was done is looked at for the last time.
    """
    if not completing_name:
        raise NotTested("[operations] completed is not given, so that no operation is known to end by itself")
    name = iut.completed_supply.take(1)[0]
    attempts.follow(name)
    iut.cancel(name, note="cancel of an operation that soon ends by itself")
    look = iut.get(name)
    if not shows_the_end(look):
        look = iut.await_end([name])[name]
    if not shows_the_end(look):
        raise NotTested(f"{name} of [operations] completed was cancelled and is not done within {iut.settle:g} s")
    note(look)


@verifies("repeat.done-is-answered")
def test_second_cancel_of_what_a_cancel_ended_is_answered(cancelled_again: Exchange) -> None:
    require_each(done_cancel_is_answered, [cancelled_again])


@verifies("outcome.cancel-is-asynchronous")
def test_cancel_does_not_wait_for_the_end(cancel_works: Cancellations, repeated_forms: RepeatedForms) -> None:
    """Of all cancellations; a cancel of what is cancelled already shows how long one takes that waits for nothing."""
    cancellations = [cancellation for cancellation in cancel_works.all() if cancellation.cancel.succeeded()]
    complaints = [
        cancel_waits_for_the_end(cancellation.cancel, cancellation.after, repeated_forms.control)
        for cancellation in cancellations
    ]
    if len(cancellations) < 2:
        raise NotTested("fewer than two cancels of running operations succeeded")
    require(*(complaints if all(complaints) else ()))
    note(*(cancellation.cancel for cancellation in cancellations))
