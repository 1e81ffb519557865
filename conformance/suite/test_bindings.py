"""Additional bindings: what is below a further parent is cancelled there, and nowhere else."""

from __future__ import annotations

from functools import partial

import pytest

from conformance.errors import NotApplicable, NotTested, SeenOnce
from conformance.exchange.history import operation_in
from conformance.lro import State
from conformance.rules import Complaint
from conformance.rules.server.outcome import (
    accepted,
    ended_by_cancel_has_code_1,
    ended_cancelled,
    not_found,
    reports_cancellation,
)
from conformance.server.target.iut import Iut
from conformance.server.target.supply import Supply
from conformance.suite.bindings import Further, touched, touched_alone
from conformance.suite.confirmation import Confirmation, fresh_one_not_ended
from conformance.suite.evidence import is_gone, note, require_each, require_looks, require_untouched
from conformance.suite.judging import require, verifies
from conformance.suite.last_look import LastLook
from conformance.suite.latency import Latency


@pytest.fixture
def also_further(request: pytest.FixtureRequest) -> list[Further]:
    """For requirements that are not about further parents alone: that there is none does not rule them out."""
    try:
        found: list[Further] = request.getfixturevalue("further")
    except NotApplicable as reason:
        raise NotTested(reason.reason) from reason
    return found


@verifies("routing.additional-bindings-are-bound")
def test_operations_of_further_parents_are_cancelled(further: list[Further]) -> None:
    require_each(accepted, [one.cancel for one in further])


@verifies("target.whole-name-counts")
def test_twin_under_another_parent_is_another_operation(
    iut: Iut, also_further: list[Further], latency: Latency, attempts: LastLook
) -> None:
    """One that is touched may have been so by another cancel: the twins of a fresh one are cancelled, too."""
    with_twin = [one for one in also_further if one.twins]
    if not with_twin:
        raise NotTested("no further parent could be another one")
    for one in with_twin:
        found = next(filter(None, (touched(one.before, one.look, twin) for twin in one.twins)), None)
        if found is not None and touched_alone(iut, latency, one.parent) is None:
            # It may be gone for another reason, such as a store that keeps a few.
            unconfirmed = NotTested if is_gone(one.look) else SeenOnce
            raise unconfirmed(f"{found.message}; it did not happen to another operation, so it may be a coincidence")
        if found is not None:
            # Every twin that was cancelled may have reached below a further parent, those of the fresh one included.
            given = (name for supply in iut.further_supplies.values() for name in supply.handed_out)
            attempts.accounted_for.update(given)
        require(found)
    require_untouched(iut, None, *(one.look for one in with_twin))


@verifies("unknown.cancel-is-not-found")
def test_twin_under_another_parent_is_not_found(iut: Iut, also_further: list[Further]) -> None:
    """Unless it is the operation itself that was reached: then that is it."""
    twins = [twin for one in also_further for twin in one.twins if touched(one.before, one.look, twin) is None]
    if not twins:
        raise NotTested("no further parent could be another one")
    require_each(lambda twin: not_found(twin, iut.knows_the_caller, may_be_no_name=True), twins)


@verifies("outcome.cancelled-is-code-1")
def test_operation_of_a_further_parent_ends_with_code_1(iut: Iut, also_further: list[Further]) -> None:
    is_sure = iut.statement.value("cancel") == "guaranteed"
    require(
        *(
            ended_by_cancel_has_code_1(one.cancel, one.end)
            for one in also_further
            if one.cancel.succeeded() and (is_sure or reports_cancellation(one.end))
        )
    )
    ends = [(one.end, operation_in(one.end)) for one in also_further if one.cancel.succeeded()]
    cancelled = [look for look, operation in ends if operation is not None and operation.state is State.CANCELLED]
    if not cancelled:
        raise NotTested("no operation below a further parent was seen to end with code 1")
    note(*cancelled)


@verifies("outcome.guaranteed")
def test_guaranteed_cancel_ends_what_a_further_parent_has(
    iut: Iut, also_further: list[Further], confirmation: Confirmation
) -> None:
    cancelled = [one for one in also_further if one.cancel.succeeded()]
    if not cancelled:
        raise NotTested("no cancel below a further parent succeeded")
    for one in cancelled:
        again = partial(_cancelled_alone, iut, iut.further_supplies[one.parent])
        confirmation.decides([ended_cancelled(one.cancel, one.end, iut.settle)], again)
    require_looks(*(one.end for one in cancelled))


def _cancelled_alone(iut: Iut, supply: Supply) -> Complaint | None:
    return fresh_one_not_ended(iut, supply.take(1)[0])
