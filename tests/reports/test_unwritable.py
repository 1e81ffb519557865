"""Artefacts that cannot be written cost neither the verdict nor the other artefacts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from conformance.cli import main
from conformance.errors import UsageError
from conformance.judging.report import write_report

FEW = ("-k", "test_outcome")
"""Checks enough for a report."""
ARTEFACTS = ("report.json", "report.html", "summary.md", "traffic.har", "junit.xml")


@pytest.mark.parametrize("taken", ARTEFACTS)
def test_a_run_tells_its_verdict_writes_the_others_and_says_what_is_missing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], taken: str
) -> None:
    (tmp_path / taken).mkdir()
    assert main(["run", "--report-dir", str(tmp_path), *FEW]) == 2
    output, errors = capsys.readouterr()
    assert "verdict: INCOMPLETE" in output
    assert errors.endswith(
        f"lro-conformance: {tmp_path / taken}: cannot be written: Is a directory\n"
        "  remedy: choose another --report-dir\n"
    )
    assert {path.name for path in tmp_path.iterdir() if path.is_file()} == {*ARTEFACTS} - {taken}


def test_everything_that_is_missing_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("report.html", "junit.xml"):
        (tmp_path / name).mkdir()
    assert main(["run", "--report-dir", str(tmp_path), *FEW]) == 2
    errors = capsys.readouterr().err
    assert "report.html: cannot be written" in errors
    assert "junit.xml: cannot be written" in errors


def test_a_report_that_cannot_be_written_to_its_end_leaves_the_old_one(tmp_path: Path) -> None:
    write_report({"complete": True}, tmp_path)
    with pytest.raises(TypeError):
        write_report({"complete": object()}, tmp_path)
    assert json.loads((tmp_path / "report.json").read_text()) == {"complete": True}
    assert [path.name for path in tmp_path.iterdir()] == ["report.json"]


def test_a_directory_in_the_place_of_the_report_is_named(tmp_path: Path) -> None:
    (tmp_path / "report.json").mkdir()
    with pytest.raises(UsageError, match=r"report\.json: cannot be written: Is a directory"):
        write_report({}, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["report.json"]
