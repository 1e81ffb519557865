"""The gate as a whole: clients that cannot be believed, and what is said of them."""

from __future__ import annotations

import json
from collections.abc import Callable

from conformance.judging.verdict import RunVerdict, Verdict
from conformance.rules.client.turn import DriverRequest
from conformance.sdk.gate import GateRun
from conformance.sdk.honest_driver import Client
from conformance.sdk.in_process import driven
from conformance.sdk.judging import judge_performance
from conformance.sdk.play import Performance, Play

from .in_process import judged, named, not_kept, performed, running, says, verdicts

MUST_PASS = "client-answer.empty-object-is-success"


def test_the_honest_driver_conforms(whole: Callable[..., GateRun]) -> None:
    run = whole(driven(Client()))
    assert run.verdict is RunVerdict.CONFORMANT
    assert run.report["exit_status"] == 0
    assert set(verdicts(run).values()) == {"pass", "not-applicable", "not-tested"}


def test_always_ok_is_caught(gate: Callable[..., GateRun]) -> None:
    """Nothing was sent: no expectation is judged, since the controls fail, and that no cancel was sent is seen."""
    run = gate(lambda request: json.dumps({"id": request.id, "outcome": "ok", "operation": running(request)}).encode())
    assert run.verdict is RunVerdict.NOT_CONFORMANT
    assert verdicts(run)["client-request.cancel-is-sent"] == "fail"
    assert verdicts(run)[MUST_PASS] == "not-tested"
    assert verdicts(run)["client-answer.not-found"] == "not-tested"


def test_always_ok_is_caught_when_requests_are_sent(gate: Callable[..., GateRun]) -> None:
    def optimist(request: DriverRequest) -> bytes:
        driven(Client())(request)
        return json.dumps({"id": request.id, "outcome": "ok", "operation": running(request)}).encode()

    run = gate(optimist, only=["not-found", "plain-cancel", "cancelled"])
    assert run.verdict is RunVerdict.NOT_CONFORMANT
    assert verdicts(run)["client-answer.error-is-no-success"] == "fail"
    assert verdicts(run)["client-answer.not-found"] == "fail"
    assert verdicts(run)[MUST_PASS] == "not-tested", "its control is a refusal, which was called a success, too"
    assert verdicts(run)["client-operation.cancelled-is-told"] == "fail"


def test_an_operation_that_runs_and_is_never_shown_so_is_charged(gate: Callable[..., GateRun]) -> None:
    """Its control fails in every scenario, and one of them is about just that."""

    def always_done(request: DriverRequest) -> bytes:
        reply = json.loads(driven(Client())(request))
        if "operation" in reply:
            reply["operation"]["done"] = True
        return json.dumps(reply).encode()

    run = gate(always_done, only=["still-running", "cancelled"])
    assert run.verdict is RunVerdict.NOT_CONFORMANT
    assert verdicts(run)["client-operation.running-is-told"] == "fail"
    assert verdicts(run)["client-operation.cancelled-is-told"] == "not-tested"


def test_what_one_scenario_could_not_show_is_not_tested_although_another_does_not_apply() -> None:
    always_done = says(outcome="ok", operation={"name": "", "done": True, "response": True})
    (untested,) = performed(always_done, named("cancelled")).plays
    elsewhere = Play(untested.scenario, inapplicable="the contract has no path for it")

    def verdict(*plays: Play) -> Verdict:
        judgements = judge_performance(Performance(list(plays)), is_whole=False).judgements
        return {each.requirement.id: each.verdict for each in judgements}["client-operation.cancelled-is-told"]

    assert verdict(elsewhere) is Verdict.NOT_APPLICABLE
    assert verdict(elsewhere, untested) is Verdict.NOT_TESTED


def test_always_failing_is_caught_when_requests_are_sent(gate: Callable[..., GateRun]) -> None:
    def pessimist(request: DriverRequest) -> bytes:
        driven(Client())(request)
        return json.dumps({"id": request.id, "outcome": "rpc_error", "code": "NOT_FOUND", "http_status": 404}).encode()

    run = gate(pessimist, only=["not-found", "plain-cancel"])
    assert run.verdict is RunVerdict.NOT_CONFORMANT
    assert verdicts(run)[MUST_PASS] == "fail"
    assert verdicts(run)["client-answer.not-found"] == "not-tested"


def test_a_client_without_get_is_not_judged_by_it(whole: Callable[..., GateRun]) -> None:
    def without_get(request: DriverRequest) -> bytes:
        if request.method.value == "get":
            return json.dumps({"id": request.id, "outcome": "unsupported"}).encode()
        return driven(Client())(request)

    run = whole(without_get)
    assert run.verdict is RunVerdict.CONFORMANT
    assert verdicts(run)["client-operation.cancelled-is-told"] == "not-applicable"
    assert run.report["iut"]["driver"]["unsupported"] == ["get"]
    assert any("the client has no call get; not applicable: awkward-get" in line for line in run.report["messages"])


def test_a_client_without_anything_is_not_conformant_for_no_reason(gate: Callable[..., GateRun]) -> None:
    run = gate(says(outcome="unsupported"))
    assert run.verdict is RunVerdict.INCOMPLETE


def test_a_control_that_failed_leaves_nothing_to_say() -> None:
    """The client loses every plain cancel; what it says of an error is then worth nothing."""

    def loses(request: DriverRequest) -> bytes:
        if request.name.endswith("-control"):
            return json.dumps({"id": request.id, "outcome": "transport_error"}).encode()
        return driven(Client())(request)

    found = judged(loses, named("not-found"))
    assert found["client-answer.not-found"].verdict is Verdict.NOT_TESTED
    assert "the positive control failed" in found["client-answer.not-found"].reason
    assert not_kept(found) == {}
