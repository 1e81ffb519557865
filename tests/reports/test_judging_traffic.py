"""The judgement of all traffic in two parts: what every run shows, and what drawn checks caused."""

from __future__ import annotations

from dataclasses import replace

from conformance.exchange import Exchange, Failure, FailureKind
from conformance.exchange.masking import Masking
from conformance.judging.traffic import DRAWN_TRAFFIC, judge_traffic, traffic_check_of
from conformance.judging.verdict import CheckResult, Finding
from tests.rules.traffic import Traffic

STATUS = "response.status-is-200"
LIVENESS = "liveness.every-request-is-answered"
FIRM = traffic_check_of(STATUS)


def cancel(status: int, sender: str) -> Exchange:
    return replace(Traffic().cancel(status=status), check=sender)


def judged(*recordings: list[Exchange], requirement: str = STATUS, drawn: str = "test_drawn") -> list[CheckResult]:
    """What is said of one requirement."""
    found = judge_traffic(recordings, Masking(), [drawn] if drawn else [])
    return [result for result in found if result.requirement == requirement]


def parts(*exchanges: Exchange, drawn: str = "test_drawn") -> dict[str, tuple[Finding, bool]]:
    return {part.check: (part.finding, part.drawn) for part in judged(list(exchanges), drawn=drawn)}


def test_without_drawn_checks_there_is_one_part() -> None:
    assert parts(cancel(204, "test_x"), drawn="") == {FIRM: (Finding.VIOLATED, False)}
    assert parts(cancel(200, "test_x"), drawn="") == {FIRM: (Finding.KEPT, False)}


def test_violations_go_to_the_part_that_caused_them() -> None:
    split = judged([cancel(204, "test_x"), cancel(202, "test_drawn")])
    assert [(part.check, "204" in part.reason, len(part.violations), part.drawn) for part in split] == [
        (FIRM, True, 1, False),
        (DRAWN_TRAFFIC, False, 1, True),
    ]


def test_a_violation_that_only_drawn_traffic_shows_leaves_the_rest_kept() -> None:
    assert parts(cancel(200, "test_x"), cancel(202, "test_drawn")) == {
        FIRM: (Finding.KEPT, False),
        DRAWN_TRAFFIC: (Finding.VIOLATED, True),
    }


def test_where_only_drawn_traffic_is_judged_nothing_is_firm() -> None:
    assert parts(cancel(202, "test_drawn")) == {DRAWN_TRAFFIC: (Finding.VIOLATED, True)}
    assert parts(cancel(200, "test_drawn")) == {DRAWN_TRAFFIC: (Finding.KEPT, True)}


def test_every_recording_counts() -> None:
    (result,) = judged([cancel(200, "test_drawn")], [cancel(200, "test_x")])
    assert (result.check, result.drawn) == (FIRM, False)


def unanswered(number: int, repeats: int = 0, is_answered: bool = False) -> Exchange:
    exchange = replace(cancel(200, "test_x"), number=number, repeats=repeats)
    return exchange if is_answered else replace(exchange, outcome=Failure(FailureKind.RESET))


def test_what_was_answered_when_it_was_sent_again_may_have_been_the_moment() -> None:
    (result,) = judged([unanswered(1), unanswered(2, repeats=1, is_answered=True)], requirement=LIVENESS)
    assert (result.finding, result.confirmation) == (Finding.NOT_TESTED, Finding.KEPT)
    assert "repeated on its own, it was kept, so it may have been a matter of timing" in result.reason
    assert result.reason.startswith("POST /v1/"), (
        "it names the request, for a report shows nothing of what is not tested"
    )


def test_what_was_not_answered_again_either_is_violated() -> None:
    (result,) = judged([unanswered(1), unanswered(2, repeats=1)], requirement=LIVENESS)
    assert result.finding is Finding.VIOLATED


def test_a_repetition_is_judged_by_no_other_rule() -> None:
    """The server may be another one by then, which does not know what it was asked about."""
    gone = replace(cancel(404, "test_x"), number=2, repeats=1)
    assert judged([unanswered(1), gone])[0].finding is Finding.NOT_TESTED


def test_one_confirmed_violation_is_enough() -> None:
    traffic = [unanswered(1), unanswered(2), unanswered(3, repeats=1, is_answered=True), unanswered(4, repeats=2)]
    (result,) = judged(traffic, requirement=LIVENESS)
    assert result.finding is Finding.VIOLATED
