"""Delete, on an operation of ours that has ended."""

from __future__ import annotations

import pytest

from conformance.errors import NotApplicable, NotTested, Unjudged
from conformance.exchange import Method
from conformance.rules import Complaint
from conformance.suite.judging import require, verifies
from conformance.suite.stories import Bystanders, Story
from conformance.targets.iut import Iut


@verifies("delete.removes")
def test_delete_is_answered_and_looked_after(iut: Iut, bystanders: Bystanders, request: pytest.FixtureRequest) -> None:
    """Finds out, where the statement is silent, whether delete is supported; what get says then, a rule judges."""
    if not iut.contract.bindings_of(Method.DELETE):
        raise NotApplicable(f"{iut.contract.name} binds no delete")
    if not iut.supply.starts_operations or iut.configuration.operations.cleanup == "none":
        raise NotTested('the operations are not ours to delete ([operations] names, or cleanup = "none")')
    try:
        story: Story = request.getfixturevalue("stories").without_body
        name, has_ended = story.name, story.last is not None and story.last.done
    except Unjudged:
        name, has_ended = iut.running(1)[0], False
    delete = iut.delete(name)
    if delete.succeeded():
        iut.statement.find("delete", True, "a delete succeeded")
        iut.get(name)
        return
    status = delete.response.status if delete.response is not None else "nothing"
    if not has_ended:
        raise NotApplicable(f"no operation ended in this run; the delete of a running one was answered with {status}")
    iut.statement.find("delete", False, f"a delete was answered with {status}")
    if iut.statement.value("delete") is False:
        raise NotApplicable(f"delete is not supported: it was answered with {status}")
    require(Complaint(f"delete is supported by the statement and was answered with {status}", (delete,)))
