"""`baseline update`: what is fixed goes out, what is new comes in, and everything a person wrote stays."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from conformance.cli import main
from conformance.errors import UsageError
from conformance.judging.baseline import parse_baseline
from conformance.judging.baseline_update import NEW_FILE, Update, update_baseline
from conformance.judging.report import write_report
from conformance.judging.verdict import CheckResult, Finding
from tests.reports.making import report_of, requirement, violation

TODAY = date(2026, 6, 1)
K, V, T = Finding.KEPT, Finding.VIOLATED, Finding.NOT_TESTED
FILE = """\
# The known failures of my emulator.

# About one:
# two lines.
[[known-failure]]
requirement = "chapter.one"   # inline
reason = "one does it"
link = "https://tracker.example/1"

[[known-failure]]
requirement = "chapter.two"
reason = "two does it"
link = "https://tracker.example/2"
expires = 2026-12-31

# A remark that stands alone.

# About three.
[[known-failure]]
requirement = "chapter.three"
reason = "three does it"
link = "https://tracker.example/3"

# The end.
"""


def found(name: str, finding: Finding, check: str = "test_x.py::test_x", drawn: bool = False) -> CheckResult:
    return CheckResult(name, check, finding, "", 0.1, (violation(),) if finding is V else (), drawn)


def report(**findings: Finding | list[CheckResult]) -> dict[str, Any]:
    """The report of a run with one requirement for each keyword."""
    return report_of(
        *(
            (
                requirement(name=f"chapter.{name}"),
                [found(f"chapter.{name}", told)] if isinstance(told, Finding) else told,
            )
            for name, told in findings.items()
        )
    )


def updated(text: str, **findings: Finding | list[CheckResult]) -> Update:
    known = [f"chapter.{name}" for name in (*findings, "elsewhere")]
    return update_baseline(text, "baseline.toml", report(**findings), known, TODAY)


def listed(text: str) -> list[tuple[str, str, str]]:
    entries = parse_baseline(text, "baseline.toml", may_be_unfilled=True).entries
    return [(entry.requirement, entry.check, entry.reason) for entry in entries]


def test_where_nothing_changed_not_a_byte_does() -> None:
    update = updated(FILE, one=V, two=V, three=V, four=K)
    assert update == Update(FILE)


def test_what_is_fixed_goes_out_with_its_comment_and_nothing_else() -> None:
    update = updated(FILE, one=K, two=V, three=V)
    assert update.removed == ("entry 1 (chapter.one): fixed",)
    assert update.text == FILE.replace(
        FILE[FILE.index("# About one") : FILE.index('[[known-failure]]\nrequirement = "chapter.two')], ""
    )


def test_comments_that_stand_alone_stay() -> None:
    update = updated(FILE, one=V, two=K, three=K)
    assert "# A remark that stands alone.\n" in update.text
    assert "# The end.\n" in update.text
    assert "# About three." not in update.text
    assert listed(update.text) == [("chapter.one", "", "one does it")]


def test_what_is_new_comes_in_at_the_end_without_a_reason() -> None:
    update = updated(FILE, one=V, two=V, three=V, four=V)
    assert update.added == ("chapter.four",)
    assert update.text.startswith(FILE)
    assert listed(update.text)[-1] == ("chapter.four", "", "")
    with pytest.raises(UsageError, match=r"entry 4 \(chapter\.four\): reason is empty"):
        parse_baseline(update.text, "baseline.toml")


def test_an_update_of_an_update_changes_nothing_and_says_what_is_missing() -> None:
    once = updated(FILE, one=V, two=V, three=V, four=V)
    twice = updated(once.text, one=V, two=V, three=V, four=V)
    assert twice.text == once.text
    assert "still empty" in twice.remarks[0]


def test_what_was_not_judged_stays_and_is_said() -> None:
    update = updated(FILE, one=T, two=V, three=[])
    assert update.text == FILE
    assert [remark.partition(":")[0] for remark in update.remarks] == [
        "entry 1 (chapter.one)",
        "entry 3 (chapter.three)",
    ]


def test_what_no_requirement_is_goes_out_and_what_another_kind_of_run_judges_stays() -> None:
    text = FILE.replace("chapter.one", "chapter.renamed").replace("chapter.two", "chapter.elsewhere")
    update = updated(text, three=V)
    assert update.removed == ("entry 1 (chapter.renamed): there is no such requirement",)
    assert [name for name, _, _ in listed(update.text)] == ["chapter.elsewhere", "chapter.three"]


def test_what_is_said_twice_is_kept_once() -> None:
    update = updated(FILE.replace("chapter.two", "chapter.one"), one=V, three=V)
    assert update.removed == ("entry 2 (chapter.one): entry 1 says so already",)
    assert [reason for _, _, reason in listed(update.text)] == ["one does it", "three does it"]


def test_an_expired_entry_stays_for_a_person_to_renew() -> None:
    update = updated(FILE.replace("2026-12-31", "2026-01-31"), one=V, two=V, three=V)
    assert "expired on 2026-01-31" in update.remarks[0]
    assert "chapter.two" in update.text


def test_another_check_of_a_listed_requirement_gets_an_entry_of_its_own() -> None:
    text = FILE.replace('requirement = "chapter.two"', 'requirement = "chapter.two"\ncheck = "test_x"')
    both = [found("chapter.two", V), found("chapter.two", V, "conformance/suite/test_y.py::test_y")]
    update = updated(text, one=V, two=both, three=V)
    assert update.added == ("chapter.two, check test_y.py::test_y",)


def test_what_only_a_drawn_check_finds_is_listed_for_that_check() -> None:
    """An entry for the whole requirement would be unexpected in the next run."""
    both = [found("chapter.two", K), found("chapter.two", V, "test_drawn.py::test_drawn", drawn=True)]
    update = updated("", two=both)
    assert listed(update.text) == [("chapter.two", "test_drawn.py::test_drawn", "")]


def test_a_file_of_another_form_is_left_alone() -> None:
    text = 'known-failure = [{requirement = "chapter.one", reason = "r", link = "https://x"}]\n'
    with pytest.raises(UsageError, match="1 entries, but 0 lines"):
        updated(text, one=K)
    hidden = FILE.replace('"one does it"', '"""\n[[known-failure]]\n"""')
    with pytest.raises(UsageError, match="3 entries, but 4 lines"):
        updated(hidden, one=K, two=V, three=V)


def test_a_file_without_an_end_of_line_and_one_with_others(tmp_path: Path) -> None:
    assert listed(updated(FILE.rstrip() + " # x", one=V, two=V, three=V, four=V).text)[-1][0] == "chapter.four"
    windows = FILE.replace("\n", "\r\n")
    assert updated(windows, one=V, two=V, three=V).text == windows
    assert "chapter.one" not in updated(windows, one=K, two=V, three=V).text


def test_the_command_makes_a_file_and_says_what_to_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write_report(report(one=V, two=K), tmp_path)
    target = tmp_path / "baseline.toml"
    assert main(["baseline", "update", str(path), str(target)]) == 0
    assert target.read_text("utf-8").startswith(NEW_FILE)
    assert listed(target.read_text("utf-8")) == [("chapter.one", "", "")]
    said = capsys.readouterr().out
    assert "added    chapter.one" in said
    assert "fill in the reason and the link" in said


def test_the_command_refuses_a_report_that_was_cut_off(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write_report({**report(one=V), "complete": False}, tmp_path)
    assert main(["baseline", "update", str(path), str(tmp_path / "baseline.toml")]) == 2
    assert "cut off" in capsys.readouterr().err
    assert not (tmp_path / "baseline.toml").exists()


def test_accepted_gaps_stay_where_they_are() -> None:
    """Between known failures, before and after them; what is to be said about them is said."""
    gap = (
        '\n# why\n[[untested]]\nrequirement = "chapter.{}"\nreason = "nobody can"\nlink = "https://tracker.example/9"\n'
    )
    before, one, two = FILE.partition('[[known-failure]]\nrequirement = "chapter.two"')
    text = gap.format("four") + before + gap.format("*") + one + two + gap.format("five")
    told = update_baseline(text, "b.toml", report(one=K, two=V, three=V, four=T, five=K), ["chapter.one"], TODAY)
    kept = parse_baseline(told.text, "b.toml")
    assert [each.requirement for each in kept.gaps] == ["chapter.four", "chapter.*", "chapter.five"]
    assert [each.requirement for each in kept.entries] == ["chapter.two", "chapter.three"]
    assert told.text.count("# why") == 3
    assert told.remarks == (
        "untested entry 3 (chapter.five): is tested in this report; the run fails until the entry is taken out",
    )
