"""The oracles about routing: what must not reach a cancel, and what must."""

from __future__ import annotations

import pytest

from conformance.exchange import Exchange, Failure, FailureKind
from conformance.rules import Complaint
from conformance.rules.server.routing import (
    never_reached,
    no_internal_error,
    no_server_error,
    not_a_success,
    reaches_the_method,
    shows_an_existing_operation,
)
from tests.rules.cases import assert_complains
from tests.rules.traffic import (
    DONE_ALREADY,
    ENVOY_TEXT,
    GOOGLE_PAGE,
    INTERNAL,
    NOT_FOUND,
    OPERATION,
    PERMISSION_DENIED,
    UNAVAILABLE,
    UNIMPLEMENTED,
    Answer,
    Traffic,
    bare,
    envelope,
)

NO_ANSWER = Failure(FailureKind.RESET)
OTHER_SUFFIX = f"/v1/{OPERATION}:frobnicate"


def stray(status: int, answer: Answer = None, note: str = "") -> Exchange:
    """A request that is almost a cancel."""
    return Traffic().send("POST", OTHER_SUFFIX, answer, status, note=note)


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        (404, GOOGLE_PAGE),
        (404, NOT_FOUND),
        (405, None),
        (415, ENVOY_TEXT),
        (501, bare(12)),
        (503, ENVOY_TEXT),
        (301, None),
        (307, None),
        (500, INTERNAL),
        (0, NO_ANSWER),
    ],
    ids=[
        "Google",
        "the service",
        "vanguard",
        "ESPv2",
        "grpc-gateway",
        "Envoy",
        "a cleaned path",
        "a cleaned path, POST again",
        "a crash, which is another requirement's business",
        "no answer",
    ],
)
def test_any_refusal_of_what_is_not_bound_will_do(status: int, answer: Answer) -> None:
    assert not_a_success(stray(status, answer)) is None


def test_what_knows_that_an_operation_is_done_has_been_reached() -> None:
    assert_complains(never_reached(reached := stray(400, DONE_ALREADY)), reached)
    assert_complains(never_reached(reached := stray(200, {})), reached)
    assert never_reached(stray(400, ENVOY_TEXT)) is None
    assert never_reached(stray(404, NOT_FOUND)) is None


@pytest.mark.parametrize("status", [200, 202, 204])
def test_what_is_not_bound_does_not_succeed(status: int) -> None:
    reached = stray(status, {}, note="another suffix")
    assert not_a_success(reached) == Complaint(
        f"POST {OTHER_SUFFIX} was answered with {status} (another suffix)", (reached,)
    )
    assert not_a_success(stray(status)) == Complaint(
        f"POST {OTHER_SUFFIX} was answered with {status}", (stray(status),)
    )


@pytest.mark.parametrize("status", [200, 203, 401, 403, 429, 503, 0])
def test_a_get_of_what_was_just_started_finds_it_or_says_something_else(status: int) -> None:
    look = Traffic().get(NO_ANSWER if status == 0 else {}, status)
    assert shows_an_existing_operation(look) is None


@pytest.mark.parametrize("status", [301, 400, 404, 405, 410, 500, 501])
def test_a_get_of_what_was_just_started_does_not_find_it(status: int) -> None:
    look = Traffic().get(None, status)
    assert shows_an_existing_operation(look) == Complaint(
        f"a get of an operation that was just started was answered with {status}", (look,)
    )


@pytest.mark.parametrize("status", [200, 301, 400, 404, 411, 429, 501, 503, 0])
def test_a_refusal_is_no_internal_error(status: int) -> None:
    assert no_internal_error(stray(status, NO_ANSWER if status == 0 else None)) is None


@pytest.mark.parametrize("status", [500, 502, 504, 505, 520])
def test_an_internal_error_is_told(status: int) -> None:
    broken = stray(status)
    assert no_internal_error(broken) == Complaint(f"{OTHER_SUFFIX} was answered with {status}", (broken,))


@pytest.mark.parametrize("status", [500, 501, 502, 503, 504])
def test_a_server_error_of_any_kind_is_told(status: int) -> None:
    broken = stray(status)
    assert no_server_error(broken) == Complaint(f"{OTHER_SUFFIX} was answered with {status}", (broken,))


@pytest.mark.parametrize("status", [200, 302, 400, 404, 429, 0])
def test_anything_below_is_no_server_error(status: int) -> None:
    assert no_server_error(stray(status, NO_ANSWER if status == 0 else None)) is None


def reached(status: int, answer: Answer, control_status: int = 404, control: Answer = GOOGLE_PAGE) -> Complaint | None:
    """The judgement of a cancel of an operation that exists, beside a suffix that nobody has."""
    traffic = Traffic()
    cancel = traffic.cancel(status=status, answer=answer)
    return reaches_the_method(cancel, traffic.send("POST", OTHER_SUFFIX, control, control_status))


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        (200, {}),
        (204, None),
        (400, DONE_ALREADY),
        (403, PERMISSION_DENIED),
        (404, NOT_FOUND),
        (501, UNIMPLEMENTED),
        (501, bare(12, "method CancelOperation not implemented")),
        (503, UNAVAILABLE),
        (500, INTERNAL),
        (0, NO_ANSWER),
    ],
)
def test_an_answer_of_the_method(status: int, answer: Answer) -> None:
    assert reached(status, answer) is None


@pytest.mark.parametrize(
    ("status", "answer"),
    [(404, GOOGLE_PAGE), (404, None), (404, b"404 page not found"), (405, None), (501, None), (501, b"no")],
)
def test_an_answer_of_a_router(status: int, answer: Answer) -> None:
    traffic = Traffic()
    cancel = traffic.cancel(status=status, answer=answer)
    control = traffic.send("POST", OTHER_SUFFIX, GOOGLE_PAGE, 404)
    assert_complains(reaches_the_method(cancel, control), cancel)


def test_a_404_in_the_words_for_any_suffix_is_not_the_methods() -> None:
    assert reached(404, NOT_FOUND, 404, NOT_FOUND) is not None
    assert reached(404, bare(5), 404, bare(5, "no such path")) is None, "it knows what it was asked"


def test_grpc_gateways_501_for_any_suffix_is_not_the_methods() -> None:
    """It answers 405 as UNIMPLEMENTED; the same words for a suffix that nobody has give it away."""
    complaint = reached(501, bare(12, "Method Not Allowed"), 501, bare(12, "Method Not Allowed"))
    assert complaint is not None
    assert "exactly like a suffix that does not exist" in complaint.message
    assert len(complaint.exchanges) == 2


@pytest.mark.parametrize(
    ("control_status", "control"),
    [(501, bare(12, "no such method")), (404, bare(5, "Method Not Allowed")), (0, NO_ANSWER)],
    ids=["other words", "another status", "no answer"],
)
def test_a_501_that_differs_from_the_controls_is_the_methods(control_status: int, control: Answer) -> None:
    assert reached(501, bare(12, "Method Not Allowed"), control_status, control) is None


def test_an_envelope_is_the_services_own() -> None:
    """A service that answers UNIMPLEMENTED in the envelope may do so for every suffix, and means it."""
    assert reached(501, UNIMPLEMENTED, 501, UNIMPLEMENTED) is None
    assert reached(501, envelope(501, "UNIMPLEMENTED", ""), 501, envelope(501, "UNIMPLEMENTED", "")) is None
