"""What is known of an operation when the clean-up begins: that decides whether it is cancelled, deleted, or left."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from conformance.server.target.clean_up import states_shown
from conformance.server.target.ledger import LedgerState
from tests.rules.traffic import NOT_FOUND, OPERATION, Traffic, cancelled, running


def _shown_after_its_delete(t: Traffic) -> None:
    t.get(cancelled())
    t.delete()
    t.get(running())


def _listed_after_its_delete(t: Traffic) -> None:
    t.delete()
    t.list(running())


def _done_after_its_delete(t: Traffic) -> None:
    t.delete()
    t.get(cancelled())


@pytest.mark.parametrize(
    ("story", "state"),
    [
        (lambda t: t.get(running()), LedgerState.STARTED),
        (lambda t: t.cancel(), LedgerState.CANCELLED),
        (lambda t: (t.cancel(), t.list(cancelled())), LedgerState.ENDED),
        (lambda t: (t.delete(), t.get(NOT_FOUND, 404)), LedgerState.DELETED),
        (lambda t: (t.get(running()), t.delete(NOT_FOUND, 404)), LedgerState.STARTED),
        (_listed_after_its_delete, LedgerState.DELETED),
        (_shown_after_its_delete, LedgerState.STARTED),
        (_done_after_its_delete, LedgerState.ENDED),
    ],
    ids=[
        "it runs",
        "it was cancelled",
        "it was cancelled and is done",
        "it was deleted",
        "its delete was refused",
        "it was deleted, and a list is late",
        "it was deleted, and runs on",
        "it was deleted, and is there all the same",
    ],
)
def test_the_last_that_was_seen_of_an_operation_decides(story: Callable[[Traffic], object], state: LedgerState) -> None:
    t = Traffic()
    story(t)
    assert states_shown(t.exchanges, [OPERATION]) == {OPERATION: state}
