"""Threads whose calls overlap run in an order that is always the same."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from conformance.lro.turns import Turns, turns_of_this_thread


def _played(*works: Callable[[Turns], object]) -> list[object]:
    """What each returned or raised, when all are played in turns, the last one first to arrive."""
    turns = Turns(len(works))

    def outcome(place: int) -> object:
        try:
            return turns.play(place, lambda: works[place](turns))
        except ZeroDivisionError as error:
            return error

    with ThreadPoolExecutor(len(works)) as pool:
        done = {place: pool.submit(outcome, place) for place in reversed(range(len(works)))}
        return [done[place].result(10) for place in range(len(works))]


@pytest.mark.parametrize("count", [1, 2, 7])
def test_all_have_begun_before_one_goes_on_and_all_keep_their_order(count: int) -> None:
    seen: list[tuple[str, int]] = []

    def work(place: int) -> Callable[[Turns], object]:
        def play(turns: Turns) -> None:
            seen.append(("begins", place))
            turns.wait()
            seen.append(("goes on", place))

        return play

    _played(*map(work, range(count)))
    assert seen == [(what, place) for what in ("begins", "goes on") for place in range(count)]


def test_who_waits_for_another_goes_on_when_that_has_come() -> None:
    here: list[str] = []

    def first(turns: Turns) -> list[str]:
        turns.wait_until(lambda: "third" in here)
        return list(here)

    def third(turns: Turns) -> None:
        here.append("third")
        turns.wait()
        here.append("third has ended")

    assert _played(first, lambda _: here.append("second"), third)[0] == ["second", "third"]


def test_nobody_waits_for_what_nobody_can_do_any_more() -> None:
    assert _played(lambda turns: turns.wait_until(lambda: False), lambda _: "ended") == [None, "ended"]


def test_what_one_raises_does_not_keep_the_others() -> None:
    raised, ended = _played(lambda _: 1 // 0, lambda _: "ended")
    assert isinstance(raised, ZeroDivisionError)
    assert ended == "ended"


def test_a_thread_knows_its_turns_only_while_it_plays() -> None:
    turns = Turns(1)
    assert turns.play(0, turns_of_this_thread) is turns
    assert turns_of_this_thread() is None


def test_when_turns_are_over_nobody_waits_for_who_never_comes() -> None:
    turns = Turns(3)

    def first() -> str:
        turns.wait()
        turns.wait()
        return "had one"

    with ThreadPoolExecutor(2) as pool:
        waiting = pool.submit(turns.play, 2, lambda: "had no turn")
        playing = pool.submit(turns.play, 0, first)
        turns.end()
        assert [playing.result(10), waiting.result(10)] == ["had one", "had no turn"]
