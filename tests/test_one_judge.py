"""One judge: rules are applied in one place, and findings become verdicts in one place, whoever asks."""

from __future__ import annotations

import ast
from datetime import date
from functools import cache
from pathlib import Path

import pytest

import conformance
from conformance.judging.baseline import Baseline, KnownFailure
from conformance.judging.judge import Against, Terms, judge_findings
from conformance.judging.ruling import ruling
from conformance.judging.verdict import CheckResult, Finding, RunVerdict, Verdict
from conformance.rules.server import all_rules
from conformance.spec.catalogue import Level
from tests.reports.making import requirement
from tests.rules.traffic import Traffic

PACKAGE = Path(conformance.__file__).parent
NAME = "chapter.slug"
KEPT = CheckResult(NAME, "test_x.py::test_x", Finding.KEPT)
VIOLATED = CheckResult(NAME, "test_x.py::test_x", Finding.VIOLATED, "so")


@pytest.mark.parametrize(
    ("function", "file"),
    [
        ("judgements", "judging/ruling.py"),
        ("judge_run", "judging/judge.py"),
        ("apply_baseline", "judging/judge.py"),
    ],
)
def test_it_is_called_in_one_place(function: str, file: str) -> None:
    """A rule may ask another one; who judges may not go past the judge."""
    assert {path for path in _callers()[function] if not path.startswith("rules/")} == {file}


@cache
def _callers() -> dict[str, set[str]]:
    """The files that call each function."""
    found: dict[str, set[str]] = {}
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                called = node.func
                name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
                found.setdefault(name, set()).add(path.relative_to(PACKAGE).as_posix())
    return found


def test_a_ruling_tells_kept_from_silent() -> None:
    rule = all_rules()["response.status-is-200"]
    kept, violated = Traffic(), Traffic()
    kept.cancel(status=200)
    violated.cancel(status=204)
    assert not ruling(rule, [[], []]).anything
    assert ruling(rule, [[], kept.exchanges]).anything
    assert not ruling(rule, [kept.exchanges]).complaints
    assert len(ruling(rule, [violated.exchanges, kept.exchanges, violated.exchanges]).complaints) == 2


@pytest.mark.parametrize(
    ("terms", "finding", "level", "verdict", "run"),
    [
        (Terms(), KEPT, Level.MUST, Verdict.PASS, RunVerdict.CONFORMANT),
        (Terms(), VIOLATED, Level.MUST, Verdict.FAIL, RunVerdict.NOT_CONFORMANT),
        (Terms(rules_out=lambda _: "no"), VIOLATED, Level.MUST, Verdict.NOT_APPLICABLE, RunVerdict.INCOMPLETE),
        (Terms(softened=lambda _: "so"), VIOLATED, Level.MUST, Verdict.WARN, RunVerdict.INCOMPLETE),
        (Terms(out_of_reach=lambda _: "far"), KEPT, Level.MUST, Verdict.NOT_TESTED, RunVerdict.INCOMPLETE),
        (Terms(is_strict=True), VIOLATED, Level.SHOULD, Verdict.WARN, RunVerdict.NOT_CONFORMANT),
        (Terms(is_strict=True), KEPT, Level.MUST, Verdict.PASS, RunVerdict.CONFORMANT),
        (Terms(was_interrupted=True), KEPT, Level.MUST, Verdict.PASS, RunVerdict.INCOMPLETE),
        (Terms(broke_off=True), KEPT, Level.MUST, Verdict.PASS, RunVerdict.ERROR),
        (Terms(broke_off=True), VIOLATED, Level.MUST, Verdict.FAIL, RunVerdict.NOT_CONFORMANT),
    ],
)
def test_what_decides_besides_what_was_found(
    terms: Terms, finding: CheckResult, level: Level, verdict: Verdict, run: RunVerdict
) -> None:
    judged = judge_findings([requirement(level, NAME)], [finding], terms)
    assert [judgement.verdict for judgement in judged.judgements] == [verdict]
    assert judged.verdict is run


def test_a_baseline_is_applied_and_its_checks_are_asked_for_where_an_entry_names_one() -> None:
    def asked() -> dict[str, tuple[str, ...]]:
        asks.append(1)
        return {NAME: ("test_x",)}

    asks: list[int] = []
    for check, times in (("", 0), ("test_x", 1)):
        baseline = Baseline("baseline.toml", (KnownFailure(1, NAME, "known", "https://example.org", check),))
        terms = Terms(against=Against(baseline, date(2026, 1, 1), asked))
        judged = judge_findings([requirement(Level.MUST, NAME)], [VIOLATED], terms)
        assert [judgement.verdict for judgement in judged.judgements] == [Verdict.KNOWN_FAILURE]
        assert len(asks) == times
