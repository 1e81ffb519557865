"""The model of an operation's life: what may follow what, and what may not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.lro.lifecycle import (
    BORN,
    Accepted,
    Deleted,
    Event,
    Life,
    NotFound,
    Nothing,
    Perhaps,
    Phase,
    RefusedForItsState,
    SeenDone,
    SeenRunning,
    after,
)

CANCELLED = SeenDone("error 1", is_cancelled=True)
SUCCEEDED = SeenDone("response", is_cancelled=False)


def possible(*events: Event) -> bool:
    """Whether some life of an operation goes through these events in this order."""
    lives = {BORN}
    for event in events:
        lives = {later for life in lives for later in after(life, event)}
    return bool(lives)


@pytest.mark.parametrize(
    "story",
    [
        (SeenRunning(), Accepted(), SeenRunning(says_requested=True), CANCELLED, CANCELLED),
        (Accepted(), SUCCEEDED),
        (Accepted(), SeenRunning(), SeenRunning(says_requested=True)),
        (SUCCEEDED, Accepted(), SUCCEEDED),
        (SUCCEEDED, RefusedForItsState(), SUCCEEDED),
        (Accepted(), Accepted(), RefusedForItsState(), CANCELLED),
        (Accepted(), RefusedForItsState(), SeenRunning(says_requested=True)),  # it is being cancelled already
        (RefusedForItsState(), SUCCEEDED),
        (Deleted(), NotFound()),
        (Perhaps(Accepted()), CANCELLED),
        (Perhaps(Accepted()), SUCCEEDED),
        (Nothing(), SeenRunning()),
    ],
    ids=repr,
)
def test_these_lives_are_lived(story: tuple[Event, ...]) -> None:
    assert possible(*story)


@pytest.mark.parametrize(
    "story",
    [
        (CANCELLED,),  # nobody cancelled it
        (SeenRunning(says_requested=True),),
        (SUCCEEDED, SeenRunning()),
        (Accepted(), CANCELLED, SUCCEEDED),
        (SUCCEEDED, Accepted(), CANCELLED),
        (RefusedForItsState(), SeenRunning()),
        (RefusedForItsState(), CANCELLED),  # it was done before anybody cancelled it
        (NotFound(),),
        (Deleted(), SeenRunning()),
        (Deleted(), Deleted()),
        (Nothing(), CANCELLED),
    ],
    ids=repr,
)
def test_these_are_not(story: tuple[Event, ...]) -> None:
    assert not possible(*story)


events = st.sampled_from(
    [
        Accepted(),
        RefusedForItsState(),
        Deleted(),
        NotFound(),
        SeenRunning(),
        SeenRunning(True),
        CANCELLED,
        SUCCEEDED,
        Nothing(),
    ]
)


@given(st.lists(events, max_size=8))
def test_a_call_without_an_answer_excludes_nothing(story: list[Event]) -> None:
    """Whatever was possible is still possible when one of the calls may or may not have happened."""
    if possible(*story):
        assert possible(*(Perhaps(event) for event in story))


@given(st.lists(events, max_size=8))
def test_what_is_possible_was_possible_before(story: list[Event]) -> None:
    if possible(*story):
        assert all(possible(*story[:length]) for length in range(len(story)))


@given(st.lists(events, max_size=6))
def test_done_is_final_in_every_life(story: list[Event]) -> None:
    lives = {Life(Phase.DONE, "response")}
    for event in story:
        lives = {later for life in lives for later in after(life, event)}
    assert all(life in (Life(Phase.DONE, "response"), Life(Phase.ABSENT)) for life in lives)
