"""The gate as a whole: drivers that cannot be believed, drivers that break down, and what is said of it all."""

from __future__ import annotations

import json
import shlex
import socket
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from conformance.errors import UsageError
from conformance.judging.baseline import AcceptedGap, Baseline, KnownFailure
from conformance.judging.report import read_report
from conformance.judging.verdict import RunVerdict, Verdict
from conformance.rules.client.turn import Told
from conformance.sdk import gate as gate_module
from conformance.sdk.company import MOST_FAULTS
from conformance.sdk.faults import fault_named
from conformance.sdk.gate import GateRun, run_gate, selected, whole_timeline, write_everything
from conformance.sdk.honest_driver import Client
from conformance.sdk.in_process import InProcess, Speaks, driven
from conformance.sdk.judging import judge_performance
from conformance.sdk.play import Performance, Play, perform, processes
from conformance.sdk.reply import DriverFault
from conformance.sdk.scenarios import SCENARIOS
from conformance.secrets.command import command_without_secrets

from .in_process import NAMING, judged, named, not_kept, performed, says

MUST_PASS = "client-answer.empty-object-is-success"

SIDE_BY_SIDE = 8


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Callable[..., GateRun]:
    """The gate with a driver in this process: `gate(speaks, only=…, baseline=…)`."""

    def run(speaks: Speaks, **options: object) -> GateRun:
        def start() -> InProcess:
            return InProcess(speaks)

        monkeypatch.setattr(gate_module, "processes", lambda _command, _patience: start)
        return run_gate(["./driver"], **options)  # type: ignore[arg-type]

    return run


@pytest.fixture
def whole(gate: Callable[..., GateRun]) -> Callable[..., GateRun]:
    """The same by drivers side by side: a run of all scenarios mostly waits for deadlines."""
    return partial(gate, jobs=SIDE_BY_SIDE)


def verdicts(run: GateRun) -> dict[str, str]:
    return {judgement.requirement.id: judgement.verdict.value for judgement in run.judgements}


def test_the_honest_driver_conforms(whole: Callable[..., GateRun]) -> None:
    run = whole(driven(Client()))
    assert run.verdict is RunVerdict.CONFORMANT
    assert run.report["exit_status"] == 0
    assert set(verdicts(run).values()) == {"pass", "not-applicable", "not-tested"}


def test_always_ok_is_caught(gate: Callable[..., GateRun]) -> None:
    """Nothing was sent: no expectation is judged, since the controls fail, and that no cancel was sent is seen."""
    run = gate(lambda told: json.dumps({"id": told.id, "outcome": "ok", "operation": _running(told)}).encode())
    assert run.verdict is RunVerdict.NOT_CONFORMANT
    assert verdicts(run)["client-request.cancel-is-sent"] == "fail"
    assert verdicts(run)[MUST_PASS] == "not-tested"
    assert verdicts(run)["client-answer.not-found"] == "not-tested"


def test_always_ok_is_caught_when_requests_are_sent(whole: Callable[..., GateRun]) -> None:
    def optimist(told: Told) -> bytes:
        driven(Client())(told)
        return json.dumps({"id": told.id, "outcome": "ok", "operation": _running(told)}).encode()

    run = whole(optimist)
    assert run.verdict is RunVerdict.NOT_CONFORMANT
    assert verdicts(run)["client-answer.error-is-no-success"] == "fail"
    assert verdicts(run)["client-answer.not-found"] == "fail"
    assert verdicts(run)[MUST_PASS] == "not-tested", "its control is a refusal, which was called a success, too"
    assert verdicts(run)["client-operation.cancelled-is-told"] == "fail"


def test_an_operation_that_runs_and_is_never_shown_so_is_charged(whole: Callable[..., GateRun]) -> None:
    """Its control fails in every scenario, and one of them is about just that."""

    def always_done(told: Told) -> bytes:
        reply = json.loads(driven(Client())(told))
        if "operation" in reply:
            reply["operation"]["done"] = True
        return json.dumps(reply).encode()

    run = whole(always_done)
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


