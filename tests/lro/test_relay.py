"""Threads whose calls overlap run in an order that is always the same."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from conformance.lro.relay import Relay, relay_of_this_thread


def _played(*works: Callable[[Relay], object]) -> list[object]:
    """What each returned or raised, when all are played in a relay, the last one first to arrive."""
    relay = Relay(len(works))

    def outcome(place: int) -> object:
        try:
            return relay.play(place, lambda: works[place](relay))
        except ZeroDivisionError as error:
            return error

    with ThreadPoolExecutor(len(works)) as pool:
        done = {place: pool.submit(outcome, place) for place in reversed(range(len(works)))}
        return [done[place].result(10) for place in range(len(works))]


@pytest.mark.parametrize("count", [1, 2, 7])
def test_all_have_begun_before_one_goes_on_and_all_keep_their_order(count: int) -> None:
    seen: list[tuple[str, int]] = []

    def work(place: int) -> Callable[[Relay], object]:
        def play(relay: Relay) -> None:
            seen.append(("begins", place))
            relay.wait()
            seen.append(("goes on", place))

        return play

    _played(*map(work, range(count)))
    assert seen == [(what, place) for what in ("begins", "goes on") for place in range(count)]


def test_who_waits_for_another_goes_on_when_that_has_come() -> None:
    here: list[str] = []

    def first(relay: Relay) -> list[str]:
        relay.wait_until(lambda: "third" in here)
        return list(here)

    def third(relay: Relay) -> None:
        here.append("third")
        relay.wait()
        here.append("third has ended")

    assert _played(first, lambda _: here.append("second"), third)[0] == ["second", "third"]


def test_nobody_waits_for_what_nobody_can_do_any_more() -> None:
    assert _played(lambda relay: relay.wait_until(lambda: False), lambda _: "ended") == [None, "ended"]


def test_what_one_raises_does_not_keep_the_others() -> None:
    raised, ended = _played(lambda _: 1 // 0, lambda _: "ended")
    assert isinstance(raised, ZeroDivisionError)
    assert ended == "ended"


def test_a_thread_knows_its_relay_only_while_it_plays() -> None:
    relay = Relay(1)
    assert relay.play(0, relay_of_this_thread) is relay
    assert relay_of_this_thread() is None


def test_when_a_relay_is_over_nobody_waits_for_who_never_comes() -> None:
    relay = Relay(3)

    def first() -> str:
        relay.wait()
        relay.wait()
        return "had one"

    with ThreadPoolExecutor(2) as pool:
        waiting = pool.submit(relay.play, 2, lambda: "had no turn")
        playing = pool.submit(relay.play, 0, first)
        relay.end()
        assert [playing.result(10), waiting.result(10)] == ["had one", "had no turn"]
