"""Histories: exchanges sorted by operation, and what is before what when calls overlap."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from conformance.exchange import Exchange, Failure, FailureKind, Method, Request, Response
from conformance.exchange import history as recording
from conformance.exchange.history import History, Look, histories, operation_in, operations_in
from tests.rules.traffic import (
    NOT_FOUND,
    OPERATION,
    OTHER,
    PARENT,
    UNIMPLEMENTED,
    Answer,
    Traffic,
    cancelled,
    running,
    succeeded,
)


def history_of(traffic: Traffic, name: str = OPERATION) -> History:
    (found,) = [history for history in histories(traffic.exchanges) if history.name == name]
    return found


def test_one_history_per_name_with_its_calls_and_its_looks() -> None:
    traffic = Traffic()
    got = traffic.get(running())
    asked = traffic.cancel()
    listed = traffic.list(cancelled(), running(OTHER))
    deleted = traffic.delete()
    gone = traffic.get(NOT_FOUND, 404)
    traffic.send("POST", f"/v1/{OPERATION}:frobnicate", {})
    assert [history.name for history in histories(traffic.exchanges)] == [OPERATION, OTHER]
    history = history_of(traffic)
    assert history.calls == (got, asked, deleted, gone), "a list is a call on the parent, not on the operation"
    assert [look.exchange for look in history.looks] == [got, listed]
    assert [look.in_list for look in history.looks] == [False, True]
    assert [look.operation.done for look in history.looks] == [False, True]
    assert history_of(traffic, OTHER).calls == ()
    assert PARENT not in {history.name for history in histories(traffic.exchanges)}


def test_a_list_after_the_delete_shows_another_operation_of_that_name() -> None:
    traffic = Traffic()
    listed = traffic.list(succeeded(), running(OTHER))
    traffic.delete()
    traffic.list(running(), running(OTHER))
    assert [look.exchange for look in history_of(traffic).looks] == [listed]
    assert len(history_of(traffic, OTHER).looks) == 2


def test_only_a_cancel_that_succeeded_counts_as_one() -> None:
    traffic = Traffic()
    traffic.cancel(status=501, answer=UNIMPLEMENTED)
    traffic.cancel(answer=Failure(FailureKind.TIMEOUT))
    accepted = traffic.cancel()
    assert history_of(traffic).cancels() == (accepted,)


def test_answers_that_show_no_operation_are_no_looks() -> None:
    traffic = Traffic()
    traffic.get(NOT_FOUND, 404)
    traffic.get(running(), 203)
    traffic.get(b"{")
    traffic.get([running()])
    traffic.get(Failure(FailureKind.RESET))
    traffic.cancel(answer=running())
    assert history_of(traffic).looks == ()


def test_operations_of_a_list_that_is_none() -> None:
    no_lists: tuple[Answer, ...] = (
        {},
        [],
        {"operations": None},
        {"operations": {}},
        {"operations": [1, "x", None]},
        b"{",
        NOT_FOUND,
    )
    for answer in no_lists:
        assert operations_in(Traffic().list(answer=answer)) == ()
    assert operations_in(Traffic().get(running())) == ()
    assert operations_in(Traffic().list(answer={"operations": [running()]}, status=206)) == ()
    assert operation_in(Traffic().list(running())) is None


def test_an_operation_is_sought_under_the_name_that_was_asked_for() -> None:
    """A get that answers with another name is still a look at what was asked for; name-is-kept complains."""
    traffic = Traffic()
    traffic.get(running(OTHER))
    assert [history.name for history in histories(traffic.exchanges)] == [OPERATION]


def test_entries_without_a_name_belong_to_no_operation() -> None:
    traffic = Traffic()
    traffic.list({"done": True}, {"name": None}, {"name": 1}, running())
    assert [history.name for history in histories(traffic.exchanges)] == [OPERATION]


def test_looks_are_in_the_order_of_their_answers() -> None:
    traffic = Traffic()
    slow = traffic.get(running(), during=(0, 9))
    quick = traffic.get(succeeded(), during=(1, 2))
    assert [look.exchange for look in history_of(traffic).looks] == [quick, slow]
    pairs = list(history_of(traffic).pairs(lambda look: look.exchange.number))
    assert pairs == [], "the slow one was sent before the quick one was answered"


MOMENTS = st.integers(0, 6).map(float)


@st.composite
def overlapping(draw: st.DrawFn) -> list[Exchange]:
    """Exchanges numbered in the order in which they were sent, as a target numbers them."""
    spans = draw(st.lists(st.tuples(MOMENTS, MOMENTS), min_size=1, max_size=6))
    return [
        Exchange(number, Request("GET", "/"), Response(200), sent_at, sent_at + lasting)
        for number, (sent_at, lasting) in enumerate(sorted(spans), start=1)
    ]


@given(overlapping())
def test_before_is_a_strict_partial_order(exchanges: list[Exchange]) -> None:
    for a in exchanges:
        assert not a.precedes(a)
        for b in exchanges:
            assert not (a.precedes(b) and b.precedes(a))
            for c in exchanges:
                assert a.precedes(c) or not (a.precedes(b) and b.precedes(c))


@given(overlapping())
def test_before_is_sound_and_misses_nothing(exchanges: list[Exchange]) -> None:
    for a in exchanges:
        for b in exchanges:
            if a.precedes(b):
                assert a.received_at <= b.sent_at
            if a.received_at < b.sent_at:
                assert a.precedes(b)
            if a.received_at > b.sent_at:
                assert not a.precedes(b)


@given(overlapping(), st.integers(1, 6))
def test_pairs_are_all_that_are_before_one_another(exchanges: list[Exchange], kinds: int) -> None:
    """One for each two things that were shown in that order, however often; each its own thing: every pair."""
    traffic = Traffic()
    for exchange in exchanges:
        traffic.get(running(), during=(exchange.sent_at, exchange.received_at))
    found = list(history_of(traffic).pairs(lambda look: look.exchange.number % kinds))
    assert all(a.is_before(b) for a, b in found)
    shown = sorted((a.exchange.number % kinds, b.exchange.number % kinds) for a, b in found)
    before = ((a, b) for a in traffic.exchanges for b in traffic.exchanges if a.precedes(b))
    assert shown == sorted({(a.number % kinds, b.number % kinds) for a, b in before})
    assert all(look.exchange.calls(Method.GET) for look in history_of(traffic).looks)


def test_operations_that_a_list_shows_again_and_again_are_sorted_once_and_paired_once() -> None:
    """A shared target has operations of others: what a rule looks at may not grow with the square of the lists."""
    traffic = Traffic()
    for _ in range(100):
        traffic.list(running(), succeeded())
    asked = Counter[str]()

    def shown(look: Look) -> bool:
        asked["look"] += 1
        return look.operation.done

    recorded = recording.Traffic.of(traffic.exchanges)
    told = histories(recorded)
    assert histories(recorded) is told
    for history in told:
        assert len(list(history.pairs(shown))) <= 4
    assert asked["look"] == 200
