"""A report directory never has the report of another run: until the end, and after one that has none, it says so."""

from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from conformance.cli import main
from conformance.errors import UsageError
from conformance.judging.report import read_report
from conformance.reports.earlier import MADE_OF_A_REPORT, announced_directory, remove_earlier_report
from conformance.reports.unfinished import MESSAGE, begin_report
from conformance.server import plugin
from conformance.server.reference.build import reference_service
from conformance.server.reference.serve import running_server
from conformance.server.target.ledger import read_contents


@pytest.fixture
def earlier(tmp_path: Path) -> Path:
    """The directory of a run that was green."""
    directory = tmp_path / "report"
    directory.mkdir()
    for name in ("report.json", "ledger.jsonl", *MADE_OF_A_REPORT):
        (directory / name).write_text('{"complete": true, "verdict": "conformant"}\n')
    return directory


def is_not_finished(directory: Path) -> bool:
    report: dict[str, Any] = json.loads((directory / "report.json").read_text())
    left = {path.name for path in directory.iterdir()} & {*MADE_OF_A_REPORT}
    return list(report)[-1] == "complete" and report["complete"] is False and MESSAGE in report["messages"] and not left


@pytest.mark.parametrize(
    "words",
    [
        ["run", "no-such-file.toml", "--report-dir", "DIR"],
        ["run", "--report-dir", "DIR", "--profile", "unheard-of"],
        ["run", "--report-dir=DIR", "--no-such-option"],
        ["run", "--report-dri", "DIR"],
        ["run", "--report_dir=DIR"],
        ["rnu", "--report-dir", "DIR"],
        ["run", "--report-dir", "DIR", "--url", "http://[::1"],
        ["sdk", "--report-dir", "DIR", "--", "./no-such-driver"],
        ["sdk", "--report-dir", "DIR", "--baseline", "no-such-baseline", "--", "true"],
    ],
    ids=lambda words: " ".join(words[2:4]) if isinstance(words, list) else str(words),
)
def test_a_mistake_leaves_no_earlier_report(words: list[str], earlier: Path) -> None:
    assert main([word.replace("DIR", str(earlier)) for word in words]) == 2
    assert is_not_finished(earlier)
    assert (earlier / "ledger.jsonl").exists(), "it may be needed for a clean-up"


def test_a_selection_that_leaves_nothing_leaves_no_earlier_report(earlier: Path) -> None:
    assert main(["run", "--report-dir", str(earlier), "-k", "nothing_has_this_name"]) == 3
    assert is_not_finished(earlier)


@pytest.mark.parametrize("option", ["--plan", "--help"])
def test_what_writes_no_report_leaves_the_earlier_one(option: str, earlier: Path) -> None:
    assert announced_directory(["run", "--report-dir", str(earlier), option]) is None
    assert announced_directory(["audit", "traffic.har", "--report-dir", str(earlier)], ["audit"]) is None
    assert announced_directory(["sdk", "--", "./driver", "--report-dir", str(earlier)]) is None


def test_our_readers_refuse_it(tmp_path: Path) -> None:
    begin_report(tmp_path)
    with pytest.raises(UsageError, match="of a run that was cut off"):
        read_report(tmp_path / "report.json")


def test_a_run_that_is_killed_leaves_no_earlier_report(earlier: Path) -> None:
    with running_server(reference_service(), latency=50) as url:
        run = started(url, earlier)
        try:
            assert run.stderr is not None
            run.stderr.read(3)
        finally:
            run.kill()
            run.communicate()
    assert is_not_finished(earlier)


def test_an_earlier_report_is_removed_before_the_program_is_loaded(earlier: Path) -> None:
    """Else a signal that comes meanwhile would leave it."""
    program = (
        "import sys, conformance.cli as cli\n"
        "cli.remove_earlier_report = lambda directory: sys.exit(sum('conformance' in name for name in sys.modules))\n"
        "cli.main(['run', '--report-dir', sys.argv[1]])"
    )
    done = subprocess.run([sys.executable, "-c", program, str(earlier)], timeout=60, check=False)
    assert done.returncode <= len({"conformance", "cli", "errors", "reports", "earlier"})
    remove_earlier_report(earlier)
    assert [path.name for path in earlier.iterdir()] == ["ledger.jsonl"]


def test_a_signal_while_the_program_is_loaded_is_no_traceback(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(_: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("importlib.import_module", interrupted)
    assert main(["run"]) == 2
    assert capsys.readouterr().err == "lro-conformance: interrupted\n"


def test_a_run_that_is_interrupted_before_it_has_judged_anything_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(plugin, "pytest_collection_modifyitems", interrupted)
    assert main(["run", "--report-dir", str(tmp_path)]) == 2
    assert capsys.readouterr().err.strip() == "lro-conformance: interrupted before anything was judged"
    assert is_not_finished(tmp_path)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_during_the_clean_up_leaves_a_report(tmp_path: Path, number: signal.Signals) -> None:
    """What could not be cleaned up any more is told, and stands in the ledger."""
    deletes = itertools.count(1)
    process: list[subprocess.Popen[str]] = []
    service = reference_service()

    def delete(here: Any, call: Any) -> Any:
        # The first delete of the run is a check's; the clean-up follows it.
        if next(deletes) == 2:
            # The signal is there before the answer is, and Python heeds it before the run goes on.
            os.kill(process[0].pid, number)
        return service.delete(here, call)

    with running_server(replace(service, delete=delete)) as url:
        process.append(started(url, tmp_path))
        output, errors = process[0].communicate(timeout=60)
        listed = httpx.get(f"{url}/v1/projects/demo/locations/us/operations").json().get("operations", [])
    report = json.loads((tmp_path / "report.json").read_text())
    assert "Traceback" not in output + errors
    assert report["complete"] is False
    assert {entry["name"] for entry in report["left_over"]} <= {operation["name"] for operation in listed}
    left = {entry.name for entry in read_contents(tmp_path / "ledger.jsonl").entries if entry.state.is_left_over}
    assert {operation["name"] for operation in listed if not operation.get("done")} <= left
    assert process[0].returncode == 3, output + errors


def started(url: str, directory: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "conformance", "run", "--url", url, "--report-dir", str(directory)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
