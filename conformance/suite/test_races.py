"""Races: calls that overlap. Whatever their order was, some order has to explain the answers."""

from __future__ import annotations

import pytest

from conformance.errors import NotApplicable
from conformance.rules.order import explained_by_some_order
from conformance.rules.outcome import untouched
from conformance.suite.judging import disruptive, require, verifies
from conformance.suite.stories import Bystanders, Stories
from conformance.suite.storm import Storm, raise_storm
from conformance.targets.iut import Iut

CROWD = 4


@verifies("lifecycle.some-order-explains")
def test_overlapping_cancels_and_looks_have_an_order(storm: Storm, cancel_repeats: Stories) -> None:
    require(explained_by_some_order(storm.name, storm.exchanges))


@disruptive
@verifies("lifecycle.some-order-explains", profile="ci")
def test_great_storm_has_an_order(iut: Iut, bystanders: Bystanders, cancel_repeats: Stories) -> None:
    storm = raise_storm(iut, cancels=6, looks=6)
    require(explained_by_some_order(storm.name, storm.exchanges))


@disruptive
@verifies("target.other-operations-untouched", profile="ci")
def test_crowd_of_cancels_leaves_a_bystander_alone(iut: Iut, bystanders: Bystanders, cancel_repeats: Stories) -> None:
    """Several operations cancelled twice and looked at, all at once; each has an order, and the bystander no part."""
    bystander = bystanders.new()
    names = iut.running(CROWD)
    sent = iut.send_together(
        [
            request
            for name in names
            for request in (iut.cancel_request(name), iut.cancel_request(name), iut.get_request(name))
        ]
    )
    look = iut.get(bystander.name)
    complaint = untouched(bystander.operation, look, sent[-1])
    if complaint is not None:
        bystanders.retire(bystander)
    require(complaint)


@disruptive
@verifies("lifecycle.some-order-explains", profile="ci")
@pytest.mark.parametrize(("cancels", "deletes"), [(4, 1), (0, 3)])
def test_deletes_have_an_order(cancels: int, deletes: int, iut: Iut, cancel_repeats: Stories, may_delete: bool) -> None:
    """A delete among cancels, or deletes among themselves, and looks, at one running operation, all at once."""
    if not may_delete:
        raise NotApplicable("delete is not supported, not ours to use, or does not work without any overlap")
    name = iut.running(1)[0]
    requests = [iut.cancel_request(name) for _ in range(cancels)]
    requests += [iut.delete_request(name) for _ in range(deletes)]
    requests += [iut.get_request(name), iut.get_request(name)]
    require(explained_by_some_order(name, [*iut.send_together(requests), iut.get(name), iut.get(name)]))
