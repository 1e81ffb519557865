"""The oracles about outcomes: what a cancel may lead to, and what it may not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from conformance.exchange import Exchange, Failure, FailureKind
from conformance.lro import Operation
from conformance.rules import Complaint
from conformance.rules.server.outcome import (
    a_cancel_had_an_effect,
    accepted,
    as_good_as,
    done_cancel_is_answered,
    ended,
    ended_at_once,
    ended_by_cancel_has_code_1,
    ended_cancelled,
    has_trace,
    is_unimplemented,
    not_found,
    refused_as_invalid,
    reports_cancellation,
    result_is_kept,
    says_failed_precondition,
    second_cancel_is_accepted,
    second_cancel_is_safe,
    shows_nothing_of_a_form,
    unsupported_says_so,
    untouched,
)
from tests.rules.cases import assert_complains
from tests.rules.traffic import (
    ASKED,
    BUILDGRID_CANCELLED,
    DONE_ALREADY,
    ENVOY_TEXT,
    GOOGLE_PAGE,
    INTERNAL,
    INVALID,
    NOT_FOUND,
    OPERATION,
    OTHER,
    PERMISSION_DENIED,
    TOO_MANY,
    UNAUTHENTICATED,
    UNAVAILABLE,
    UNIMPLEMENTED,
    Answer,
    Traffic,
    asked_to_cancel,
    bare,
    cancelled,
    done,
    envelope,
    failed,
    running,
    succeeded,
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


# --- untouched ----------------------------------------------------------------------------------------------------


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


# --- answers to a cancel ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("status", "answer"), RETRY_LATER.values(), ids=RETRY_LATER)
def test_retry_later_refuses_nothing(status: int, answer: Answer) -> None:
    """429 and 503 say nothing about the request; so no oracle about an answer to a cancel may take them for one."""
    again = cancel(status, answer)
    assert accepted(again) is None
    assert not_found(again, may_be_hidden=False) is None
    assert second_cancel_is_safe(cancel(), again) is None
    assert second_cancel_is_accepted(cancel(), again, get(running())) is None
    assert unsupported_says_so(again) is None
    assert done_cancel_is_answered(again) is None


@pytest.mark.parametrize("status", [200, 202, 204])
def test_any_success_accepts(status: int) -> None:
    assert accepted(cancel(status)) is None


@pytest.mark.parametrize(
    ("status", "answer", "shown"),
    [
        (400, INVALID, "400 INVALID_ARGUMENT"),
        (404, NOT_FOUND, "404 NOT_FOUND"),
        (501, UNIMPLEMENTED, "501 UNIMPLEMENTED"),
        (500, bare(13), "500"),
        (400, DONE_ALREADY, "400 FAILED_PRECONDITION"),
        (302, None, "302"),
    ],
)
def test_anything_else_refuses(status: int, answer: Answer, shown: str) -> None:
    refused = cancel(status, answer)
    complaint = accepted(refused)
    assert complaint == Complaint(f"POST {refused.request.target} with body {{}} was refused with {shown}", (refused,))
    noted = Traffic().cancel(status=status, answer=answer, note="plain cancel")
    assert message(accepted(noted)) == f"plain cancel was refused with {shown}"


@pytest.mark.parametrize(
    ("body", "shown"),
    [(b"", ""), (b"[1]", " with body [1]"), (b"\xff{", " with body \ufffd{")],
    ids=["nothing", "an array", "no UTF-8"],
)
def test_a_cancel_is_told_by_its_body_whatever_that_is(body: bytes, shown: str) -> None:
    refused = Traffic().cancel(sends=body, status=400)
    assert message(accepted(refused)) == f"POST {refused.request.target}{shown} was refused with 400"


@pytest.mark.parametrize(
    ("control", "status", "answer"),
    [
        (cancel(), 200, None),
        (cancel(), 204, None),
        (cancel(400, DONE_ALREADY), 400, DONE_ALREADY),
        (cancel(501, UNIMPLEMENTED), 501, UNIMPLEMENTED),
        (cancel(404, NOT_FOUND), 404, GOOGLE_PAGE),
        (cancel(), 429, TOO_MANY),
        (cancel(), 0, NO_ANSWER),
        (Traffic().cancel(answer=NO_ANSWER), 400, INVALID),
    ],
    ids=[
        "both accepted",
        "both accepted, in other words",
        "both done already",
        "neither supported",
        "neither known",
        "retry later",
        "no answer",
        "nothing to compare with",
    ],
)
def test_an_answer_is_as_good_as_the_plain_cancels(control: Exchange, status: int, answer: Answer) -> None:
    assert as_good_as(control, cancel(status, answer)) is None


@pytest.mark.parametrize(("status", "answer"), [(400, DONE_ALREADY), (412, bare(9))])
def test_an_operation_that_may_have_ended_in_between_may_be_done_already(status: int, answer: Answer) -> None:
    assert as_good_as(cancel(), cancel(status, answer), may_have_ended=True) is None
    assert as_good_as(cancel(), cancel(status, answer)) is not None
    assert as_good_as(cancel(), cancel(400, INVALID), may_have_ended=True) is not None


def test_an_answer_may_be_as_good_by_another_status() -> None:
    assert as_good_as(cancel(), cancel(411), also=frozenset({411})) is None
    assert as_good_as(cancel(), cancel(411)) is not None


@pytest.mark.parametrize(
    ("control", "other"),
    [
        (cancel(), cancel(400, INVALID)),
        (cancel(), cancel(415)),
        (cancel(400, DONE_ALREADY), cancel(400 + 15)),
        (cancel(), cancel(500, INTERNAL)),
        (cancel(404, NOT_FOUND), cancel()),
    ],
)
def test_an_answer_that_differs_from_the_plain_cancels(control: Exchange, other: Exchange) -> None:
    complaint = as_good_as(control, other)
    assert complaint is not None
    assert complaint.exchanges == (control, other)
    assert "the plain cancel with" in complaint.message


# --- unknown operations -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "content_type"),
    [
        (NOT_FOUND, "application/json"),
        (bare(5), "application/json"),
        (GOOGLE_PAGE, "text/html"),
        (b"not found", "text/plain"),
        (None, None),
    ],
    ids=["the envelope", "grpc-gateway and Envoy", "a page", "plain text", "nothing"],
)
def test_404_is_not_found_in_any_form(answer: Answer, content_type: str | None) -> None:
    assert not_found(Traffic().cancel(status=404, answer=answer, content_type=content_type), False) is None


def test_403_hides_what_exists_only_where_there_is_authorisation() -> None:
    hidden = cancel(403, PERMISSION_DENIED)
    assert not_found(hidden, may_be_hidden=True) is None
    assert message(not_found(hidden, may_be_hidden=False)).endswith("was answered with 403 PERMISSION_DENIED")


@pytest.mark.parametrize("status", [301, 307, 308, 400, 414])
def test_what_may_be_no_name_may_be_refused_as_such_or_redirected(status: int) -> None:
    exchange = Traffic().cancel(status=status, answer=b"", content_type=None)
    assert not_found(exchange, may_be_hidden=False, may_be_no_name=True) is None
    assert_complains(not_found(exchange, may_be_hidden=False), exchange)


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        (200, {}),
        (400, INVALID),
        (400, DONE_ALREADY),
        (501, UNIMPLEMENTED),
        (500, INTERNAL),
        (404, envelope(404, "INVALID_ARGUMENT")),
        (404, envelope(404, "PERMISSION_DENIED")),
    ],
    ids=["gapic-showcase", "BuildGrid", "done", "the Spanner emulator", "a crash", "404 otherwise", "404 in doubt"],
)
@pytest.mark.parametrize("may_be_hidden", [True, False])
def test_anything_else_is_not_not_found(status: int, answer: Answer, may_be_hidden: bool) -> None:
    exchange = cancel(status, answer)
    assert_complains(not_found(exchange, may_be_hidden), exchange)


# --- again --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "second", "look"),
    [
        (cancel(), cancel(), running()),
        (cancel(), cancel(204), running()),
        (cancel(), cancel(400, DONE_ALREADY), cancelled()),
        (cancel(), cancel(400, INVALID), succeeded()),
        (cancel(), cancel(404, NOT_FOUND), NO_ANSWER),
        (cancel(501, UNIMPLEMENTED), cancel(500, INTERNAL), running()),
    ],
    ids=[
        "accepted",
        "accepted otherwise",
        "done in between",
        "done in between, refused otherwise",
        "the look shows nothing",
        "the first was none",
    ],
)
def test_a_second_cancel_is_accepted(first: Exchange, second: Exchange, look: Answer) -> None:
    assert second_cancel_is_accepted(first, second, get(look)) is None


@pytest.mark.parametrize(("status", "answer"), [(400, DONE_ALREADY), (400, bare(9)), (400, None)])
def test_what_is_being_cancelled_may_not_be_cancelled_again(status: int, answer: Answer) -> None:
    """AIP-216: a transition that is not allowed is FAILED_PRECONDITION."""
    assert second_cancel_is_accepted(cancel(), cancel(status, answer), get(asked_to_cancel())) is None


def test_a_second_cancel_of_what_still_runs_is_not_refused_otherwise() -> None:
    first, second, look = cancel(), cancel(400, INVALID), get(asked_to_cancel())
    complaint = second_cancel_is_accepted(first, second, look)
    assert complaint == Complaint(
        "the second cancel of a running operation was refused with 400 INVALID_ARGUMENT", (first, second, look)
    )


@pytest.mark.parametrize("status", [500, 501, 504])
def test_a_second_cancel_never_breaks(status: int) -> None:
    first, second = cancel(), cancel(status)
    assert_complains(second_cancel_is_safe(first, second), first, second)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (cancel(), cancel()),
        (cancel(), cancel(400, INVALID)),
        (cancel(), cancel(404, NOT_FOUND)),
        (cancel(501, UNIMPLEMENTED), cancel(500, INTERNAL)),
    ],
    ids=["accepted", "refused", "not found", "the first was none"],
)
def test_a_second_cancel_that_breaks_nothing_is_safe(first: Exchange, second: Exchange) -> None:
    assert second_cancel_is_safe(first, second) is None


# --- not supported ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "answer"),
    [(501, UNIMPLEMENTED), (501, None), (404, None), (404, GOOGLE_PAGE), (405, None), (403, PERMISSION_DENIED)],
)
def test_what_is_not_supported_says_so(status: int, answer: Answer) -> None:
    assert unsupported_says_so(cancel(status, answer)) is None


@pytest.mark.parametrize(
    ("status", "answer"), [(200, {}), (400, INVALID), (404, NOT_FOUND), (500, INTERNAL), (404, bare(5))]
)
def test_what_is_not_supported_does_not_say_something_else(status: int, answer: Answer) -> None:
    exchange = cancel(status, answer)
    assert_complains(unsupported_says_so(exchange), exchange)


def test_what_does_not_exist_is_not_found_whether_that_is_supported_or_not() -> None:
    assert unsupported_says_so(cancel(404, NOT_FOUND), is_unknown=True) is None


@pytest.mark.parametrize(
    ("status", "answer"),
    [(200, {}), (204, None), (400, DONE_ALREADY), (400, bare(9)), (400, None), (400, ENVOY_TEXT)],
)
def test_a_done_operation_is_cancelled_without_effect_or_refused(status: int, answer: Answer) -> None:
    assert done_cancel_is_answered(cancel(status, answer)) is None


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        (400, INVALID),
        (400, bare(3)),
        (404, NOT_FOUND),
        (409, envelope(409, "ABORTED")),
        (500, envelope(500, "UNKNOWN")),
        (501, UNIMPLEMENTED),
        (412, bare(9)),
    ],
)
def test_other_refusals_of_a_done_operation_are_told(status: int, answer: Answer) -> None:
    exchange = cancel(status, answer)
    assert_complains(done_cancel_is_answered(exchange), exchange)


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        (400, INVALID),
        (400, bare(3)),
        (400, {"error": {"code": 400, "message": "no"}}),
        (400, envelope(9, "INVALID_ARGUMENT")),
        (400, None),
        (400, GOOGLE_PAGE),
        (200, {}),
        (404, NOT_FOUND),
        (415, None),
        (500, INTERNAL),
        (0, NO_ANSWER),
    ],
)
def test_a_body_that_is_wrong_is_an_invalid_argument_where_a_400_says_anything(status: int, answer: Answer) -> None:
    """What other statuses may be said is another oracle's business; so is a code that belies the status beside it."""
    assert refused_as_invalid(cancel(status, answer)) is None


