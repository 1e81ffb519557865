"""junit.xml of runs that pytest does not make: it never looks better than the report."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, parse

import pytest

from conformance.errors import UsageError
from conformance.exchange.masking import Masking
from conformance.reports.junit import complete_junit, junit_of, write_junit


def requirement(name: str, verdict: str, reason: str = "", *messages: str) -> dict[str, Any]:
    return {
        "id": name,
        "level": "MUST",
        "statement": "A sentence.",
        "source": {"title": "a text", "section": "1", "url": "https://example.org/"},
        "verdict": verdict,
        "reason": reason,
        "out_of_reach": False,
        "violations": len(messages),
        "evidence": [{"message": message, "exchanges": []} for message in messages],
    }


def report(verdict: str, *requirements: dict[str, Any], messages: tuple[str, ...] = ()) -> dict[str, Any]:
    return {
        "iut": {"name": "driver", "url": ""},
        "profile": "sdk, rest",
        "started": "2026-01-01T00:00:00.000Z",
        "finished": "2026-01-01T00:00:01.500Z",
        "verdict": verdict,
        "verdict_in_words": verdict,
        "exit_status": {"conformant": 0, "not conformant": 1, "error": 2}.get(verdict, 3),
        "messages": list(messages),
        "requirements": list(requirements),
    }


def suite_of(root: Element) -> Element:
    (suite,) = root
    return suite


def outcome(suite: Element, name: str) -> tuple[str, str]:
    """What a test case says: the tag and the message of what it found; nothing for one that passed."""
    (case,) = (case for case in suite if case.get("name") == name)
    found = [child for child in case if child.tag != "properties"]
    return (found[0].tag, found[0].get("message", "")) if found else ("", "")


def test_a_suite_is_named_after_what_is_tested_and_a_case_says_its_requirement_and_level() -> None:
    suite = suite_of(junit_of(report("conformant", requirement("a.kept", "pass"))))
    assert suite.get("name") == "driver"
    said = {one.get("name"): one.get("value") for one in suite.iterfind("testcase[@name='a.kept']/properties/property")}
    assert said == {"requirement": "a.kept", "level": "MUST"}


def test_each_verdict_has_its_place() -> None:
    suite = suite_of(
        junit_of(
            report(
                "not conformant",
                requirement("a.kept", "pass"),
                requirement("a.violated", "fail", "it is not so", "it is not so"),
                requirement("b.fixed", "unexpected-pass", "it is so now"),
                requirement("b.ours", "error", "the driver died"),
                requirement("b.advice", "warn", "better not"),
                requirement("b.known", "known-failure", "since 2020"),
                requirement("b.untested", "not-tested", "no control"),
                requirement("b.elsewhere", "not-applicable", "not over gRPC"),
            )
        )
    )
    assert outcome(suite, "a.kept") == ("", "")
    assert outcome(suite, "a.violated") == ("failure", "fail: it is not so")
    assert outcome(suite, "b.fixed") == ("failure", "unexpected-pass: it is so now")
    assert outcome(suite, "b.ours") == ("error", "error: the driver died")
    for skipped in ("b.advice", "b.known", "b.untested", "b.elsewhere"):
        assert outcome(suite, skipped)[0] == "skipped"
    counts = {key: suite.get(key) for key in ("tests", "failures", "errors", "skipped", "time")}
    assert counts == {"tests": "9", "failures": "3", "errors": "1", "skipped": "4", "time": "1.500"}


def test_a_failure_has_the_evidence() -> None:
    suite = suite_of(junit_of(report("not conformant", requirement("a.violated", "fail", "why", "the bytes say so"))))
    failure = suite.find("testcase/failure")
    assert failure is not None
    assert "the bytes say so" in (failure.text or "")


@pytest.mark.parametrize("verdict", ["incomplete", "not conformant", "error"])
def test_a_run_that_is_not_green_never_reads_as_green(verdict: str) -> None:
    """No requirement failed: nothing was tested, or the baseline is stale."""
    suite = suite_of(junit_of(report(verdict, requirement("a.b", "not-tested", "why"), messages=("entry 1 is stale",))))
    assert outcome(suite, "verdict") == ("failure", f"the run is {verdict}")
    assert suite.get("failures") == "1"
    failure = suite.find("testcase[@name='verdict']/failure")
    assert failure is not None
    assert failure.text == "entry 1 is stale\nnot tested: a.b: why"


def test_what_xml_cannot_have_is_escaped(tmp_path: Path) -> None:
    write_junit(report("conformant", requirement("a.b", "warn", "sent \x00\x1b[31m and \ud800")), tmp_path)
    suite = suite_of(parse(tmp_path / "junit.xml").getroot())
    assert outcome(suite, "a.b") == ("skipped", "warn: sent \\x00\\x1b[31m and \\ud800")
    assert outcome(suite, "verdict") == ("", "")


def test_a_directory_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"junit\.xml: cannot be written"):
        write_junit(report("conformant"), tmp_path / "missing")


PYTEST = """<?xml version="1.0" encoding="utf-8"?>
<testsuites name="pytest tests"><testsuite name="pytest" errors="0" failures="0" skipped="1" tests="2" time="0.1">
<testcase classname="a" name="kept"/><testcase classname="a" name="known"><skipped message="why"/></testcase>
</testsuite></testsuites>
"""


@pytest.mark.parametrize(("verdict", "failures"), [("conformant", "0"), ("incomplete", "1"), ("not conformant", "1")])
def test_the_verdict_is_added_to_what_pytest_wrote(tmp_path: Path, verdict: str, failures: str) -> None:
    path = tmp_path / "junit.xml"
    path.write_text(PYTEST, "utf-8")
    complete_junit(report(verdict, messages=("why",)), path, Masking())
    suite = suite_of(parse(path).getroot())
    assert (suite.get("tests"), suite.get("failures"), suite.get("skipped")) == ("3", failures, "1")
    assert outcome(suite, "verdict") == (("failure", f"the run is {verdict}") if failures == "1" else ("", ""))


def test_what_is_excepted_is_said_and_fails_nothing() -> None:
    said = {**report("conformant"), "verdict_in_words": "conformant except 1 known failure"}
    (case,) = suite_of(junit_of(said))
    assert [(child.tag, child.text) for child in case] == [
        ("system-out", "the run is conformant except 1 known failure")
    ]


def test_a_file_that_is_no_junit_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "junit.xml"
    path.write_text("<testsuites", "utf-8")
    with pytest.raises(UsageError, match="cannot be completed"):
        complete_junit(report("conformant"), path, Masking())
