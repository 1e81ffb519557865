"""Measures whole runs, each a cold process, and prints a table: time, peak memory, requests, operations, round trips.

The chain of a run is the longest one of exchanges of which each was sent when the one before it had been answered, as
the recording shows them. Round trips are what latency costs: how much longer a run takes, by the latency of one answer.

What is measured is the package that this Python has installed. A checkout (`pip install -e`) is slower in profile ci
than what users install: Hypothesis reads the source of every module that lies outside site-packages.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SPEC = ROOT / "specs" / "beyondcorp.v1.yaml"
US = [sys.executable, "-m", "conformance"]


@dataclass(frozen=True)
class Figures:
    """One process: wall seconds, peak resident megabytes, and what its report says, if it wrote one."""

    seconds: float
    megabytes: float
    status: int
    requests: int = 0
    operations: int = 0
    chain: int = 0


def measured(command: list[str], prints_report: bool = False) -> Figures:
    """Run one command to its end in a process of its own."""
    with tempfile.TemporaryDirectory() as scratch, tempfile.TemporaryFile() as printed:
        began = time.perf_counter()
        process = subprocess.Popen(command, cwd=scratch, stdout=printed, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - began
        printed.seek(0)
        report = json.load(printed) if prints_report else {}
        recordings = list(Path(scratch).glob("*/traffic.har"))
        chain = longest_chain(recordings[0]) if recordings else 0
    return Figures(
        seconds, usage.ru_maxrss / 1024, os.waitstatus_to_exitcode(status), report.get("requests", 0),
        report.get("operations", 0), chain,
    )  # fmt: skip


def longest_chain(recording: Path) -> int:
    """Exchanges in the longest chain of a recording in which each was sent when the one before had been answered."""
    kept = [entry["_lro_conformance"] for entry in json.loads(recording.read_bytes())["log"]["entries"]]
    answered: list[tuple[float, int]] = []
    for exchange in sorted(kept, key=lambda one: one["sent_at"]):
        before = max((length for at, length in answered if at <= exchange["sent_at"]), default=0)
        answered.append((exchange["received_at"], before + 1))
    return max((length for _, length in answered), default=0)


@contextlib.contextmanager
def served(latency: int = 0) -> Iterator[str]:
    """Our reference server on a socket; its URL."""
    process = subprocess.Popen([*US, "serve", "--latency", str(latency)], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
    finally:
        process.terminate()
        process.wait()


def ours(*arguments: str) -> Figures:
    return measured([*US, "run", *arguments, "--json"], prints_report=True)


def schemathesis() -> Figures:
    program = Path(sys.executable).with_name("schemathesis")
    with served() as url:
        return measured([str(program), "run", str(SPEC), "--url", url])


def over_socket(latency: int, *arguments: str) -> Figures:
    with served(latency) as url:
        return ours("--url", url, "--report-dir", "report", *arguments)


LATENCY = 50
"""Milliseconds."""

MEASUREMENTS = {
    "import pytest, httpx, hypothesis, schemathesis": lambda: measured(
        [sys.executable, "-c", "import pytest, httpx, hypothesis, schemathesis"]
    ),
    "run, quick, embedded": lambda: ours("--profile", "quick"),
    "run, quick, socket": lambda: over_socket(0, "--profile", "quick"),
    "run, quick, socket, 50 ms": lambda: over_socket(LATENCY, "--profile", "quick"),
    "run, ci, embedded": lambda: ours("--profile", "ci"),
    "run, ci, socket": lambda: over_socket(0, "--profile", "ci"),
    "run, ci, socket, 50 ms": lambda: over_socket(LATENCY, "--profile", "ci"),
    "schemathesis run, defaults, socket": schemathesis,
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5, help="repetitions of each measurement (default: 5)")
    runs = parser.parse_args().runs
    print("| what | seconds (median) | min | max | MB | requests | operations | chain | exit status |")
    print("|---|---|---|---|---|---|---|---|---|")
    medians = {}
    for what, measure in MEASUREMENTS.items():
        figures = [measure() for _ in range(runs)]
        seconds = [one.seconds for one in figures]
        last = figures[-1]
        medians[what] = statistics.median(seconds)
        print(
            f"| {what} | {medians[what]:.2f} | {min(seconds):.2f} | {max(seconds):.2f} "
            f"| {max(one.megabytes for one in figures):.0f} | {last.requests or ''} | {last.operations or ''} "
            f"| {last.chain or ''} | {last.status} |",
            flush=True,
        )
    for profile in ("quick", "ci"):
        near, far = (medians[f"run, {profile}, socket{far}"] for far in ("", f", {LATENCY} ms"))
        print(f"\n{profile}: {(far - near) * 1000 / LATENCY:.0f} round trips")
    return 0


if __name__ == "__main__":
    sys.exit(main())
