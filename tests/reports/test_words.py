"""The words that all renderers share: what a verdict means, and what is a gap and what is out of reach."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.judging.verdict import Finding
from conformance.reports.console import render
from conformance.reports.words import meaning, musts_out_of_reach, sender, target_of, untested_musts
from conformance.spec.catalogue import catalogue
from tests.reports.making import report_of, requirement, result


def entry(verdict: str, level: str = "MUST", **more: Any) -> dict[str, Any]:
    return {"id": "a.b", "verdict": verdict, "level": level, "out_of_reach": False, **more}


@pytest.mark.parametrize(
    ("verdict", "entries", "says"),
    [
        ("conformant", [entry("pass")], "Every MUST that applies was tested and is kept."),
        ("not conformant", [entry("fail")], "A MUST is violated."),
        ("not conformant", [entry("unexpected-pass")], "the baseline or --strict"),
        ("incomplete", [entry("pass"), entry("not-tested")], "not every MUST that applies was tested"),
        ("incomplete", [entry("not-tested"), entry("not-applicable")], "Nothing was judged."),
    ],
)
def test_a_verdict_has_a_meaning(verdict: str, entries: list[dict[str, Any]], says: str) -> None:
    assert says in meaning({"verdict": verdict, "requirements": entries})


def test_a_gap_is_what_nothing_excuses() -> None:
    gap = entry("not-tested")
    unreachable = entry("not-tested", out_of_reach=True)
    accepted = entry("not-tested", accepted_gap={"reason": "r", "link": "l"})
    entries = [gap, unreachable, accepted, entry("not-tested", "SHOULD"), entry("pass")]
    assert untested_musts(entries) == [gap]
    assert musts_out_of_reach(entries) == [unreachable]


def test_the_console_counts_what_is_out_of_reach_apart_from_the_gaps() -> None:
    report = report_of((requirement(), [result(Finding.NOT_TESTED)]), (requirement(), [result(Finding.KEPT)]))
    for shown, out_of_reach, says in (
        (report["requirements"][0], False, "1 MUST not tested: "),
        (report["requirements"][0], True, "1 MUST cannot be tested in process, which is no gap: "),
    ):
        shown["out_of_reach"] = out_of_reach
        assert f"{says}{shown['id']}" in render(report, catalogue())


@pytest.mark.parametrize(
    ("iut", "named"),
    [
        ({"name": "emulator", "url": "http://127.0.0.1:1"}, "emulator"),
        ({"name": "", "url": "http://127.0.0.1:1"}, "http://127.0.0.1:1"),
        ({"name": "python driver.py", "url": "", "driver": {"sdk": "my-sdk", "version": "1.2"}}, "my-sdk 1.2"),
        ({"name": "python driver.py", "url": "", "driver": {"sdk": "", "version": ""}}, "python driver.py"),
    ],
)
def test_what_was_tested_has_a_name(iut: dict[str, Any], named: str) -> None:
    assert target_of({"iut": iut}) == named


@pytest.mark.parametrize(
    ("check", "actor", "says"),
    [
        ("test_x[a]", "server", "sent by test_x[a]"),
        ("repeated_forms", "server", "sent for several checks"),
        ("blame", "server", "sent to find out which request did it"),
        ("last_look", "server", "sent when everything else had been"),
        ("plain-cancel", "client", "in the scenario plain-cancel"),
        ("", "server", ""),
    ],
)
def test_who_sent_something_is_said_in_plain_words(check: str, actor: str, says: str) -> None:
    assert sender(check, actor) == says
