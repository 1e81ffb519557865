"""What a baseline makes of the verdicts of a run."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

import pytest

from conformance.errors import UsageError
from conformance.judging.baseline import AcceptedGap, Baseline, KnownFailure
from conformance.judging.known_failures import Applied, apply_baseline, foretold
from conformance.judging.verdict import CheckResult, Finding, Verdict, judge, judge_run
from conformance.spec.catalogue import Level
from tests.reports.making import requirement, violation

TODAY = date(2026, 6, 1)
LINK = "https://tracker.example/1"
BROKEN, WHOLE, OTHER = "chapter.broken", "chapter.whole", "chapter.other"
K, V, T, A, E = (Finding.KEPT, Finding.VIOLATED, Finding.NOT_TESTED, Finding.NOT_APPLICABLE, Finding.ERROR)


def found(finding: Finding, check: str = "test_x.py::test_x", drawn: bool = False) -> CheckResult:
    violations = (violation(f"{check} found it"),) if finding is V else ()
    return CheckResult(BROKEN, check, finding, f"{check} says so", 0.1, violations, drawn)


def entry(number: int = 1, name: str = BROKEN, check: str = "", expires: date | None = None) -> KnownFailure:
    return KnownFailure(number, name, "the gateway does it", LINK, check, expires)


def applied(
    *entries: KnownFailure, results: Sequence[CheckResult] = (), level: Level = Level.MUST, ruled_out: str | None = None
) -> Applied:
    """A run in which one requirement is of interest, and another is kept."""
    judgements = [
        judge(requirement(level, BROKEN), results, ruled_out),
        judge(requirement(name=WHOLE), [CheckResult(WHOLE, "test_y.py::test_y", K)], None),
    ]
    return apply_baseline(Baseline("baseline.toml", entries), judgements, TODAY, {BROKEN: CHECKS, WHOLE: ["test_y"]})


CHECKS = ["test_x.py::test_x", "test_x.py::test_second", "test_drawn.py::test_drawn"]


def verdict(outcome: Applied) -> Verdict:
    return outcome.judgements[0].verdict


@pytest.mark.parametrize("level", [Level.MUST, Level.SHOULD])
def test_what_is_listed_and_fails_is_known(level: Level) -> None:
    outcome = applied(entry(), results=[found(V)], level=level)
    assert verdict(outcome) is Verdict.KNOWN_FAILURE
    assert not outcome.fails
    assert outcome.messages == ()
    judgement = outcome.judgements[0]
    assert judgement.reason == f"the gateway does it ({LINK})"
    assert judgement.known == (entry(),)
    assert judgement.violations, "what is known is still shown"
    assert int(judge_run(outcome.judgements)) == 0


def test_what_is_not_listed_still_fails() -> None:
    assert verdict(applied(results=[found(V)])) is Verdict.FAIL


def test_what_is_listed_and_passes_fails_the_run() -> None:
    outcome = applied(entry(), results=[found(K)])
    assert verdict(outcome) is Verdict.UNEXPECTED_PASS
    assert outcome.fails
    assert "entry 1 (chapter.broken): the requirement is kept now" in outcome.messages[0]
    assert int(judge_run(outcome.judgements)) == 1


@pytest.mark.parametrize("finding", [T, A])
def test_what_could_not_be_judged_is_said_and_fails_nobody(finding: Finding) -> None:
    outcome = applied(entry(), results=[found(finding)])
    assert verdict(outcome) in (Verdict.NOT_TESTED, Verdict.NOT_APPLICABLE)
    assert not outcome.fails
    assert "nothing was found out" in outcome.messages[0]
    assert not applied(entry(), results=[]).fails
    assert "ruled out" in applied(entry(), results=[found(V)], ruled_out="ruled out").messages[0]


def test_a_pass_beside_a_check_that_could_not_judge_decides_nothing() -> None:
    outcome = applied(entry(), results=[found(K), found(T, "test_x.py::test_second")])
    assert verdict(outcome) is Verdict.PASS
    assert not outcome.fails


def test_an_error_of_ours_is_never_excused() -> None:
    assert verdict(applied(entry(), results=[found(E)])) is Verdict.ERROR
    assert verdict(applied(entry(), results=[found(V), found(E, "test_x.py::test_second")])) is Verdict.ERROR


@pytest.mark.parametrize(
    ("named", "meant"),
    [
        ("chapter.brocken", "chapter.broken"),
        ("body.empty-object", "body.empty-object-is-accepted"),
        ("body.empty-object-is-accepted-as-well", "body.empty-object-is-accepted"),
    ],
)
def test_an_unknown_requirement_is_refused_and_the_nearest_is_named(named: str, meant: str) -> None:
    """What begins alike is nearer than what only looks alike."""
    known = [BROKEN, WHOLE, "body.empty-object-is-accepted", "response.empty-object", "body.non-object-is-invalid"]
    for baseline in (
        Baseline("baseline.toml", (entry(name=named),)),
        Baseline("baseline.toml", gaps=(AcceptedGap(1, named, "we know", LINK),)),
    ):
        with pytest.raises(UsageError, match=re.escape(f"has the id '{named}'\n  remedy: did you mean {meant}?")):
            baseline.refuse_unknown(known)


def test_a_chapter_that_there_is_not_is_refused() -> None:
    baseline = Baseline("baseline.toml", gaps=(AcceptedGap(1, "chaptr.*", "we know", LINK),))
    with pytest.raises(UsageError, match=r"did you mean chapter\.\*\?"):
        baseline.refuse_unknown([BROKEN, WHOLE])
    Baseline("baseline.toml", gaps=(AcceptedGap(1, "chapter.*", "we know", LINK),)).refuse_unknown([BROKEN, WHOLE])


def test_an_expired_entry_excuses_nothing_and_fails_the_run() -> None:
    outcome = applied(entry(expires=date(2026, 5, 31)), results=[found(V)])
    assert verdict(outcome) is Verdict.FAIL
    assert outcome.fails
    assert "expired on 2026-05-31" in outcome.messages[0]
    assert applied(entry(expires=date(2026, 5, 31)), results=[]).fails, "whatever else was found"
    assert verdict(applied(entry(expires=TODAY), results=[found(V)])) is Verdict.KNOWN_FAILURE


@pytest.mark.parametrize(
    ("first", "second"),
    [("", ""), ("test_x", "test_x.py::test_x"), ("", "test_x"), ("test_x", "")],
)
def test_an_entry_that_another_one_covers_fails_the_run(first: str, second: str) -> None:
    outcome = applied(entry(1, check=first), entry(2, check=second), results=[found(V)])
    assert outcome.fails
    assert "entry 2" in outcome.messages[0]
    assert "entry 1" in outcome.messages[0]


def test_two_checks_of_a_requirement_may_be_listed_apart() -> None:
    results = [found(V), found(V, "test_x.py::test_second")]
    outcome = applied(entry(1, check="test_x"), entry(2, check="test_second"), results=results)
    assert (verdict(outcome), outcome.fails) == (Verdict.KNOWN_FAILURE, False)


def test_an_entry_for_a_check_excuses_only_that_check() -> None:
    outcome = applied(entry(check="test_x"), results=[found(V), found(V, "test_x.py::test_second")])
    judgement = outcome.judgements[0]
    assert judgement.verdict is Verdict.FAIL
    assert "test_second" in judgement.reason
    assert "test_x.py::test_x found" not in judgement.reason
    assert [shown["message"] for shown in judgement.violations] == [
        "test_x.py::test_second found it",
        "test_x.py::test_x found it",
    ], "what is new comes first"
    assert {result.check: result.is_known for result in judgement.results} == {
        "test_x.py::test_x": True,
        "test_x.py::test_second": False,
    }


def test_a_check_that_finds_nothing_any_more_fails_the_run_though_another_fails() -> None:
    outcome = applied(entry(check="test_x"), results=[found(K), found(V, "test_x.py::test_second")])
    assert verdict(outcome) is Verdict.FAIL
    assert outcome.fails
    assert "test_x finds nothing wrong any more" in outcome.messages[0]


def test_an_unknown_check_fails_the_run_and_lists_those_there_are() -> None:
    outcome = applied(entry(check="test_typo"), results=[found(V)])
    assert outcome.fails
    assert "test_x.py::test_second" in outcome.messages[0]
    assert verdict(outcome) is Verdict.FAIL


def test_a_check_that_was_not_run_is_said_and_fails_nobody() -> None:
    outcome = applied(entry(check="test_second"), results=[found(K)])
    assert (verdict(outcome), outcome.fails) == (Verdict.PASS, False)
    assert "the check was not run" in outcome.messages[0]


# --- drawn checks: a rare example must not flip an entry ------------------------------------------------------------

DRAWN = "test_drawn.py::test_drawn"


@pytest.mark.parametrize("finding", [K, V, T, E])
def test_what_a_drawn_check_finds_does_not_decide_whether_an_entry_holds(finding: Finding) -> None:
    fixed = applied(entry(), results=[found(K), found(finding, DRAWN, drawn=True)])
    assert fixed.fails, "the failure is gone, whatever was drawn"
    holds = applied(entry(), results=[found(V), found(finding, DRAWN, drawn=True)])
    assert not holds.fails
    assert verdict(holds) is (Verdict.ERROR if finding is E else Verdict.KNOWN_FAILURE)


def test_what_is_drawn_and_found_of_a_fixed_requirement_fails() -> None:
    assert verdict(applied(entry(), results=[found(K), found(V, DRAWN, drawn=True)])) is Verdict.FAIL


@pytest.mark.parametrize("finding", [K, V, T])
def test_an_entry_that_only_drawn_checks_speak_about_is_never_unexpected(finding: Finding) -> None:
    for listed in (entry(check="test_drawn"), entry()):
        outcome = applied(listed, results=[found(finding, DRAWN, drawn=True)])
        assert not outcome.fails
        assert verdict(outcome) is {K: Verdict.PASS, V: Verdict.KNOWN_FAILURE, T: Verdict.NOT_TESTED}[finding]


@pytest.mark.parametrize("finding", [K, V])
def test_an_entry_for_a_drawn_check_stands_beside_a_deterministic_pass(finding: Finding) -> None:
    outcome = applied(entry(check="test_drawn"), results=[found(K), found(finding, DRAWN, drawn=True)])
    assert not outcome.fails
    assert verdict(outcome) is (Verdict.KNOWN_FAILURE if finding is V else Verdict.PASS)


# --- while the run goes on ------------------------------------------------------------------------------------------


def test_a_listed_failure_is_no_failure_in_the_words_of_pytest() -> None:
    assert foretold([entry()], found(V), True) == (Verdict.KNOWN_FAILURE, f"the gateway does it ({LINK})")
    assert foretold([entry(name=OTHER)], found(V), True) is None
    assert foretold([entry(check="test_second")], found(V), True) is None


def test_an_unexpected_pass_is_foretold_where_it_is_certain() -> None:
    for entries, result, is_the_only_check, certain in (
        ([entry()], found(K), True, True),
        ([entry()], found(K), False, False),
        ([entry(check="test_x")], found(K), False, True),
        ([entry()], found(K, drawn=True), True, False),
        ([entry()], found(T), True, False),
    ):
        told = foretold(entries, result, is_the_only_check)
        assert (told is not None and told[0] is Verdict.UNEXPECTED_PASS) is certain
