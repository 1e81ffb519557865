"""What becomes of an operation that was cancelled. Cancel is best effort: only what did happen is judged."""

from __future__ import annotations

from conformance.errors import NotApplicable, NotTested
from conformance.exchange.history import operation_in
from conformance.lro import State
from conformance.rules import Complaint
from conformance.rules.outcome import (
    ended_by_cancel_has_code_1,
    ended_cancelled,
    requested_cancellation_is_shown,
    shows_operation_metadata,
)
from conformance.suite.judging import require, verifies
from conformance.suite.stories import Bystanders, FirstCancel, Stories
from conformance.targets.iut import Iut, listed_names


@verifies("outcome.cancelled-is-code-1")
def test_operation_that_a_cancel_ended_has_code_1(iut: Iut, cancel_works: Stories) -> None:
    """The control is a bystander that still runs: so it was the cancel that ended the others."""
    stories = cancel_works.all()
    require(*(ended_by_cancel_has_code_1(story.cancel, story.end, cancel_works.control) for story in stories))
    states = {story.last.state for story in stories if story.last is not None}
    if State.CANCELLED in states:
        return
    if (State.RUNNING in states and iut.statement.value("cancel") != "best-effort") or not states:
        raise NotTested(f"no cancelled operation ended within {iut.settle:g} s ([operations] settle)")
    if State.RUNNING in states and not iut.statement.is_declared("cancel"):
        raise NotTested(
            f"no cancelled operation ended within {iut.settle:g} s; raise [operations] settle, "
            'or say cancel = "best-effort" if a cancel may never win'
        )
    raise NotApplicable(
        "cancel is best effort, and in this run no cancel won: every operation ended otherwise or ran on"
    )


@verifies("outcome.guaranteed")
def test_guaranteed_cancel_ends_the_operation(iut: Iut, cancel_works: Stories) -> None:
    require(*(ended_cancelled(story.cancel, story.end, iut.settle) for story in cancel_works.all()))


@verifies("outcome.still-listed")
def test_cancelled_operation_is_still_listed(iut: Iut, cancel_works: Stories) -> None:
    """The name is on one of the pages of the list, and get still shows it afterwards."""
    name = cancel_works.plain.name
    pages = iut.list_pages(iut.contract.parent_of(name))
    if not pages[-1].succeeded():
        raise NotTested("the list of operations could not be read to its end")
    if name in listed_names(pages):
        return
    if (pages[-1].response.json_object() or {}).get("nextPageToken") if pages[-1].response is not None else False:
        raise NotTested(f"the list has more than {len(pages)} pages")
    look, _ = iut.look(name)
    require(Complaint(f"{name} was cancelled and is not in the list", (cancel_works.plain.cancel, *pages, look)))


@verifies("outcome.requested-cancellation-is-shown")
def test_running_cancelled_operation_says_so(cancel_works: Stories) -> None:
    """Only where an operation outlives its cancel, and has the metadata to say so."""
    lasting = [
        story
        for story in cancel_works.all()
        if shows_operation_metadata(story.end) and story.last is not None and not story.last.done
    ] or [
        story
        for story in cancel_works.all()
        if shows_operation_metadata(story.after) and (seen := operation_in(story.after)) is not None and not seen.done
    ]
    if not lasting:
        raise NotApplicable("every operation ended with its cancel, or has no BeyondCorp OperationMetadata")
    require(
        *(
            requested_cancellation_is_shown(
                story.cancel, story.end if story.last is not None and not story.last.done else story.after
            )
            for story in lasting
        )
    )


@verifies("outcome.requested-cancellation-is-true")
def test_nobody_requested_the_cancellation_of_a_fresh_operation(
    bystanders: Bystanders, first_cancel: FirstCancel
) -> None:
    for look in (bystanders.get()[0].exchange, first_cancel.before):
        operation = operation_in(look)
        if operation is not None and operation.cancellation_requested:
            require(Complaint(f"{operation.name} says requestedCancellation, and nobody cancelled it", (look,)))
