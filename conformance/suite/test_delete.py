"""Delete, on an operation of ours that has ended."""

from __future__ import annotations

import contextlib
from urllib.parse import quote

import pytest

from conformance.errors import NotApplicable, NotTested, Unjudged
from conformance.exchange import Exchange, Method
from conformance.exchange.history import operation_in
from conformance.rules import Complaint
from conformance.rules.server.outcome import not_found, unsupported_says_so
from conformance.server.target.iut import Iut
from conformance.server.target.unknown import unknown_name
from conformance.suite.bindings import Further
from conformance.suite.blame import Blame
from conformance.suite.bystanders import Bystander, Bystanders, shows_the_end
from conformance.suite.cancellations import Cancellations
from conformance.suite.deletion import DELETION, Deletion, FirstDelete
from conformance.suite.evidence import (
    answered,
    is_gone,
    note,
    require_answers,
    require_each,
    require_untouched,
    tells_what_exists,
)
from conformance.suite.judging import require, verifies
from conformance.suite.last_look import LastLook, deleted
from conformance.suite.pages import SmallPages
from conformance.suite.stimuli import last_stimulus, stimulus

_EARLY_DELETE = "early delete"
"""The key of the last look at the bystander of the delete that follows its cancel at once."""


@verifies("target.other-operations-untouched")
def test_delete_leaves_other_operations_alone(
    last_look: LastLook, deletion: Deletion, cancel_works: Cancellations, blame: Blame
) -> None:
    """It only adds: where no cancel works, what a delete leaves alone shows nothing.

    An operation may be touched by something else that was aimed at it, or gone for another reason, such as a store that
    keeps a few: then another delete touches none.
    """
    looked = last_look.at(DELETION)
    if looked.touched is not None and not blame.delete_touches_others:
        raise NotTested(f"{looked.touched.message}; another delete left the operations beside it alone")
    last_look.require_untouched(DELETION)


@verifies("target.other-operations-untouched")
def test_delete_leaves_operations_that_have_ended_alone(
    iut: Iut, last_look: LastLook, deletion: Deletion, cancel_works: Cancellations, blame: Blame
) -> None:
    """It only adds: where the bystander of the delete is touched, or cannot be seen, nobody knows about others.

    One that is gone may be so for another reason: fresh ones show whether a delete takes others.
    """
    others = [each for each in cancel_works.all() if each.name not in deleted(iut)]
    ended = [each.name for each in others if shows_the_end(each.end) and each.end.precedes(deletion.delete)]
    looks = [last_look.end_of(name) for name in ended]
    bystander = last_look.at(DELETION)
    if not deletion.removed or not looks:
        raise NotTested("no operation that had ended was beside one that was deleted")
    if any(map(is_gone, looks)):
        require(_taken_by_a_delete(iut, blame))
        raise NotTested(f"{answered(next(filter(is_gone, looks)))}; another delete left those beside it alone")
    if bystander.touched is not None:
        raise NotTested(f"{bystander.touched.message}; so what was left alone shows nothing")
    require_untouched(iut, None, bystander.look, *looks)


def _taken_by_a_delete(iut: Iut, blame: Blame) -> Complaint | None:
    """What became of one that ended, when another was deleted that had ended as well."""
    with blame.for_all():
        before, removed, after = (iut.running(1)[0] for _ in range(3))
        iut.send_all([iut.cancel_request(name, note="cancel of what ends") for name in (before, removed, after)])
        iut.await_end([before, removed, after])
        found = [name for name in (before, after) if operation_in(iut.get(name)) is not None]
        delete = iut.delete(removed)
        gone = [look for look in iut.get_all(found) if is_gone(look)]
    if not gone or not delete.succeeded():
        return None
    name = gone[0].call.name if gone[0].call is not None else ""
    return Complaint(f"{name} had ended, and is gone by DELETE {delete.request.path}", (delete, gone[0]))


@stimulus
def cancel_before_delete(
    iut: Iut,
    abandoned_name: str,
    cancel_works: Cancellations,
    small_pages: SmallPages | None = None,
    further: list[Further] | None = None,
) -> Exchange:
    """The cancel of the operation that is deleted next, sent with the first delete.

    Raises NotTested where cancels end nothing: what runs and is deleted, nobody can end.
    """
    if not all(shows_the_end(cancellation.end) for cancellation in cancel_works.all()):
        raise NotTested(
            "not every operation that was cancelled has ended, and what runs and is deleted, nobody can end"
        )
    return iut.cancel(abandoned_name, note="cancel of an operation that is deleted next")


@stimulus
def early_delete(
    iut: Iut, cancel_before_delete: Exchange, first_delete: FirstDelete, younger: Bystander, attempts: LastLook
) -> Exchange:
    """The delete of an operation whose cancel is under way, where its effect is not at once."""
    if not first_delete.delete.succeeded() or not cancel_before_delete.succeeded() or cancel_before_delete.call is None:
        raise NotTested("no delete and no cancel is known to work, so that what runs would be lost")
    delete = iut.delete(cancel_before_delete.call.name)
    attempts.note(_EARLY_DELETE, younger, [cancel_before_delete, delete])
    return delete


