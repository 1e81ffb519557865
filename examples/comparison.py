"""What a run found against what we expect of that target, and can explain.

A real target breaks requirements; that is why it is here. Each breach that is known is listed, with the reason and a
source, in the target's `expected.yaml`:

    include: [../transcoder/expected.yaml]
    outcome.guaranteed: {verdict: fail, why: The error is overwritten., source: buildgrid/server/scheduler/impl.py}
    liveness.survives: {verdict: [pass, not-tested], why: A race within the target decides., source: main.go, serve}

Every other requirement must pass or not apply. A difference in either direction counts: a requirement that is kept
although it is listed means that the target, or our suite, has changed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

UNREMARKABLE: Final = ("pass", "not-applicable")
VERDICTS: Final = (
    *UNREMARKABLE,
    "fail",
    "warn",
    "known-failure",
    "unexpected-pass",
    "not-tested",
    "error",
)


class UnusableFile(Exception):
    """A report or an expectation that says nothing. Cause and remedy: in the message."""


@dataclass(frozen=True, slots=True)
class Expectation:
    """The verdict we expect, why the target earns it, and where that can be looked up.

    It is one of several where the target itself leaves it to chance.
    """

    verdicts: tuple[str, ...]
    why: str
    source: str

    def __str__(self) -> str:
        return " or ".join(self.verdicts)


@dataclass(frozen=True, slots=True)
class Finding:
    """The verdict of a run on one requirement, with the reason that the report gives."""

    verdict: str
    reason: str = ""
    level: str = "MUST"

    @property
    def is_unremarkable(self) -> bool:
        """Whether it needs no explanation. A MAY is listed and never judged, so nobody expects it to be tested."""
        return self.verdict in UNREMARKABLE or (self.level == "MAY" and self.verdict == "not-tested")


@dataclass(frozen=True, slots=True)
class Difference:
    """One requirement on which run and expectation disagree."""

    requirement: str
    expected: str
    found: str
    reason: str

    def __str__(self) -> str:
        because = f": {self.reason}" if self.reason else ""
        return f"{self.requirement}: expected {self.expected}, found {self.found}{because}"


def compare(findings: Mapping[str, Finding], expectations: Mapping[str, Expectation]) -> list[Difference]:
    """Where a run differs from what is expected, in the order of the report; what it lacks comes last."""
    differences = []
    for requirement, finding in findings.items():
        expectation = expectations.get(requirement)
        if expectation is None:
            if not finding.is_unremarkable:
                wanted = " or ".join(UNREMARKABLE)
                differences.append(Difference(requirement, wanted, finding.verdict, finding.reason))
        elif finding.verdict not in expectation.verdicts:
            expected = f"{expectation} ({expectation.why})"
            differences.append(Difference(requirement, expected, finding.verdict, finding.reason))
    for requirement, expectation in expectations.items():
        if requirement not in findings:
            differences.append(Difference(requirement, str(expectation), "nothing", "the report does not have it"))
    return differences


def read_report(path: Path) -> dict[str, Finding]:
    """The verdicts in a report.json. Raises UnusableFile for one that is missing, unfinished or empty."""
    try:
        report = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise UnusableFile(f"{path}: no report: {error}; look at the output of the run above") from None
    if not isinstance(report, dict) or report.get("complete") is not True:
        raise UnusableFile(f"{path}: the report is not complete: the run was interrupted; run it again")
    try:
        findings = {
            entry["id"]: Finding(entry["verdict"], entry.get("reason") or "", entry["level"])
            for entry in report["requirements"]
        }
    except (KeyError, TypeError, AttributeError):
        raise UnusableFile(f"{path}: not a report of this suite: write it with `lro-conformance run`") from None
    if not findings:
        raise UnusableFile(f"{path}: the report judges no requirement; nothing was tested")
    return findings


def read_expectations(path: Path) -> dict[str, Expectation]:
    """The expectations in a file, those it includes first, so that its own win. Raises UnusableFile."""
    try:
        document = yaml.safe_load(path.read_text("utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise UnusableFile(f"{path}: cannot be read: {error}; mend the file") from None
    if not isinstance(document, dict):
        raise UnusableFile(f"{path}: not a table of requirements; write `requirement id: {{verdict: …}}`")
    expectations: dict[str, Expectation] = {}
    for included in document.pop("include", []):
        expectations |= read_expectations(path.parent / included)
    return expectations | {key: _expectation(f"{path}: {key}", entry) for key, entry in document.items()}


def _expectation(where: str, entry: Any) -> Expectation:
    if not isinstance(entry, dict) or sorted(entry) != ["source", "verdict", "why"]:
        raise UnusableFile(f"{where}: give exactly verdict, why and source; nothing is expected without a reason")
    verdicts = entry["verdict"] if isinstance(entry["verdict"], list) else [entry["verdict"]]
    for verdict in verdicts or [None]:
        if verdict not in VERDICTS:
            raise UnusableFile(f"{where}: {verdict!r} is no verdict; use one of {', '.join(VERDICTS)}")
    for member in ("why", "source"):
        if not isinstance(entry[member], str) or not entry[member].strip():
            raise UnusableFile(f"{where}: {member} is empty; nothing is expected without a reason")
    return Expectation(tuple(verdicts), entry["why"], entry["source"])
