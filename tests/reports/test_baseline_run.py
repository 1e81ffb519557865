"""`run --baseline`, end to end against a reference server with a fault; and what JUnit makes of it."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from conformance.server.options import Options
from tests.command_line import Ended, command, run_of

FAULT = "answers-the-operation"
BROKEN = "response.empty-object"
ENTRY = """
[[known-failure]]
requirement = "{}"
reason = "custom methods return their resource here"
link = "https://tracker.example/1"
"""


ALONE_AND_TWO = [(), pytest.param(("-n", "2"), marks=pytest.mark.proof)]
"""Workers are interpreters of their own: one test of each kind is enough where little time is."""


@dataclass(frozen=True, slots=True)
class Ran(Ended):
    directory: Path

    @property
    def report(self) -> dict[str, Any]:
        report: dict[str, Any] = json.loads((self.directory / "report.json").read_text("utf-8"))
        return report

    def verdict(self, requirement: str) -> str:
        return next(str(entry["verdict"]) for entry in self.report["requirements"] if entry["id"] == requirement)

    def run_case(self) -> tuple[str, str]:
        """What junit.xml says of the run: the tag and the message in its test case."""
        root = ElementTree.parse(self.directory / "junit.xml").getroot()
        (case,) = (case for case in root.iter("testcase") if case.get("name") == "verdict")
        return (case[0].tag, case[0].get("message", "")) if len(case) else ("", "")

    def junit(self, requirement: str) -> ElementTree.Element:
        root = ElementTree.parse(self.directory / "junit.xml").getroot()
        return next(case for case in root.iter("testcase") if case.get("name", "").endswith(f"[{requirement}]"))


@pytest.fixture(autouse=True)
def _no_summary_of_a_job(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)


def run(tmp_path: Path, *options: str, baseline: str | None = None, **deviation: Any) -> Ran:
    """A run with a report; the `deviation` is a `fault` or a `variant` of the embedded server."""
    directory = tmp_path / "report"
    given: dict[str, Any] = {"report_dir": str(directory)}
    if baseline is not None:
        (tmp_path / "baseline.toml").write_text(baseline, "utf-8")
        given["baseline"] = "baseline.toml"
    if deviation:
        ended = run_of(Options(**given, **deviation), *options, cwd=tmp_path)
    else:
        words = (f"--{name.replace('_', '-')}={value}" for name, value in given.items())
        ended = command("run", *words, *options, cwd=tmp_path)
    return Ran(ended.status, ended.stdout, ended.stderr, directory)


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["one process", "two workers"])
def test_a_known_failure_does_not_fail_the_run(tmp_path: Path, workers: tuple[str, ...]) -> None:
    if workers:
        pytest.importorskip("xdist")
    ran = run(tmp_path, *workers, baseline=ENTRY.format(BROKEN), fault=FAULT)
    assert ran.status == 0, ran.stdout + ran.stderr
    assert ran.verdict(BROKEN) == "known-failure"
    assert ran.report["baseline"] == "baseline.toml"
    traffic = json.loads((ran.directory / "traffic.har").read_text("utf-8"))
    assert len(traffic["log"]["entries"]) == ran.report["requests"]
    assert "custom methods return their resource here" in ran.stdout
    skipped = ran.junit(BROKEN).find("skipped")
    assert skipped is not None
    assert (skipped.get("message") or "").startswith("known-failure: custom methods")


def test_an_unexpected_pass_fails_the_run_everywhere(tmp_path: Path) -> None:
    ran = run(tmp_path, baseline=ENTRY.format(BROKEN))
    assert ran.status == 1
    assert ran.verdict(BROKEN) == "unexpected-pass"
    assert "baseline.toml: entry 1 (response.empty-object): the requirement is kept now" in ran.stdout
    failure = ran.junit(BROKEN).find("failure")
    assert failure is not None
    assert (failure.get("message") or "").startswith("unexpected-pass: ")


@pytest.mark.parametrize("workers", ALONE_AND_TWO, ids=["one process", "two workers"])
def test_a_stale_entry_fails_a_run_in_which_all_is_well(tmp_path: Path, workers: tuple[str, ...]) -> None:
    """In junit.xml, too, where each check has passed."""
    ran = run(tmp_path, *workers, baseline=ENTRY.format(BROKEN) + ENTRY.format(BROKEN))
    assert ran.status == 1
    assert "entry 1 says so already" in ran.stdout
    assert ran.stdout.rstrip().endswith("verdict: NOT CONFORMANT")
    assert ran.run_case() == ("failure", "the run is not conformant")


def test_an_unknown_requirement_is_refused_before_anything_is_sent(tmp_path: Path) -> None:
    ran = run(tmp_path, baseline=ENTRY.format("body.empty-object"))
    assert ran.status == 2
    assert "did you mean body.empty-object-is-accepted?" in ran.stderr
    assert not (ran.directory / "traffic.har").exists()


GAP = """
[[untested]]
requirement = "{}"
reason = "nobody here has a second account"
link = "https://tracker.example/2"
"""


@pytest.mark.parametrize("workers", ALONE_AND_TWO, ids=["one process", "two workers"])
def test_an_untested_must_is_incomplete_until_it_is_accepted(tmp_path: Path, workers: tuple[str, ...]) -> None:
    variant = "never-ends-without-a-trace"
    ran = run(tmp_path, *workers, variant=variant)
    assert ran.status == 3
    assert ran.run_case() == ("failure", "the run is incomplete")
    without_an_effect = ("body.refused-cancel-changes-nothing", "operation.reading-changes-nothing")
    gaps = "".join(GAP.format(each) for each in ("target.*", "routing.*", "auth.*", *without_an_effect))
    ran = run(tmp_path, *workers, baseline=gaps, variant=variant)
    assert ran.status == 0, ran.stdout
    assert ran.report["verdict"] == "conformant-except"
    accepted = [entry["id"] for entry in ran.report["requirements"] if entry["accepted_gap"]]
    words = f"conformant except {len(accepted)} accepted gaps"
    assert ran.report["verdict_in_words"] == words
    assert ran.stdout.rstrip().endswith(f"verdict: {words.upper()}")
    assert ran.run_case() == ("system-out", "")
    for name in ("report.html", "summary.md"):
        text = (ran.directory / name).read_text("utf-8")
        assert words in text
        assert "nobody here has a second account" in text


def test_what_is_accepted_as_untested_and_tested_after_all_is_red(tmp_path: Path) -> None:
    ran = run(tmp_path, baseline=GAP.format("response.status-is-200") + GAP.format("target.*"))
    assert ran.status == 1
    assert ran.verdict("response.status-is-200") == "unexpected-pass"
    printed = " ".join(ran.stdout.split())
    assert "untested entry 1 (response.status-is-200): it is tested now; take the entry out" in printed
    assert "untested entry 2 (target.*): nothing in it is untested any more; take the entry out" in printed
    assert ran.run_case() == ("failure", "the run is not conformant")


def test_an_unfilled_entry_is_refused_before_anything_is_sent(tmp_path: Path) -> None:
    ran = run(tmp_path, baseline=ENTRY.format(BROKEN).replace("custom methods return their resource here", ""))
    assert ran.status == 2
    assert "reason is empty" in ran.stderr
    assert "Traceback" not in ran.stderr
    assert not (ran.directory / "traffic.har").exists()


def test_junit_of_a_run_that_finds_something(tmp_path: Path) -> None:
    """A violated MUST is a failure with its evidence; a violated SHOULD and what was not tested are skips with why."""
    ran = run(tmp_path, fault="any-body-crashes")
    assert ran.status == 1
    root = ElementTree.parse(ran.directory / "junit.xml").getroot()
    suite = root if root.tag == "testsuite" else next(root.iter("testsuite"))
    cases = list(suite.iter("testcase"))
    failed = {case.get("name"): case.find("failure") for case in cases if case.find("failure") is not None}
    skipped = [case.find("skipped") for case in cases if case.find("skipped") is not None]
    checks = {
        check["check"].partition("::")[2]: (entry, check)
        for entry in ran.report["requirements"]
        for check in entry["checks"]
    }
    assert not [case for case in cases if case.find("error") is not None]
    assert len(cases) == int(suite.get("tests", ""))
    assert ran.run_case() == ("failure", "the run is not conformant")
    assert failed.pop("verdict") is not None
    ruled_out = {case.get("name", "") for case in cases} - {"verdict"} - set(checks)
    must = {
        name for name, (entry, check) in checks.items() if check["finding"] == "violated" and entry["level"] == "MUST"
    }
    assert set(failed) == must
    assert must
    for failure in failed.values():
        assert failure is not None
        assert "> POST " in (failure.text or ""), "the evidence is in it"
        assert "500" in (failure.text or "")
    reasons = [element.get("message", "") for element in skipped if element is not None]
    assert any(reason.startswith("warn: ") for reason in reasons)
    assert all(reason.partition(": ")[0] in ("warn", "not-tested", "not-applicable") for reason in reasons)
    assert all(reason.partition(": ")[2] for reason in reasons), "every skip says why"
    not_passed = {name for name, (_, check) in checks.items() if check["finding"] != "kept"} | ruled_out
    passed = {case.get("name") for case in cases if [child.tag for child in case] == ["properties"]}
    assert passed == {case.get("name") for case in cases} - not_passed - {"verdict"}
