"""Stimuli: declared by functions, played together, and had by as many checks as like."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

import conformance.suite.conftest
from conformance.errors import NotTested
from conformance.suite.listing import checks_by_requirement
from conformance.suite.stimuli import STIMULI, Stimuli, in_turn, last_stimulus, stimulus
from tests.targets.test_iut import NAME, iut_of

assert conformance.suite.conftest
assert checks_by_requirement(), "every module of the suite is imported"
DECLARED = dict(STIMULI)


@pytest.fixture(autouse=True)
def only_those_of_the_test(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What a test declares is forgotten afterwards."""
    declared = dict(STIMULI)
    STIMULI.clear()
    yield
    STIMULI.clear()
    STIMULI.update(declared)


def had(*wanted: str) -> Stimuli:
    return Stimuli(iut_of()[0], lambda _: wanted)


def test_a_stimulus_gets_what_it_needs() -> None:
    @stimulus
    def second(iut: Any, first: str) -> str:
        return f"{iut.get(NAME).request.method} after {first}"

    @stimulus
    def first() -> str:
        return "the first"

    assert had().value("second") == "GET after the first"


def test_those_of_one_file_come_before_those_of_the_next_whichever_was_imported_first() -> None:
    order: list[str] = []

    def declare(name: str, module: str) -> None:
        def make() -> None:
            order.append(name)

        make.__name__, make.__module__ = name, f"conformance.suite.{module}"
        stimulus(make)

    for name, module in (("later", "test_b"), ("sooner", "test_a"), ("then", "test_a")):
        declare(name, module)
    had("later", "sooner", "then").value("later")
    assert order == ["sooner", "then", "later"]


def test_it_is_played_once() -> None:
    times = []

    @stimulus
    def one() -> int:
        times.append(1)
        return len(times)

    stimuli = had()
    assert (stimuli.value("one"), stimuli.value("one")) == (1, 1)


def test_what_it_raises_everybody_raises_who_needs_it() -> None:
    @stimulus
    def fails() -> None:
        raise NotTested("the reason")

    @stimulus
    def needs(fails: None) -> str:
        return "never"

    @stimulus
    def likes(fails: None = None) -> str:
        return "without it"

    stimuli = had()
    with pytest.raises(NotTested, match="the reason"):
        stimuli.value("needs")
    assert stimuli.value("likes") == "without it"


def test_what_is_wanted_besides_is_played_with_it() -> None:
    order = []

    @stimulus
    def other() -> None:
        order.append("other")

    @stimulus
    def unwanted() -> None:
        order.append("unwanted")

    @stimulus
    def one() -> None:
        order.append("one")

    @last_stimulus
    def at_the_end() -> None:
        order.append("at the end")

    stimuli = had("other", "at_the_end", "no stimulus")
    stimuli.value("one")
    assert sorted(order) == ["one", "other"]
    stimuli.value("at_the_end")
    assert order[2:] == ["at the end"]


def test_the_last_ones_are_played_when_all_others_are_over() -> None:
    order = []

    @last_stimulus
    def at_the_end() -> None:
        order.append("at the end")

    @stimulus
    def one() -> None:
        order.append("one")

    had("one").value("at_the_end")
    assert order == ["one", "at the end"]


def test_nothing_is_begun_when_the_time_is_over() -> None:
    @stimulus
    def one() -> None:
        raise AssertionError

    iut, _ = iut_of()
    iut.is_out_of_time = lambda: True
    with pytest.raises(NotTested, match="--max-time"):
        Stimuli(iut, lambda _: ()).value("one")


def test_every_need_of_the_suite_is_a_stimulus() -> None:
    known = {"iut", *DECLARED}
    needs = {(name, need) for name, one in DECLARED.items() for need in (*one.needs, *one.likes)}
    assert {each for each in needs if each[1] not in known} == set()
    assert len(DECLARED) > 30


def test_in_turn_what_is_named_comes_first() -> None:
    @stimulus
    def one(two: None, three: None = None) -> None:
        """Needs another, and likes a third."""

    @stimulus
    def two(iut: Any) -> None:
        """Needs nobody."""

    @stimulus
    def three() -> None:
        """Needs nobody."""

    assert in_turn(["something", "three", "one"]) == ("three", "one", "two")