@pytest.mark.parametrize("answer", [DONE_ALREADY, bare(9), bare(5), envelope(400, "OUT_OF_RANGE")])
def test_a_400_that_says_something_else_of_a_wrong_body_is_told(answer: Answer) -> None:
    exchange = cancel(400, answer)
    assert_complains(refused_as_invalid(exchange), exchange)


def test_failed_precondition_is_read_in_either_form() -> None:
    assert says_failed_precondition(cancel(400, DONE_ALREADY))
    assert says_failed_precondition(cancel(409, bare(9)))
    for status, answer in ((400, INVALID), (400, bare(3)), (400, None), (200, None), (404, GOOGLE_PAGE)):
        assert not says_failed_precondition(cancel(status, answer))


# --- not supported ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "answer",
    [
        UNIMPLEMENTED,
        bare(12),
        None,
        b"not implemented",
        {"error": {"code": 501, "message": "no"}},
        envelope(13, "UNIMPLEMENTED"),
    ],
    ids=[
        "Google",
        "grpc-gateway and Envoy",
        "nothing",
        "plain text",
        "an envelope without status",
        "an envelope whose code is errors.code-is-the-http-status's business",
    ],
)
def test_unimplemented_is_501(answer: Answer) -> None:
    assert is_unimplemented(cancel(501, answer)) is None


