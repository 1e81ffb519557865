"""A run that is told to end (`docker stop`, a cancelled job) cleans up and reports, as it does at Ctrl-C."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import httpx
import pytest

from conformance.commands import terminated_like_interrupted
from conformance.proof.kill_matrix import end_at_ctrl_c, start_method
from conformance.server.checks import TRAFFIC_FILE
from conformance.server.reference.build import reference_service
from conformance.server.reference.serve import running_server
from conformance.server.target.interrupts import interrupted_once, may_be_interrupted
from conformance.server.target.ledger import read_contents

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
    assert "Traceback" not in output + errors, errors
    assert run.returncode == 3
    assert "verdict: INCOMPLETE" in output
    assert json.loads((tmp_path / "report.json").read_text())["complete"] is False
    assert read_contents(tmp_path / "ledger.jsonl").entries, "something was started"
    assert [operation["name"] for operation in operations if not operation.get("done")] == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_to_all_processes_lets_the_workers_clean_up(tmp_path: Path, number: signal.Signals) -> None:
    """A terminal, and many a CI system, sends it to the workers of `-n`, too."""
    ledger = tmp_path / "ledger.jsonl"
    with running_server(reference_service(), latency=20) as url:
        run = subprocess.Popen(
            [sys.executable, "-m", "conformance", "run", "-n", "2", "--url", url, "--report-dir", str(tmp_path)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        try:
            while run.poll() is None and not (ledger.exists() and '"started"' in ledger.read_text()):
                time.sleep(0.02)
            os.killpg(run.pid, number)
            output, errors = run.communicate(timeout=60)
        finally:
            run.kill()
        operations: list[dict[str, Any]] = httpx.get(f"{url}/v1/{PARENT}/operations").json().get("operations", [])
    assert run.returncode == 3, output + errors
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["operations"] > 0
    judged = [check["check"] for entry in report["requirements"] for check in entry["checks"]]
    assert any(TRAFFIC_FILE in check for check in judged), "the rules judge what the workers sent"
    running = {operation["name"] for operation in operations if not operation.get("done")}
    assert running <= {entry["name"] for entry in report["left_over"]}, report["messages"]


def test_workers_that_run_the_tests_of_others_keep_their_signals(tmp_path: Path) -> None:
    """Every pytest of the environment loads our plugin."""
    (tmp_path / "test_others.py").write_text(
        "import signal\ndef test_of_others():\n    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL\n"
    )
    words = [sys.executable, "-m", "pytest", "-q", "-n", "1", "-p", "no:cacheprovider", str(tmp_path)]
    done = subprocess.run(words, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("pause", [0, 0.1, 0.4])
def test_a_second_signal_loses_nothing(tmp_path: Path, pause: float) -> None:
    """Before the clean-up it comes too early, in it, it ends it; what runs on is always told."""
    with running_server(reference_service(), latency=60) as url:
        run = subprocess.Popen(
            [sys.executable, "-m", "conformance", "run", "--url", url, "--report-dir", str(tmp_path)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            while not (tmp_path / "ledger.jsonl").exists() and run.poll() is None:
                time.sleep(0.02)
            run.send_signal(signal.SIGINT)
            time.sleep(pause)
            run.send_signal(signal.SIGTERM)
            output, errors = run.communicate(timeout=60)
        finally:
            run.kill()
        operations: list[dict[str, Any]] = httpx.get(f"{url}/v1/{PARENT}/operations").json().get("operations", [])
    assert "Traceback" not in output + errors, errors
    # The second may come when all is said and the interpreter is ending; it loses nothing then either.
    assert run.returncode in (3, -signal.SIGTERM), output + errors
    report = json.loads((tmp_path / "report.json").read_text())
    ours = set(report["operation_names"])
    running = {operation["name"] for operation in operations if not operation.get("done")} & ours
    assert running <= {entry["name"] for entry in report["left_over"]}
    assert all(entry["name"] in output for entry in report["left_over"][:1])
    assert ElementTree.parse(tmp_path / "junit.xml").getroot().tag == "testsuites"


def test_the_second_signal_counts_only_in_the_clean_up() -> None:
    with interrupted_once():
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGTERM)
        with pytest.raises(KeyboardInterrupt), may_be_interrupted():
            signal.raise_signal(signal.SIGTERM)
        signal.raise_signal(signal.SIGINT)


def test_the_signal_means_what_it_meant_before_when_the_run_is_over() -> None:
    before = signal.getsignal(signal.SIGTERM)
    for context in (terminated_like_interrupted, interrupted_once):
        with pytest.raises(KeyboardInterrupt), context():
            signal.raise_signal(signal.SIGTERM)
    assert signal.getsignal(signal.SIGTERM) is before


def test_a_worker_of_a_kill_matrix_ends_at_ctrl_c_and_prints_no_traceback() -> None:
    with ProcessPoolExecutor(
        1, mp_context=multiprocessing.get_context(start_method()), initializer=end_at_ctrl_c
    ) as pool:
        assert pool.submit(signal.getsignal, signal.SIGINT).result() is signal.SIG_DFL
