"""What becomes of an operation that was cancelled. Cancel is best effort: only what did happen is judged."""

from __future__ import annotations

import pytest

from conformance.errors import NotApplicable, NotTested
from conformance.exchange import Exchange, Method
from conformance.exchange.history import next_page_token, operation_in
from conformance.lro import State
from conformance.rules import Complaint
from conformance.rules.server.outcome import (
    accepted,
    ended_at_once,
    ended_by_cancel_has_code_1,
    ended_cancelled,
    reports_cancellation,
    says_failed_precondition,
)
from conformance.server.target.iut import Iut
from conformance.suite.bystanders import Bystanders, ended_by_itself, shows_the_end
from conformance.suite.cancellations import Cancellation, Cancellations, FirstCancel, is_refused_in_every_form
from conformance.suite.clients import is_one_field
from conformance.suite.confirmation import Confirmation, fresh_one_not_ended, fresh_ones_not_ended
from conformance.suite.evidence import SAID_ELSEWHERE, answered, note, require_answers, require_looks
from conformance.suite.judging import require, verifies
from conformance.suite.last_look import LastLook
from conformance.suite.lists import is_listed, is_read, read_until
from conformance.suite.repeated_forms import CONTESTED, forms_of
from conformance.suite.request_ids import cancel_with_id_of_another


@verifies("outcome.cancelled-is-code-1")
def test_operation_that_a_cancel_ended_has_code_1(iut: Iut, cancel_works: Cancellations) -> None:
    """Only where it is known that it was the cancel that ended them."""
    cancellations = _cancelled(cancel_works)
    require(
        *(
            ended_by_cancel_has_code_1(cancellation.cancel, cancellation.end)
            for cancellation in cancellations
            if reports_cancellation(cancellation.end) or _was_ended_by_its_cancel(iut, cancel_works, cancellation)
        )
    )
    states = {cancellation.last.state for cancellation in cancellations if cancellation.last is not None}
    if State.CANCELLED in states:
        note(*(cancellation.end for cancellation in cancellations))
        return
    require_looks(*(cancellation.end for cancellation in cancellations))
    if State.RUNNING in states and not iut.statement.is_declared("cancel"):
        raise NotTested(
            f"no cancelled operation ended within {iut.settle:g} s; raise [operations] settle, "
            'or say cancel = "best-effort" if a cancel may never win'
        )
    raise NotApplicable("cancel is best effort, and in this run none won: every operation ended otherwise or ran on")


def _cancelled(cancellations: Cancellations) -> list[Cancellation]:
    """The cancellations whose cancel succeeded, and was the only one: what a second one does is another question."""
    return [
        cancellation
        for cancellation in cancellations.all()
        if cancellation.cancel.succeeded() and cancellation.second_cancel is None
    ]


def _was_ended_by_its_cancel(iut: Iut, cancellations: Cancellations, cancellation: Cancellation) -> bool:
    """Whether it was the cancel that ended an operation.

    Where cancel is guaranteed it was. Elsewhere it was if the first look after the cancel showed the operation done,
    while an older one that nobody cancelled ran on, and if it was so with another one, too: no coincidence then.
    """
    if iut.statement.value("cancel") == "guaranteed":
        return True
    at_once = [
        each for each in _cancelled(cancellations) if ended_at_once(each.cancel, each.after, cancellations.control)
    ]
    return cancellation in at_once and len(at_once) > 1


@verifies("outcome.running-can-be-cancelled")
def test_cancel_of_a_running_operation_is_accepted(
    iut: Iut, first_cancel: FirstCancel, cancellations: Cancellations, confirmation: Confirmation
) -> None:
    """Whatever its body, and again with a fresh operation: a refusal that all forms get alike is for none of them."""
    response = first_cancel.with_object.response
    if not is_refused_in_every_form(first_cancel, cancellations):
        refused = [
            cancellation
            for cancellation in cancellations.all()
            if cancellation.is_refused_in_the_plain_form_too and not ended_by_itself(cancellation.after)
        ]
        heard = [each for each in refused if each.cancel.response and each.cancel.response.status not in SAID_ELSEWHERE]
        confirmation.decides([accepted(each.cancel) for each in heard], lambda: accepted(iut.cancel(heard[0].name)))
        require_answers(first_cancel.with_object)
    elif response is not None and response.status in SAID_ELSEWHERE:
        raise NotTested(f"{answered(first_cancel.with_object)}, which another requirement judges")
    else:
        confirmation.decides([accepted(first_cancel.with_object)], lambda: accepted(iut.cancel(iut.running(1)[0])))


@verifies("outcome.guaranteed")
def test_guaranteed_cancel_ends_the_operation(
    iut: Iut, cancel_works: Cancellations, confirmation: Confirmation
) -> None:
    """Those of the cancellations, which end together; or else fresh ones, for it may have been a matter of timing."""
    cancellations = _cancelled(cancel_works)
    complaints = [ended_cancelled(cancellation.cancel, cancellation.end, iut.settle) for cancellation in cancellations]
    confirmation.decides(complaints, lambda: fresh_ones_not_ended(iut))
    require_looks(*(cancellation.end for cancellation in cancellations))


