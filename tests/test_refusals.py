"""Requests that must leave an operation alone, as they are made."""

from __future__ import annotations

import pytest

from conformance.exchange.history import operation_in
from conformance.server.target.profile import CI
from conformance.suite import test_routing  # noqa: F401 - declares the family
from conformance.suite.blame import Blame
from conformance.suite.bystanders import Bystander
from conformance.suite.drawn import Aimed
from conformance.suite.judging import Violated
from conformance.suite.last_look import LastLook
from conformance.suite.latency import Latency
from conformance.suite.refusals import FAMILIES, Situation
from tests.targets.test_iut import NAME, iut_of


def test_a_head_request_has_a_connection_of_its_own() -> None:
    """Some servers send content in answer to it, which the next request would be answered with."""
    iut, _ = iut_of()
    iut.profile = CI
    closing = {
        outgoing.request.method: outgoing.request.header("connection")
        for outgoing in FAMILIES["other_methods"](Situation(iut, NAME, "", NAME))
    }
    assert closing["HEAD"] == "close"
    assert closing["GET"] is None


def test_a_drawn_near_miss_that_succeeded_has_said_who_touched_the_bystander() -> None:
    """Of a router that knows no case it was said besides that nobody had cancelled the operation, by coincidence."""
    iut, _ = iut_of()
    look = iut.get(NAME)
    operation = operation_in(look)
    assert operation is not None
    attempts = LastLook(iut, Latency(iut))
    wrong = Violated(())
    aimed = Aimed(iut, "drawn literals", Bystander(NAME, look, operation), attempts, wrong=wrong)
    with pytest.raises(Violated):
        aimed.require_no_effect(Blame(iut, None, None, None))  # type: ignore[arg-type]
    assert attempts.accounted_for == {NAME}
