"""The oracle about cancels that wait for the end of their operation."""

from __future__ import annotations

import pytest

from conformance.rules.server.done import cancel_waits_for_the_end
from tests.rules.cases import assert_complains
from tests.rules.traffic import Traffic, cancelled, running


def test_a_cancel_that_ends_with_its_operation_has_waited() -> None:
    traffic = Traffic()
    cancel = traffic.cancel(during=(0, 3))
    look = traffic.get(cancelled())
    idle = traffic.cancel(during=(10, 10.1))
    assert_complains(cancel_waits_for_the_end(cancel, look, idle), cancel, look, idle)


@pytest.mark.parametrize(
    ("took", "idly", "is_done"),
    [(0.9, 0.01, True), (3.0, 0.1, False), (3.0, 2.0, True)],
    ids=["it took little", "the operation runs on", "every cancel takes as long"],
)
def test_a_cancel_that_may_have_another_reason_has_not(took: float, idly: float, is_done: bool) -> None:
    traffic = Traffic()
    cancel = traffic.cancel(during=(0, took))
    look = traffic.get(cancelled() if is_done else running())
    idle = traffic.cancel(during=(10, 10 + idly))
    assert cancel_waits_for_the_end(cancel, look, idle) is None
