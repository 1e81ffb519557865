"""The oracles about outcomes: what a cancel may lead to, and what it may not."""

from __future__ import annotations

import pytest

from conformance.lro import Operation
from conformance.rules import Complaint
from conformance.rules.server.outcome import (
    ended,
    ended_at_once,
    ended_by_cancel_has_code_1,
    ended_cancelled,
    reports_cancellation,
    untouched,
)
from tests.rules.cases import assert_complains
from tests.rules.outcomes import NO_ANSWER, cancel, get, message
from tests.rules.traffic import (
    ASKED,
    BUILDGRID_CANCELLED,
    GOOGLE_PAGE,
    INTERNAL,
    NOT_FOUND,
    OPERATION,
    OTHER,
    TOO_MANY,
    UNAVAILABLE,
    Answer,
    Traffic,
    asked_to_cancel,
    cancelled,
    done,
    failed,
    running,
    succeeded,
)


@pytest.mark.parametrize(
    "after",
    [running(), succeeded(), failed(13), {"name": OPERATION}, done()],
    ids=["still running", "succeeded by itself", "failed by itself", "without metadata", "done without a result"],
)
def test_an_operation_may_do_by_itself_what_it_likes(after: Answer) -> None:
    assert untouched(Operation(running()), get(after)) is None


@pytest.mark.parametrize(
    ("after", "status"),
    [(NO_ANSWER, 0), (UNAVAILABLE, 503), (TOO_MANY, 429), (b"<html>", 200), (INTERNAL, 500)],
)
def test_a_look_that_shows_nothing_proves_nothing(after: Answer, status: int) -> None:
    assert untouched(Operation(running()), get(after, status)) is None


@pytest.mark.parametrize(
    ("after", "status", "what"),
    [
        (cancelled(), 200, "was cancelled"),
        (asked_to_cancel(), 200, "the cancellation of"),
        (NOT_FOUND, 404, "is gone"),
        (None, 410, "is gone"),
        (GOOGLE_PAGE, 404, "is gone"),
    ],
)
def test_traces_of_a_cancellation_count(after: Answer, status: int, what: str) -> None:
    traffic = Traffic()
    cause = traffic.cancel(name=OTHER, query="?name=op-1", sends=b'{"name": "x"}')
    look = traffic.get(after, status)
    complaint = untouched(Operation(running()), look, cause)
    assert what in message(complaint)
    assert f"POST {cause.request.target}" in message(complaint)
    assert complaint is not None
    assert complaint.exchanges == (cause, look)
    assert untouched(Operation(running()), look) == Complaint(message(complaint).partition(" by POST")[0], (look,)), (
        "without a cause it is the look alone"
    )


def test_what_was_so_before_is_nobodys_doing() -> None:
    assert untouched(Operation(cancelled()), get(cancelled())) is None
    assert untouched(Operation(succeeded()), get(cancelled())) is None, "that is a change of the result"
    assert untouched(Operation(asked_to_cancel()), get(asked_to_cancel())) is None


def test_an_operation_that_ended_otherwise_after_it_was_asked_to_cancel_is_let_be() -> None:
    assert untouched(Operation(running()), get(succeeded(metadata=ASKED))) is None


@pytest.mark.parametrize("after", [succeeded(), failed(13), cancelled(), done()])
def test_an_operation_that_is_done_right_after_a_request_may_have_been_ended_by_it(after: Answer) -> None:
    traffic = Traffic()
    cause = traffic.cancel(name=OTHER)
    look = traffic.get(after)
    complaint = ended(Operation(running()), look, cause)
    assert complaint is not None
    assert complaint.message == f"{OPERATION} was ended by POST {cause.request.target} with body {{}}"
    assert complaint.exchanges == (cause, look)
    assert ended(Operation(succeeded()), look, cause) is None, "it was done before"


@pytest.mark.parametrize("after", [running(), asked_to_cancel(), NO_ANSWER, b"{"])
def test_an_operation_that_is_not_seen_done_was_not_ended(after: Answer) -> None:
    assert ended(Operation(running()), get(after), cancel()) is None


# --- code 1 -------------------------------------------------------------------------------------------------------


def end(shown: Answer) -> Complaint | None:
    """The judgement of an operation that a cancel ended, as is known, and that looks like this."""
    traffic = Traffic()
    return ended_by_cancel_has_code_1(traffic.cancel(), traffic.get(shown))


@pytest.mark.parametrize(
    "shown",
    [cancelled(), running(), asked_to_cancel(), succeeded(), NO_ANSWER, b"", cancelled(metadata=None)],
    ids=["code 1", "still running", "asked to", "completed despite it", "no answer", "nothing", "no metadata"],
)
def test_best_effort_allows(shown: Answer) -> None:
    assert end(shown) is None


