"""The search for an order, against all permutations; and what an answer to a call says happened."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.exchange import Failure, FailureKind
from conformance.lro.lifecycle import (
    BORN,
    Accepted,
    Deleted,
    Event,
    NotFound,
    Nothing,
    Perhaps,
    RefusedForItsState,
    SeenDone,
    SeenRunning,
    after,
)
from conformance.rules.server.order import CallOn, calls_on, event_of, order_exists
from tests.rules.cases import Story, traffic_of
from tests.rules.traffic import (
    DONE_ALREADY,
    INTERNAL,
    INVALID,
    NOT_FOUND,
    OPERATION,
    OTHER,
    PERMISSION_DENIED,
    TOO_MANY,
    UNAUTHENTICATED,
    UNAVAILABLE,
    UNIMPLEMENTED,
    Traffic,
    asked_to_cancel,
    bare,
    cancelled,
    done,
    running,
    succeeded,
)

NO_ANSWER = Failure(FailureKind.TIMEOUT)
EVENTS: list[Event] = [
    Accepted(),
    RefusedForItsState(),
    Deleted(),
    NotFound(),
    SeenRunning(),
    SeenRunning(says_requested=True),
    SeenDone("error 1", is_cancelled=True),
    SeenDone("response", is_cancelled=False),
    Nothing(),
    Perhaps(Accepted()),
    Perhaps(Deleted()),
]


def race(*calls: tuple[Event, int, int]) -> list[CallOn]:
    """Calls by what happened, when each was sent, and how long its answer took."""
    traffic = Traffic()
    return [CallOn(traffic.cancel(during=(sent_at, sent_at + seconds)), event) for event, sent_at, seconds in calls]


def some_permutation_is_a_life(calls: Sequence[CallOn]) -> bool:
    """By the definition: all orders that respect who had answered before who was asked, each tried on the model."""
    for order in itertools.permutations(calls):
        if any(later.exchange.precedes(earlier.exchange) for earlier, later in itertools.combinations(order, 2)):
            continue
        lives = {BORN}
        for call in order:
            assert call.event is not None
            lives = {following for life in lives for following in after(life, call.event)}
        if lives:
            return True
    return False


@given(st.lists(st.tuples(st.sampled_from(EVENTS), st.integers(0, 9), st.integers(0, 6)), max_size=5))
def test_the_search_finds_an_order_where_a_permutation_is_one(calls: list[tuple[Event, int, int]]) -> None:
    found = race(*calls)
    assert order_exists(found) == some_permutation_is_a_life(found)


@given(st.permutations([Deleted(), SeenRunning(), Accepted(), SeenRunning(says_requested=True), NotFound()]))
def test_calls_that_all_overlap_may_have_come_in_any_order(events: list[Event]) -> None:
    assert order_exists(race(*((event, 0, 9) for event in events)))


def test_an_order_that_time_forbids_is_none() -> None:
    assert order_exists(race((Accepted(), 0, 1), (SeenRunning(says_requested=True), 1, 1)))
    assert not order_exists(race((SeenRunning(says_requested=True), 0, 1), (Accepted(), 1, 1)))
    assert order_exists(race((SeenRunning(says_requested=True), 0, 2), (Accepted(), 1, 2)))


def test_no_calls_need_no_order() -> None:
    assert order_exists([])


def test_many_calls_at_once_are_searched_quickly() -> None:
    """Ten factorial orders, and none will do: because visited configurations are remembered it ends soon."""
    cancels: list[tuple[Event, int, int]] = [(Accepted(), 0, 9)] * 9
    assert not order_exists(race(*cancels, (NotFound(), 0, 9)))


# --- what an answer says ------------------------------------------------------------------------------------------

SAYS: dict[str, tuple[Story, Event | None]] = {
    "cancel: 200": (lambda t: t.cancel(), Accepted()),
    "cancel: 204": (lambda t: t.cancel(status=204), Accepted()),
    "cancel: done already": (lambda t: t.cancel(status=400, answer=DONE_ALREADY), RefusedForItsState()),
    "cancel: done already, bare": (lambda t: t.cancel(status=400, answer=bare(9)), RefusedForItsState()),
    "cancel: invalid": (lambda t: t.cancel(status=400, answer=INVALID), Nothing()),
    "cancel: not supported": (lambda t: t.cancel(status=501, answer=UNIMPLEMENTED), Nothing()),
    "cancel: not found": (lambda t: t.cancel(status=404, answer=NOT_FOUND), NotFound()),
    "cancel: gone": (lambda t: t.cancel(status=410), NotFound()),
    "cancel: who are you": (lambda t: t.cancel(status=401, answer=UNAUTHENTICATED), Nothing()),
    "cancel: you may not": (lambda t: t.cancel(status=403, answer=PERMISSION_DENIED), Nothing()),
    "cancel: not so fast": (lambda t: t.cancel(status=429, answer=TOO_MANY), Nothing()),
    "cancel: retry later": (lambda t: t.cancel(status=503, answer=UNAVAILABLE), Nothing()),
    "cancel: moved": (lambda t: t.cancel(status=307), Nothing()),
    "cancel: a crash": (lambda t: t.cancel(status=500, answer=INTERNAL), None),
    "cancel: a proxy's": (lambda t: t.cancel(status=502), None),
    "cancel: too late": (lambda t: t.cancel(status=504), None),
    "cancel: no answer": (lambda t: t.cancel(answer=NO_ANSWER), Perhaps(Accepted())),
    "get: running": (lambda t: t.get(running()), SeenRunning(says_requested=False)),
    "get: asked to cancel": (lambda t: t.get(asked_to_cancel()), SeenRunning(says_requested=True)),
    "get: cancelled": (
        lambda t: t.get(done(error={"message": "no", "code": 1})),
        SeenDone('[{"code": 1, "message": "no"}, null]', is_cancelled=True),
    ),
    "get: succeeded": (lambda t: t.get(done(response={})), SeenDone("[null, {}]", is_cancelled=False)),
    "get: no operation": (lambda t: t.get(b"no"), Nothing()),
    "get: a precondition, which get has not": (lambda t: t.get(DONE_ALREADY, 400), Nothing()),
    "get: not found": (lambda t: t.get(NOT_FOUND, 404), NotFound()),
    "get: no answer": (lambda t: t.get(NO_ANSWER), Perhaps(Nothing())),
    "delete: 200": (lambda t: t.delete(), Deleted()),
    "delete: not found": (lambda t: t.delete(NOT_FOUND, 404), NotFound()),
    "delete: no answer": (lambda t: t.delete(NO_ANSWER), Perhaps(Deleted())),
}


@pytest.mark.parametrize(("story", "event"), SAYS.values(), ids=SAYS)
def test_an_answer_says_what_happened(story: Story, event: Event | None) -> None:
    (exchange,) = traffic_of(story).exchanges
    assert event_of(exchange) == event


@pytest.mark.parametrize("status", [401, 403, 429, 503])
def test_what_says_nothing_about_the_operation_says_nothing_whatever_its_words(status: int) -> None:
    assert event_of(Traffic().cancel(status=status, answer=DONE_ALREADY)) == Nothing()


def test_the_members_of_a_result_have_no_order() -> None:
    one, other = done(response={"a": 1, "b": 2}), done(response={"b": 2, "a": 1})
    assert event_of(Traffic().get(one)) == event_of(Traffic().get(other))


def test_the_calls_on_an_operation_are_those_that_name_it_and_lists_that_show_it() -> None:
    traffic = Traffic()
    traffic.send("POST", "/v2/anything", {})
    late = traffic.get(cancelled(), during=(5, 6))
    traffic.get(running(OTHER), name=OTHER)
    early = traffic.cancel(during=(1, 9))
    shown = traffic.list(running(OTHER), asked_to_cancel(), during=(2, 3))
    traffic.list(running(OTHER))
    again = traffic.list(succeeded(OTHER), running(), during=(3, 4))
    assert calls_on(OPERATION, traffic.exchanges) == [
        CallOn(early, Accepted()),
        CallOn(shown, SeenRunning(says_requested=True)),
        CallOn(again, SeenRunning(says_requested=False)),
        CallOn(late, event_of(late)),
    ]


def test_of_calls_sent_at_once_the_first_comes_first() -> None:
    traffic = Traffic()
    first = traffic.cancel(during=(1, 3))
    second = traffic.get(running(), during=(1, 2))
    assert [call.exchange for call in calls_on(OPERATION, [second, first])] == [first, second]