@pytest.mark.parametrize("outcome", ["client_error", "transport_error", "decode_error", "rpc_error"])
def test_a_driver_whose_client_never_calls_is_stopped_and_told_why(gate: Callable[..., GateRun], outcome: str) -> None:
    """Every error that it was to report it reports; but nothing arrives, and nothing is held against the SDK."""
    run = gate(says(outcome=outcome, code=None, http_status=404, message="TypeError: no url"))
    invents = outcome == "rpc_error"
    assert run.verdict is (RunVerdict.NOT_CONFORMANT if invents else RunVerdict.ERROR)
    assert (verdicts(run)["client-answer.no-refusal-is-invented"] == "fail") is invents
    assert set(verdicts(run).values()) <= {"error", "not-tested", "fail"}
    (message,) = run.report["messages"]
    assert message.startswith("driver: no request ever arrived at http://127.0.0.1:")
    assert "TypeError: no url" in message
    assert sum(bool(play.all_turns) for play in run.performance.plays) == 3


def test_a_client_that_speaks_tls_is_stopped_and_told_so(gate: Callable[..., GateRun]) -> None:
    def encrypts(told: Told) -> bytes:
        with socket.create_connection(("127.0.0.1", int(told.endpoint.rpartition(":")[2]))) as wire:
            wire.sendall(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")
            wire.shutdown(socket.SHUT_WR)
            wire.recv(1)
        return json.dumps({"id": told.id, "outcome": "transport_error"}).encode()

    run = gate(encrypts)
    assert run.verdict is RunVerdict.ERROR
    assert set(verdicts(run).values()) <= {"error", "not-tested"}, "which protocol it speaks is the driver's matter"
    (message,) = run.report["messages"]
    assert "could be read: what arrived is not HTTP/1.1; it begins b'\\x16\\x03" in message
    assert "that was TLS, switch it off for this endpoint" in message


def test_always_failing_is_caught_when_requests_are_sent(whole: Callable[..., GateRun]) -> None:
    def pessimist(told: Told) -> bytes:
        driven(Client())(told)
        return json.dumps({"id": told.id, "outcome": "rpc_error", "code": "NOT_FOUND", "http_status": 404}).encode()

    run = whole(pessimist)
    assert run.verdict is RunVerdict.NOT_CONFORMANT
    assert verdicts(run)[MUST_PASS] == "fail"
    assert verdicts(run)["client-answer.not-found"] == "not-tested"


def test_a_client_without_get_is_not_judged_by_it(whole: Callable[..., GateRun]) -> None:
    def without_get(told: Told) -> bytes:
        if told.method.value == "get":
            return json.dumps({"id": told.id, "outcome": "unsupported"}).encode()
        return driven(Client())(told)

    run = whole(without_get)
    assert run.verdict is RunVerdict.CONFORMANT
    assert verdicts(run)["client-operation.cancelled-is-told"] == "not-applicable"
    assert run.report["iut"]["driver"]["unsupported"] == ["get"]
    assert any("the client has no call get; not applicable: awkward-get" in line for line in run.report["messages"])


def test_unsupported_is_not_believed_of_a_call_that_is_made(whole: Callable[..., GateRun]) -> None:
    """A driver that calls every error, or one code, unsupported would have nothing held against it."""

    def hides_501(told: Told) -> bytes:
        reply = json.loads(driven(Client())(told))
        return json.dumps(
            {"id": told.id, "outcome": "unsupported"} if reply.get("http_status") == 501 else reply
        ).encode()

    run = whole(hides_501)
    assert run.verdict is RunVerdict.ERROR
    assert verdicts(run)["client-answer.unimplemented"] == "error"
    assert verdicts(run)["client-answer.not-found"] == "pass"
    assert run.report["iut"]["driver"]["unsupported"] == []
    message = run.report["messages"][0]
    assert "the driver replied `unsupported` to cancel, although its client has that call; scenarios unimpl" in message


def test_unsupported_is_not_believed_of_a_call_that_arrived(whole: Callable[..., GateRun]) -> None:
    def hides_all(told: Told) -> bytes:
        driven(Client())(told)
        return json.dumps({"id": told.id, "outcome": "unsupported"}).encode()

    assert whole(hides_all).verdict is RunVerdict.ERROR


def test_a_client_without_anything_is_not_conformant_for_no_reason(gate: Callable[..., GateRun]) -> None:
    run = gate(says(outcome="unsupported"))
    assert run.verdict is RunVerdict.INCOMPLETE


@pytest.mark.parametrize("line", [b"garbage", b'{"id": 1}', b"{}"])
def test_garbage_is_the_drivers_fault(gate: Callable[..., GateRun], line: bytes) -> None:
    run = gate(lambda _told: line)
    assert run.verdict is RunVerdict.ERROR
    assert set(verdicts(run).values()) == {"error", "not-tested"}
    assert len(run.performance.faults) == 1, "a driver that never kept the protocol is not started again"
    where = "" if line == b"garbage" else "scenario plain-cancel: "
    assert run.report["messages"][0].startswith(f"driver: {where}the reply to request {1 if line == b'garbage' else 2}")


def test_an_echo_is_the_drivers_fault(gate: Callable[..., GateRun]) -> None:
    run = gate(lambda told: json.dumps(told.as_json()).encode())
    assert run.verdict is RunVerdict.ERROR


def test_a_driver_that_breaks_down_once_is_started_again(whole: Callable[..., GateRun]) -> None:
    def fragile(told: Told) -> bytes:
        return b"panic!" if told.name.endswith("/no-content") else driven(Client())(told)

    run = whole(fragile)
    assert run.verdict is RunVerdict.ERROR
    assert {key for key, verdict in verdicts(run).items() if verdict == "error"} == {
        "client-answer.no-body-is-success",
        "client-request.routing-header-agrees",  # that nobody sends the header cannot be said of a part of the run
    }
    assert verdicts(run)["client-retry.deadline-is-kept"] == "pass"


def test_a_driver_that_breaks_down_again_and_again_is_given_up() -> None:
    def fragile(told: Told) -> bytes:
        is_plain = told.word == "hello" or told.name.endswith("-control")
        return driven(Client())(told) if is_plain else b"panic!"

    performance = perform(lambda: InProcess(fragile), SCENARIOS, NAMING)
    assert len(performance.faults) == MOST_FAULTS
    assert [bool(play.fault) for play in performance.plays] == [True] * len(SCENARIOS)


def test_a_driver_that_hangs_is_given_up() -> None:
    (scenario,) = named("cancelled")
    hasty = replace(scenario.control, step=replace(scenario.control.step, timeout=10))
    hangs = [sys.executable, "-S", "-E", "-c", "import time; time.sleep(60)"]
    performance = perform(processes(hangs, patience=0.05), [replace(scenario, control=hasty)], NAMING)
    assert performance.faults[0].startswith("the driver did not reply to request 1, its first, within 0.15 s")
    (judgement,) = [
        judgement
        for judgement in judge_performance(performance).judgements
        if judgement.requirement.id == "client-operation.cancelled-is-told"
    ]
    assert judgement.verdict is Verdict.ERROR
    assert judge_performance(performance).verdict is RunVerdict.ERROR


def test_a_violation_outweighs_a_break_down(whole: Callable[..., GateRun]) -> None:
    lies = driven(fault_named("says-why").apply(Client()))
    run = whole(lambda told: b"panic!" if told.name.endswith("/redirect-302") else lies(told))
    assert run.verdict is RunVerdict.NOT_CONFORMANT


def test_a_driver_that_ends_badly_is_an_error(gate: Callable[..., GateRun], monkeypatch: pytest.MonkeyPatch) -> None:
    def bad_end(_self: InProcess) -> None:
        raise DriverFault("the driver ended with status 4 at the end of its input")

    monkeypatch.setattr(InProcess, "finish", bad_end)
    run = gate(driven(Client()), only=["plain-cancel"])
    assert run.verdict is RunVerdict.ERROR
    assert "driver: the driver ended with status 4 at the end of its input" in run.report["messages"]
    assert "fail" not in verdicts(run).values()


def test_a_selection_is_never_green(gate: Callable[..., GateRun]) -> None:
    run = gate(driven(Client()), only=["plain-cancel"])
    assert run.verdict is RunVerdict.INCOMPLETE
    assert verdicts(run)[MUST_PASS] == "pass"
    assert verdicts(run)["client-request.routing-header-agrees"] == "not-tested", "it was not looked for everywhere"


def test_what_is_played_again_is_played_with_the_same_options(gate: Callable[..., GateRun]) -> None:
    run = gate(driven(fault_named("hash-is-left").apply(Client())), only=["hash-in-id"], patience=2.5)
    (entry,) = [entry for entry in run.report["requirements"] if entry["verdict"] == "fail"]
    assert entry["reproduction"]["command"] == "lro-conformance sdk --scenario hash-in-id --patience 2.5 -- ./driver"


def test_a_scenario_that_is_not_there_names_the_nearest() -> None:
    with pytest.raises(Exception, match=r"there is no scenario 'hash-in-ids'\n  remedy: did you mean hash-in-id or "):
        selected(["hash-in-ids"])


def test_scenarios_may_be_chosen_by_a_pattern() -> None:
    assert {scenario.name for scenario in selected(["awkward-*", "plain-cancel"])} == {
        "awkward-get",
        "awkward-get-retry",
        "awkward-wait",
        "awkward-delete",
        "awkward-list",
        "awkward-parent",
        "awkward-parent-wait",
        "awkward-parent-delete",
        "awkward-retry",
        "plain-cancel",
    }
    with pytest.raises(Exception, match=r"there is no scenario 'aukward-\*'"):
        selected(["plain-cancel", "aukward-*"])


def test_evidence_has_both_sides_on_one_time_line(gate: Callable[..., GateRun]) -> None:
    run = gate(driven(fault_named("hash-is-left").apply(Client())), only=["hash-in-id"])
    (entry,) = [entry for entry in run.report["requirements"] if entry["verdict"] == "fail"]
    assert (entry["id"], entry["reproduction"]["command"]) == (
        "client-request.verb-is-kept",
        "lro-conformance sdk --scenario hash-in-id -- ./driver",
    )
    (violation,) = entry["evidence"]
    assert violation["message"].startswith("hash-in-id: POST /v1/projects/conformance/locations/gate/operations/hash")
    assert violation["exchanges"][0]["request"]["target"].endswith("/hash-in-id-a")
    events = violation["timeline"]
    assert [event["event"] for event in events] == ["told", "arrived", "answered", "said"] * 2
    assert [event["at"] for event in events] == sorted(event["at"] for event in events)
    assert events[4]["text"] == "cancel projects/conformance/locations/gate/operations/hash-in-id-a#b within 5000 ms"
    assert events[5]["text"] == "POST /v1/projects/conformance/locations/gate/operations/hash-in-id-a {}"
    assert events[6]["text"].startswith("404 <!DOCTYPE html>")
    assert '"code": "NOT_FOUND"' in events[7]["text"]


@pytest.mark.parametrize(
    ("command", "shown"),
    [
        (["python", "/somewhere/driver.py"], "python /somewhere/driver.py"),
        (["./driver", "--token=abc", "--api-key", "abc", "-v"], "./driver '--token=[secret]' --api-key '[secret]' -v"),
        (["env", "SDK_PASSWORD=abc", "./driver"], "env 'SDK_PASSWORD=[secret]' ./driver"),
    ],
)
def test_a_command_line_keeps_its_secrets(command: list[str], shown: str) -> None:
    assert shlex.join(command_without_secrets(command)) == shown


def test_what_is_written_down(whole: Callable[..., GateRun], tmp_path: Path) -> None:
    run = whole(driven(Client()))
    write_everything(run, tmp_path / "report")
    assert read_report(tmp_path / "report" / "report.json")["complete"] is True
    text = (tmp_path / "report" / "timeline.txt").read_text(encoding="utf-8")
    assert text == whole_timeline(run.performance, run.masking)
    assert "cancelled: An operation runs, is cancelled, and is done then, with an error of code 1" in text
    assert "no response: held back until the driver had replied" in text
    written = {path.name for path in (tmp_path / "report").iterdir()}
    assert written == {
        "report.json",
        "report.html",
        "summary.md",
        "junit.xml",
        "traffic.har",
        "timeline.txt",
        "driver-stderr.txt",
    }


def test_a_client_that_speaks_tls_can_be_reported(gate: Callable[..., GateRun], tmp_path: Path) -> None:
    """What google-api-core does when its `url_scheme="http"` is ignored: the evidence says so."""

    def encrypts(told: Told) -> bytes:
        with socket.create_connection(("127.0.0.1", int(told.endpoint.rpartition(":")[2]))) as wire:
            wire.sendall(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")
            wire.shutdown(socket.SHUT_WR)
            wire.recv(1)
        return json.dumps({"id": told.id, "outcome": "ok", "operation": _running(told)}).encode()

    run = gate(encrypts, only=["plain-cancel", "cancelled"])
    write_everything(run, tmp_path)
    assert verdicts(run)["client-request.cancel-is-sent"] == "fail"
    (entry,) = [entry for entry in run.report["requirements"] if entry["id"] == "client-request.cancel-is-sent"]
    assert "what arrived is not HTTP/1.1; it begins b'\\x16\\x03\\x01" in entry["reason"]
    assert r"no HTTP: b'\x16\x03\x01" in (tmp_path / "timeline.txt").read_text(encoding="utf-8")


def baseline(requirement: str, check: str = "") -> Baseline:
    return Baseline("known.toml", (KnownFailure(1, requirement, "it always did", "https://tracker.example/1", check),))


def test_a_known_failure_does_not_fail_the_run(whole: Callable[..., GateRun]) -> None:
    lies = driven(fault_named("says-why").apply(Client()))
    run = whole(lies, baseline=baseline("client-request.body-is-empty"))
    assert run.verdict is RunVerdict.CONFORMANT_EXCEPT
    assert run.report["verdict_in_words"] == "conformant except 1 known failure"
    assert verdicts(run)["client-request.body-is-empty"] == "known-failure"


def test_a_warning_may_be_known_too(whole: Callable[..., GateRun]) -> None:
    warns = driven(fault_named("repeats-the-name").apply(Client()))
    assert verdicts(whole(warns))["client-request.body-does-not-repeat-the-name"] == "warn"
    run = whole(warns, baseline=baseline("client-request.body-does-not-repeat-the-name"))
    assert verdicts(run)["client-request.body-does-not-repeat-the-name"] == "known-failure"


def test_a_known_failure_can_be_that_of_one_scenario(whole: Callable[..., GateRun]) -> None:
    lies = driven(fault_named("null-breaks-it").apply(Client()))
    one = whole(lies, baseline=baseline("client-answer.never-breaks-the-client", "null-body"))
    assert one.verdict is RunVerdict.CONFORMANT_EXCEPT
    other = whole(lies, baseline=baseline("client-answer.never-breaks-the-client", "text-error"))
    assert other.verdict is RunVerdict.NOT_CONFORMANT


def test_a_failure_that_is_gone_has_to_leave_the_baseline(whole: Callable[..., GateRun]) -> None:
    run = whole(driven(Client()), baseline=baseline("client-request.body-is-empty"))
    assert run.verdict is RunVerdict.NOT_CONFORMANT
    assert verdicts(run)["client-request.body-is-empty"] == "unexpected-pass"


def test_a_baseline_that_names_no_requirement_is_refused(gate: Callable[..., GateRun]) -> None:
    with pytest.raises(UsageError, match=r"did you mean client-request\.body-is-empty\?"):
        gate(driven(Client()), baseline=baseline("client-request.body-is-emty"))


def test_what_a_client_was_not_asked_for_can_be_an_accepted_gap(gate: Callable[..., GateRun]) -> None:
    """Of one scenario: all that it does not judge is untested, and a whole chapter of that is accepted."""
    gap = AcceptedGap(1, "client-retry.*", "we ask for one thing", "https://tracker.example/1")
    run = gate(driven(Client()), baseline=Baseline("known.toml", gaps=(gap,)), only=["plain-cancel"])
    assert run.verdict is RunVerdict.INCOMPLETE
    accepted = {entry["id"] for entry in run.report["requirements"] if entry["accepted_gap"]}
    assert accepted
    assert {name.partition(".")[0] for name in accepted} == {"client-retry"}


def test_a_baseline_that_names_no_check_fails(whole: Callable[..., GateRun]) -> None:
    known = baseline("client-request.body-is-empty", "no-such-check")
    run = whole(driven(fault_named("says-why").apply(Client())), baseline=known)
    assert run.verdict is RunVerdict.NOT_CONFORMANT
    assert any("known.toml" in message for message in run.report["messages"])


def test_a_control_that_failed_leaves_nothing_to_say() -> None:
    """The client loses every plain cancel; what it says of an error is then worth nothing."""

    def loses(told: Told) -> bytes:
        if told.name.endswith("-control"):
            return json.dumps({"id": told.id, "outcome": "transport_error"}).encode()
        return driven(Client())(told)

    found = judged(loses, named("not-found"))
    assert found["client-answer.not-found"].verdict is Verdict.NOT_TESTED
    assert "the positive control failed" in found["client-answer.not-found"].reason
    assert not_kept(found) == {}


def _running(told: Told) -> dict[str, object]:
    return {"name": told.name, "done": False, "error": None, "response": False}