@pytest.mark.parametrize(
    ("shown", "instead"),
    [
        (failed(13), "13"),
        (failed(499), "499"),
        (failed("CANCELLED"), "'CANCELLED'"),
        (failed("1"), "'1'"),
        (failed(True), "True"),
        (done(error="cancelled"), "None"),
        (done(error={}), "0"),
        (done(), "no `error`"),
    ],
)
def test_an_operation_that_its_cancel_ended_says_so_with_code_1(shown: Answer, instead: str) -> None:
    complaint = end(shown)
    assert f"{instead} instead of 1" in message(complaint)
    assert complaint is not None
    assert len(complaint.exchanges) == 2


@pytest.mark.parametrize("code", [1, "CANCELLED"])
def test_a_response_that_says_cancelled_is_read_as_a_success(code: object) -> None:
    """As BuildGrid does it, by Remote Execution's rules: every client of this contract takes it for a success."""
    shown = done(response={**BUILDGRID_CANCELLED, "status": {"code": code}})
    traffic = Traffic()
    asked, look = traffic.cancel(), traffic.get(shown)
    assert_complains(ended_by_cancel_has_code_1(asked, look), asked, look)
    assert reports_cancellation(look)
    assert "was cancelled" in message(untouched(Operation(running()), get(shown)))


@pytest.mark.parametrize("status", [{"code": 0}, {"code": 13}, {"message": "cancelled"}, "CANCELLED", None, [1]])
def test_a_response_with_a_status_of_its_own_is_the_services_business(status: object) -> None:
    shown = done(response={"@type": "x/y", "status": status})
    assert end(shown) is None
    assert not reports_cancellation(get(shown))
    assert untouched(Operation(running()), get(shown)) is None


@pytest.mark.parametrize("response", ["cancelled", ["status"], 1, {}])
def test_a_response_may_be_anything(response: object) -> None:
    assert end(done(response=response)) is None


@pytest.mark.parametrize("shown", [cancelled(), failed(13), done(), succeeded()])
def test_done_at_the_first_look_while_others_run_is_the_cancels_work(shown: Answer) -> None:
    traffic = Traffic()
    assert ended_at_once(traffic.cancel(), traffic.get(shown), traffic.get(running(OTHER), name=OTHER))


@pytest.mark.parametrize("control", [succeeded(OTHER), failed(13, OTHER), cancelled(OTHER), NO_ANSWER, b"{"])
def test_it_proves_nothing_when_the_control_does_not_run(control: Answer) -> None:
    """Then operations end by themselves here, and this one may have been as quick."""
    traffic = Traffic()
    assert not ended_at_once(traffic.cancel(), traffic.get(failed(13)), traffic.get(control, name=OTHER))


@pytest.mark.parametrize(
    ("status", "shown"),
    [(200, running()), (200, asked_to_cancel()), (200, NO_ANSWER), (400, cancelled()), (501, failed(13))],
    ids=["still running", "asked to", "no answer", "the cancel was refused", "not supported"],
)
def test_it_proves_nothing_when_there_is_no_end_or_no_cancel(status: int, shown: Answer) -> None:
    traffic = Traffic()
    asked = traffic.cancel(status=status)
    assert not ended_at_once(asked, traffic.get(shown), traffic.get(running(OTHER), name=OTHER))


# --- guaranteed ---------------------------------------------------------------------------------------------------


def test_a_guaranteed_cancel_ends_with_code_1() -> None:
    assert ended_cancelled(cancel(), get(cancelled()), 10) is None


@pytest.mark.parametrize(
    ("shown", "state"),
    [
        (running(), "running"),
        (asked_to_cancel(), "running"),
        (succeeded(), "succeeded"),
        (failed(13), "failed"),
        (failed("1"), "failed"),
        (done(), "done without a result"),
    ],
)
def test_a_guaranteed_cancel_ends_with_nothing_else(shown: Answer, state: str) -> None:
    traffic = Traffic()
    asked, last = traffic.cancel(), traffic.get(shown)
    complaint = ended_cancelled(asked, last, 2.5)
    assert complaint == Complaint(f"{OPERATION} is {state} 2.5 s after a guaranteed cancel", (asked, last))


@pytest.mark.parametrize(("shown", "status"), [(NO_ANSWER, 0), (UNAVAILABLE, 503), (NOT_FOUND, 404)])
def test_a_guarantee_is_not_broken_by_a_look_that_failed(shown: Answer, status: int) -> None:
    assert ended_cancelled(cancel(), get(shown, status), 10) is None
