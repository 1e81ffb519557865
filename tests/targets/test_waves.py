"""Parts of a run that are played together: what they send at the same time goes out as one wave."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

import pytest

from conformance.lro import VirtualClock
from conformance.server.target.waves import Part, Raised, Waves, Work


class Wire:
    """Answers each request with its text, and keeps every wave."""

    def __init__(self, size: int = 16) -> None:
        self.clock = VirtualClock()
        self.waves: list[list[str]] = []
        self.senders: list[str] = []
        self.play_waves = Waves(self.clock, size, self._send)

    def _send(self, work: Sequence[Work]) -> list[object]:
        self.waves.append([])
        outcomes: list[object] = []
        for each in work:
            try:
                outcomes.append(each())
            except ValueError as error:
                outcomes.append(Raised(error))
        return outcomes

    def ask(self, *texts: str, together: bool = False) -> list[str]:
        def one(text: str) -> Callable[[], str]:
            def sent() -> str:
                self.waves[-1].append(text)
                self.senders.append(self.play_waves.sender)
                return text.upper()

            return sent

        return self.play_waves.ask([one(text) for text in texts], together)

    def play(self, **parts: Callable[[], object] | tuple[Callable[[], object], str]) -> None:
        def run(play: Callable[[], object]) -> Callable[[], None]:
            return lambda: void(play())

        made = []
        for name, part in parts.items():
            play, needs = part if isinstance(part, tuple) else (part, "")
            made.append(Part(name, needs.split(), run(play)))
        self.play_waves.play(made)


def void(_: object) -> None:
    """Nothing."""


def test_what_several_parts_send_at_the_same_time_is_one_wave() -> None:
    wire = Wire()

    def one() -> None:
        assert wire.ask("a", "b") == ["A", "B"]
        wire.ask("c")

    wire.play(one=one, other=lambda: wire.ask("d"))
    assert [sorted(wave) for wave in wire.waves] == [["a", "b", "d"], ["c"]]


def test_a_part_begins_when_what_it_needs_is_over() -> None:
    wire = Wire()
    wire.play(
        last=(lambda: wire.ask("3"), "first second"),
        second=(lambda: wire.ask("2"), "first"),
        first=lambda: wire.ask("1"),
    )
    assert wire.waves == [["1"], ["2"], ["3"]]


def test_what_a_part_needs_and_nobody_plays_is_had_already() -> None:
    wire = Wire()
    wire.play(one=(lambda: wire.ask("1"), "somebody"))
    assert wire.waves == [["1"]]


def test_a_wave_is_as_large_as_may_be_under_way_and_small_wishes_go_before_great_ones() -> None:
    wire = Wire(size=3)

    def small() -> None:
        wire.ask("1")
        wire.ask("2")

    wire.play(great=lambda: wire.ask(*"abcdef"), small=small)
    assert wire.waves == [["1", "a", "b"], ["2", "c", "d"], ["e", "f"]]


def test_wishes_of_parts_that_others_wait_for_go_first() -> None:
    wire = Wire(size=3)
    wire.play(
        small=lambda: wire.ask("1", "2"),
        awaited=lambda: wire.ask(*"abc"),
        later=(lambda: wire.ask("x"), "awaited"),
    )
    assert wire.waves == [["a", "b", "c"], ["x", "1", "2"]]


def test_one_request_at_a_time_serves_everybody() -> None:
    wire = Wire(size=1)
    wire.play(one=lambda: wire.ask("a", "b"), other=lambda: wire.ask("c"))
    assert wire.waves == [["c"], ["a"], ["b"]]


def test_what_has_to_overlap_is_not_cut() -> None:
    wire = Wire(size=3)
    wire.play(
        other=lambda: wire.ask("a"),
        race=lambda: wire.ask("x", "y", together=True),
        second=lambda: wire.ask("z", "z", together=True),
    )
    assert wire.waves == [["x", "y", "a"], ["z", "z"]]


def test_time_passes_when_nobody_sends() -> None:
    wire = Wire()
    times = []

    def sleeper() -> None:
        wire.play_waves.sleep(5.0)
        times.append(wire.clock.now())

    def sender() -> None:
        wire.ask("a")
        times.append(wire.clock.now())
        wire.play_waves.sleep(2.0)
        times.append(wire.clock.now())

    wire.play(sleeper=sleeper, sender=sender)
    assert times == [0.0, 2.0, 5.0]


def test_no_time_is_no_sleep() -> None:
    wire = Wire()
    wire.play(one=lambda: wire.play_waves.sleep(-1.0))
    wire.play_waves.sleep(3.0)
    assert wire.clock.now() == 3.0


def test_whatever_is_sent_names_the_part_that_sends_it() -> None:
    wire = Wire()
    wire.play(one=lambda: wire.ask("a"), other=lambda: wire.ask("b"))
    assert wire.senders == ["one", "other"]
    assert wire.play_waves.sender == ""


def test_an_error_is_raised_where_it_was_asked_for_and_when_all_the_rest_was_sent() -> None:
    wire = Wire()
    caught = []

    def fails() -> str:
        raise ValueError("no")

    def one() -> None:
        with pytest.raises(ValueError, match="no") as error:
            wire.play_waves.ask([fails, lambda: "a"])
        caught.append(error)

    wire.play(one=one, other=lambda: wire.ask("b"))
    assert len(caught) == 1
    assert wire.waves == [["b"]]


def test_nothing_to_send_is_no_wave() -> None:
    wire = Wire()
    wire.play(one=lambda: wire.ask())
    assert wire.waves == []


def test_parts_unwind_when_the_play_is_broken_off() -> None:
    unwound = []

    def interrupted(_: Sequence[Work]) -> list[object]:
        raise KeyboardInterrupt

    waves = Waves(VirtualClock(), 16, interrupted)

    def one() -> None:
        try:
            waves.ask([lambda: "a"])
        finally:
            unwound.append(threading.current_thread())

    with pytest.raises(KeyboardInterrupt):
        waves.play([Part("one", (), one), Part("two", (), one), Part("three", ("one",), one)])
    assert len(unwound) == 2
    assert not any(thread.is_alive() for thread in unwound)
