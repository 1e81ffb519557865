"""One run of the suite against one hostile server, as a user starts it, with what it took."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.hostile.behaviour import Behaviour

SHORT = 0.4
"""Seconds: the timeout of a run that has to wait for what never comes."""

PATIENT = 10.0
"""Seconds: the timeout of a run that waits for nothing; a busy machine must not look like a slow server."""

SETTLE = 0.5
"""Seconds that an operation may take to end."""

START_UP = 60.0
"""Seconds for the suite and its reports on a machine that is busy with other things; on an idle one they need one."""

ROOT = Path(__file__).parents[2]
PARENT = "projects/demo/locations/us"

_CONFIGURATION = """
[iut]
url = "{url}"
[operations]
start = {{method = "POST", path = "/v1/{parent}/operations:start", json = {{mode = "run"}}, name = "/name"}}
settle = {settle}
[statement]
cancel = "guaranteed"
list = true
delete = true
errors = "aip-193"
[limits]
timeout = {timeout}
"""


@dataclass(frozen=True)
class HostileRun:
    """What came of a run. `report` is None when there is none; `directory` has everything it wrote."""

    status: int
    seconds: float
    megabytes: float
    output: str
    report: dict[str, Any] | None
    directory: Path

    @property
    def failed(self) -> frozenset[str]:
        """The MUSTs that are not kept."""
        entries = self.report["requirements"] if self.report is not None else []
        return frozenset(entry["id"] for entry in entries if entry["verdict"] == "fail")

    @property
    def errors(self) -> list[tuple[str, str]]:
        """What the suite could not do, and why: errors of its own."""
        entries = self.report["requirements"] if self.report is not None else []
        return [(entry["id"], entry["reason"]) for entry in entries if entry["verdict"] == "error"]


def timeout_of(behaviour: Behaviour) -> float:
    """Seconds that a server has for one answer."""
    return SHORT if behaviour.waits else PATIENT


def bound_of(behaviour: Behaviour) -> float:
    """Seconds within which the run must have ended: the timeouts it may spend, and the waits for ends."""
    return START_UP + behaviour.waits * timeout_of(behaviour) + SETTLE


class Runs:
    """Makes runs, one at a time, as long as it is entered."""

    def __enter__(self) -> Runs:
        self._forge = subprocess.Popen(
            [sys.executable, "-m", "tests.hostile.forge"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env={**os.environ, "PYTHONIOENCODING": "utf-8"},
        )
        return self

    def __exit__(self, *_: object) -> None:
        self._forge.communicate()

    def against(self, behaviour: Behaviour, directory: Path) -> HostileRun:
        """Run the suite, with its reports; it is killed when it has not ended by its bound."""
        configuration, output, reports = directory / "conformance.toml", directory / "output", directory / "report"
        with behaviour.serve() as url:
            settings = {"url": url, "parent": PARENT, "settle": SETTLE, "timeout": timeout_of(behaviour)}
            configuration.write_text(_CONFIGURATION.format(**settings), encoding="utf-8")
            figures = self._forked(["run", str(configuration), "--report-dir", str(reports)], output, behaviour)
        report = reports / "report.json"
        return HostileRun(
            **figures,
            output=output.read_text(encoding="utf-8"),
            report=json.loads(report.read_text(encoding="utf-8")) if report.exists() else None,
            directory=reports,
        )

    def _forked(self, arguments: list[str], output: Path, behaviour: Behaviour) -> dict[str, Any]:
        assert self._forge.stdin is not None
        assert self._forge.stdout is not None
        order = {"arguments": arguments, "output": str(output), "limit": bound_of(behaviour)}
        self._forge.stdin.write(json.dumps(order) + "\n")
        self._forge.stdin.flush()
        figures: dict[str, Any] = json.loads(self._forge.stdout.readline())
        return figures