@verifies("outcome.guaranteed")
def test_guaranteed_cancel_ends_the_operation_whatever_its_request_id(
    iut: Iut, last_look: LastLook, same_request_id: Exchange, cancel_works: Cancellations, confirmation: Confirmation
) -> None:
    """It may be refused: an idempotency key is not for another request."""

    def once_more() -> Complaint | None:
        cancel = cancel_with_id_of_another(iut, cancel_works.plain.name, iut.running(1)[0])
        return ended_cancelled(cancel, _end_of(iut, cancel), iut.settle)

    if not same_request_id.succeeded():
        raise NotTested(f"a cancel with the request id of another was not accepted: {answered(same_request_id)}")
    assert same_request_id.call is not None
    look = last_look.end_of(same_request_id.call.name)
    end = look if shows_the_end(look) else _end_of(iut, same_request_id)
    confirmation.decides([ended_cancelled(same_request_id, end, iut.settle)], once_more)
    require_looks(end)


def _end_of(iut: Iut, cancel: Exchange) -> Exchange:
    """The last look at what was cancelled, when it had ended or `settle` was over."""
    assert cancel.call is not None
    return iut.await_end([cancel.call.name])[cancel.call.name]


FormAtAFreshOne = tuple[str, str, Exchange]
"""The name of an operation, the form of its cancel, and the answer."""


@pytest.fixture(scope="session")
def in_every_form(iut: Iut, cancel_works: Cancellations) -> list[FormAtAFreshOne]:
    """Each form of the cancel, at a fresh operation of its own.

    The header fields of one client together stand for each of them: that it is accepted alone, another check asks.
    A near miss is no form of the cancel: what it ends was named by no cancel, wherever it is taken for one.
    """
    forms = [
        form for form in forms_of(iut, cancel_works.plain.name) if not is_one_field(form) and form not in CONTESTED
    ]
    names = iut.running(len(forms))
    sent = iut.send_all([forms_of(iut, name)[form] for name, form in zip(names, forms, strict=True)])
    return [each for each in zip(names, forms, sent, strict=True) if each[2].calls(Method.CANCEL)]


@verifies("outcome.guaranteed", profile="ci")
def test_guaranteed_cancel_ends_the_operation_in_every_form(
    iut: Iut, in_every_form: list[FormAtAFreshOne], confirmation: Confirmation
) -> None:
    """What is accepted cancels."""
    cancels = [each for each in in_every_form if each[2].succeeded()]
    ends = iut.await_end([name for name, _, _ in cancels])
    complaints = {form: ended_cancelled(cancel, ends[name], iut.settle) for name, form, cancel in cancels}
    not_ended = [form for form, complaint in complaints.items() if complaint is not None]
    confirmation.decides(complaints.values(), lambda: fresh_one_not_ended(iut, form=not_ended[0]))
    if not cancels:
        raise NotTested("no cancel in another form succeeded")
    require_looks(*(ends[name] for name, _, _ in cancels))


@verifies("outcome.running-can-be-cancelled", profile="ci")
def test_cancel_of_any_running_operation_is_accepted(
    iut: Iut, in_every_form: list[FormAtAFreshOne], confirmation: Confirmation
) -> None:
    """Of those that were refused in another form, too: it is the form that may be wrong, and not the operation."""
    refused = [name for name, _, cancel in in_every_form if cancel.response and not cancel.succeeded()]
    if not refused:
        raise NotTested("no cancel in another form was refused")
    plain = [iut.cancel_request(name, note="plain cancel after one in another form") for name in refused]
    cancels = iut.send_all(plain)
    complaints = [accepted(cancel) if _is_for_the_operation(cancel) else None for cancel in cancels]
    wrong = [name for name, complaint in zip(refused, complaints, strict=True) if complaint is not None]
    looks = iut.get_all(wrong)
    ended = [name for name, look in zip(wrong, looks, strict=True) if ended_by_itself(look)]
    complaints = [None if name in ended else each for name, each in zip(refused, complaints, strict=True)]
    wrong = [name for name in wrong if name not in ended]
    confirmation.decides(complaints, lambda: accepted(iut.cancel(wrong[0])))
    require_answers(*cancels)


def _is_for_the_operation(refusal: Exchange) -> bool:
    """Whether a refusal is judged here. One that a refused cancel has ended all the same may be done by now."""
    status = refusal.response.status if refusal.response is not None else 0
    return status not in SAID_ELSEWHERE and not says_failed_precondition(refusal)


@verifies("outcome.still-listed")
def test_cancelled_operation_is_still_listed(iut: Iut, whole_list: list[Exchange], cancel_works: Cancellations) -> None:
    """The name is on one of the pages of the list, which may be late."""
    name, pages = cancel_works.plain.name, whole_list
    if is_read(pages) and not is_listed(pages, name):
        pages = read_until(iut, iut.contract.parent_of(name), lambda read: is_listed(read, name))
    answer = pages[-1].response
    last = answer.json_object() if answer is not None and answer.is_success else None
    if last is None:
        raise NotTested("the list of operations could not be read to its end")
    note(cancel_works.plain.cancel, pages[-1])
    if is_listed(pages, name):
        return
    if next_page_token(pages[-1]):
        raise NotTested(f"the list has more than {len(pages)} pages")
    require(Complaint(f"{name} was cancelled and is not in the list", (cancel_works.plain.cancel, *pages)))


@verifies("outcome.requested-cancellation-is-true")
def test_nobody_requested_the_cancellation_of_a_fresh_operation(
    bystanders: Bystanders, first_cancel: FirstCancel
) -> None:
    for look in (bystanders.oldest.exchange, first_cancel.before):
        operation = operation_in(look)
        if operation is not None and operation.cancellation_requested:
            require(Complaint(f"{operation.name} says requestedCancellation, and nobody cancelled it", (look,)))
        note(look)