@pytest.mark.parametrize(("status", "answer"), RETRY_LATER.values(), ids=RETRY_LATER)
def test_retry_later_does_not_say_whether_it_is_implemented(status: int, answer: Answer) -> None:
    assert is_unimplemented(cancel(status, answer)) is None


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        (200, {}),
        (404, NOT_FOUND),
        (405, None),
        (400, INVALID),
        (401, UNAUTHENTICATED),
        (500, envelope(500, "UNIMPLEMENTED")),
        (501, envelope(501, "INTERNAL")),
        (501, bare(5)),
    ],
    ids=[
        "accepted",
        "not found",
        "not allowed",
        "invalid",
        "unauthenticated",
        "another status",
        "another code",
        "another code, bare",
    ],
)
def test_anything_else_is_not_unimplemented(status: int, answer: Answer) -> None:
    exchange = cancel(status, answer)
    assert_complains(is_unimplemented(exchange), exchange)


@pytest.mark.parametrize("status", [499, 409, 500, 404, 503])
def test_that_get_refuses_to_show_an_operation_is_another_requirement(status: int) -> None:
    t = Traffic()
    cancel, look = t.cancel(), t.get(b"", status)
    assert ended_cancelled(cancel, look, 10) is None


# --- whether a cancel was seen to do anything -----------------------------------------------------------------------


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
