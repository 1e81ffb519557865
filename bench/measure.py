"""Measures whole runs, each a cold process, and prints a table: time, peak memory, requests, operations.

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


def measured(command: list[str], prints_report: bool = False) -> Figures:
    """Run one command to its end in a process of its own."""
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as scratch, tempfile.TemporaryFile() as printed:
        process = subprocess.Popen(command, cwd=scratch, stdout=printed, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - began
        printed.seek(0)
        report = json.load(printed) if prints_report else {}
    return Figures(
        seconds, usage.ru_maxrss / 1024, os.waitstatus_to_exitcode(status), report.get("requests", 0),
        report.get("operations", 0),
    )  # fmt: skip


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
        return ours("--url", url, *arguments)


MEASUREMENTS = {
    "import pytest, httpx, hypothesis, schemathesis": lambda: measured(
        [sys.executable, "-c", "import pytest, httpx, hypothesis, schemathesis"]
    ),
    "run, quick, embedded": lambda: ours("--profile", "quick"),
    "run, quick, socket": lambda: over_socket(0, "--profile", "quick"),
    "run, quick, socket, 50 ms": lambda: over_socket(50, "--profile", "quick"),
    "run, ci, embedded": lambda: ours("--profile", "ci"),
    "run, ci, socket": lambda: over_socket(0, "--profile", "ci"),
    "run, ci, socket, 50 ms": lambda: over_socket(50, "--profile", "ci"),
    "schemathesis run, defaults, socket": schemathesis,
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5, help="repetitions of each measurement (default: 5)")
    runs = parser.parse_args().runs
    print("| what | seconds (median) | min | max | MB | requests | operations | exit status |")
    print("|---|---|---|---|---|---|---|---|")
    for what, measure in MEASUREMENTS.items():
        figures = [measure() for _ in range(runs)]
        seconds = [one.seconds for one in figures]
        last = figures[-1]
        print(
            f"| {what} | {statistics.median(seconds):.2f} | {min(seconds):.2f} | {max(seconds):.2f} "
            f"| {max(one.megabytes for one in figures):.0f} | {last.requests or ''} | {last.operations or ''} "
            f"| {last.status} |",
            flush=True,
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
