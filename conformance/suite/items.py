"""What a check is to pytest: its profile, what it needs, and whether this run runs it."""

from __future__ import annotations

import pytest

from conformance.server.target.connect import may_disrupt
from conformance.server.target.iut import Iut
from conformance.spec.catalogue import catalogue


def is_like(check: pytest.Item, other: pytest.Item) -> bool:
    """Whether both wait for the last look, in the same profile."""
    marks = [each.get_closest_marker("requirement") for each in (check, other)]
    profiles = {mark.args[1] for mark in marks if mark is not None}
    return "last_look" in needs_of(other) and None not in marks and len(profiles) == 1


def needs_of(check: pytest.Item) -> set[str]:
    """The fixtures that a check uses, and the one that it names as its stimulus."""
    parameters = getattr(getattr(check, "callspec", None), "params", {})
    return {*getattr(check, "fixturenames", ()), str(parameters.get("stimulus", ""))}


def is_run(iut: Iut, check: pytest.Item) -> bool:
    """Whether the statement and the target let a check be run."""
    mark = check.get_closest_marker("requirement")
    if mark is None or iut.statement.rules_out(catalogue()[mark.args[0]]) is not None:
        return False
    return may_disrupt(iut.configuration) or check.get_closest_marker("disruptive") is None
