"""A call that goes on is the SDK's, a driver that says nothing is the driver's, and the gate ends in any case."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from conformance.judging.verdict import Verdict
from conformance.sdk.company import MOST_FAULTS
from conformance.sdk.judging import judge_performance
from conformance.sdk.play import Performance, perform, processes

from .in_process import NAMING, named

START = """
import dataclasses, json, sys, time
from conformance.sdk import honest_driver as h

class Slow(h.Client):
    def call(self, method, endpoint, name, timeout):
        reply = super().call(method, endpoint, name, timeout)
        if {when}:
            time.sleep({seconds})
        return reply

h.main(Slow())
"""


def played(when: str, seconds: float, patience: float, *names: str) -> Performance:
    program = START.format(when=when, seconds=seconds)
    return perform(processes([sys.executable, "-c", program], patience), named(*names), NAMING)


def failed(performance: Performance) -> set[str]:
    return {
        judgement.requirement.id
        for judgement in judge_performance(performance, is_whole=False).judgements
        if judgement.verdict is Verdict.FAIL
    }


WHILE_BUSY = "reply.get('http_status') == 503"


@pytest.mark.parametrize("patience", [2.5, 30.0])
def test_the_verdict_on_a_call_that_outlives_its_deadline_does_not_depend_on_the_patience(patience: float) -> None:
    """It is late by seconds, for what is late by less than the machine stood still is not held against a client."""
    performance = played(WHILE_BUSY, 5, patience, "unavailable-for-ever", "plain-cancel")
    assert failed(performance) == {"client-retry.deadline-ends-the-retries"}
    assert not performance.faults
    assert [play.outlived for play in performance.plays] == [False, patience < 5]
    assert performance.plays[0].turns, "the driver was started again"


def test_a_redirect_is_not_the_end_of_a_call() -> None:
    """Who follows it with a request that never ends, such as one whose content is missing, outlives its deadline."""
    performance = played("reply.get('http_status') == 307", 60, 3.0, "redirect-loop", "plain-cancel")
    assert failed(performance) == {"client-retry.deadline-is-kept"}
    assert not performance.faults


def test_a_driver_that_does_not_reply_to_a_call_that_ended_is_at_fault() -> None:
    performance = played("method == 'cancel' and reply['outcome'] == 'ok'", 60, 0.3, "cancelled")
    (fault,) = performance.faults
    assert "did not reply to request" in fault
    assert "1 requests of its client had arrived by then" in fault
    assert failed(performance) == set()


def test_calls_that_outlive_their_deadlines_again_and_again_are_not_waited_for() -> None:
    names = ("unavailable-for-ever", "unavailable-once", "unavailable-late", "unavailable-until-spent", "page-502")
    performance = played("reply.get('http_status') in (502, 503)", 60, 1.0, *names)
    assert sum(play.outlived for play in performance.plays) <= MOST_FAULTS
    assert failed(performance)


def test_an_interrupt_leaves_a_report_of_what_was_judged(tmp_path: Path) -> None:
    note = tmp_path / "hangs"
    hangs = (
        "import json, sys, time\nfrom conformance.sdk import honest_driver as h\n"
        "for line in sys.stdin:\n"
        "    told = json.loads(line)\n"
        f"    if '/not-found' in told['name']: open({str(note)!r}, 'a').write('x'); time.sleep(60)\n"
        "    print(json.dumps(h.reply(h.Client(), told)), flush=True)\n"
    )
    report = tmp_path / "report"
    some = [word for name in ("plain-cancel", "not-found", "text-error") for word in ("--scenario", name)]
    command = [sys.executable, "-m", "conformance", "sdk", "--report-dir", str(report), "--jobs", "1", *some]
    command += ["--", sys.executable, "-c", hangs]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True) as gate:
        began = time.monotonic()
        while not note.exists():
            assert time.monotonic() - began < 60
            time.sleep(0.01)  # until the driver hangs, which only it can tell
        os.kill(gate.pid, signal.SIGINT)
        said, _ = gate.communicate(timeout=30)
    assert gate.returncode == 3, said
    written = json.loads((report / "report.json").read_text("utf-8"))
    requirements = {entry["id"]: entry for entry in written["requirements"]}
    assert (written["complete"], written["verdict"]) == (False, "incomplete")
    assert requirements["client-answer.empty-object-is-success"]["verdict"] == "pass"
    found = {check["check"]: check["finding"] for check in requirements["client-answer.not-found"]["checks"]}
    assert found["not-found"] == "not-tested"
    assert any("not played, for the run was interrupted" in message for message in written["messages"])
    assert not any(message.startswith("driver: ") for message in written["messages"])


def test_an_interrupt_ends_the_gate_whatever_its_drivers_do(tmp_path: Path) -> None:
    note = tmp_path / "started"
    hangs = (
        "import subprocess, time\nsubprocess.Popen(['sleep', '30'], start_new_session=True)\n"
        f"open({str(note)!r}, 'a').write('x')\ntime.sleep(60)"
    )
    command = [sys.executable, "-m", "conformance", "sdk", "--jobs", "2", "--", sys.executable, "-c", hangs]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True) as gate:
        began = time.monotonic()
        while not note.exists():
            assert time.monotonic() - began < 30
            time.sleep(0.01)  # until the driver runs, of which only it can tell
        os.kill(gate.pid, signal.SIGINT)
        gate.communicate(timeout=20)
    assert gate.returncode not in (0, 1)
