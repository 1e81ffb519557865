"""What fails now and then: an entry excuses it where it happens, and demands nothing."""

from __future__ import annotations

from datetime import date

import pytest

from conformance.errors import UsageError
from conformance.judging.baseline import Baseline, KnownFailure, parse_baseline
from conformance.judging.baseline_update import update_baseline
from conformance.judging.known_failures import Applied, apply_baseline
from conformance.judging.verdict import CheckResult, Finding, RunVerdict, Verdict, judge, judge_run
from tests.reports.making import report_of, requirement, violation

TODAY = date(2026, 6, 1)
LINK = "https://tracker.example/1"
K, V, T = Finding.KEPT, Finding.VIOLATED, Finding.NOT_TESTED
ENTRY = f"""[[flaky]]
requirement = "chapter.one"
check = "slow"
link = "{LINK}"
expires = 2026-12-31
"""


def result(finding: Finding, check: str = "slow") -> CheckResult:
    return CheckResult("chapter.one", check, finding, "why", 0.1, (violation(),) if finding is V else ())


def applied(*results: CheckResult, expires: date = date(2026, 12, 31), known: tuple[KnownFailure, ...] = ()) -> Applied:
    entry = KnownFailure(1, "chapter.one", "", LINK, "slow", expires, is_flaky=True)
    kept = judge(requirement(name="chapter.other"), [CheckResult("chapter.other", "x", K)], None)
    judged = judge(requirement(name="chapter.one"), results, None)
    return apply_baseline(
        Baseline("b.toml", known, (), (entry,)), [judged, kept], TODAY, {"chapter.one": ["slow", "x"]}
    )


def test_a_failure_is_excused_and_counted() -> None:
    outcome = applied(result(V), result(K, "x"))
    assert outcome.judgements[0].verdict is Verdict.KNOWN_FAILURE
    assert outcome.judgements[0].reason == f"flaky: it fails now and then ({LINK})"
    assert not outcome.fails
    assert judge_run(outcome.judgements) is RunVerdict.CONFORMANT_EXCEPT
    assert outcome.messages == ("b.toml: 1 of 1 flaky entry excused a failure in this run: chapter.one, slow",)


@pytest.mark.parametrize("finding", [K, T])
def test_no_failure_is_demanded(finding: Finding) -> None:
    outcome = applied(result(finding), result(K, "x"))
    assert outcome.judgements[0].verdict is Verdict.PASS
    assert not outcome.fails
    assert outcome.messages == ("b.toml: 0 of 1 flaky entry excused a failure in this run",)


def test_only_its_check_is_excused() -> None:
    outcome = applied(result(V), result(V, "x"))
    assert outcome.judgements[0].verdict is Verdict.FAIL


def test_it_expires_and_stands_once() -> None:
    late = applied(result(V), expires=date(2026, 5, 1))
    assert late.fails
    assert late.judgements[0].verdict is Verdict.FAIL
    twice = applied(result(V), known=(KnownFailure(1, "chapter.one", "always", LINK, "slow"),))
    assert twice.fails
    assert "flaky entry 1 (chapter.one, check slow): entry 1 says so already" in twice.messages[0]


@pytest.mark.parametrize("key", ["requirement", "check", "link", "expires"])
def test_what_an_entry_must_have(key: str) -> None:
    text = "".join(line + "\n" for line in ENTRY.splitlines() if not line.startswith(key))
    with pytest.raises(UsageError, match=rf"flaky entry 1.*: has no {key}"):
        parse_baseline(text, "b.toml")


def test_an_update_leaves_it_alone_and_adds_nothing_for_it() -> None:
    report = report_of((requirement(name="chapter.one"), [result(V)]))
    told = update_baseline(ENTRY, "b.toml", report, ["chapter.one"], TODAY)
    assert (told.text, told.added) == (ENTRY, ())


def test_of_a_client_the_narrowest_entries_are_added() -> None:
    report = report_of((requirement(name="chapter.one"), [result(V), result(V, "x"), result(K, "y")]))
    report["iut"] = {**report["iut"], "driver": {"command": "./driver"}}
    told = update_baseline("", "b.toml", report, ["chapter.one"], TODAY)
    assert told.added == ("chapter.one, check slow", "chapter.one, check x")
