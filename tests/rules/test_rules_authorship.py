"""Operations that were cancelled although no cancel of them was accepted."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.exchange import Failure, FailureKind
from conformance.rules.server.authorship import cancelled_by_nobody, cancelled_from_the_start
from tests.rules.traffic import (
    NOT_FOUND,
    OPERATION,
    PARENT,
    Answer,
    Traffic,
    asked_to_cancel,
    cancelled,
    envelope,
    running,
)

OURS = [OPERATION]
NO_ANSWER = Failure(FailureKind.TIMEOUT)


def test_an_operation_that_no_cancel_named_was_cancelled_by_nobody() -> None:
    t = Traffic()
    before, after = t.get(running()), t.get(cancelled())
    found = cancelled_by_nobody(t.exchanges, OURS)
    assert found[OPERATION].exchanges == (before, after)
    assert "no cancel named it" in found[OPERATION].message


def test_so_was_one_whose_cancels_were_all_refused() -> None:
    t = Traffic()
    before, refused, after = (
        t.get(running()),
        t.cancel(answer=envelope(400, "INVALID_ARGUMENT"), status=400),
        t.get(asked_to_cancel()),
    )
    assert cancelled_by_nobody(t.exchanges, OURS)[OPERATION].exchanges == (before, refused, after)


@pytest.mark.parametrize(("status", "answer"), [(200, {}), (500, envelope(500, "INTERNAL")), (0, NO_ANSWER)])
def test_a_cancel_that_was_not_refused_may_have_done_it(status: int, answer: Answer) -> None:
    t = Traffic()
    t.get(running())
    t.cancel(answer=NOT_FOUND, status=404)
    t.cancel(answer=answer, status=status)
    t.get(cancelled())
    assert cancelled_by_nobody(t.exchanges, OURS) == {}


def test_others_and_what_never_ran_are_not_spoken_of() -> None:
    t = Traffic()
    t.get(cancelled())
    t.get(cancelled())
    assert cancelled_by_nobody(t.exchanges, OURS) == {}
    t.get(running())
    t.get(cancelled())
    assert cancelled_by_nobody(t.exchanges, []) == {}


def test_one_that_a_list_shows_before_its_cancel_was_cancelled_before_it() -> None:
    """Its cancel came later: then the look after that shows nothing any more."""
    t = Traffic()
    before, listed = t.get(running()), t.list(cancelled())
    t.cancel()
    t.get(cancelled())
    complaint = cancelled_by_nobody(t.exchanges, OURS)[OPERATION]
    assert complaint.exchanges == (before, listed)
    assert complaint.message.endswith("no cancel named it by then")


def test_one_was_running_when_it_was_started() -> None:
    t = Traffic()
    start = t.send("POST", f"/v1/{PARENT}/things", running())
    listed = t.list(cancelled())
    assert cancelled_by_nobody(t.exchanges, OURS)[OPERATION].exchanges == (start, listed)


def test_a_mark_that_every_look_shows_may_have_been_left_out_of_the_answer_to_the_start() -> None:
    """An end may not: what had ended was not running."""
    t = Traffic()
    t.send("POST", f"/v1/{PARENT}/things", running())
    t.get(asked_to_cancel())
    assert cancelled_by_nobody(t.exchanges, OURS) == {}
    t.get(cancelled())
    assert OPERATION in cancelled_by_nobody(t.exchanges, OURS)


@pytest.mark.parametrize("answer", [cancelled(), {"name": "another"}, {"operation": OPERATION}, [OPERATION]])
def test_a_start_that_does_not_show_it_running_says_nothing(answer: Answer) -> None:
    t = Traffic()
    t.send("POST", f"/v1/{PARENT}/things", answer)
    t.list(cancelled())
    assert cancelled_by_nobody(t.exchanges, OURS) == {}


def test_neither_does_one_of_two_with_the_same_name() -> None:
    t = Traffic()
    t.send("POST", f"/v1/{PARENT}/things", running())
    t.send("POST", f"/v1/{PARENT}/things", running())
    t.list(cancelled())
    assert cancelled_by_nobody(t.exchanges, OURS) == {}


def test_a_cancel_that_overlaps_with_the_look_may_have_done_it() -> None:
    t = Traffic()
    t.get(running())
    t.cancel()
    t.list(cancelled())
    assert cancelled_by_nobody(t.exchanges, OURS) == {}


@pytest.mark.parametrize("early", [cancelled, asked_to_cancel])
def test_a_refused_cancel_is_no_order_for_the_operation_that_gets_the_name_later(early: Any) -> None:
    t = Traffic()
    refused, control, look = t.cancel(answer=NOT_FOUND, status=404), t.get(running()), t.get(early())
    complaint = cancelled_from_the_start(refused, look, control)
    assert complaint is not None
    assert complaint.exchanges == (refused, look)


def test_what_runs_or_is_not_the_only_one_that_is_cancelled_was_not_cancelled_by_it() -> None:
    t = Traffic()
    refused = t.cancel(answer=NOT_FOUND, status=404)
    assert cancelled_from_the_start(refused, t.get(running()), t.get(running())) is None
    assert cancelled_from_the_start(refused, t.get(cancelled()), t.get(cancelled())) is None
    assert cancelled_from_the_start(refused, t.get(answer=NOT_FOUND, status=404), t.get(running())) is None
