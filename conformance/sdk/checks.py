"""Which checks speak for a client requirement: the scenarios that expect something of it, or a rule about all turns."""

from __future__ import annotations

from conformance.rules.client import client_rules
from conformance.sdk.judging import ALL_TURNS
from conformance.sdk.scenarios import SCENARIOS


def listed_checks() -> dict[str, tuple[str, ...]]:
    """The checks of each client requirement; a rule, which judges every turn of every scenario, is `all turns`."""
    found: dict[str, list[str]] = {requirement: [ALL_TURNS] for requirement in client_rules()}
    for scenario in SCENARIOS:
        for expectation in scenario.expectations:
            found.setdefault(expectation.requirement, []).append(scenario.name)
    return {requirement: tuple(dict.fromkeys(checks)) for requirement, checks in found.items()}


def checks_by_requirement() -> dict[str, tuple[str, ...]]:
    """The checks whose name a result about each client requirement can have, and so an entry of a baseline."""
    everywhere = (*(scenario.name for scenario in SCENARIOS), ALL_TURNS)
    return {
        requirement: everywhere if ALL_TURNS in checks else checks for requirement, checks in listed_checks().items()
    }
