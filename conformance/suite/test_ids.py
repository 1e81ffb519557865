"""Ids of the suite's choice: whatever a server takes for the id of an operation, it cancels by that name."""

from __future__ import annotations

from dataclasses import replace

import pytest

from conformance.errors import NotApplicable, NotTested
from conformance.exchange import Exchange
from conformance.rules import Complaint
from conformance.rules.server.outcome import accepted, as_good_as, ended_cancelled
from conformance.server.target.iut import Iut
from conformance.suite.bystanders import ended_by_itself, shows_the_end
from conformance.suite.cancellations import Cancellations
from conformance.suite.chosen_ids import (
    APART,
    COLON,
    COLON_FIRST,
    EVERYTHING,
    RARER,
    TOGETHER,
    Chosen,
    cancel_chosen,
    cancel_started,
    start_chosen,
)
from conformance.suite.confirmation import Confirmation
from conformance.suite.evidence import require_answers, require_each, require_looks
from conformance.suite.judging import require, verifies
from conformance.suite.last_look import LastLook
from conformance.suite.repeated_forms import PLAIN_COLON, RepeatedForms
from conformance.suite.stimuli import stimulus


@stimulus
def chosen(
    iut: Iut, cancel_works: Cancellations, unusual: dict[str, Chosen], same_request_id: Exchange | None = None
) -> dict[str, Chosen]:
    """The operations, each with its cancel; the plain cancel of one with an id of another kind works.

    That of everything at once was cancelled already with a request id, if that was accepted.
    """
    everything, started = unusual[EVERYTHING], dict(unusual)
    if everything.name and same_request_id is not None and same_request_id.succeeded():
        del started[EVERYTHING]
        everything = replace(everything, cancel=same_request_id)
    if not iut.is_quick:
        started |= start_chosen(iut, (*RARER, COLON_FIRST))
    if everything.was_refused:
        started |= start_chosen(iut, tuple(TOGETHER))
        apart = [part for kind, parts in TOGETHER.items() if started[kind].was_refused for part in parts]
        started |= start_chosen(iut, apart) if apart else {}
    return {EVERYTHING: everything, **cancel_started(iut, started)}


def _require_accepted(iut: Iut, one: Chosen) -> None:
    """Raise NotTested where a cancel is refused and the operation has ended, by itself, perhaps before it."""
    cancel = one.cancelled()
    if accepted(cancel) is not None and ended_by_itself(iut.get(one.name)):
        raise NotTested(f"{one.name} has ended by itself, perhaps before its cancel, which was refused")
    require_each(accepted, [cancel])


@verifies("routing.every-id-is-bound")
@pytest.mark.parametrize("kind", TOGETHER)
def test_operation_is_cancelled_by_its_name(iut: Iut, chosen: dict[str, Chosen], kind: str) -> None:
    _require_accepted(iut, chosen.get(kind, chosen[EVERYTHING]))


@verifies("routing.every-id-is-bound")
@pytest.mark.parametrize("kind", APART)
def test_operation_is_cancelled_where_its_id_has_one_thing_alone(
    iut: Iut, chosen: dict[str, Chosen], kind: str
) -> None:
    if kind not in chosen:
        raise NotApplicable("an id that has this and more was not refused")
    _require_accepted(iut, chosen[kind])


@verifies("routing.every-id-is-bound", profile="ci")
@pytest.mark.parametrize("kind", RARER)
def test_operation_is_cancelled_whatever_its_id_has(iut: Iut, chosen: dict[str, Chosen], kind: str) -> None:
    _require_accepted(iut, chosen[kind])


@verifies("routing.escaped-colon-is-data")
def test_escaped_colon_is_a_part_of_the_id(iut: Iut, chosen: dict[str, Chosen]) -> None:
    _require_accepted(iut, chosen[COLON])


@verifies("routing.escaped-colon-is-data", profile="ci")
def test_escaped_colon_is_the_first_character_of_the_id(iut: Iut, chosen: dict[str, Chosen]) -> None:
    _require_accepted(iut, chosen[COLON_FIRST])


@verifies("routing.colon-in-identifier")
def test_plain_colon_is_a_part_of_the_id(iut: Iut, chosen: dict[str, Chosen]) -> None:
    """The same operation once more: where that was cancelled already, one that is escaped is the control."""
    one = chosen[COLON]
    one.cancelled()
    plain, once_more = one.with_plain_colon, one.once_more
    assert plain is not None
    if once_more is None:
        _require_accepted(iut, replace(one, cancel=plain))
        return
    require(as_good_as(once_more, plain, may_have_ended=True))
    require_answers(once_more, plain)


@verifies("routing.colon-in-identifier")
def test_plain_colon_is_a_part_of_an_id_that_the_server_gave(repeated_forms: RepeatedForms) -> None:
    if PLAIN_COLON not in repeated_forms:
        raise NotApplicable("the ids of the operations have no colon")
    repeated_forms.require_as_good(PLAIN_COLON)


@verifies("outcome.guaranteed")
def test_guaranteed_cancel_ends_an_operation_whatever_its_id_has(
    iut: Iut, last_look: LastLook, chosen: dict[str, Chosen], confirmation: Confirmation
) -> None:
    """An operation that does not end is followed by a fresh one with an id of the same kind, alone.

    What a second cancel makes of an operation is no matter of its id.
    """
    once = {kind: one for kind, one in chosen.items() if one.with_plain_colon is None}
    cancels = {kind: one for kind, one in once.items() if one.cancel is not None and one.cancel.succeeded()}
    names = [one.name for one in cancels.values()]
    ends = {name: look for name in names if shows_the_end(look := last_look.end_of(name))}
    ends.update(iut.await_end([name for name in names if name not in ends]))

    def not_ended(one: Chosen) -> Complaint | None:
        assert one.cancel is not None
        return ended_cancelled(one.cancel, ends[one.name], iut.settle)

    complaints = {kind: complaint for kind, one in cancels.items() if (complaint := not_ended(one)) is not None}

    def once_more() -> Complaint | None:
        ((kind, one),) = cancel_chosen(iut, tuple(complaints)[:1]).items()
        cancels[kind] = one
        ends.update(iut.await_end([one.name]))
        return not_ended(one)

    confirmation.decides(complaints.values(), once_more)
    if not cancels:
        raise NotTested("no cancel of an operation with such an id succeeded")
    require_looks(*ends.values())
