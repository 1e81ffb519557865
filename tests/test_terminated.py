"""A run that is told to end (`docker stop`, a cancelled job) cleans up and reports, as it does at Ctrl-C."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from conformance.commands import terminated_like_interrupted
from conformance.server.reference.build import reference_service
from conformance.server.reference.serve import running_server
from conformance.server.target.ledger import read_ledger

PARENT = "projects/demo/locations/us"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_terminated_run_leaves_a_report_and_no_operation(tmp_path: Path, number: signal.Signals) -> None:
    with running_server(reference_service(), latency=20) as url:
        run = subprocess.Popen(
            [sys.executable, "-m", "conformance", "run", "--url", url, "--report-dir", str(tmp_path)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            assert run.stderr is not None
            run.stderr.read(5)  # five checks have ended
            run.send_signal(number)
            output, errors = run.communicate(timeout=60)
        finally:
            run.kill()
        operations: list[dict[str, Any]] = httpx.get(f"{url}/v1/{PARENT}/operations").json().get("operations", [])
    assert "Traceback" not in output + errors
    assert run.returncode == 3
    assert "verdict: INCOMPLETE" in output
    assert json.loads((tmp_path / "report.json").read_text())["complete"] is False
    assert read_ledger(tmp_path / "ledger.jsonl"), "something was started"
    assert [operation["name"] for operation in operations if not operation.get("done")] == []


def test_the_signal_means_what_it_meant_before_when_the_run_is_over() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(KeyboardInterrupt), terminated_like_interrupted():
        signal.raise_signal(signal.SIGTERM)
    assert signal.getsignal(signal.SIGTERM) is before
