"""What tells a run how late the effects of cancels are."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from conformance.server.target.iut import Iut
from conformance.server.target.waits import EFFECT_UNLEARNT
from conformance.suite.latency import Latency
from tests.rules.traffic import ASKED, Traffic, asked_to_cancel, cancelled, done, running, succeeded

REMOTE_EXECUTION = {"@type": "type.googleapis.com/x.ExecuteResponse", "status": {"code": 1}}


@pytest.mark.parametrize(
    ("look", "seconds"),
    [
        (cancelled(), 3.0),
        (succeeded(), 3.0),
        (done(metadata=ASKED, response=REMOTE_EXECUTION), 3.0),
        (succeeded(metadata=ASKED), None),
        (asked_to_cancel(), None),
        (running(), None),
    ],
)
def test_an_end_teaches_how_late_effects_are_unless_another_reason_is_known(look: Any, seconds: float | None) -> None:
    """A trace says that the cancel was heard: what ends otherwise after it has ended by itself."""
    traffic = Traffic()
    cancel, end = traffic.cancel(), traffic.get(look)
    latency = Latency(cast(Iut, SimpleNamespace(ends_at_once="", settle=10.0)))
    latency.learn(cancel, end)
    assert latency.seconds == seconds
    assert (latency.patience == EFFECT_UNLEARNT) == (seconds is None)


def test_what_was_found_late_is_waited_for_as_long_when_it_is_tried_again() -> None:
    """Within `settle`, however late the first look was; and never less long than without it."""
    traffic = Traffic()
    cause, first, second = traffic.cancel(), traffic.get(running()), traffic.get(cancelled())
    latency = Latency(cast(Iut, SimpleNamespace(ends_at_once="", settle=10.0)))
    latency.found_by(first, cause)
    assert latency.patience == EFFECT_UNLEARNT
    latency.found_by(second, cause)
    assert latency.patience == second.received_at - cause.received_at > EFFECT_UNLEARNT
    latency.found_by(first, cause)
    assert latency.patience == second.received_at - cause.received_at
    latency.found_by(traffic.send("GET", "/", during=(99.0, 100.0)), cause)
    assert latency.patience == 10.0
