"""Requests that must leave an operation alone, as they are made."""

from __future__ import annotations

from conformance.server.target.profile import CI
from conformance.suite import test_routing  # noqa: F401 - declares the family
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
