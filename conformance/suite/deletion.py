"""The first deletes of a run: of an operation that has ended, if there is one, and of one whose cancel is under way.

The last look shows whether both stay deleted.
"""

from __future__ import annotations

from dataclasses import dataclass

from conformance.errors import NotApplicable, NotTested
from conformance.exchange import Exchange
from conformance.server.target.iut import Iut
from conformance.suite.bindings import Further
from conformance.suite.bystanders import Bystander, Bystanders, shows_the_end
from conformance.suite.evidence import GONE, is_gone
from conformance.suite.last_look import LastLook
from conformance.suite.operations import require_own_deletes
from conformance.suite.pages import SmallPages
from conformance.suite.stimuli import stimulus
from conformance.suite.stories import Stories


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
    aims: LastLook,
    stories: Stories | None = None,
    small_pages: SmallPages | None = None,
    further: list[Further] | None = None,
) -> Deletion:
    """The first delete of the run, when the list has been read: what is deleted was on it. The wait for operations of
    further parents is over.

    It finds out, where the statement is silent, whether delete is supported.
    """
    ended = stories.without_body.end if stories is not None else None
    if iut.ends_at_once:
        ended = bystanders.new().exchange
    deletion = delete_one(iut, ended, like=older.name)
    aims.aim("deletion", older, [deletion.delete])
    return deletion


@stimulus
def cancel_before_delete(
    iut: Iut,
    abandoned_name: str,
    cancel_works: Stories,
    small_pages: SmallPages | None = None,
    further: list[Further] | None = None,
) -> Exchange:
    """The cancel of the operation that is deleted next, sent with the first delete.

    Raises NotTested where cancels end nothing: what runs and is deleted, nobody can end.
    """
    if not all(shows_the_end(story.end) for story in cancel_works.all()):
        raise NotTested(
            "not every operation that was cancelled has ended, and what runs and is deleted, nobody can end"
        )
    return iut.cancel(abandoned_name, note="cancel of an operation that is deleted next")


@stimulus
def early_delete(
    iut: Iut, cancel_before_delete: Exchange, deletion: Deletion, younger: Bystander, aims: LastLook
) -> Exchange:
    """The delete of an operation whose cancel is under way, where its effect is not at once."""
    if not deletion.removed or not cancel_before_delete.succeeded() or cancel_before_delete.call is None:
        raise NotTested("no delete and no cancel is known to work, so that what runs would be lost")
    delete = iut.delete(cancel_before_delete.call.name)
    aims.aim("early delete", younger, [cancel_before_delete, delete])
    return delete


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
