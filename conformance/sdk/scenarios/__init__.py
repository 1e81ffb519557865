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

SCENARIOS: tuple[Scenario, ...] = (
    *requests.SCENARIOS,
    *deadlines.SCENARIOS,
    *retries.SCENARIOS,
    *connections.SCENARIOS,
    *waits.SCENARIOS,
    *lists.SCENARIOS,
    *errors.SCENARIOS,
    *codes.SCENARIOS,
    *reads.SCENARIOS,
    *answers.SCENARIOS,
    *operations.SCENARIOS,
    *consecutive.SCENARIOS,
    *redirects.SCENARIOS,
    *framing.SCENARIOS,
    *names.SCENARIOS,
    *credentials.SCENARIOS,
    *overlap.SCENARIOS,
)

__all__ = ["SCENARIOS"]
