"""The oracles about the answer to a cancel, to any cancel, to one of an unknown operation, to a second one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from conformance.exchange import Exchange
from conformance.rules import Complaint
from conformance.rules.server.outcome import (
    accepted,
    as_good_as,
    done_cancel_is_answered,
    not_found,
    second_cancel_is_accepted,
    second_cancel_is_safe,
    told_of_what_is_ignored,
    unsupported_says_so,
)
from tests.rules.cases import assert_complains
from tests.rules.outcomes import NO_ANSWER, RETRY_LATER, cancel, get, message
from tests.rules.traffic import (
    DONE_ALREADY,
    GOOGLE_PAGE,
    INTERNAL,
    INVALID,
    NOT_FOUND,
    PERMISSION_DENIED,
    TOO_MANY,
    UNIMPLEMENTED,
    Answer,
    Traffic,
    asked_to_cancel,
    bare,
    cancelled,
    envelope,
    running,
    succeeded,
)


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
    ("after", "is_accepted"), [("%0A", True), ("%7f", True), ("%00", True), ("%20", False), ("", False)]
)
def test_an_id_with_a_control_character_may_be_bound_to_no_cancel(after: str, is_accepted: bool) -> None:
    """Falcon's pattern of cancel fits no line end, and its get does."""
    exchange = Traffic().cancel(status=405, answer=b"", content_type=None)
    target = exchange.request.target.replace(":cancel", f"{after}:cancel")
    exchange = replace(exchange, request=replace(exchange.request, target=target))
    assert (not_found(exchange, may_be_hidden=False, may_be_no_name=True) is None) is is_accepted
    assert_complains(not_found(exchange, may_be_hidden=False), exchange)


@pytest.mark.parametrize(
    ("before", "is_accepted"), [("%25", True), ("%2F", True), ("..", True), (".", False), ("x", False)]
)
def test_a_firewall_may_refuse_a_path_with_an_escape_or_two_dots(before: str, is_accepted: bool) -> None:
    exchange = Traffic().cancel(status=403, answer=b"<h1>Blocked</h1>", content_type="text/html")
    target = exchange.request.target.replace(":cancel", f"{before}:cancel")
    exchange = replace(exchange, request=replace(exchange.request, target=target))
    assert (not_found(exchange, may_be_hidden=False, may_be_no_name=True) is None) is is_accepted
    assert_complains(not_found(exchange, may_be_hidden=False), exchange)


def test_a_member_that_is_ignored_on_purpose_can_be_stated() -> None:
    assert told_of_what_is_ignored(Traffic().cancel(status=400, answer=b"", content_type=None)) is None
    accepted = Traffic().cancel()
    said = message(told_of_what_is_ignored(accepted))
    assert said.endswith('write unknown_fields = "ignored" below [statement]')


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
