"""Operations that do not exist: not found, and not created by being cancelled."""

from __future__ import annotations

import pytest

from conformance.exchange import Exchange
from conformance.exchange.history import operation_in
from conformance.rules import Complaint
from conformance.rules.outcome import not_found
from conformance.suite.judging import require, verifies
from conformance.suite.refusals import Refusals
from conformance.suite.stories import Bystanders, Stories
from conformance.targets.iut import Iut


@pytest.fixture(scope="module")
def unknown_cancels(iut: Iut, bystanders: Bystanders, cancel_is_answered: None) -> list[Exchange]:
    """Cancels of names of the right shape that no operation has: a plain one, a long one, an unusual one."""
    like = bystanders.get()[0].name
    parent = like.rpartition("/")[0]
    names = [
        iut.unknown_name(like, "cancel"),
        f"{parent}/no-such-{'0123456789' * 15}",
        f"{parent}/no.such_operation~0",
    ]
    return iut.send_all([iut.cancel_request(name, note="cancel of an unknown operation") for name in names])


@verifies("unknown.cancel-is-not-found")
def test_cancel_of_an_unknown_operation_is_not_found(
    iut: Iut, unknown_cancels: list[Exchange], refusals: Refusals, cancel_works: Stories
) -> None:
    """So are the operations whose names are almost known, under the same parent or another."""
    may_be_hidden = iut.statement.value("auth") is not False
    require(*(not_found(exchange, may_be_hidden) for exchange in (*unknown_cancels, *refusals.sent["similar-names"])))


@verifies("unknown.cancel-creates-nothing")
def test_cancel_of_an_unknown_operation_creates_nothing(iut: Iut, unknown_cancels: list[Exchange]) -> None:
    cancel = unknown_cancels[0]
    assert cancel.call is not None
    look = iut.get(cancel.call.name)
    if operation_in(look) is not None:
        require(Complaint(f"{cancel.call.name} did not exist, was cancelled, and exists now", (cancel, look)))


@verifies("unknown.get-is-not-found")
def test_get_of_an_unknown_operation_is_not_found(iut: Iut, bystanders: Bystanders) -> None:
    """Asked at the beginning of the run, and again for an operation whose cancel was refused."""
    require(not_found(bystanders.unknown, iut.statement.value("auth") is not False))
