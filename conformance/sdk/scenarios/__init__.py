"""All scenarios, in the order in which they are played; the files are by chapter of the client requirements."""

from conformance.sdk.scenario import Scenario
from conformance.sdk.scenarios import (
    answers,
    codes,
    connections,
    credentials,
    deadlines,
    errors,
    framing,
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
    *names.SCENARIOS,
    *credentials.SCENARIOS,
    *answers.SCENARIOS,
    *errors.SCENARIOS,
    *codes.SCENARIOS,
    *operations.SCENARIOS,
    *reads.SCENARIOS,
    *retries.SCENARIOS,
    *deadlines.SCENARIOS,
    *redirects.SCENARIOS,
    *framing.SCENARIOS,
    *connections.SCENARIOS,
    *waits.SCENARIOS,
    *overlap.SCENARIOS,
)

__all__ = ["SCENARIOS"]
