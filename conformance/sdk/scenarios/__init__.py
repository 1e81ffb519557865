"""All scenarios, in the order in which they are played; the files are by chapter of the client requirements."""

from conformance.sdk.scenario import Scenario
from conformance.sdk.scenarios import (
    answers,
    codes,
    credentials,
    errors,
    names,
    operations,
    reads,
    redirects,
    requests,
    retries,
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
    *redirects.SCENARIOS,
)

__all__ = ["SCENARIOS"]
