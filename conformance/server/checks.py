"""A check as pytest knows it: which requirement it verifies, in which profile, and when its turn is."""

from __future__ import annotations

import pytest

from conformance.server.target.profile import PROFILES
from conformance.spec.catalogue import catalogue

TRAFFIC_FILE = "test_traffic.py"
"""The checks that look at all traffic."""


def requirement_of(item: pytest.Item) -> str:
    """The requirement that a check verifies."""
    return str(_marker(item).args[0])


def rank_of(item: pytest.Item) -> int:
    """The rank of the smallest profile that runs a check."""
    return PROFILES[_marker(item).args[1]].rank


def draws(item: pytest.Item) -> bool:
    """Whether a check draws its requests at random; only the profiles above quick do."""
    return rank_of(item) > 0


def looks_at_all_traffic(item: pytest.Item) -> bool:
    """Whether a check is about the traffic of all others."""
    return item.path.name == TRAFFIC_FILE


def place_of(item: pytest.Item) -> tuple[str, bool, bool]:
    """The requirement of a check, whether it draws what it sends, and whether it judges all traffic."""
    return requirement_of(item), draws(item), looks_at_all_traffic(item)


def in_order(checks: list[pytest.Item]) -> list[pytest.Item]:
    """Checks in the order of the catalogue, those of the smaller profile first.

    So a requirement is not left untested because what was drawn for another one used up the limits. In each profile
    those checks come last that wait until an effect would have shown, and what looks at all traffic at the very end.
    """
    position = {requirement.id: place for place, requirement in enumerate(catalogue())}
    return sorted(
        checks,
        key=lambda item: (
            looks_at_all_traffic(item),
            rank_of(item),
            "last_look" in getattr(item, "fixturenames", ()),
            position[requirement_of(item)],
        ),
    )


def properties_of(requirement: str) -> list[tuple[str, object]]:
    """What junit.xml says of a check besides its name."""
    known = catalogue()[requirement]
    return [("requirement", known.id), ("level", known.level.value)]


def _marker(item: pytest.Item) -> pytest.Mark:
    marker = item.get_closest_marker("requirement")
    assert marker is not None, "only of a check is it asked what it verifies"
    return marker
