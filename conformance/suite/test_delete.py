"""Delete, on an operation of ours that has ended."""

from __future__ import annotations

from conformance.errors import NotApplicable, NotTested
from conformance.exchange import Method
from conformance.rules import Complaint
from conformance.suite.judging import require, verifies
from conformance.suite.stories import Stories
from conformance.targets.iut import Iut


@verifies("delete.removes")
def test_deleted_operation_is_not_found(iut: Iut, cancel_works: Stories) -> None:
    """Finds out, where the statement is silent, whether delete is supported at all."""
    if not iut.contract.bindings_of(Method.DELETE):
        raise NotApplicable(f"{iut.contract.name} binds no delete")
    if not iut.supply.starts_operations or iut.configuration.operations.cleanup == "none":
        raise NotTested('the operations are not ours to delete ([operations] names, or cleanup = "none")')
    story = cancel_works.without_body
    delete = iut.delete(story.name)
    if not delete.succeeded():
        status = delete.response.status if delete.response is not None else "nothing"
        if story.last is None or not story.last.done:
            raise NotApplicable(
                f"no operation ended in this run; the delete of a running one was answered with {status}"
            )
        iut.statement.find("delete", False, f"a delete was answered with {status}")
        if iut.statement.value("delete") is False:
            raise NotApplicable(f"delete is not supported: it was answered with {status}")
        require(Complaint(f"delete is supported by the statement and was answered with {status}", (delete,)))
    iut.statement.find("delete", True, "a delete succeeded")
    look = iut.get(story.name)
    if look.succeeded():
        require(Complaint(f"{story.name} was deleted and can still be got", (delete, look)))
