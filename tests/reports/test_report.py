"""report.json: written, read back, and refused when it is not the report of a whole run."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from conformance import __version__
from conformance.errors import UsageError
from conformance.exchange import Response
from conformance.exchange.serial import exchange_from_json
from conformance.judging.report import (
    MAX_SHOWN_BODY,
    MOST_EVIDENCE,
    SCHEMA_VERSION,
    build_evidence_entry,
    read_report,
    requirement_as_json,
    violation_as_json,
    write_report,
)
from conformance.judging.verdict import Finding
from conformance.rules import Complaint
from conformance.spec.catalogue import Level, catalogue
from tests.reports.making import report_of, requirement, result, violation
from tests.rules.traffic import Traffic, cancelled, running

GREEN = (requirement(name="chapter.kept"), [result(Finding.KEPT)])


def test_a_report_says_what_was_found() -> None:
    kept, broken, open_ = (requirement(name=f"chapter.{name}") for name in ("kept", "broken", "open"))
    report = report_of(
        (kept, [result(Finding.KEPT)]),
        (broken, [result(Finding.VIOLATED, "not so", violations=(violation("not so"),)), result(Finding.KEPT)]),
        (requirement(Level.SHOULD, "chapter.should"), [result(Finding.VIOLATED, "hardly")]),
        (open_, [result(Finding.NOT_TESTED, "no operation ran")]),
        messages=("the target is slow",),
    )
    assert report["schema_version"] == SCHEMA_VERSION
    assert report["suite"] == {"name": "lro-conformance", "version": __version__}
    assert (report["verdict"], report["exit_status"]) == ("not conformant", 1)
    assert report["totals"] == {"fail": 1, "not-tested": 1, "pass": 1, "warn": 1}
    assert (report["requests"], report["operations"], report["profile"]) == (3, 2, "quick")
    assert report["messages"] == ["the target is slow"]
    assert [(entry["id"], entry["verdict"], entry["reason"]) for entry in report["requirements"]] == [
        ("chapter.kept", "pass", ""),
        ("chapter.broken", "fail", "not so"),
        ("chapter.should", "warn", "hardly"),
        ("chapter.open", "not-tested", "no operation ran"),
    ]
    checks = report["requirements"][1]["checks"]
    assert [(check["check"], check["finding"], check["seconds"]) for check in checks] == [
        ("test_x.py::test_x", "violated", 0.25),
        ("test_x.py::test_x", "kept", 0.25),
    ]


def test_a_requirement_is_shown_with_where_it_is_written() -> None:
    for entry in catalogue():
        shown = requirement_as_json(entry)
        assert shown["id"] == entry.id
        assert shown["level"] in ("MUST", "SHOULD", "MAY")
        assert shown["statement"] == entry.statement
        assert shown["source"]["url"].startswith("https://")
        assert all(shown["source"].values())


def test_a_violation_is_shown_with_its_bytes_and_a_way_to_see_it_again() -> None:
    traffic = Traffic()
    traffic.get(cancelled())
    traffic.get(running())
    shown = violation("it runs again", traffic)
    broken = (requirement(), [result(Finding.VIOLATED, "it runs again", violations=(shown,))])
    (entry,) = report_of(broken)["requirements"]
    assert entry["evidence"] == [shown]
    assert [exchange_from_json(value) for value in entry["evidence"][0]["exchanges"]] == traffic.exchanges
    assert entry["reproduction"]["curl"] == shown["exchanges"][-1]["curl"]
    assert "replay" in entry["reproduction"]["replay"]
    assert "chapter.slug" in entry["reproduction"]["replay"]


@pytest.mark.parametrize("character", ["x", "é", "€", "😀"])
def test_a_long_answer_is_cut_off_between_characters(character: str) -> None:
    """It may be evidence many times; the traffic has all of it."""
    text = "." + character * MAX_SHOWN_BODY
    answered = replace(Traffic().get(running()), outcome=Response(200, (), text.encode()))
    (shown,) = violation_as_json(Complaint("too much", (answered,)))["exchanges"]
    assert shown["response"]["body_size"] == len(text.encode())
    assert text.startswith(shown["response"]["body"])
    assert 0 <= MAX_SHOWN_BODY - len(shown["response"]["body"].encode()) < 4


def test_a_violation_without_an_exchange_has_no_curl_line() -> None:
    shown = {"message": "it is not in the list", "exchanges": []}
    (entry,) = report_of((requirement(), [result(Finding.VIOLATED, violations=(shown,))]))["requirements"]
    assert entry["reproduction"]["curl"] == ""


def test_of_many_violations_the_first_are_shown_and_all_are_counted() -> None:
    many = tuple(violation(f"violation {number}") for number in range(MOST_EVIDENCE + 5))
    (entry,) = report_of((requirement(), [result(Finding.VIOLATED, violations=many)]))["requirements"]
    assert entry["evidence"] == list(many[:MOST_EVIDENCE])
    assert entry["violations"] == MOST_EVIDENCE + 5
    assert entry["reason"].endswith("violation 2; and 22 more")


def test_what_was_kept_has_no_evidence_and_nothing_to_reproduce() -> None:
    (entry,) = report_of(GREEN)["requirements"]
    assert entry["evidence"] == []
    assert "reproduction" not in entry


@pytest.mark.parametrize(("level", "verdict"), [(Level.MUST, "fail"), (Level.SHOULD, "warn")])
def test_evidence_can_be_shown_before_the_run_is_over(level: Level, verdict: str) -> None:
    found = result(Finding.VIOLATED, "not so", violations=(violation("not so"),))
    entry = build_evidence_entry(requirement(level), found, has_url=True)
    assert (entry["verdict"], entry["reason"], len(entry["evidence"])) == (verdict, "not so", 1)
    assert entry["reproduction"]["curl"].startswith("curl ")
    in_process = build_evidence_entry(requirement(level), found, has_url=False)
    assert in_process["reproduction"]["curl"] == "", "a line for curl would be sent to whoever is there"


def test_the_last_word_is_that_it_is_complete() -> None:
    report = report_of(GREEN)
    assert list(report)[-1] == "complete"
    assert report["complete"] is True
    assert report_of(GREEN, was_interrupted=True)["complete"] is False


def test_a_report_is_read_as_it_was_written(tmp_path: Path) -> None:
    traffic = Traffic()
    traffic.cancel(answer=b"\xff\0", sends="é“\u2028\x1b".encode())
    broken = (requirement(), [result(Finding.VIOLATED, "né\x1b", violations=(violation("né", traffic),))])
    report = report_of(GREEN, broken)
    path = write_report(report, tmp_path / "made" / "for" / "it")
    assert path == tmp_path / "made" / "for" / "it" / "report.json"
    assert read_report(path) == json.loads(json.dumps(report))
    assert path.read_text("utf-8").endswith("}\n")


def test_a_report_takes_the_place_of_an_older_one(tmp_path: Path) -> None:
    write_report(report_of(GREEN, requests=1), tmp_path)
    write_report(report_of(GREEN, requests=2), tmp_path)
    assert read_report(tmp_path / "report.json")["requests"] == 2
    assert [path.name for path in tmp_path.iterdir()] == ["report.json"]


def test_nothing_that_a_peer_sends_keeps_the_report_from_being_written(tmp_path: Path) -> None:
    r"""A peer's JSON may hold half a surrogate pair (`"\ud800"`); a name with it may come into a reason."""
    broken = (requirement(), [result(Finding.VIOLATED, "name '\ud800'", violations=(violation("name \ud800"),))])
    path = write_report(report_of(GREEN, broken), tmp_path)
    assert len(read_report(path)["requirements"]) == 2


