"""A cancel without a body that overlapped with others and met a server error is asked again, alone."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from conformance.errors import NotTested
from conformance.exchange import Exchange
from conformance.server.target.iut import Iut
from conformance.suite.cancellations import Cancellation
from conformance.suite.judging import Violated
from conformance.suite.test_body import require_accepted
from tests.rules.traffic import Traffic, cancelled, envelope
from tests.test_confirmation import confirmation_at


def _judge(first: int, alone: int) -> None:
    """What is said of a cancel that was answered with one status beside others, and with another one alone."""
    traffic = Traffic()

    def cancel(*_: Any, **__: Any) -> Exchange:
        return _cancel(traffic, alone)

    iut = cast("Iut", SimpleNamespace(running=lambda _: ["another"], cancel=cancel))
    refused, plain, look = _cancel(traffic, first), traffic.cancel(), traffic.get(cancelled())
    cancellation = Cancellation("op", refused, look, look, plain=plain)
    require_accepted(iut, confirmation_at("http://127.0.0.1:1"), cancellation, None)


def _cancel(traffic: Traffic, status: int) -> Exchange:
    answer = {} if status == 200 else envelope(status, "INTERNAL" if status == 500 else "INVALID_ARGUMENT")
    return traffic.cancel(answer=answer, status=status)


def test_one_that_is_accepted_alone_was_not_refused_for_its_body() -> None:
    with pytest.raises(NotTested, match="repeated on its own"):
        _judge(500, 200)


@pytest.mark.parametrize(("first", "alone"), [(500, 500), (500, 400), (400, 200)])
def test_one_that_is_refused_alone_or_with_reason_was(first: int, alone: int) -> None:
    with pytest.raises(Violated):
        _judge(first, alone)


def test_one_that_is_accepted_needs_no_other() -> None:
    _judge(200, 500)
