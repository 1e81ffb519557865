"""The summary for a CI job: short, complete in what matters, and nothing a peer sent becomes markup."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from conformance.errors import UsageError
from conformance.judging.verdict import Finding
from conformance.reports.artefacts import write_artefacts
from conformance.reports.markdown import render_markdown
from conformance.spec.catalogue import Level
from tests.reports.making import report_of, requirement, result, violation


def summary(*shown: dict[str, Any], reason: str = "it is not so", **facts: Any) -> str:
    told = result(Finding.VIOLATED, reason, violations=shown)
    return render_markdown(report_of((requirement(), [told]), **facts))


def test_what_fails_is_said_with_its_sentence_and_how_to_see_it_again() -> None:
    text = summary(violation("it is not so"))
    assert text.startswith("## lro-conformance: not conformant\n")
    assert "<code>emulator</code>: 1 fail." in text
    assert (
        "| fail | MUST | [`chapter.slug`](https://example.com/document)<br>It is so. | <code>it is not so</code> |"
        in text
    )
    assert "<details><summary>Send it again, by hand</summary>" in text
    assert "curl -sS" in text


def test_what_was_not_tested_is_listed() -> None:
    open_ = [
        (requirement(name=f"chapter.open{at}"), [result(Finding.NOT_TESTED, "no operation", f"chapter.open{at}")])
        for at in range(25)
    ]
    text = render_markdown(report_of(*open_))
    assert "### 25 MUST not tested" in text
    assert "- `chapter.open0`: <code>no operation</code>" in text
    assert "- and 5 more, in report.json" in text


def test_the_worst_comes_first() -> None:
    report = report_of(
        (requirement(Level.SHOULD, "chapter.should"), [result(Finding.VIOLATED, "hardly", "chapter.should")]),
        (requirement(), [result(Finding.VIOLATED, "not so")]),
    )
    text = render_markdown(report)
    assert text.index("| fail |") < text.index("| warn |")


def test_a_known_failure_says_why_and_where() -> None:
    report = report_of((requirement(), [result(Finding.VIOLATED, "not so")]))
    report["requirements"][0] |= {
        "verdict": "known-failure",
        "known_failures": [
            {"check": "", "reason": "the gateway", "link": "https://tracker.example/1", "expires": None}
        ],
    }
    assert "| known-failure | MUST |" in render_markdown(report)
    assert "the gateway (https://tracker.example/1)" in render_markdown(report)


def test_a_green_run_is_short() -> None:
    text = render_markdown(report_of((requirement(), [result(Finding.KEPT)]), messages=("a remark",)))
    assert len(text.splitlines()) <= 8
    assert "- <code>a remark</code>" in text


@pytest.mark.parametrize(
    "hostile",
    [
        "![x](https://evil.example/pixel.png)",
        "[x](https://evil.example)",
        "https://evil.example",
        "www.evil.example",
        "<img src=https://evil.example>",
        "</code></details><h1>conformant</h1>",
        "@everyone #1 **bold** _it_ ~~no~~ `code` \\",
        "a | b | c\n| pass | MUST |",
        "\x1b[31m\u202e",
    ],
)
def test_what_a_peer_sent_is_no_markup(hostile: str) -> None:
    text = summary(violation(hostile), reason=hostile, iut={"name": hostile, "url": ""}, messages=(hostile,))
    ours = re.sub(r"<code>[^<>]*</code>|<br>|</?details>|</?summary>|<pre>|</pre>", "", text)
    assert "<" not in ours
    for quoted in re.findall(r"<code>([^<>]*)</code>", text.partition("<pre>")[0]):
        assert not re.search(r"[*_\[\]`|!@~]|://|www\.|\n", re.sub(r"&#\d+;", "", quoted)), quoted
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert [row.count("|") for row in rows] == [5] * 3
    assert all(character == "\n" or character.isprintable() for character in text)


# --- where it is written ----------------------------------------------------------------------------------------------


def test_the_summary_is_appended_to_that_of_the_job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    job = tmp_path / "job.md"
    job.write_text("before\n", "utf-8")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(job))
    report = report_of((requirement(), [result(Finding.KEPT)]))
    write_artefacts(report, [], tmp_path / "report")
    written = (tmp_path / "report" / "summary.md").read_text("utf-8")
    assert written == render_markdown(report)
    assert job.read_text("utf-8") == f"before\n{written}"


def test_without_a_job_there_is_only_the_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    write_artefacts(report_of((requirement(), [result(Finding.KEPT)])), [], tmp_path / "report")
    assert sorted(path.name for path in (tmp_path / "report").iterdir()) == [
        "report.html",
        "report.json",
        "summary.md",
        "traffic.har",
    ]


def test_half_a_surrogate_pair_is_written_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    told = result(Finding.VIOLATED, "\ud800", violations=(violation("\ud800"),))
    write_artefacts(report_of((requirement(), [told]), messages=("\ud800",)), [], tmp_path / "report")
    for path in (tmp_path / "report").iterdir():
        path.read_text("utf-8")


def test_a_summary_that_cannot_be_written_is_one_message(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "no" / "such" / "place.md"))
    with pytest.raises(UsageError, match="cannot be written"):
        write_artefacts(report_of((requirement(), [result(Finding.KEPT)])), [], tmp_path / "report")
