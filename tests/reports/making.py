"""Requirements, results and reports for tests, by hand."""

from __future__ import annotations

from typing import Any

from conformance.exchange.serial import exchange_as_json
from conformance.judging.report import RunFacts, build_report
from conformance.judging.verdict import CheckResult, Finding, judge, judge_run
from conformance.spec.catalogue import Catalogue, Level, Requirement, Source
from tests.rules.traffic import Traffic

SOURCE = Source("the-document", "The document", "section 1", "https://example.com/document")


def requirement(level: Level = Level.MUST, name: str = "chapter.slug", **members: Any) -> Requirement:
    return Requirement(name, level, "server", "It is so.", SOURCE, **members)


def result(finding: Finding, reason: str = "", name: str = "chapter.slug", **members: Any) -> CheckResult:
    return CheckResult(name, "test_x.py::test_x", finding, reason, 0.25, **members)


def violation(message: str = "it is not so", traffic: Traffic | None = None) -> dict[str, Any]:
    """A violation as results carry it: with the exchanges that show it, as JSON values."""
    shown = traffic or Traffic()
    if traffic is None:
        shown.cancel(status=204)
    return {"message": message, "exchanges": [exchange_as_json(exchange) for exchange in shown.exchanges]}


def broken(*shown: dict[str, Any], name: str = "chapter.slug") -> tuple[Requirement, list[CheckResult]]:
    """A MUST that is violated, for `report_of`."""
    return requirement(name=name), [result(Finding.VIOLATED, "it is not so", name, violations=shown)]


def facts(**members: Any) -> RunFacts:
    told: dict[str, Any] = {
        "iut": {"name": "emulator", "url": "http://127.0.0.1:1", "statement": {"declared": {}, "found": {}}},
        "spec": {"name": "beyondcorp.v1", "sha256": "0" * 64},
        "profile": "quick",
        "seed": 0,
        "started": "2026-01-01T00:00:00.000Z",
        "finished": "2026-01-01T00:00:01.000Z",
        "requests": 3,
        "operations": 2,
    }
    return RunFacts(**{**told, **members})


def report_of(*judged: tuple[Requirement, list[CheckResult]], **members: Any) -> dict[str, Any]:
    """The report of a run with these requirements and what was found of them."""
    judgements = [judge(one, results, None) for one, results in judged]
    told = facts(**members)
    return build_report(judgements, judge_run(judgements, told.was_interrupted), told)


def catalogue_of(*requirements: Requirement) -> Catalogue:
    return Catalogue({one.id: one for one in requirements}, {"chapter": "The chapter"})
