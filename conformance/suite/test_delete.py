"""Delete, on an operation of ours that has ended."""

from __future__ import annotations

from conformance.errors import NotTested
from conformance.rules import Complaint
from conformance.suite.deletion import Deletion
from conformance.suite.evidence import answered, require_answers, require_untouched, tells_what_exists
from conformance.suite.judging import require, verifies
from conformance.suite.stories import Stories
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
        assert deletion.look is not None
        if not tells_what_exists(deletion.look):
            raise NotTested(f"it was deleted, and {answered(deletion.look)}: nobody knows whether it is still there")
        return
    require_answers(deletion.delete)
    if deletion.delete.is_denied:
        raise NotTested(f"{answered(deletion.delete)}, which says nothing about deleting")
    response = deletion.delete.response
    status = response.status if response is not None else "nothing"
    require(Complaint(f"delete is supported by the statement and was answered with {status}", (deletion.delete,)))
