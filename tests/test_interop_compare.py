"""The comparison of a run with what is known of a real target (`examples/comparison.py`)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from conformance.spec.files import read_yaml, spec_path
from examples.comparison import (
    Difference,
    Expectation,
    Finding,
    UnusableFile,
    compare,
    read_expectations,
    read_report,
)
from examples.interop import AS_EXPECTED, DIFFERENT, FAILED, KNOWN, overall

EXAMPLES = Path(__file__).parent.parent / "examples"
HIJACK = Expectation(("fail",), "the query wins", "Envoy")


@pytest.mark.parametrize("verdict", ["pass", "not-applicable"])
def test_what_is_not_listed_must_pass_or_not_apply(verdict: str) -> None:
    assert compare({"a.one": Finding(verdict)}, {}) == []


@pytest.mark.parametrize("verdict", ["fail", "warn", "not-tested", "error", "known-failure", "unexpected-pass"])
def test_any_other_verdict_must_be_listed(verdict: str) -> None:
    assert compare({"a.one": Finding(verdict, "because")}, {}) == [
        Difference("a.one", "pass or not-applicable", verdict, "because")
    ]


def test_a_may_that_is_not_tested_needs_no_explanation() -> None:
    assert compare({"a.one": Finding("not-tested", level="MAY")}, {}) == []


@pytest.mark.parametrize("level", ["MUST", "SHOULD"])
def test_a_must_or_should_that_is_not_tested_does(level: str) -> None:
    assert len(compare({"a.one": Finding("not-tested", level=level)}, {})) == 1


def test_a_listed_failure_is_as_expected() -> None:
    assert compare({"a.one": Finding("fail")}, {"a.one": HIJACK}) == []


@pytest.mark.parametrize("verdict", ["pass", "warn", "not-tested", "not-applicable"])
def test_a_listed_failure_that_is_none_is_a_difference(verdict: str) -> None:
    (difference,) = compare({"a.one": Finding(verdict)}, {"a.one": HIJACK})
    assert difference.found == verdict
    assert difference.expected == "fail (the query wins)"


@pytest.mark.parametrize(("verdict", "differences"), [("pass", 0), ("not-tested", 0), ("fail", 1)])
def test_what_the_target_leaves_to_chance_has_several_verdicts(verdict: str, differences: int) -> None:
    by_chance = Expectation(("pass", "not-tested"), "a race within the target", "main.go")
    assert len(compare({"a.one": Finding(verdict)}, {"a.one": by_chance})) == differences


def test_a_listed_requirement_that_the_report_lacks_is_a_difference() -> None:
    (difference,) = compare({"a.two": Finding("pass")}, {"a.one": HIJACK})
    assert (difference.requirement, difference.found) == ("a.one", "nothing")


def test_differences_come_in_the_order_of_the_report() -> None:
    findings = {"b": Finding("fail"), "a": Finding("pass"), "c": Finding("warn")}
    assert [difference.requirement for difference in compare(findings, {})] == ["b", "c"]


def written(folder: Path, report: object) -> Path:
    path = folder / "report.json"
    path.write_text(json.dumps(report), "utf-8")
    return path


def test_report_is_read(tmp_path: Path) -> None:
    entries = [
        {"id": "a.one", "level": "MUST", "verdict": "fail", "reason": "because"},
        {"id": "a.two", "level": "MAY", "verdict": "not-tested", "reason": None},
    ]
    report = written(tmp_path, {"requirements": entries, "verdict": "not conformant", "complete": True})
    assert read_report(report) == {
        "a.one": Finding("fail", "because", "MUST"),
        "a.two": Finding("not-tested", "", "MAY"),
    }


@pytest.mark.parametrize(
    ("report", "says"),
    [
        ({"requirements": [{"id": "a", "level": "MUST", "verdict": "pass"}]}, "not complete"),
        ({"requirements": [], "complete": "yes"}, "not complete"),
        ({"requirements": [], "complete": True}, "nothing was tested"),
        ({"complete": True}, "not a report"),
        ({"requirements": [{"id": "a", "level": "MUST"}], "complete": True}, "not a report"),
        ([], "not complete"),
    ],
)
def test_a_report_that_proves_nothing_is_refused(tmp_path: Path, report: object, says: str) -> None:
    with pytest.raises(UnusableFile, match=says):
        read_report(written(tmp_path, report))


def test_a_report_that_is_missing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnusableFile, match="no report"):
        read_report(tmp_path / "report.json")


def test_own_expectations_win_over_included_ones(tmp_path: Path) -> None:
    (tmp_path / "shared.yaml").write_text(
        "a.one: {verdict: fail, why: w, source: s}\nb.two: {verdict: warn, why: w, source: s}"
    )
    own = tmp_path / "expected.yaml"
    own.write_text("include: [shared.yaml]\na.one: {verdict: warn, why: here, source: s}")
    assert read_expectations(own) == {
        "a.one": Expectation(("warn",), "here", "s"),
        "b.two": Expectation(("warn",), "w", "s"),
    }


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a.one: {verdict: fail, why: w}", "exactly verdict, why and source"),
        ("a.one: {verdict: fail, why: '', source: s}", "why is empty"),
        ("a.one: {verdict: fails, why: w, source: s}", "no verdict"),
        ("a.one: {verdict: [], why: w, source: s}", "no verdict"),
        ("a.one: {verdict: [pass, fails], why: w, source: s}", "no verdict"),
        ("a.one: fail", "exactly verdict, why and source"),
        ("- a.one", "not a table"),
        ("a.one: {", "cannot be read"),
        ("include: [missing.yaml]", "cannot be read"),
    ],
)
def test_an_expectation_without_a_reason_is_refused(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "expected.yaml").write_text(text)
    with pytest.raises(UnusableFile, match=says):
        read_expectations(tmp_path / "expected.yaml")


@pytest.mark.parametrize("example", KNOWN)
def test_expectations_of_every_example_name_requirements_of_the_catalogue(example: str) -> None:
    known = {entry["id"]: entry["level"] for entry in read_yaml(spec_path("requirements"))["requirements"]}
    for requirement, expectation in read_expectations(EXAMPLES / example / "expected.yaml").items():
        assert requirement in known
        for verdict in {"fail", "warn"}.intersection(expectation.verdicts):
            assert verdict == {"MUST": "fail", "SHOULD": "warn"}[known[requirement]]


def test_the_worst_example_decides_and_a_skip_decides_nothing() -> None:
    assert overall([AS_EXPECTED, None]) == AS_EXPECTED
    assert overall([AS_EXPECTED, DIFFERENT, None]) == DIFFERENT
    assert overall([DIFFERENT, FAILED]) == FAILED


def test_nothing_tested_is_never_a_success() -> None:
    assert overall([None, None]) == FAILED
    assert overall([]) == FAILED
