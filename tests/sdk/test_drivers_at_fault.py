"""Drivers that break the protocol, break down or are not to be believed: nothing of that is held against the SDK."""

from __future__ import annotations

import json
import socket
import sys
from collections.abc import Callable
from dataclasses import replace

import pytest

from conformance.judging.verdict import RunVerdict, Verdict
from conformance.rules.client.turn import DriverRequest
from conformance.sdk.company import MOST_FAULTS
from conformance.sdk.faults import fault_named
from conformance.sdk.gate import GateRun
from conformance.sdk.honest_driver import Client
from conformance.sdk.in_process import InProcess, driven
from conformance.sdk.judging import judge_performance
from conformance.sdk.play import perform, processes
from conformance.sdk.reply import DriverFault
from conformance.sdk.scenarios import SCENARIOS

from .in_process import NAMING, named, says, verdicts


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
    def encrypts(request: DriverRequest) -> bytes:
        with socket.create_connection(("127.0.0.1", int(request.endpoint.rpartition(":")[2]))) as wire:
            wire.sendall(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")
            wire.shutdown(socket.SHUT_WR)
            wire.recv(1)
        return json.dumps({"id": request.id, "outcome": "transport_error"}).encode()

    run = gate(encrypts)
    assert run.verdict is RunVerdict.ERROR
    assert set(verdicts(run).values()) <= {"error", "not-tested"}, "which protocol it speaks is the driver's matter"
    (message,) = run.report["messages"]
    assert "could be read: what arrived is not HTTP/1.1; it begins b'\\x16\\x03" in message
    assert "that was TLS, switch it off for this endpoint" in message


def test_unsupported_is_not_believed_of_a_call_that_is_made(gate: Callable[..., GateRun]) -> None:
    """A driver that calls every error, or one code, unsupported would have nothing held against it."""

    def hides_501(request: DriverRequest) -> bytes:
        reply = json.loads(driven(Client())(request))
        return json.dumps(
            {"id": request.id, "outcome": "unsupported"} if reply.get("http_status") == 501 else reply
        ).encode()

    run = gate(hides_501, only=["not-found", "unimplemented"])
    assert run.verdict is RunVerdict.ERROR
    assert verdicts(run)["client-answer.unimplemented"] == "error"
    assert verdicts(run)["client-answer.not-found"] == "pass"
    assert run.report["iut"]["driver"]["unsupported"] == []
    said = "the driver replied `unsupported` to cancel, although its client has that call; scenarios unimpl"
    assert any(said in message for message in run.report["messages"])


def test_unsupported_is_not_believed_of_a_call_that_arrived(whole: Callable[..., GateRun]) -> None:
    def hides_all(request: DriverRequest) -> bytes:
        driven(Client())(request)
        return json.dumps({"id": request.id, "outcome": "unsupported"}).encode()

    assert whole(hides_all).verdict is RunVerdict.ERROR


@pytest.mark.parametrize("line", [b"garbage", b'{"id": 1}', b"{}"])
def test_garbage_is_the_drivers_fault(gate: Callable[..., GateRun], line: bytes) -> None:
    run = gate(lambda _told: line)
    assert run.verdict is RunVerdict.ERROR
    assert set(verdicts(run).values()) == {"error", "not-tested"}
    assert len(run.performance.faults) == 1, "a driver that never kept the protocol is not started again"
    where = "" if line == b"garbage" else "scenario plain-cancel: "
    assert run.report["messages"][0].startswith(f"driver: {where}the reply to request {1 if line == b'garbage' else 2}")


def test_an_echo_is_the_drivers_fault(gate: Callable[..., GateRun]) -> None:
    run = gate(lambda request: json.dumps(request.as_json()).encode())
    assert run.verdict is RunVerdict.ERROR


def test_a_driver_that_breaks_down_once_is_started_again(whole: Callable[..., GateRun]) -> None:
    def fragile(request: DriverRequest) -> bytes:
        return b"panic!" if request.name.endswith("/no-content") else driven(Client())(request)

    run = whole(fragile)
    assert run.verdict is RunVerdict.ERROR
    assert {key for key, verdict in verdicts(run).items() if verdict == "error"} == {
        "client-answer.no-body-is-success",
        "client-request.routing-header-agrees",  # that nobody sends the header cannot be said of a part of the run
    }
    assert verdicts(run)["client-retry.deadline-is-kept"] == "pass"


def test_a_driver_that_breaks_down_again_and_again_is_given_up() -> None:
    def fragile(request: DriverRequest) -> bytes:
        is_plain = request.word == "hello" or request.name.endswith("-control")
        return driven(Client())(request) if is_plain else b"panic!"

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


def test_a_violation_outweighs_a_break_down(gate: Callable[..., GateRun]) -> None:
    lies = driven(fault_named("says-why").apply(Client()))

    def panics(request: DriverRequest) -> bytes:
        return b"panic!" if request.name.endswith("/redirect-302") else lies(request)

    run = gate(panics, only=["plain-cancel", "redirect-302"])
    assert run.verdict is RunVerdict.NOT_CONFORMANT


def test_a_driver_that_ends_badly_is_an_error(gate: Callable[..., GateRun], monkeypatch: pytest.MonkeyPatch) -> None:
    def bad_end(_self: InProcess) -> None:
        raise DriverFault("the driver ended with status 4 at the end of its input")

    monkeypatch.setattr(InProcess, "finish", bad_end)
    run = gate(driven(Client()), only=["plain-cancel"])
    assert run.verdict is RunVerdict.ERROR
    assert "driver: the driver ended with status 4 at the end of its input" in run.report["messages"]
    assert "fail" not in verdicts(run).values()
