"""The judgement of all traffic in two parts: what every run shows, and what drawn checks caused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from conformance.exchange import Exchange
from conformance.judging.drawn_traffic import DRAWN_TRAFFIC, traffic_check_of, without_drawn_traffic
from conformance.judging.report import violation_as_json
from conformance.judging.verdict import CheckResult, Finding
from conformance.rules import Complaint
from tests.rules.traffic import Traffic

STATUS = "response.status-is-200"
TRAFFIC_CHECK = traffic_check_of(STATUS)
DRAWN = CheckResult("target.body-name-never-redirects", "test_drawn.py::test_drawn", Finding.KEPT, drawn=True)


def cancel(status: int, sender: str) -> Exchange:
    return replace(Traffic().cancel(status=status), check=sender)


def shown(exchange: Exchange, message: str) -> dict[str, Any]:
    return violation_as_json(Complaint(message, (exchange,)))


def judged(*violations: dict[str, Any]) -> CheckResult:
    finding = Finding.VIOLATED if violations else Finding.KEPT
    return CheckResult(STATUS, TRAFFIC_CHECK, finding, "as a whole", violations=violations)


def parts(result: CheckResult, *exchanges: Exchange) -> dict[str, tuple[Finding, bool]]:
    split = without_drawn_traffic([DRAWN, result], [exchanges])
    return {part.check: (part.finding, part.drawn) for part in split if part.requirement == STATUS}


def test_without_drawn_checks_nothing_changes() -> None:
    result = judged(shown(cancel(204, "test_x"), "204"))
    assert without_drawn_traffic([result], [[cancel(204, "test_x")]]) == [result]


def test_violations_go_to_the_part_that_caused_them() -> None:
    firm, drawn = cancel(204, "test_x"), cancel(202, "test_drawn")
    split = without_drawn_traffic([DRAWN, judged(shown(firm, "204"), shown(drawn, "202"))], [[firm, drawn]])
    assert [(part.check, part.reason, len(part.violations), part.drawn) for part in split[1:]] == [
        (TRAFFIC_CHECK, "204", 1, False),
        (DRAWN_TRAFFIC, "202", 1, True),
    ]


def test_a_violation_that_only_drawn_traffic_shows_leaves_the_rest_kept() -> None:
    firm, drawn = cancel(200, "test_x"), cancel(202, "test_drawn")
    assert parts(judged(shown(drawn, "202")), firm, drawn) == {
        TRAFFIC_CHECK: (Finding.KEPT, False),
        DRAWN_TRAFFIC: (Finding.VIOLATED, True),
    }


def test_where_only_drawn_traffic_is_judged_nothing_is_firm() -> None:
    drawn = cancel(202, "test_drawn")
    assert parts(judged(shown(drawn, "202")), drawn) == {DRAWN_TRAFFIC: (Finding.VIOLATED, True)}
    assert parts(judged(), cancel(200, "test_drawn")) == {DRAWN_TRAFFIC: (Finding.KEPT, True)}


def test_every_process_counts() -> None:
    split = without_drawn_traffic([DRAWN, judged()], [[cancel(200, "test_drawn")], [cancel(200, "test_x")]])
    assert (split[1].check, split[1].drawn) == (TRAFFIC_CHECK, False)
