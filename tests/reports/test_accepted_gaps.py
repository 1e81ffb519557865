"""What becomes of a run whose baseline accepts that something is not tested."""

from __future__ import annotations

from datetime import date

import pytest

from conformance.judging.baseline import AcceptedGap, Baseline, KnownFailure
from conformance.judging.known_failures import Applied, apply_baseline
from conformance.judging.verdict import CheckResult, Finding, RunVerdict, Verdict, in_words, judge, judge_run
from conformance.spec.catalogue import Level
from tests.reports.making import requirement, violation

TODAY = date(2026, 6, 1)
LINK = "https://tracker.example/1"
K, V, T, A, E = (Finding.KEPT, Finding.VIOLATED, Finding.NOT_TESTED, Finding.NOT_APPLICABLE, Finding.ERROR)


def gap(named: str, number: int = 1, expires: date | None = None) -> AcceptedGap:
    return AcceptedGap(number, named, "nobody can", LINK, expires)


def applied(*gaps: AcceptedGap, known: tuple[KnownFailure, ...] = (), **findings: Finding) -> Applied:
    """A run with one MUST for each keyword, beside one that is kept; `_` stands for the chapter's full stop."""
    found = {"other_kept": K, **findings}
    judgements = []
    for name, finding in found.items():
        violations = (violation(),) if finding is V else ()
        result = CheckResult(name.replace("_", "."), "test_x.py::test_x", finding, "why", 0.1, violations)
        judgements.append(judge(requirement(name=result.requirement), [result], None))
    return apply_baseline(Baseline("baseline.toml", known, gaps), judgements, TODAY)


def verdict_of(outcome: Applied) -> RunVerdict:
    verdict = judge_run(outcome.judgements)
    return RunVerdict.NOT_CONFORMANT if outcome.fails else verdict


@pytest.mark.parametrize("named", ["chapter.one", "chapter.*"])
def test_an_accepted_gap_is_said_in_the_verdict(named: str) -> None:
    outcome = applied(gap(named), chapter_one=T)
    assert verdict_of(outcome) is RunVerdict.CONFORMANT_EXCEPT
    assert outcome.messages == ()
    assert outcome.judgements[1].verdict is Verdict.NOT_TESTED
    assert in_words(RunVerdict.CONFORMANT_EXCEPT, outcome.judgements) == "conformant except 1 accepted gap"


def test_known_failures_are_said_beside_gaps() -> None:
    known = (KnownFailure(1, "chapter.three", "it does", LINK),)
    outcome = applied(gap("chapter.*"), known=known, chapter_one=T, chapter_two=T, chapter_three=V)
    assert verdict_of(outcome) is RunVerdict.CONFORMANT_EXCEPT
    words = in_words(RunVerdict.CONFORMANT_EXCEPT, outcome.judgements)
    assert words == "conformant except 1 known failure, 2 accepted gaps"


def test_a_must_that_no_entry_names_is_incomplete() -> None:
    assert verdict_of(applied(gap("chapter.one"), chapter_one=T, chapter_two=T)) is RunVerdict.INCOMPLETE


@pytest.mark.parametrize("finding", [K, V])
def test_an_entry_about_what_is_tested_fails_the_run(finding: Finding) -> None:
    outcome = applied(gap("chapter.one"), chapter_one=finding)
    assert outcome.fails
    assert "untested entry 1 (chapter.one): it is tested now" in outcome.messages[0]
    assert outcome.judgements[1].verdict is (Verdict.UNEXPECTED_PASS if finding is K else Verdict.FAIL)


def test_a_chapter_is_stale_when_none_of_it_is_untested() -> None:
    assert not applied(gap("chapter.*"), chapter_one=T, chapter_two=K).fails
    outcome = applied(gap("chapter.*"), chapter_one=K, chapter_two=A)
    assert outcome.fails
    assert "nothing in it is untested any more" in outcome.messages[0]
    assert outcome.judgements[1].verdict is Verdict.PASS


@pytest.mark.parametrize("finding", [A, E])
def test_what_does_not_apply_or_went_wrong_is_no_news(finding: Finding) -> None:
    outcome = applied(gap("chapter.one"), chapter_one=finding)
    assert not outcome.fails
    assert outcome.messages == ()


def test_an_expired_entry_accepts_nothing_and_fails_the_run() -> None:
    outcome = applied(gap("chapter.one", expires=date(2026, 5, 31)), chapter_one=T)
    assert outcome.fails
    assert judge_run(outcome.judgements) is RunVerdict.INCOMPLETE
    assert "expired on 2026-05-31" in outcome.messages[0]


def test_an_entry_that_another_makes_pointless_fails_the_run() -> None:
    for gaps in ((gap("chapter.one"), gap("chapter.one", 2)), (gap("chapter.*"), gap("chapter.one", 2))):
        outcome = applied(*gaps, chapter_one=T)
        assert outcome.fails
        assert "untested entry 1 says so already" in outcome.messages[0]


def test_what_no_text_decides_keeps_no_chapter_alive() -> None:
    undecided = judge(requirement(Level.MAY, "chapter.two", not_tested_reason="no text decides"), [], None)
    kept = judge(requirement(name="chapter.one"), [CheckResult("chapter.one", "test_x", K)], None)
    assert apply_baseline(Baseline("baseline.toml", gaps=(gap("chapter.*"),)), [kept, undecided], TODAY).fails