@verifies("target.other-operations-untouched")
def test_delete_of_a_cancelled_operation_leaves_the_next_alone(
    last_look: LastLook, early_delete: Exchange, cancel_works: Cancellations, blame: Blame
) -> None:
    """The one that was started right after it."""
    looked = last_look.at(_EARLY_DELETE)
    if looked.touched is not None and blame.is_nobodys(looked):
        raise NotTested(f"{looked.touched.message}; so was an operation that was only read")
    last_look.require_untouched(_EARLY_DELETE)


@verifies("delete.removes")
def test_delete_is_answered_and_looked_after(deletion: Deletion) -> None:
    """What get says afterwards, a rule judges."""
    if deletion.delete.succeeded():
        assert deletion.look is not None
        note(deletion.delete, deletion.look)
        if not tells_what_exists(deletion.look):
            raise NotTested(f"it was deleted, and {answered(deletion.look)}: whether it still exists is not known")
        return
    require_answers(deletion.delete)
    if deletion.delete.is_denied:
        raise NotTested(f"{answered(deletion.delete)}, which says nothing about deleting")
    response = deletion.delete.response
    status = response.status if response is not None else "nothing"
    require(Complaint(f"delete is supported by the statement and was answered with {status}", (deletion.delete,)))


@verifies("delete.removes")
def test_deleted_operation_stays_deleted(last_look: LastLook, deletion: Deletion) -> None:
    """What get says when whoever worked for it would have written again, a rule judges."""
    _require_told(last_look, deletion.delete)


@verifies("delete.removes")
def test_operation_that_is_being_cancelled_is_deleted(last_look: LastLook, early_delete: Exchange) -> None:
    """It only adds: some operations cannot be deleted before they have ended."""
    _require_told(last_look, early_delete)


def _require_told(last_look: LastLook, delete: Exchange) -> None:
    if not delete.succeeded() or delete.call is None:
        raise NotTested(f"nothing was deleted: {answered(delete)}")
    look = last_look.end_of(delete.call.name)
    note(delete, look)
    if not tells_what_exists(look):
        raise NotTested(f"it was deleted, and {answered(look)}: nobody knows whether it is still there")


@last_stimulus
def unknown_deletes(
    iut: Iut, deletion: Deletion, bystanders: Bystanders, last_look: LastLook | None = None
) -> list[Exchange]:
    """Of the operation that was deleted, and in larger profiles of one that never was: neither is there, says a get."""
    if not deletion.removed or deletion.delete.call is None:
        raise NotTested("no operation was seen to be gone after its delete")
    names = [deletion.delete.call.name]
    if names[0] in iut.given_anew:
        raise NotTested(f"{names[0]} was deleted and is the name of another operation by now")
    never = bystanders.unknown
    if not iut.is_quick and never.call is not None and not never.succeeded():
        names.append(never.call.name)
    return iut.send_all([iut.delete_request(name) for name in names])


@verifies("delete.unknown-is-not-found")
def test_delete_of_an_unknown_operation_is_not_found(iut: Iut, unknown_deletes: list[Exchange]) -> None:
    require_each(lambda delete: not_found(delete, iut.knows_the_caller), unknown_deletes)


@last_stimulus
def delete_named_elsewhere(iut: Iut, unknown_deletes: list[Exchange]) -> Exchange:
    """The delete of an operation that does not exist, with the name of a fresh one of ours in its query.

    Raises NotTested where a plain delete of it is not answered with 404.
    """
    control = unknown_deletes[-1]
    if control.call is None or control.response is None or control.response.status != 404:
        raise NotTested(f"{answered(control)}, so that a delete with more in it shows nothing")
    path = f"{iut.contract.path(Method.DELETE, control.call.name)}?name={quote(iut.running(1)[0])}"
    return iut.send(iut.request("DELETE", path, note="delete of an unknown operation whose query names another one"))


@verifies("target.query-name-never-redirects", profile="ci")
def test_query_name_never_redirects_a_delete(
    unknown_deletes: list[Exchange], delete_named_elsewhere: Exchange, cancel_works: Cancellations
) -> None:
    """It only adds: what a delete does shows nothing where no cancel works."""
    if delete_named_elsewhere.succeeded():
        message = "the delete of an operation that does not exist succeeded when its query named another one"
        require(Complaint(message, (unknown_deletes[-1], delete_named_elsewhere)))
    require_answers(delete_named_elsewhere)


@verifies("delete.unsupported-is-unimplemented")
def test_unsupported_delete_is_unimplemented(iut: Iut, bystanders: Bystanders, request: pytest.FixtureRequest) -> None:
    """As the delete was answered that showed it; where the statement says so, at a name that no operation has."""
    with contextlib.suppress(Unjudged):
        request.getfixturevalue("deletion")
    if not iut.contract.binds(Method.DELETE, bystanders.name):
        raise NotApplicable(f"{iut.contract.name} binds no delete of these operations")
    if iut.statement.value("delete") is not False:
        raise NotApplicable("delete is supported")
    if not iut.statement.is_declared("delete"):
        require_each(unsupported_says_so, [next(sent for sent in iut.target.exchanges if sent.calls(Method.DELETE))])
        return
    if bystanders.unknown.succeeded():
        raise NotTested(
            "a get of an operation that never existed shows one, so that nothing may be deleted by that name"
        )
    delete = iut.delete(unknown_name(bystanders.name, "get"))
    require(unsupported_says_so(delete, is_unknown=True))
    require_answers(delete)