def test_a_directory_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(UsageError, match="cannot be written") as caught:
        write_report(report_of(GREEN), tmp_path / "file")
    assert "--report-dir" in caught.value.remedy


def refused(path: Path) -> str:
    with pytest.raises(UsageError) as caught:
        read_report(path)
    assert caught.value.message.startswith(f"{path}: ")
    assert caught.value.remedy
    return caught.value.message


def written(tmp_path: Path, document: object) -> Path:
    path = tmp_path / "report.json"
    path.write_text(json.dumps(document), "utf-8")
    return path


def without(member: str) -> dict[str, Any]:
    return {key: value for key, value in report_of(GREEN).items() if key != member}


def test_the_report_of_a_run_that_was_cut_off_is_refused(tmp_path: Path) -> None:
    path = write_report(report_of(GREEN, was_interrupted=True), tmp_path)
    assert "a run that was cut off" in refused(path)
    assert "a run that was cut off" in refused(written(tmp_path, without("complete")))
    for word in ("true", 1, None):
        assert "a run that was cut off" in refused(written(tmp_path, {**report_of(GREEN), "complete": word}))


@pytest.mark.parametrize("length", [0, 1, 100, -2, -20])
def test_a_file_that_was_cut_off_is_refused(tmp_path: Path, length: int) -> None:
    path = write_report(report_of(GREEN), tmp_path)
    path.write_bytes(path.read_bytes()[:length])
    refused(path)


@pytest.mark.parametrize("version", [0, SCHEMA_VERSION + 1, str(SCHEMA_VERSION), None])
def test_another_schema_is_refused(tmp_path: Path, version: object) -> None:
    message = refused(written(tmp_path, {**report_of(GREEN), "schema_version": version}))
    assert f"has schema_version {version!r}, this version reads {SCHEMA_VERSION}" in message
    assert "schema_version None" in refused(written(tmp_path, without("schema_version")))


@pytest.mark.parametrize("document", [[], None, 1, "report", {}, {"complete": True, "schema_version": SCHEMA_VERSION}])
def test_what_is_no_report_is_refused(tmp_path: Path, document: object) -> None:
    assert "is not a report" in refused(written(tmp_path, document))


def test_what_is_no_json_or_not_there_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    assert "cannot be read" in refused(path)
    for content, said in ((b"<html>", "is not JSON"), (b"\xff\xfe", "is not UTF-8"), (b"[" * 100_000, "is not JSON")):
        path.write_bytes(content)
        assert said in refused(path)
