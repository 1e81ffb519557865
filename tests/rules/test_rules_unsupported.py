"""The oracles about cancels that are refused: not supported, of what is done, with a wrong body."""

from __future__ import annotations

import pytest

from conformance.rules.server.outcome import (
    done_cancel_is_answered,
    ended_cancelled,
    is_unimplemented,
    refused_as_invalid,
    says_failed_precondition,
    unsupported_says_so,
)
from tests.rules.cases import assert_complains
from tests.rules.outcomes import NO_ANSWER, RETRY_LATER, cancel
from tests.rules.traffic import (
    DONE_ALREADY,
    ENVOY_TEXT,
    GOOGLE_PAGE,
    INTERNAL,
    INVALID,
    NOT_FOUND,
    PERMISSION_DENIED,
    UNAUTHENTICATED,
    UNIMPLEMENTED,
    Answer,
    Traffic,
    bare,
    envelope,
)


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
