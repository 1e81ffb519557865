"""`lro-conformance sdk`: real driver processes, exit statuses, and input that is wrong."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest

from conformance.cli import main

HONEST = [sys.executable, "-m", "conformance.sdk.honest_driver"]
LYING = [sys.executable, "-m", "conformance.sdk.lying_driver", "--fault"]


def test_an_honest_client_passes_the_gate(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sdk", "-v", "--report-dir", str(tmp_path), "--", *HONEST]) == 0
    printed = capsys.readouterr().out
    assert "verdict: CONFORMANT" in printed
    assert "✓ pass           MUST   client-request.verb-is-kept" in printed
    assert json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))["verdict"] == "conformant"


def test_a_lying_client_does_not(capsys: pytest.CaptureFixture[str]) -> None:
    """The driver's own options are its own, even where the gate has one of that name or knows none."""
    assert main(["sdk", "--scenario", "hash-in-id", "--", *LYING, "hash-is-left"]) == 1
    printed = capsys.readouterr().out
    assert "✗ FAIL  client-request.verb-is-kept  (MUST)" in printed
    assert "> POST /v1/projects/conformance/locations/gate/operations/hash-in-id-a" in printed


def test_in_a_pipe_there_is_a_line_for_each_group_of_scenarios(capsys: pytest.CaptureFixture[str]) -> None:
    some = [word for name in ("cancel-of-a-done-operation", "dots-in-id", "hidden-id") for word in ("--scenario", name)]
    main(["sdk", *some, "--", *HONEST])
    assert capsys.readouterr().err == "waits, 1 scenario: 1 not played\nnames, 2 scenarios: 2 played\n"
    main(["sdk", "-q", *some, "--", *HONEST])
    assert capsys.readouterr().err == ""


def test_the_report_can_be_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sdk", "--json", "--scenario", "cancelled", "--", *HONEST]) == 3
    report = json.loads(capsys.readouterr().out)
    assert report["verdict"] == "incomplete"
    assert report["iut"]["driver"]["transport"] == "rest"


def test_a_baseline_is_strict(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    known = tmp_path / "known.toml"
    entry = '[[known-failure]]\nrequirement = "client-request.{}"\nreason = "r"\nlink = "https://tracker.example/1"\n'
    known.write_text("".join(map(entry.format, ("verb-is-kept", "name-is-escaped", "path-is-bound"))))
    assert main(["sdk", "--baseline", str(known), "--", *LYING, "hash-is-left"]) == 0
    assert main(["sdk", "--baseline", str(known), "--scenario", "hash-in-id", "--", *HONEST]) == 1
    assert "unexpected-pass" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--scenario", "hash-in-ids", "--", "./driver"], "did you mean hash-in-id or "),
        (["--scenario", "zzzzzz", "--", "./driver"], "remedy: `lro-conformance requirements` has those of each"),
        (["--", "./no-such-driver"], "the driver ./no-such-driver cannot be started"),
        (["--baseline", "no-such.toml", "--", "./driver"], "no-such.toml"),
        (["--patience", "-1", "--", "./driver"], "--patience: -1 is no number of seconds"),
        (["--patience", "inf", "--", "./driver"], "--patience: inf is no number of seconds"),
        (["--patience", "nan", "--", "./driver"], "--patience: nan is no number of seconds"),
        (["--report-dir", "/dev/null/report", "--", "./driver"], "/dev/null/report: cannot be made"),
    ],
)
def test_wrong_input_is_told_and_exits_with_2(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["sdk", *arguments]) == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments", [[], ["--"], ["--no-such-option", "--", "./driver"], ["./driver", "--fault", "x"]]
)
def test_a_command_line_that_cannot_be_read_exits_with_2(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["sdk", *arguments]) == 2
    said = capsys.readouterr().err
    assert said.startswith("lro-conformance: ")
    assert "remedy: " in said


@pytest.mark.parametrize(
    ("program", "message"),
    [
        ("print('hello', flush=True); input()", "driver: the reply to request 1 is not a line"),
        ("raise SystemExit(3)", "the driver ended with status 3 instead of replying to request 2"),
    ],
)
def test_a_broken_driver_exits_with_2(program: str, message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sdk", "--", sys.executable, "-c", program]) == 2
    assert message in capsys.readouterr().out.replace("\n", " ")


def test_a_fault_of_the_driver_is_told_once_with_the_end_of_its_log(capsys: pytest.CaptureFixture[str]) -> None:
    program = "import sys; print(*range(100), sep='\\n', file=sys.stderr); sys.exit('no SDK found')"
    assert main(["sdk", "--", sys.executable, "-c", program]) == 2
    printed = capsys.readouterr().out
    assert " ".join(printed.split()).count("instead of replying to request 2; remedy: see docs/sdk.md") == 1
    assert "driver's log: 91\n" in printed
    assert "driver's log: 90\n" not in printed
    assert "driver's log: no SDK found\nverdict: ERROR" in printed
    assert len(printed.splitlines()) < 30
    counted = re.search(r"(\d+) requirements: (\d+) not-tested, (\d+) error", " ".join(printed.split()))
    assert counted is not None
    assert int(counted[1]) == int(counted[2]) + int(counted[3]), "those that the text leaves out count, too"


def test_the_lying_driver_lists_its_faults_and_refuses_others(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["sdk", "--", *LYING, "hash-is-lefd"]) == 2
    assert "ended with status 2" in capfd.readouterr().out
