"""Whether a cancel was seen to do anything, and what counts as a trace of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from conformance.lro import Operation
from conformance.rules.server.outcome import (
    a_cancel_had_an_effect,
    has_trace,
    result_is_kept,
    shows_nothing_of_a_form,
    untouched,
)
from tests.rules.outcomes import cancel, get
from tests.rules.traffic import (
    BUILDGRID_CANCELLED,
    NOT_FOUND,
    OPERATION,
    OTHER,
    PERMISSION_DENIED,
    Traffic,
    asked_to_cancel,
    cancelled,
    done,
    running,
    succeeded,
)


def _told(*looks: Mapping[str, Any]) -> Traffic:
    """An operation looked at, cancelled, and looked at again for each of the other looks."""
    traffic = Traffic()
    traffic.get(looks[0])
    traffic.cancel()
    for look in looks[1:]:
        traffic.get(look)
    return traffic


EFFECTS = {
    "it ended with code 1": _told(running(), running(), cancelled()),
    "it says that its cancellation was requested": _told(running(), asked_to_cancel()),
    "its response reports a cancellation": _told(running(), done(response=BUILDGRID_CANCELLED)),
}
NO_EFFECTS = {
    "it runs on": _told(running(), running(), running()),
    "it said so before": _told(asked_to_cancel(), asked_to_cancel()),
    "it was cancelled before": _told(cancelled(), cancelled()),
    "it succeeded, which it may have done by itself": _told(running(), succeeded()),
    "it cannot be looked at": _told(running(), PERMISSION_DENIED),
}


@pytest.mark.parametrize("traffic", EFFECTS.values(), ids=EFFECTS.keys())
def test_a_trace_after_a_cancel_is_an_effect(traffic: Traffic) -> None:
    assert a_cancel_had_an_effect(traffic.exchanges)


@pytest.mark.parametrize("traffic", NO_EFFECTS.values(), ids=NO_EFFECTS.keys())
def test_without_a_trace_nothing_is_known(traffic: Traffic) -> None:
    assert not a_cancel_had_an_effect(traffic.exchanges)


def test_a_cancel_that_was_refused_has_no_effect() -> None:
    traffic = Traffic()
    traffic.get(running())
    traffic.cancel(status=403, answer=PERMISSION_DENIED)
    traffic.get(cancelled())
    assert not a_cancel_had_an_effect(traffic.exchanges)


@pytest.mark.parametrize(("ended_at_once", "control_ends"), [(1, False), (2, True), (2, False)])
def test_two_that_end_with_their_cancel_while_an_older_one_runs_on(ended_at_once: int, control_ends: bool) -> None:
    names = [f"{OPERATION}{number}" for number in range(ended_at_once)]
    traffic = Traffic()
    traffic.get(running(OTHER), name=OTHER)
    for name in names:
        traffic.get(running(name), name=name)
        traffic.cancel(name)
        traffic.get(succeeded(name=name), name=name)
    traffic.get(succeeded(name=OTHER) if control_ends else running(OTHER), name=OTHER)
    assert a_cancel_had_an_effect(traffic.exchanges) is (ended_at_once > 1 and not control_ends)


def test_what_is_done_at_a_late_look_shows_nothing_where_another_ran_on_after_its_cancel() -> None:
    """Operations succeed some time after their cancel; two were looked at after that, and one before it."""
    late, early = [f"{OPERATION}{number}" for number in range(2)], f"{OPERATION}-early"
    traffic = Traffic()
    for name in (OTHER, early, *late):
        traffic.get(running(name), name=name)
    for name in (early, *late):
        traffic.cancel(name)
    traffic.get(running(early), name=early)
    for name in late:
        traffic.get(succeeded(name=name), name=name)
    traffic.get(running(OTHER), name=OTHER)
    assert not a_cancel_had_an_effect(traffic.exchanges)


@pytest.mark.parametrize("status", [401, 403, 404, 410, 500, 503])
def test_a_control_that_was_refused_for_another_reason_shows_nothing_of_a_form(status: int) -> None:
    assert shows_nothing_of_a_form(cancel(status, {}))


@pytest.mark.parametrize("status", [200, 204, 400, 409])
def test_a_control_that_was_answered_for_what_it_asks_does(status: int) -> None:
    assert not shows_nothing_of_a_form(cancel(status, {}))


# --- traces of a cancel ---------------------------------------------------------------------------------------------

TRACES = (
    *({flag: True} for flag in ("requestedCancellation", "cancelRequested", "cancellationRequested")),
    *({flag: True} for flag in ("requested_cancellation", "cancel_requested", "cancellation_requested")),
    *({time: "2026-01-01T00:00:00Z"} for time in ("cancelTime", "cancel_time")),
    *({"state": state} for state in ("CANCELLING", "CANCELING", "CANCEL_REQUESTED", "JOB_STATE_CANCELLING")),
)


@pytest.mark.parametrize("metadata", TRACES, ids=str)
def test_a_cancel_leaves_a_trace_by_any_of_its_usual_names(metadata: Mapping[str, Any]) -> None:
    assert has_trace(Operation(running(metadata=metadata)))
    before, after = Operation(running()), get(running(metadata=metadata))
    assert untouched(before, after) is not None


@pytest.mark.parametrize(
    "metadata",
    [
        {},
        {"requestedCancellation": False},
        {"cancelTime": None},
        {"state": "RUNNING"},
        {"state": 3},
        {"cancelRequested": 1},
    ],
    ids=str,
)
def test_other_metadata_is_no_trace(metadata: Mapping[str, Any]) -> None:
    assert not has_trace(Operation(running(metadata=metadata)))


def test_an_end_as_cancelled_is_a_trace() -> None:
    assert has_trace(Operation(cancelled()))
    assert not has_trace(Operation(succeeded()))


@pytest.mark.parametrize(("after", "is_kept"), [(succeeded(), True), (cancelled(), False), (running(), False)])
def test_a_done_operation_stays_as_it_was(after: dict[str, Any], is_kept: bool) -> None:
    traffic = Traffic()
    before, cause, look = traffic.get(succeeded()), traffic.cancel(), traffic.get(after)
    assert (result_is_kept(before, look, cause) is None) is is_kept


def test_of_what_cannot_be_read_nothing_is_said() -> None:
    traffic = Traffic()
    before, cause, look = traffic.get(succeeded()), traffic.cancel(), traffic.get(NOT_FOUND, 404)
    assert result_is_kept(before, look, cause) is None
