"""Exchanges that the tests of outcomes share."""

from __future__ import annotations

from conformance.exchange import Exchange, Failure, FailureKind
from conformance.rules import Complaint
from tests.rules.traffic import (
    ENVOY_TEXT,
    TOO_MANY,
    UNAVAILABLE,
    Answer,
    Traffic,
)

NO_ANSWER = Failure(FailureKind.TIMEOUT)
RETRY_LATER: dict[str, tuple[int, Answer]] = {
    "429": (429, TOO_MANY),
    "503": (503, UNAVAILABLE),
    "503 in plain text": (503, ENVOY_TEXT),
    "no answer, which is liveness's business": (0, NO_ANSWER),
}


def cancel(status: int = 200, answer: Answer = None) -> Exchange:
    return Traffic().cancel(status=status, answer=answer)


def get(answer: Answer, status: int = 200) -> Exchange:
    return Traffic().get(answer, status)


def message(complaint: Complaint | None) -> str:
    assert complaint is not None, "nothing was found wrong"
    return complaint.message
