"""The cancel of an id that no operation has yet: it is refused, so it is no order for one that gets the id later."""

from __future__ import annotations

from dataclasses import dataclass

from conformance.errors import NotTested, SeenOnce
from conformance.exchange import Exchange
from conformance.rules.server.authorship import cancelled_from_the_start
from conformance.server.target.iut import Iut
from conformance.suite.bystanders import Bystanders
from conformance.suite.chosen_ids import NONE_CHOSEN, start_called
from conformance.suite.evidence import note, require_untouched
from conformance.suite.judging import verifies
from conformance.suite.last_look import LastLook
from conformance.suite.latency import Latency
from conformance.suite.stimuli import stimulus


@dataclass(frozen=True, slots=True)
class Early:
    """A cancel that was refused, and two operations that were started after it: one of its name, one of another."""

    refused: Exchange
    name: str
    control: str


@stimulus
def early(iut: Iut, bystanders: Bystanders, cancel_is_answered: None, attempts: LastLook) -> Early:
    """Both operations are looked at in the end."""
    started = started_after_a_cancel(iut, bystanders)
    attempts.follow(started.name)
    attempts.follow(started.control)
    return started


def started_after_a_cancel(iut: Iut, bystanders: Bystanders) -> Early:
    """Cancel an id that nobody has, and start an operation of it. Raises NotTested where that cannot be had."""
    if not iut.supply.takes_ids:
        raise NotTested(NONE_CHOSEN)
    identifier, other = iut.fresh_id(), iut.fresh_id()
    name = f"{bystanders.name.rpartition('/')[0]}/{identifier}"
    refused = iut.cancel(name, note="cancel of an id that an operation gets later")
    if refused.response is None or not 400 <= refused.response.status < 500:
        raise NotTested("the cancel of an id that no operation had was not refused")
    early, control = start_called(iut, {"early": identifier, "control": other}).values()
    for one in (early, control):
        if one.why_not is not None:
            raise NotTested(str(one.why_not))
    if early.name != name:
        raise NotTested(f"the operation of the id {identifier} is called {early.name}, and {name} was cancelled")
    return Early(refused, name, control.name)


@verifies("target.only-its-cancel-cancels", profile="ci")
def test_refused_cancel_is_no_order_for_what_is_started_later(
    iut: Iut, bystanders: Bystanders, early: Early, last_look: LastLook, latency: Latency
) -> None:
    """As by a worker that asks a set of cancelled names before it begins, which had the name before anything else."""
    look, other = last_look.end_of(early.name), last_look.end_of(early.control)
    complaint = cancelled_from_the_start(early.refused, look, other)
    note(early.refused)
    if complaint is not None:
        last_look.accounted_for.add(early.name)
        if not _happens_again(iut, bystanders, latency):
            raise SeenOnce(f"{complaint.message}; it did not happen to another one, so it may be a coincidence")
    require_untouched(iut, complaint, look, other)


def _happens_again(iut: Iut, bystanders: Bystanders, latency: Latency) -> bool:
    fresh = started_after_a_cancel(iut, bystanders)
    latency.wait_since(iut.target.clock.now())
    look, other = iut.get_all([fresh.name, fresh.control])
    return cancelled_from_the_start(fresh.refused, look, other) is not None
