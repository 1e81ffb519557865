"""What is chosen to be played, and what is written of it."""

from __future__ import annotations

import json
import shlex
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from conformance.judging.report import read_report
from conformance.judging.verdict import RunVerdict
from conformance.rules.client.turn import DriverRequest
from conformance.sdk.faults import fault_named
from conformance.sdk.gate import GateRun, selected, whole_timeline, write_everything
from conformance.sdk.honest_driver import Client
from conformance.sdk.in_process import driven
from conformance.secrets.command import command_without_secrets

from .in_process import running, verdicts


def test_a_selection_is_never_green(gate: Callable[..., GateRun]) -> None:
    run = gate(driven(Client()), only=["plain-cancel"])
    assert run.verdict is RunVerdict.INCOMPLETE
    assert verdicts(run)["client-answer.empty-object-is-success"] == "pass"
    assert verdicts(run)["client-request.routing-header-agrees"] == "not-tested", "it was not looked for everywhere"


def test_what_is_kept_has_the_requests_that_show_it(gate: Callable[..., GateRun]) -> None:
    run = gate(driven(Client()), only=["plain-cancel", "cancelled"])
    shown = {entry["id"]: entry.get("decided_by", ()) for entry in run.report["requirements"]}
    kept = [entry["id"] for entry in run.report["requirements"] if entry["verdict"] == "pass"]
    assert kept
    assert all(shown[requirement] for requirement in kept)
    (cancel,) = shown["client-answer.empty-object-is-success"]
    assert cancel["request"]["method"] == "POST", "the call that is judged, and not its control"


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


def test_what_is_written_down(gate: Callable[..., GateRun], tmp_path: Path) -> None:
    run = gate(driven(Client()), only=["cancelled", "no-answer-in-time"])
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

    def encrypts(request: DriverRequest) -> bytes:
        with socket.create_connection(("127.0.0.1", int(request.endpoint.rpartition(":")[2]))) as wire:
            wire.sendall(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")
            wire.shutdown(socket.SHUT_WR)
            wire.recv(1)
        return json.dumps({"id": request.id, "outcome": "ok", "operation": running(request)}).encode()

    run = gate(encrypts, only=["plain-cancel", "cancelled"])
    write_everything(run, tmp_path)
    assert verdicts(run)["client-request.cancel-is-sent"] == "fail"
    (entry,) = [entry for entry in run.report["requirements"] if entry["id"] == "client-request.cancel-is-sent"]
    assert "what arrived is not HTTP/1.1; it begins b'\\x16\\x03\\x01" in entry["reason"]
    assert r"no HTTP: b'\x16\x03\x01" in (tmp_path / "timeline.txt").read_text(encoding="utf-8")
