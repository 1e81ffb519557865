"""Operations that were cancelled although no cancel of them was accepted."""

from __future__ import annotations

import pytest

from conformance.exchange import Failure, FailureKind
from conformance.rules.server.authorship import cancelled_by_nobody
from tests.rules.traffic import NOT_FOUND, OPERATION, Answer, Traffic, asked_to_cancel, cancelled, envelope, running

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
