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


@dataclass(frozen=True, slots=True)
class FirstDelete:
    """A delete, and the look at its operation that had shown its end; None where none had."""

    delete: Exchange
    ended: Exchange | None


@stimulus
def first_delete(
    iut: Iut,
    bystanders: Bystanders,
    older: Bystander,
    cancellations: Cancellations | None = None,
    small_pages: SmallPages | None = None,
    further: list[Further] | None = None,
) -> FirstDelete:
    """The first delete of the run, when the list has been read: what is deleted was on it. The wait for operations of
    further parents is over.

    It is of an operation that has ended, or else of a fresh one, named like a bystander. Raises NotTested when the
    operations are not ours to delete.
    """
    ended = cancellations.without_body.end if cancellations is not None else None
    if iut.ends_at_once:
        ended = bystanders.new().exchange
    require_own_deletes(iut, older.name)
    name = ended.call.name if ended is not None and ended.call is not None else iut.running(1)[0]
    return FirstDelete(iut.delete(name), ended)


@stimulus
def deletion(iut: Iut, first_delete: FirstDelete, older: Bystander, attempts: LastLook) -> Deletion:
    """What became of the first delete. It finds out, where the statement is silent, whether delete is supported.

    Raises NotApplicable when it is not, and NotTested when the operation was gone before.
    """
    deletion = _deletion(iut, first_delete.delete, first_delete.ended)
    attempts.note(DELETION, older, [deletion.delete])
    return deletion


def _deletion(iut: Iut, delete: Exchange, ended: Exchange | None) -> Deletion:
    name = delete.call.name if delete.call is not None else ""
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


@stimulus
def may_delete(deletion: Deletion | None = None) -> bool:
    """Whether delete may take part in what happens to an operation: it is supported, ours to use, and works alone."""
    return deletion is not None and deletion.removed
