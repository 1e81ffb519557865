"""Delete, on an operation of ours that has ended."""

from __future__ import annotations

from conformance.rules import Complaint
from conformance.suite.deletion import Deletion
from conformance.suite.judging import require, verifies
from conformance.suite.stories import Stories
from conformance.suite.untouched import require_untouched
from conformance.targets.iut import Iut


@verifies("target.other-operations-untouched")
def test_delete_leaves_other_operations_alone(iut: Iut, deletion: Deletion, cancel_works: Stories) -> None:
    """It only adds: where no cancel works, what a delete leaves alone shows nothing."""
    assert deletion.control is not None
    require_untouched(iut, deletion.touched, deletion.control)


@verifies("delete.removes")
def test_delete_is_answered_and_looked_after(deletion: Deletion) -> None:
    """What get says afterwards, a rule judges."""
    if deletion.delete.succeeded():
        return
    response = deletion.delete.response
    status = response.status if response is not None else "nothing"
    require(Complaint(f"delete is supported by the statement and was answered with {status}", (deletion.delete,)))
