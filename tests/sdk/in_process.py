"""What tests of the gate say of drivers without a process."""

from __future__ import annotations

import json
from collections.abc import Iterable

from conformance.judging.verdict import Judgement, Verdict
from conformance.rules.client.turn import DriverRequest
from conformance.sdk.gate import GateRun
from conformance.sdk.in_process import InProcess, Speaks
from conformance.sdk.judging import judge_performance
from conformance.sdk.naming import Naming
from conformance.sdk.play import Performance, perform
from conformance.sdk.scenario import Scenario
from conformance.sdk.scenarios import SCENARIOS
from conformance.spec.contract import Contract

CONTRACT = Contract.load("beyondcorp.v1")
NAMING = Naming.of(CONTRACT)
NOT_KEPT = (Verdict.FAIL, Verdict.WARN)


def says(**words: object) -> Speaks:
    """A driver that says the same to everything."""
    return lambda request: json.dumps({"id": request.id, **words}).encode()


def named(*names: str) -> list[Scenario]:
    """Some scenarios."""
    return [scenario for scenario in SCENARIOS if scenario.name in names]


def performed(speaks: Speaks, scenarios: Iterable[Scenario] = SCENARIOS) -> Performance:
    """The scenarios as they go with a driver that speaks so."""
    return perform(lambda: InProcess(speaks), scenarios, NAMING)


def judged(speaks: Speaks, scenarios: Iterable[Scenario] = SCENARIOS) -> dict[str, Judgement]:
    """The verdicts by requirement."""
    performance = performed(speaks, scenarios)
    return {judgement.requirement.id: judgement for judgement in judge_performance(performance).judgements}


def not_kept(judgements: dict[str, Judgement]) -> dict[str, str]:
    """The requirements that failed or warn, each with its reason."""
    return {
        requirement: judgement.reason for requirement, judgement in judgements.items() if judgement.verdict in NOT_KEPT
    }


def verdicts(run: GateRun) -> dict[str, str]:
    """The verdict of each requirement, in a word."""
    return {judgement.requirement.id: judgement.verdict.value for judgement in run.judgements}


def running(request: DriverRequest) -> dict[str, object]:
    """The operation that was told, as one that runs."""
    return {"name": request.name, "done": False, "error": None, "response": False}
