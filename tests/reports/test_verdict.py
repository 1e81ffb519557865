"""From findings to the verdict of a requirement, and from verdicts to that of the run and its exit status."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.judging.verdict import Finding, Judgement, RunVerdict, Verdict, judge, judge_run
from conformance.spec.catalogue import Level
from tests.reports.making import requirement, result, violation

K, V, T, A, E = (Finding.KEPT, Finding.VIOLATED, Finding.NOT_TESTED, Finding.NOT_APPLICABLE, Finding.ERROR)

TABLE: list[tuple[list[Finding], Verdict]] = [
    ([], Verdict.NOT_TESTED),
    ([K], Verdict.PASS),
    ([V], Verdict.FAIL),
    ([T], Verdict.NOT_TESTED),
    ([A], Verdict.NOT_APPLICABLE),
    ([E], Verdict.ERROR),
    ([K, K], Verdict.PASS),
    ([K, T], Verdict.PASS),
    ([T, K], Verdict.PASS),
    ([K, A], Verdict.PASS),
    ([A, T], Verdict.NOT_APPLICABLE),
    ([T, T], Verdict.NOT_TESTED),
    ([K, V], Verdict.FAIL),
    ([V, T], Verdict.FAIL),
    ([V, A], Verdict.FAIL),
    ([V, E], Verdict.FAIL),
    ([K, E], Verdict.ERROR),
    ([E, T], Verdict.ERROR),
    ([E, A], Verdict.ERROR),
    ([K, V, T, A, E], Verdict.FAIL),
]


NAMES = ["+".join(finding.value for finding in findings) or "none" for findings, _ in TABLE]


@pytest.mark.parametrize(("findings", "verdict"), TABLE, ids=NAMES)
def test_verdict_of_a_must(findings: list[Finding], verdict: Verdict) -> None:
    assert judge(requirement(), [result(finding) for finding in findings], None).verdict is verdict


@pytest.mark.parametrize(("findings", "verdict"), TABLE, ids=NAMES)
@pytest.mark.parametrize("level", [Level.SHOULD, Level.MAY])
def test_what_is_no_must_warns_where_a_must_fails(level: Level, findings: list[Finding], verdict: Verdict) -> None:
    expected = Verdict.WARN if verdict is Verdict.FAIL else verdict
    assert judge(requirement(level), [result(finding) for finding in findings], None).verdict is expected


@given(st.lists(st.sampled_from(Finding)))
def test_a_skip_is_never_a_pass(findings: list[Finding]) -> None:
    judged = judge(requirement(), [result(finding) for finding in findings], None)
    if judged.verdict is Verdict.PASS:
        assert Finding.KEPT in findings
        assert not {Finding.VIOLATED, Finding.ERROR} & set(findings)
    if Finding.VIOLATED in findings:
        assert judged.verdict is Verdict.FAIL
    assert len(judged.results) == len(findings)


ANY_ORDER = st.lists(st.sampled_from(Finding), max_size=5).flatmap(
    lambda found: st.tuples(st.just(found), st.permutations(found))
)


@given(ANY_ORDER)
def test_the_order_of_the_checks_does_not_matter(orders: tuple[list[Finding], list[Finding]]) -> None:
    verdicts = {judge(requirement(), [result(one) for one in order], None).verdict for order in orders}
    assert len(verdicts) == 1


def test_nothing_was_run() -> None:
    judged = judge(requirement(), [], None)
    assert judged.verdict is Verdict.NOT_TESTED
    assert judged.reason.startswith("no check of it was selected")


def test_the_statement_rules_out_whatever_was_found() -> None:
    judged = judge(requirement(), [result(V, "broken", violations=(violation(),))], "the statement says list = false")
    assert (judged.verdict, judged.reason) == (Verdict.NOT_APPLICABLE, "the statement says list = false")
    assert judged.violations == ()


def test_what_no_check_judges_says_why() -> None:
    for ruled_out in (None, "ruled out"):
        judged = judge(requirement(Level.MAY, not_tested_reason="no text decides"), [], ruled_out)
        assert (judged.verdict, judged.reason) == (Verdict.NOT_TESTED, "no text decides")


def test_reasons_are_those_of_the_verdict_each_once() -> None:
    found = [result(V, "first"), result(K, "fine"), result(V, "second"), result(V, "first"), result(T, "not this")]
    judged = judge(requirement(), found, None)
    assert judged.reason == "first; second"
    assert judge(requirement(), [result(K, "fine")], None).reason == ""


def test_violations_of_all_checks_are_evidence() -> None:
    first, second, third = violation("1"), violation("2"), violation("3")
    found = [result(V, violations=(first, second)), result(K), result(V, violations=(third,))]
    assert judge(requirement(), found, None).violations == (first, second, third)


# --- the run ------------------------------------------------------------------------------------------------------


def judged(level: Level, verdict: Verdict) -> Judgement:
    return Judgement(requirement(level), verdict)


MUST, SHOULD, MAY = Level.MUST, Level.SHOULD, Level.MAY
PASS, FAIL, WARN, ERROR = Verdict.PASS, Verdict.FAIL, Verdict.WARN, Verdict.ERROR
KNOWN, UNEXPECTED = Verdict.KNOWN_FAILURE, Verdict.UNEXPECTED_PASS
NOT_TESTED, NOT_APPLICABLE = Verdict.NOT_TESTED, Verdict.NOT_APPLICABLE

RUNS: list[tuple[str, list[tuple[Level, Verdict]], RunVerdict]] = [
    ("nothing at all", [], RunVerdict.INCOMPLETE),
    ("a MUST that passes", [(MUST, PASS)], RunVerdict.CONFORMANT),
    ("a MUST that fails", [(MUST, PASS), (MUST, FAIL)], RunVerdict.NOT_CONFORMANT),
    ("a warning", [(MUST, PASS), (SHOULD, WARN)], RunVerdict.CONFORMANT),
    ("a MUST that was not tested", [(MUST, PASS), (MUST, NOT_TESTED)], RunVerdict.INCOMPLETE),
    ("a SHOULD that was not tested", [(MUST, PASS), (SHOULD, NOT_TESTED)], RunVerdict.CONFORMANT),
    ("a MAY that was not tested", [(MUST, PASS), (MAY, NOT_TESTED)], RunVerdict.CONFORMANT),
    ("a MUST that does not apply", [(MUST, PASS), (MUST, NOT_APPLICABLE)], RunVerdict.CONFORMANT),
    ("no MUST that applies", [(MUST, NOT_APPLICABLE), (SHOULD, PASS)], RunVerdict.INCOMPLETE),
    ("no MUST at all", [(SHOULD, PASS), (MAY, PASS)], RunVerdict.INCOMPLETE),
    ("only a known failure", [(MUST, KNOWN)], RunVerdict.CONFORMANT_EXCEPT),
    ("a known failure that passes", [(MUST, PASS), (MUST, UNEXPECTED)], RunVerdict.NOT_CONFORMANT),
    ("an error of ours", [(MUST, PASS), (MUST, ERROR)], RunVerdict.ERROR),
    ("an error of ours about a SHOULD", [(MUST, PASS), (SHOULD, ERROR)], RunVerdict.ERROR),
    ("a failure and an error of ours", [(MUST, FAIL), (MUST, ERROR)], RunVerdict.NOT_CONFORMANT),
    ("a failure and something not tested", [(MUST, FAIL), (MUST, NOT_TESTED)], RunVerdict.NOT_CONFORMANT),
    ("an error of ours and something not tested", [(MUST, ERROR), (MUST, NOT_TESTED)], RunVerdict.ERROR),
    ("only an error of ours", [(MUST, ERROR)], RunVerdict.ERROR),
]


@pytest.mark.parametrize(("verdicts", "run"), [case[1:] for case in RUNS], ids=[case[0] for case in RUNS])
def test_verdict_of_a_run(verdicts: list[tuple[Level, Verdict]], run: RunVerdict) -> None:
    assert judge_run(judged(level, verdict) for level, verdict in verdicts) is run


def test_a_run_that_was_cut_off_is_never_conformant() -> None:
    assert judge_run([judged(MUST, PASS)], was_interrupted=True) is RunVerdict.INCOMPLETE
    assert judge_run([judged(MUST, FAIL)], was_interrupted=True) is RunVerdict.NOT_CONFORMANT
    assert judge_run([judged(MUST, ERROR)], was_interrupted=True) is RunVerdict.ERROR


@given(st.lists(st.tuples(st.sampled_from(Level), st.sampled_from(Verdict))), st.booleans())
def test_green_means_that_a_must_was_tested_and_every_other_that_applies(
    verdicts: list[tuple[Level, Verdict]], was_interrupted: bool
) -> None:
    run = judge_run([judged(level, verdict) for level, verdict in verdicts], was_interrupted)
    musts = [verdict for level, verdict in verdicts if level is MUST]
    if int(run) == 0:
        assert PASS in musts or KNOWN in musts
        assert (run is RunVerdict.CONFORMANT) is all(verdict is not KNOWN for _, verdict in verdicts)
        assert not {FAIL, ERROR, NOT_TESTED, UNEXPECTED} & set(musts)
        assert not was_interrupted
    if FAIL in musts:
        assert run is RunVerdict.NOT_CONFORMANT


def test_the_exit_status_is_the_verdict() -> None:
    assert {verdict.value: int(verdict) for verdict in RunVerdict} == {
        "conformant": 0,
        "conformant-except": 0,
        "not conformant": 1,
        "error": 2,
        "incomplete": 3,
    }


@pytest.mark.parametrize("confirmation", [K, T])
@pytest.mark.parametrize("level", list(Level))
def test_what_was_seen_to_fail_and_not_confirmed_is_no_pass_whatever_a_sibling_says(
    level: Level, confirmation: Finding
) -> None:
    found = [result(K), result(T, "not ended; repeated on its own, it was kept", confirmation=confirmation), result(A)]
    judged = judge(requirement(level), found, None)
    assert (judged.verdict, judged.reason) == (Verdict.NOT_TESTED, "not ended; repeated on its own, it was kept")
    assert judge(requirement(), [*found, result(V, "broken")], None).verdict is Verdict.FAIL


@pytest.mark.parametrize(("findings", "verdict"), TABLE, ids=NAMES)
def test_a_must_that_nobody_declared_warns_where_it_would_fail(findings: list[Finding], verdict: Verdict) -> None:
    softened = "errors was found out, not declared: a warning"
    judgement = judge(requirement(), [result(finding) for finding in findings], None, softened)
    assert judgement.verdict is (Verdict.WARN if verdict is Verdict.FAIL else verdict)
    assert judgement.reason.endswith(f"({softened})") == (verdict is Verdict.FAIL)
