"""The oracle that a read with other header fields is answered as one without them."""

from __future__ import annotations

import pytest

from conformance.exchange import Failure, FailureKind
from conformance.rules.server.reading import read_as_without
from tests.rules.cases import assert_complains
from tests.rules.traffic import NOT_FOUND, UNAVAILABLE, Answer, Traffic, running


def test_a_read_that_only_its_header_fields_can_fail_shows_both() -> None:
    t = Traffic()
    plain, read = t.get(running()), t.get(b"Not Acceptable", 406)
    assert_complains(read_as_without(plain, read), plain, read)


@pytest.mark.parametrize(
    ("plain", "answer", "status"),
    [
        (200, running(), 200),
        (404, b"Not Acceptable", 406),
        (200, UNAVAILABLE, 503),
        (200, Failure(FailureKind.RESET), 200),
    ],
    ids=["it succeeds", "the plain one fails, too", "not now", "no answer"],
)
def test_what_shows_nothing_of_the_header_fields(plain: int, answer: Answer, status: int) -> None:
    t = Traffic()
    first = t.get(running() if plain == 200 else NOT_FOUND, plain)
    assert read_as_without(first, t.get(answer, status)) is None
