"""A night run: the server is killed in the middle, and started again on the same port when the run has ended."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from conformance.server.target.ledger import read_contents

LONGEST = 90.0
"""Seconds: a run of a few, and what is waited for a server that is not there, many times over."""


@contextmanager
def serving(port: int = 0) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    command = [sys.executable, "-m", "conformance", "serve", "--port", str(port), "--latency", "20"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        yield server.stdout.readline().strip(), server
    finally:
        server.kill()
        server.wait()
        if server.stdout is not None:
            server.stdout.close()


def killed(server: subprocess.Popen[str]) -> None:
    os.kill(server.pid, signal.SIGKILL)
    server.wait()


@pytest.fixture(scope="module", params=[1, 40], ids=lambda checks: f"after {checks} checks")
def night(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The run, its output and its report; the progress on stderr tells when to kill the server."""
    directory = tmp_path_factory.mktemp("night")
    with serving() as (url, server):
        began = time.monotonic()
        command = ["run", "--url", url, "--report-dir", str(directory), "--statement", "cancel=guaranteed"]
        run = subprocess.Popen(
            [sys.executable, "-m", "conformance", *command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        try:
            assert run.stderr is not None
            progress = run.stderr.read(request.param)
            killed(server)
            output, rest = run.communicate(timeout=LONGEST)
        finally:
            run.kill()
    return {
        "seconds": time.monotonic() - began,
        "status": run.returncode,
        "output": output,
        "errors": progress + rest,
        "report": json.loads((directory / "report.json").read_text()),
        "ledger": directory / "ledger.jsonl",
        "port": int(url.rpartition(":")[2]),
    }


def test_it_ends_and_charges_nothing_but_the_silence(night: dict[str, Any]) -> None:
    report = night["report"]
    blamed = {entry["id"] for entry in report["requirements"] if entry["verdict"] in ("fail", "error")}
    assert night["seconds"] < LONGEST
    assert "Traceback" not in night["output"] + night["errors"]
    assert blamed <= {"liveness.every-request-is-answered"}
    # A supply that finds nobody ends the run as an error of the environment.
    assert (report["verdict"], night["status"]) in (("not conformant", 1), ("incomplete", 3), ("error", 2))
    assert night["status"] != 2 or any(why in night["errors"] for why in ("nobody listens at", "was not answered"))
    untested = [one for one in report["requirements"] if one["verdict"] == "not-tested" and one["level"] == "MUST"]
    assert untested
    assert all(one["reason"] for one in untested)
    assert f"{len(untested)} MUST not tested: " in night["output"]


def left_in(ledger: Path) -> set[str]:
    return {entry.name for entry in read_contents(ledger).entries if entry.state.is_left_over}


def test_its_ledger_tells_what_is_left_and_the_clean_up_can_be_finished(night: dict[str, Any]) -> None:
    """The new server knows none of it, and so nothing is left there."""
    left = left_in(night["ledger"])
    assert {entry["name"] for entry in night["report"]["left_over"]} == left
    assert ("run --cleanup" in night["output"]) == bool(left)
    with serving(night["port"]):
        command = [sys.executable, "-m", "conformance", "run", "--cleanup", str(night["ledger"])]
        done = subprocess.run(command, capture_output=True, text=True, timeout=LONGEST, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert left_in(night["ledger"]) == set()
