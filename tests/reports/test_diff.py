"""`diff`: what changed between two reports, and whether something broke."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from conformance.cli import main
from conformance.judging.difference import Change, ChangeKind, Difference, difference, render_difference
from conformance.judging.report import write_report
from conformance.judging.verdict import Finding, Verdict
from tests.reports.making import report_of, requirement, result

GOOD, BAD, NONE = ("pass", "unexpected-pass"), ("fail", "warn"), ("not-tested", "not-applicable", "error")


def report(**verdicts: str) -> dict[str, Any]:
    made = report_of(*((requirement(name=f"chapter.{name}"), [result(Finding.KEPT)]) for name in verdicts))
    for entry, verdict in zip(made["requirements"], verdicts.values(), strict=True):
        entry["verdict"] = verdict
        entry["reason"] = f"{verdict} it is"
    return made


def between(old: str, new: str) -> Difference:
    return difference(report(x=old), report(x=new))


@pytest.mark.parametrize("old", [verdict.value for verdict in Verdict])
@pytest.mark.parametrize("new", [verdict.value for verdict in Verdict])
def test_every_change_of_verdict_has_its_place(old: str, new: str) -> None:
    expected: set[ChangeKind] = set()
    violated = (*BAD, "known-failure")
    if new in BAD and old not in violated:
        expected = {ChangeKind.BROKE}
    elif new == "known-failure" and old != new:
        expected = {ChangeKind.BECAME_KNOWN}
    elif new in GOOD and old in violated:
        expected = {ChangeKind.FIXED}
    elif new in GOOD and old in NONE:
        expected = {ChangeKind.NOW_JUDGED}
    elif new in NONE and old not in NONE:
        expected = {ChangeKind.NO_LONGER_JUDGED}
    assert set(between(old, new)) == expected


def test_what_was_violated_and_is_not_tested_is_not_fixed() -> None:
    found = between("fail", "not-tested")
    assert found == {ChangeKind.NO_LONGER_JUDGED: [Change("chapter.x", "fail", "not-tested", "not-tested it is")]}


def test_new_and_removed_requirements_break_nothing() -> None:
    found = difference(report(x="pass", old="pass"), report(x="pass", new="fail"))
    assert {kind: [change.what for change in changes] for kind, changes in found.items()} == {
        ChangeKind.NEW: ["chapter.new"],
        ChangeKind.REMOVED: ["chapter.old"],
    }


@pytest.mark.parametrize(("key", "value"), [("level", "SHOULD"), ("statement", "It is otherwise.")])
def test_a_requirement_that_changed_is_named_with_both(key: str, value: str) -> None:
    old, new = report(x="pass"), report(x="pass")
    new["requirements"][0][key] = value
    (change,) = difference(old, new)[ChangeKind.REQUIREMENT_CHANGED]
    assert (change.what, change.new) == (f"chapter.x {key}", value)


def test_another_source_is_a_change() -> None:
    old, new = report(x="pass"), report(x="pass")
    new["requirements"][0]["source"]["url"] = "https://example.com/second-edition"
    (change,) = difference(old, new)[ChangeKind.REQUIREMENT_CHANGED]
    assert change.what == "chapter.x source"
    assert "second-edition" in change.new


@pytest.mark.parametrize(
    ("path", "value", "what"),
    [
        (("suite", "version"), "9", "suite version"),
        (("environment", "python"), "3.99", "python"),
        (("environment", "platform"), "BeOS", "platform"),
        (("spec", "sha256"), "f" * 64, "spec sha256"),
        (("iut", "name"), "other", "iut name"),
        (("iut", "url"), "http://127.0.0.1:2", "iut url"),
        (("iut", "statement", "declared", "cancel"), "guaranteed", "declared cancel"),
        (("iut", "statement", "found", "list"), {"value": True, "because": "so"}, "found list"),
        (("profile",), "thorough", "profile"),
        (("seed",), 7, "seed"),
        (("baseline",), "b.toml", "baseline"),
    ],
)
def test_the_environment_is_compared(path: tuple[str, ...], value: Any, what: str) -> None:
    old = report(x="pass")
    new = copy.deepcopy(old)
    place: Any = new
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    assert [change.what for change in difference(old, new)[ChangeKind.ENVIRONMENT_CHANGED]] == [what]


def test_nothing_changed() -> None:
    found = between("pass", "pass")
    assert not found
    assert list(render_difference(found)) == ["nothing changed"]


def test_the_text_names_what_broke_first_and_steers_no_terminal() -> None:
    old, new = report(x="pass", y="fail"), report(x="fail", y="pass")
    new["requirements"][0]["reason"] = "it said \x1b[2J\nfixed (9)"
    new["iut"]["name"] = "renamed"
    text = list(render_difference(difference(old, new)))
    assert text[0] == "broke (1)"
    assert text[1:3] == ["  chapter.x: pass → fail", "    it said \\x1b[2J fixed (9)"]
    assert "fixed (1)" in text
    assert "  iut name: emulator → renamed" in text


def written(tmp_path: Path, name: str, document: dict[str, Any]) -> str:
    return str(write_report(document, tmp_path / name))


@pytest.mark.parametrize(("old", "new", "status"), [("pass", "fail", 1), ("fail", "pass", 0), ("pass", "pass", 0)])
def test_the_exit_status_says_whether_something_broke(tmp_path: Path, old: str, new: str, status: int) -> None:
    assert main(["diff", written(tmp_path, "old", report(x=old)), written(tmp_path, "new", report(x=new))]) == status


def test_a_report_that_was_cut_off_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    whole = written(tmp_path, "old", report(x="pass"))
    cut = written(tmp_path, "new", {**report(x="pass"), "complete": False})
    for pair in ([whole, cut], [cut, whole]):
        assert main(["diff", *pair]) == 2
        assert "cut off" in capsys.readouterr().err


@pytest.mark.parametrize(
    "damage",
    [
        {"suite": None},
        {"iut": {"name": "x"}},
        {"environment": []},
        {"requirements": [{"id": "x"}]},
        {"requirements": [1]},
        {"requirements": {}},
    ],
)
def test_a_damaged_report_is_one_message(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], damage: dict[str, Any]
) -> None:
    whole = written(tmp_path, "old", report(x="pass"))
    assert main(["diff", whole, written(tmp_path, "new", {**report(x="pass"), **damage})]) == 2
    said = capsys.readouterr().err
    assert "is damaged: " in said
    assert "remedy" in said


def test_a_verdict_that_nobody_knows_is_damage(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "x.json"
    path.write_text(json.dumps(report(x="passed")), "utf-8")
    assert main(["diff", str(path), str(path)]) == 2
    assert "requirements[0].verdict is 'passed'" in capsys.readouterr().err
