"""All scenarios, in the order in which they are played; the files are by chapter of the client requirements."""

from conformance.sdk.scenario import Scenario
from conformance.sdk.scenarios import answers, deadlines, errors, operations, redirects, requests, retries

SCENARIOS: tuple[Scenario, ...] = (
    *requests.SCENARIOS,
    *answers.SCENARIOS,
    *errors.SCENARIOS,
    *operations.SCENARIOS,
    *retries.SCENARIOS,
    *deadlines.SCENARIOS,
    *redirects.SCENARIOS,
)

__all__ = ["SCENARIOS"]
