"""The first delete of a run: of an operation that has ended, if there is one.

The last look shows whether it stays deleted.
"""

from __future__ import annotations

from dataclasses import dataclass

from conformance.errors import NotApplicable, NotTested
from conformance.exchange import Exchange
from conformance.server.target.iut import Iut
from conformance.suite.bindings import Further
from conformance.suite.bystanders import Bystander, Bystanders, shows_the_end
from conformance.suite.cancellations import Cancellations
from conformance.suite.evidence import GONE, is_gone
from conformance.suite.last_look import LastLook
from conformance.suite.operations import require_own_deletes
from conformance.suite.pages import SmallPages
from conformance.suite.stimuli import stimulus

DELETION = "deletion"
"""The key of the last look at the bystander of the delete."""


@dataclass(frozen=True, slots=True)
class Deletion:
    """A delete, and a get afterwards where it succeeded."""

    delete: Exchange
    look: Exchange | None

    @property
    def removed(self) -> bool:
        """Whether the operation is gone, as far as get says."""
        response = self.look.response if self.look is not None else None
        return response is not None and response.status == 404


@stimulus
def deletion(
    iut: Iut,
    bystanders: Bystanders,
    older: Bystander,
    attempts: LastLook,
    cancellations: Cancellations | None = None,
    small_pages: SmallPages | None = None,
    further: list[Further] | None = None,
) -> Deletion:
    """The first delete of the run, when the list has been read: what is deleted was on it. The wait for operations of
    further parents is over.

    It finds out, where the statement is silent, whether delete is supported.
    """
    ended = cancellations.without_body.end if cancellations is not None else None
    if iut.ends_at_once:
        ended = bystanders.new().exchange
    deletion = delete_one(iut, ended, like=older.name)
    attempts.note(DELETION, older, [deletion.delete])
    return deletion


@stimulus
def may_delete(deletion: Deletion | None = None) -> bool:
    """Whether delete may take part in what happens to an operation: it is supported, ours to use, and works alone."""
    return deletion is not None and deletion.removed


def delete_one(iut: Iut, ended: Exchange | None, like: str) -> Deletion:
    """Delete the operation of a look, or a fresh one, and find out whether delete is supported.

    Both are named `like` another one.

    Raises NotApplicable when it is not, and NotTested when the operations are not ours to delete.
    """
    require_own_deletes(iut, like)
    name = ended.call.name if ended is not None and ended.call is not None else iut.running(1)[0]
    delete = iut.delete(name)
    if delete.succeeded():
        iut.statement.find("delete", True, "a delete succeeded")
        return Deletion(delete, iut.get(name))
    status = delete.response.status if delete.response is not None else "nothing"
    if status in GONE and is_gone(iut.get(name)):
        raise NotTested(f"{name} was gone before it was deleted: its delete was answered with {status}")
    if ended is None or not shows_the_end(ended):
        raise NotApplicable(f"no operation ended in this run; the delete of a running one was answered with {status}")
    iut.statement.find("delete", False, f"a delete was answered with {status}")
    if iut.statement.value("delete") is False:
        raise NotApplicable(f"delete is not supported: it was answered with {status}")
    return Deletion(delete, None)
