"""What the pages about baselines and reports say is so."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from conformance.cli import main
from conformance.judging.baseline import parse_baseline
from conformance.judging.report import write_report
from conformance.judging.verdict import Finding, Verdict
from conformance.spec.catalogue import catalogue
from conformance.suite.listing import checks_by_requirement
from tests.reports.making import report_of, requirement, result, violation

ROOT = Path(__file__).parents[2]


def test_the_example_is_a_baseline_of_this_suite() -> None:
    page = (ROOT / "docs" / "baseline.md").read_text("utf-8")
    examples = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    baseline = parse_baseline("".join(examples), "docs/baseline.md")
    assert (len(baseline.entries), len(baseline.gaps)) == (2, 2)
    baseline.refuse_unknown({entry.id for entry in catalogue()})
    for entry in baseline.entries:
        checks = checks_by_requirement()[entry.requirement]
        assert any(entry.covers(check) for check in checks), checks


def test_every_member_of_a_report_is_described() -> None:
    page = (ROOT / "docs" / "report.md").read_text("utf-8")
    told = result(Finding.VIOLATED, "not so", violations=(violation(),))
    report: dict[str, Any] = report_of((requirement(), [told]))
    for member in (*report, *report["requirements"][0]):
        assert f"`{member}" in page, member
    for verdict in Verdict:
        assert f"`{verdict.value}`" in page


def test_every_file_of_a_report_is_described(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from conformance.reports.artefacts import write_artefacts

    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    write_artefacts(report_of((requirement(), [result(Finding.KEPT)])), [], tmp_path)
    page = (ROOT / "docs" / "report.md").read_text("utf-8")
    for path in tmp_path.iterdir():
        assert f"`{path.name}`" in page


def test_the_workflow_calls_what_there_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    workflow = yaml.safe_load((ROOT / "examples" / "ci" / "conformance.yml").read_text("utf-8"))
    (command,) = [
        step["run"] for step in workflow["jobs"]["conformance"]["steps"] if "lro-conformance run" in step.get("run", "")
    ]
    options = set(re.findall(r"--[a-z-]+", command))
    with pytest.raises(SystemExit):
        main(["run", "--help"])
    described = capsys.readouterr().out
    assert options
    assert all(option in described for option in options)


def test_a_report_of_this_version_can_be_compared_with_itself(tmp_path: Path) -> None:
    path = str(write_report(report_of((requirement(), [result(Finding.KEPT)])), tmp_path))
    assert main(["diff", path, path]) == 0
