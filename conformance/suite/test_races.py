"""Races: calls that overlap. Whatever their order was, some order has to explain the answers."""

from __future__ import annotations

import pytest

from conformance.errors import NotApplicable, NotTested
from conformance.exchange import Exchange
from conformance.rules import Complaint
from conformance.rules.server.order import explained_by_some_order
from conformance.server.target.iut import Iut
from conformance.suite.bystanders import Bystanders
from conformance.suite.cancellations import Cancellations
from conformance.suite.confirmation import Confirmation
from conformance.suite.evidence import answered, require_answers, require_looks, require_untouched, tells_what_exists
from conformance.suite.judging import disruptive, verifies
from conformance.suite.last_look import LastLook
from conformance.suite.stimuli import stimulus
from conformance.suite.storm import Storm, raise_storm


@verifies("lifecycle.some-order-explains")
def test_overlapping_cancels_and_looks_have_an_order(
    iut: Iut, storm: Storm, cancel_repeats: Cancellations, confirmation: Confirmation
) -> None:
    storm.require_overlap()
    confirmation.informs(_no_order(storm), lambda: _no_order(raise_storm(iut, iut.running(1)[0], cancels=2, looks=2)))
    require_answers(*storm.exchanges)
    require_looks(storm.last_look)


CROWD = 4
"""Operations that are cancelled at once."""


class Crowd:
    """Several operations cancelled twice and looked at, all at once, beside a bystander that has no part in it."""

    def __init__(self, iut: Iut, bystanders: Bystanders, attempts: LastLook) -> None:
        self._iut = iut
        self._bystanders = bystanders
        self._aims = attempts
        self._races = 0
        self.first = self.race()

    def race(self) -> str:
        """Let them race; the key under which the bystander is looked at."""
        bystander = self._bystanders.new()
        requests = [
            request
            for name in self._iut.running(CROWD)
            for request in (
                self._iut.cancel_request(name),
                self._iut.cancel_request(name),
                self._iut.get_request(name),
            )
        ]
        self._races += 1
        key = f"crowd {self._races}"
        self._aims.note(key, bystander, self._iut.send_together(requests))
        return key


@stimulus
def crowd(iut: Iut, bystanders: Bystanders, cancel_repeats: Cancellations, attempts: LastLook) -> Crowd:
    """Several operations cancelled at once, beside a bystander that has no part in it."""
    return Crowd(iut, bystanders, attempts)


@disruptive
@verifies("lifecycle.some-order-explains", profile="ci")
def test_great_storm_has_an_order(iut: Iut, cancel_repeats: Cancellations, confirmation: Confirmation) -> None:
    def race() -> Complaint | None:
        storms.append(raise_storm(iut, iut.running(1)[0], cancels=6, looks=6))
        return _no_order(storms[-1])

    storms: list[Storm] = []
    complaint = race()
    storms[0].require_overlap()
    confirmation.informs(complaint, race)
    require_looks(*(storm.last_look for storm in storms))


def _no_order(storm: Storm) -> Complaint | None:
    return explained_by_some_order(storm.name, storm.exchanges)


@disruptive
@verifies("target.other-operations-untouched", profile="ci")
def test_crowd_of_cancels_leaves_a_bystander_alone(
    iut: Iut, last_look: LastLook, crowd: Crowd, confirmation: Confirmation
) -> None:
    looked = last_look.at(crowd.first)
    last_look.accounted_for.add(looked.bystander.name)
    confirmation.informs(looked.touched, lambda: last_look.at(crowd.race()).touched)
    require_untouched(iut, None, looked.look)


@disruptive
@verifies("lifecycle.some-order-explains", profile="ci")
@pytest.mark.parametrize(("cancels", "deletes"), [(4, 1), (0, 3)])
def test_deletes_have_an_order(
    cancels: int, deletes: int, iut: Iut, cancel_repeats: Cancellations, may_delete: bool, confirmation: Confirmation
) -> None:
    """A delete among cancels, or deletes among themselves, and looks, at one running operation, all at once."""
    if not may_delete:
        raise NotApplicable(
            "delete is not supported, not allowed for these operations, or does not work without any overlap"
        )

    def race() -> Complaint | None:
        name = iut.running(1)[0]
        requests = [iut.cancel_request(name) for _ in range(cancels)]
        requests += [iut.delete_request(name) for _ in range(deletes)]
        requests += [iut.get_request(name), iut.get_request(name)]
        at_once = iut.send_together(requests)
        if len(at_once) < len(requests):
            raise NotTested(f"of {len(requests)} calls [limits] concurrency allows only {len(at_once)} at a time")
        sent = [*at_once, iut.get(name), iut.get(name)]
        looks.append(sent[-1])
        return explained_by_some_order(name, sent)

    looks: list[Exchange] = []
    confirmation.informs(race(), race)
    if not tells_what_exists(looks[0]):
        raise NotTested(f"{answered(looks[0])}, so what became of the operation is not known")
