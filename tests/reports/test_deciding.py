"""What is kept has exchanges that show it: those that its check judged, or that of the rule that judges all traffic."""

from __future__ import annotations

from dataclasses import replace

import pytest

from conformance.exchange import CLEAN_UP
from conformance.judging.deciding import deciding_exchanges
from conformance.judging.traffic import traffic_check_of
from conformance.judging.verdict import CheckResult, Finding, Judgement, judge
from conformance.server.options import Options
from conformance.server.run_suite import run_quietly
from conformance.suite.evidence import evidence_noted, require_answers, require_looks
from tests.reports.making import requirement, result
from tests.rules.traffic import Traffic, cancelled, running


def told_by_rule(requirement_id: str) -> Judgement:
    found = replace(result(Finding.KEPT, name=requirement_id), check=traffic_check_of(requirement_id))
    return judge(requirement(name=requirement_id), [found], None)


def test_a_check_was_decided_by_what_it_judged_whoever_sent_it() -> None:
    one, other = Traffic(), Traffic()
    sent = replace(one.cancel(), check="cancellations")
    namesake = replace(other.cancel(during=(9.0, 10.0)), check="cancellations")
    assert sent.number == namesake.number, "each process counts anew"
    found = replace(result(Finding.KEPT), evidence=((namesake.number, namesake.sent_at),))
    assert deciding_exchanges([judge(requirement(), [found], None)], [[sent], [namesake]]) == {
        "chapter.slug": (namesake,)
    }


def test_a_check_that_judged_no_exchange_was_decided_by_none() -> None:
    traffic = Traffic()
    kept = [judge(requirement(), [result(Finding.KEPT)], None)]
    assert deciding_exchanges(kept, [[replace(traffic.cancel(), check="test_x")]]) == {}


def test_what_a_check_judged_travels_between_processes() -> None:
    found = replace(result(Finding.KEPT), evidence=((7, 0.1 + 0.2),))
    assert CheckResult.from_json(found.as_json()) == found


def test_what_a_check_asks_for_evidence_is_noted_while_it_runs() -> None:
    traffic = Traffic()
    cancel, look = traffic.cancel(), traffic.get(running())
    with evidence_noted() as noted:
        require_answers(cancel)
        require_looks(look)
    require_answers(cancel)
    assert noted == [cancel, look]


def test_a_rule_was_decided_by_the_last_exchange_it_speaks_about_but_rather_not_of_the_clean_up() -> None:
    traffic = Traffic()
    traffic.cancel()
    last = traffic.cancel()
    traffic.get(running())
    cleaned = replace(traffic.cancel(), check=CLEAN_UP)
    told = told_by_rule("response.status-is-200")
    assert deciding_exchanges([told], [traffic.exchanges[:3], []]) == {told.requirement.id: (last,)}
    assert deciding_exchanges([told], [[*traffic.exchanges[:3], cleaned]]) == {told.requirement.id: (last,)}
    assert deciding_exchanges([told], [[cleaned]]) == {told.requirement.id: (cleaned,)}


def test_a_rule_about_a_history_was_decided_by_a_get_rather_than_by_a_list() -> None:
    traffic = Traffic()
    traffic.cancel()
    traffic.get(cancelled())
    looked = traffic.get(cancelled())
    traffic.list(cancelled())
    told = told_by_rule("operation.done-is-final")
    assert deciding_exchanges([told], [traffic.exchanges]) == {told.requirement.id: (looked,)}


def test_only_what_is_kept_was_decided() -> None:
    cancel = Traffic().cancel()
    found = replace(result(Finding.VIOLATED, "so"), evidence=((cancel.number, cancel.sent_at),))
    assert deciding_exchanges([judge(requirement(), [found], None)], [[cancel]]) == {}


OF_ALL_TOGETHER = {
    "target.only-its-cancel-cancels",
    "list.negative-page-size-is-refused",
    "errors.reason-is-of-one-error",
}
"""What is judged of all traffic together; no exchange shows it."""


@pytest.fixture(scope="module")
def decided() -> dict[str, list[str]]:
    """The requests that decided each requirement that the embedded server keeps."""
    report = run_quietly(Options())
    return {
        entry["id"]: [
            f"{exchange['request']['method']} {exchange['request']['target']} {exchange['note']}".strip()
            for exchange in entry.get("decided_by", ())
        ]
        for entry in report["requirements"]
        if entry["verdict"] == "pass"
    }


def test_whatever_is_kept_shows_what_decided_it(decided: dict[str, list[str]]) -> None:
    assert {requirement for requirement, shown in decided.items() if not shown} == OF_ALL_TOGETHER


@pytest.mark.parametrize(
    ("kept", "said"),
    [
        ("body.chunked-is-accepted", "cancel with a chunked {}"),
        ("body.charset-is-accepted", "with a charset"),
        ("liveness.old-http-is-served", "cancel in HTTP/1.0"),
        ("auth.precedes-validation", "malformed cancel without credentials"),
        ("target.query-name-never-redirects", "cancel whose query names another operation"),
        ("routing.verb-is-exact", "verb-"),
    ],
)
def test_what_decided_is_what_the_requirement_speaks_about(decided: dict[str, list[str]], kept: str, said: str) -> None:
    assert said in " ".join(decided[kept])


def test_an_effect_that_must_not_be_is_decided_by_what_was_sent_and_the_look_afterwards(
    decided: dict[str, list[str]],
) -> None:
    sent, look = decided["target.query-name-never-redirects"]
    assert (sent.split()[0], look.split()[0]) == ("POST", "GET")
