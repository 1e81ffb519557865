"""Overlapping calls: every possible answer has an order, and an impossible one has a time line that shows it."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.errors import NotTested
from conformance.exchange import Exchange, Failure, FailureKind
from conformance.rules.rule import TimedCall
from conformance.rules.server import all_rules
from conformance.rules.server.order import calls_on, explained_by_some_order, time_line
from tests.rules.traffic import NOT_FOUND, OPERATION, RESULT, Traffic, asked_to_cancel, failed, running

RUNNING = {"name": OPERATION, "done": False}
CANCELLED = {"name": OPERATION, "done": True, "error": {"code": 1, "message": "cancelled"}}
SUCCEEDED = {"name": OPERATION, "done": True, "response": RESULT}


def test_two_cancels_and_two_looks_at_once_have_an_order() -> None:
    traffic = Traffic()
    traffic.cancel(during=(0, 9))
    traffic.cancel(during=(1, 8))
    traffic.get(RUNNING, during=(2, 7))
    traffic.get(CANCELLED, during=(3, 6))
    assert explained_by_some_order(OPERATION, traffic.exchanges) is None


def test_a_look_that_overlaps_the_end_may_show_either() -> None:
    for seen in (RUNNING, CANCELLED):
        traffic = Traffic()
        traffic.cancel(during=(0, 1))
        traffic.get(CANCELLED, during=(2, 10))
        traffic.get(seen, during=(3, 9))
        assert explained_by_some_order(OPERATION, traffic.exchanges) is None


def test_a_list_that_leaves_results_out_has_an_order() -> None:
    for listed in ({"name": OPERATION, "done": True}, {"name": OPERATION, "done": True, "error": {"code": 1}}):
        traffic = Traffic()
        traffic.cancel(during=(0, 1))
        traffic.get(CANCELLED, during=(2, 10))
        traffic.list(listed, during=(3, 9))
        traffic.get(CANCELLED, during=(11, 12))
        assert explained_by_some_order(OPERATION, traffic.exchanges) is None


def test_cancelled_before_anybody_had_cancelled_has_no_order() -> None:
    """The look had its answer before the cancel was sent: a race that was decided before it began."""
    traffic = Traffic()
    traffic.get(CANCELLED, during=(0, 1))
    traffic.cancel(during=(2, 3))
    complaint = explained_by_some_order(OPERATION, traffic.exchanges)
    assert complaint is not None
    assert complaint.exchanges == tuple(traffic.exchanges)


def told(calls: Sequence[TimedCall]) -> list[str]:
    return [call.what for call in calls]


def test_a_lost_update_is_shown_with_its_history() -> None:
    """Two looks overlap one cancel; one shows the cancelled end, the other, later, a success."""
    traffic = Traffic()
    traffic.cancel(during=(0, 5))
    traffic.get(CANCELLED, during=(1, 4))
    traffic.get(SUCCEEDED, during=(3, 8))
    complaint = explained_by_some_order(OPERATION, traffic.exchanges)
    assert complaint is not None
    assert complaint.message == f"no order of these calls on {OPERATION} explains their answers"
    assert [call.exchange for call in complaint.calls] == traffic.exchanges
    assert told(complaint.calls) == ["cancel → 200", "get → done, CANCELLED", "get → done, a response"]


def test_a_history_tells_every_kind_of_answer() -> None:
    traffic = Traffic()
    traffic.cancel(answer=Failure(FailureKind.TIMEOUT), during=(7, 7))
    traffic.list(running(), during=(7, 7.5))
    traffic.get(asked_to_cancel(), during=(7.25, 7.75))
    traffic.get(failed(13), during=(7.5, 8))
    traffic.delete(NOT_FOUND, 404, during=(7.8, 9))
    assert told(time_line(calls_on(OPERATION, traffic.exchanges))) == [
        "cancel → no answer",
        "list → running",
        "get → running, cancellation requested",
        "get → done, error 13",
        "delete → 404",
    ]
    assert time_line([]) == ()


def test_a_server_error_in_a_race_has_no_order() -> None:
    traffic = Traffic()
    traffic.cancel(during=(0, 5))
    broken = traffic.cancel(status=500, answer={"error": {}}, during=(1, 4))
    complaint = explained_by_some_order(OPERATION, traffic.exchanges)
    assert complaint is not None
    assert complaint.message == "a call that overlapped others was answered with 500"
    assert told(complaint.calls) == ["cancel → 200", "cancel → 500"]
    assert complaint.exchanges == (broken,)


def test_what_another_rule_says_is_not_said_twice() -> None:
    """Done and then running without any overlap is operation.done-is-final's to say."""
    traffic = Traffic()
    traffic.cancel()
    traffic.get(CANCELLED)
    traffic.get(RUNNING)
    with pytest.raises(NotTested, match=r"operation\.done-is-final"):
        explained_by_some_order(OPERATION, traffic.exchanges)


def test_what_another_rule_says_hides_no_order_that_exists() -> None:
    """An operation that says `requestedCancellation` only when it has ended violates another rule, and has an order."""
    traffic = Traffic()
    traffic.cancel()
    traffic.get(running())
    assert any(all_rules()["outcome.requested-cancellation-is-shown"].judgements(traffic.exchanges))
    assert explained_by_some_order(OPERATION, traffic.exchanges) is None


def _history_of_a_real_server(seed: int, calls: int) -> list[Exchange]:
    """What a correct server answers to calls whose moments and overlaps are drawn."""
    draw = random.Random(seed)
    moments = sorted(draw.uniform(0, 100) for _ in range(calls))
    ends_at = draw.uniform(0, 150)
    cancelled_at: float | None = None
    traffic = Traffic()
    for moment in moments:
        during = (moment - draw.uniform(0, 20), moment + draw.uniform(0, 20))
        done = cancelled_at is not None or moment > ends_at
        if draw.random() < 0.4:
            traffic.cancel(during=during)
            if not done:
                cancelled_at = moment
        else:
            shown = RUNNING if not done else CANCELLED if cancelled_at is not None else SUCCEEDED
            traffic.get(shown, during=during)
    return traffic.exchanges


@given(st.integers(0, 10**6), st.integers(1, 9))
def test_every_history_of_a_correct_server_has_an_order(seed: int, calls: int) -> None:
    assert explained_by_some_order(OPERATION, _history_of_a_real_server(seed, calls)) is None
