"""What a check is to pytest: its profile, what it needs, and whether this run runs it."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from conformance.server.target.connect import may_disrupt
from conformance.server.target.iut import Iut
from conformance.spec.catalogue import catalogue
from conformance.suite.stimuli import in_turn


def wanted_with(iut: Iut, items: Sequence[pytest.Item], name: str) -> set[str]:
    """What the checks of one profile want that this run runs: of the smallest in which one wants the stimulus."""
    by_profile: dict[str, set[str]] = {}
    for item in items:
        mark = item.get_closest_marker("requirement")
        if mark is not None and is_run(iut, item):
            by_profile.setdefault(mark.args[1], set()).update(needs_of(item))
    return next((wanted for wanted in by_profile.values() if name in in_turn(wanted)), set())


def needs_of(check: pytest.Item) -> list[str]:
    """The fixtures that a check uses, and the one that it names as its stimulus."""
    parameters = getattr(getattr(check, "callspec", None), "params", {})
    return [str(parameters.get("stimulus", "")), *getattr(check, "fixturenames", ())]


def is_run(iut: Iut, check: pytest.Item) -> bool:
    """Whether the statement and the target let a check be run."""
    mark = check.get_closest_marker("requirement")
    if mark is None or iut.statement.rules_out(catalogue()[mark.args[0]]) is not None:
        return False
    return may_disrupt(iut.configuration) or check.get_closest_marker("disruptive") is None
