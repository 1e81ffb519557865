"""All scenarios, in the order in which they are played; the files are by chapter of the client requirements.

Those that wait for deadlines and for the pauses of clients come early, so that drivers side by side end together.
"""

from conformance.sdk.scenario import Scenario
from conformance.sdk.scenarios import (
    answers,
    codes,
    connections,
    consecutive,
    credentials,
    deadlines,
    errors,
    framing,
    lists,
    names,
    operations,
    overlap,
    reads,
    redirects,
    requests,
    retries,
    waits,
)

GROUPS: dict[str, tuple[Scenario, ...]] = {
    module.__name__.rpartition(".")[2]: module.SCENARIOS
    for module in (
        requests,
        deadlines,
        retries,
        connections,
        waits,
        lists,
        errors,
        codes,
        reads,
        answers,
        operations,
        consecutive,
        redirects,
        framing,
        names,
        credentials,
        overlap,
    )
}
"""The scenarios of each file, under its name."""

SCENARIOS: tuple[Scenario, ...] = tuple(scenario for group in GROUPS.values() for scenario in group)

__all__ = ["GROUPS", "SCENARIOS"]
