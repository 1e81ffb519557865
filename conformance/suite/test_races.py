"""Races: calls that overlap. Whatever their order was, some order has to explain the answers."""

from __future__ import annotations

import pytest

from conformance.errors import NotApplicable
from conformance.exchange import Exchange
from conformance.rules import Complaint
from conformance.rules.server.order import explained_by_some_order
from conformance.rules.server.outcome import untouched
from conformance.server.target.iut import Iut
from conformance.suite.alone import Alone
from conformance.suite.judging import disruptive, verifies
from conformance.suite.stories import Bystanders, Stories
from conformance.suite.storm import Storm, raise_storm
from conformance.suite.untouched import require_untouched

CROWD = 4


@verifies("lifecycle.some-order-explains")
def test_overlapping_cancels_and_looks_have_an_order(
    iut: Iut, storm: Storm, cancel_repeats: Stories, alone: Alone
) -> None:
    alone.prove(_no_order(storm), lambda: _no_order(raise_storm(iut, cancels=2, looks=2)))


@disruptive
@verifies("lifecycle.some-order-explains", profile="ci")
def test_great_storm_has_an_order(iut: Iut, bystanders: Bystanders, cancel_repeats: Stories, alone: Alone) -> None:
    def race() -> Complaint | None:
        return _no_order(raise_storm(iut, cancels=6, looks=6))

    alone.prove(race(), race)


def _no_order(storm: Storm) -> Complaint | None:
    return explained_by_some_order(storm.name, storm.exchanges)


@disruptive
@verifies("target.other-operations-untouched", profile="ci")
def test_crowd_of_cancels_leaves_a_bystander_alone(
    iut: Iut, bystanders: Bystanders, cancel_repeats: Stories, alone: Alone
) -> None:
    """Several operations cancelled twice and looked at, all at once; each has an order, and the bystander no part."""

    def race() -> Complaint | None:
        bystander = bystanders.new()
        names = iut.running(CROWD)
        sent = iut.send_together(
            [
                request
                for name in names
                for request in (iut.cancel_request(name), iut.cancel_request(name), iut.get_request(name))
            ]
        )
        looks.append(iut.get(bystander.name))
        complaint = untouched(bystander.operation, looks[-1], sent[-1])
        if complaint is not None:
            bystanders.retire(bystander)
        return complaint

    looks: list[Exchange] = []
    alone.prove(race(), race)
    require_untouched(iut, None, *looks)


@disruptive
@verifies("lifecycle.some-order-explains", profile="ci")
@pytest.mark.parametrize(("cancels", "deletes"), [(4, 1), (0, 3)])
def test_deletes_have_an_order(
    cancels: int, deletes: int, iut: Iut, cancel_repeats: Stories, may_delete: bool, alone: Alone
) -> None:
    """A delete among cancels, or deletes among themselves, and looks, at one running operation, all at once."""
    if not may_delete:
        raise NotApplicable("delete is not supported, not ours to use, or does not work without any overlap")

    def race() -> Complaint | None:
        name = iut.running(1)[0]
        requests = [iut.cancel_request(name) for _ in range(cancels)]
        requests += [iut.delete_request(name) for _ in range(deletes)]
        requests += [iut.get_request(name), iut.get_request(name)]
        return explained_by_some_order(name, [*iut.send_together(requests), iut.get(name), iut.get(name)])

    alone.prove(race(), race)
