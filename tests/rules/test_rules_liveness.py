"""What follows a refused request on its connection."""

from __future__ import annotations

import pytest

from conformance.exchange import Failure, FailureKind
from conformance.rules.server.liveness import body_is_no_request
from tests.rules.cases import assert_complains
from tests.rules.traffic import NOT_FOUND, UNAVAILABLE, Answer, Traffic, running


def test_a_get_that_is_refused_after_a_refusal_shows_both() -> None:
    t = Traffic()
    refused, after = t.cancel(status=404, answer=NOT_FOUND), t.get(b"Bad Request", 400)
    assert_complains(body_is_no_request(refused, after), refused, after)


@pytest.mark.parametrize(
    ("first", "answer", "status"),
    [
        (404, running(), 200),
        (200, b"Bad Request", 400),
        (404, UNAVAILABLE, 503),
        (404, Failure(FailureKind.RESET), 200),
    ],
    ids=["it is shown", "nothing was refused", "retry later", "no answer"],
)
def test_what_shows_nothing_of_the_connection(first: int, answer: Answer, status: int) -> None:
    t = Traffic()
    refused = t.cancel(status=first, answer={} if first == 200 else NOT_FOUND)
    assert body_is_no_request(refused, t.get(answer, status)) is None
