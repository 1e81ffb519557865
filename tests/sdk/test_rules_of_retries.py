"""Rules about attempts: which answers are final, which one is told, where redirects lead, when time is over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from conformance.errors import NotApplicable, NotTested
from conformance.exchange import Failure, FailureKind, Response
from conformance.lro.codes import Code
from conformance.rules.client import (
    attempts_are_limited,
    client_rules,
    get_is_no_cancel,
    if_answered_last,
    keeps_the_method,
    keeps_the_status,
    reports,
    stops_at_its_deadline,
    unless_repeated,
)
from conformance.rules.client.deadlines import a_call_ends_at_its_deadline, a_call_waits_for_its_deadline
from conformance.rules.client.turn import Outcome
from conformance.sdk.answers import bare_status, envelope

from .turns import (
    ANOTHER,
    CANCEL,
    HERE,
    JSON,
    LENGTH_0,
    LENGTH_2,
    PARENT,
    arrived,
    broken,
    turn,
)


@pytest.mark.parametrize(
    ("status", "rule"),
    [
        (200, "client-retry.success-is-final"),
        (204, "client-retry.success-is-final"),
        (307, None),
        (501, "client-retry.unimplemented-is-final"),
        (404, "client-retry.refusal-is-final"),
        (500, "client-retry.internal-error-is-final"),
        (503, None),
        (401, None),
        (429, None),
        (502, None),
    ],
)
def test_which_answers_are_final(status: int, rule: str | None) -> None:
    twice = [arrived(CANCEL, LENGTH_0, outcome=Response(status), at=number / 100, number=number) for number in (1, 2)]
    assert broken(turn(*twice, outcome=Outcome.RPC_ERROR)) == ({rule} if rule else set())


def test_data_loss_is_final_by_its_code() -> None:
    """AIP-194 has a must for this code alone; INTERNAL has the same HTTP status."""
    for code, more in ((Code.DATA_LOSS, {"client-retry.data-loss-is-final"}), (Code.INTERNAL, set[str]())):
        for answer in (envelope(code, "no"), bare_status(code, "no")):
            lost = arrived(CANCEL, LENGTH_0, outcome=answer.response)
            again = replace(lost, sent_at=0.02, received_at=0.021, number=2)
            told = turn(lost, again, outcome=Outcome.RPC_ERROR, code=code, at=0.03)
            assert broken(told) == {"client-retry.internal-error-is-final", *more}
            assert broken(turn(lost, outcome=Outcome.RPC_ERROR, code=code)) == set()


def test_an_attempt_on_another_path_is_no_last_answer() -> None:
    """What is wrong with it is its path; what the server says of that is told rightly."""
    busy = [
        arrived(CANCEL, LENGTH_0, outcome=envelope(Code.UNAVAILABLE, "busy").response, at=number / 100, number=number)
        for number in (1, 2)
    ]
    gone = envelope(Code.NOT_FOUND, "no").response
    other = arrived(f"/v1/{PARENT}/op-2:cancel", LENGTH_0, outcome=gone, at=0.03, number=3)
    assert broken(turn(*busy, other, outcome=Outcome.RPC_ERROR, code=Code.NOT_FOUND, at=0.04)) == ANOTHER


def test_a_success_is_final_when_it_arrived_whole() -> None:
    """A body that is cut off is no answer yet, and a get may be repeated then."""
    garbled = Response(200, (JSON, ("Content-Length", "4")), b'{"na')
    cut = Response(200, (JSON, ("Content-Length", "68")), b'{"na')
    for answer, breaks in ((garbled, {"client-retry.success-is-final"}), (cut, set())):
        twice = [arrived(CANCEL, LENGTH_0, outcome=answer, at=number / 100, number=number) for number in (1, 2)]
        assert broken(turn(*twice, outcome=Outcome.DECODE_ERROR)) == breaks
    unavailable = arrived(CANCEL, LENGTH_0, outcome=Response(503))
    assert broken(turn(unavailable, arrived(CANCEL, LENGTH_0, at=0.02, number=2))) == set()
    given_up = [arrived(CANCEL, LENGTH_0, at=0.01, number=number) for number in (1, 2)]
    assert broken(turn(*given_up, outcome=Outcome.TRANSPORT_ERROR)) == set()


@pytest.mark.parametrize(
    ("pauses", "are_none"),
    [
        ((0.001, 0.001), None),
        ((0.001, 0.001, 0.001), True),
        ((0.001, 0.02, 0.001, 0.002), True),
        ((0.001, 0.01, 0.02, 0.03), False),
        ((0.001, 0.001, 0.006), False),
        ((-0.0005,) * 4, None),
    ],
)
def test_between_attempts_there_are_pauses(pauses: tuple[float, ...], are_none: bool | None) -> None:
    """Of two nobody can say that they are none; one attempt at once is nobody's business, and a hedge is no retry."""
    times = [0.01]
    for pause in pauses:
        times.append(times[-1] + 0.001 + pause)
    busy = envelope(Code.UNAVAILABLE, "busy").response
    attempts = [arrived(CANCEL, LENGTH_0, outcome=busy, at=at, number=number) for number, at in enumerate(times, 1)]
    told = turn(*attempts, outcome=Outcome.RPC_ERROR, code=Code.UNAVAILABLE, at=times[-1] + 0.01)
    rule = client_rules()["client-retry.pauses-are-made"]
    said = list(rule.judgements([told]))
    assert said == [] if are_none is None else (said != [None]) is are_none
    refused = envelope(Code.NOT_FOUND, "no").response
    assert not list(rule.judgements([replace(told, arrived=tuple(replace(e, outcome=refused) for e in attempts))]))


def test_who_tries_again_reports_what_it_likes() -> None:
    once = unless_repeated(reports(Code.RESOURCE_EXHAUSTED))
    exhausted = arrived(CANCEL, LENGTH_0, outcome=Response(429))
    assert once(turn(exhausted, outcome=Outcome.RPC_ERROR, http_status=429)) is None
    assert once(turn(exhausted, outcome=Outcome.RPC_ERROR, code=Code.UNAVAILABLE)) is not None
    with pytest.raises(NotApplicable):
        once(turn(exhausted, exhausted, outcome=Outcome.TRANSPORT_ERROR))


def test_who_was_answered_otherwise_in_the_end_speaks_of_that() -> None:
    """gcloud tries UNIMPLEMENTED again, until the gate refuses it; that it does is charged elsewhere."""
    judge = if_answered_last(501, reports(Code.UNIMPLEMENTED))
    unimplemented = arrived(CANCEL, LENGTH_0, outcome=Response(501))
    refused = arrived(CANCEL, LENGTH_0, outcome=Response(400), at=0.02, number=2)
    assert judge(turn(unimplemented, outcome=Outcome.RPC_ERROR, code=Code.UNIMPLEMENTED)) is None
    assert judge(turn(unimplemented, outcome=Outcome.RPC_ERROR, code=Code.FAILED_PRECONDITION)) is not None
    with pytest.raises(NotTested):
        judge(turn(unimplemented, refused, outcome=Outcome.RPC_ERROR, code=Code.FAILED_PRECONDITION))


def test_nothing_comes_after_the_reply() -> None:
    late = arrived(CANCEL, LENGTH_0, at=0.5, number=2)
    assert broken(turn(late, outcome=Outcome.TRANSPORT_ERROR)) == {"client-retry.nothing-after-the-reply"}
    on_its_way = arrived(CANCEL, LENGTH_0, at=0.1, number=2)
    assert broken(turn(on_its_way, outcome=Outcome.TRANSPORT_ERROR)) == set()


def test_who_tried_again_speaks_of_the_last_answer() -> None:
    first = arrived(CANCEL, LENGTH_0, outcome=Response(408, (), b"<html>"))
    last = arrived(CANCEL, LENGTH_0, outcome=envelope(Code.FAILED_PRECONDITION, "no").response, at=0.02, number=2)
    said = turn(first, last, outcome=Outcome.RPC_ERROR, http_status=400, timeout=1000)
    assert keeps_the_status(said) is None
    assert broken(said) == set()
    assert "client-answer.last-answer-is-told" in broken(replace(said, said=replace(said.said, http_status=408)))
    undecided = turn(first, last, outcome=Outcome.TRANSPORT_ERROR, timeout=1000)
    assert broken(undecided) == {"client-answer.last-answer-is-told"}
    assert broken(replace(undecided, said=replace(undecided.said, at=0.9))) == set(), "its time was over"


def test_what_is_sent_after_the_reply_is_no_last_answer() -> None:
    """A copy behind the back of the caller is charged as one; what the reply says was true when it was said."""
    first = arrived(CANCEL, LENGTH_0, outcome=envelope(Code.UNAVAILABLE, "busy").response)
    gone = envelope(Code.NOT_FOUND, "no").response
    copy = arrived(CANCEL, LENGTH_0, outcome=gone, at=0.03, number=2)
    assert broken(turn(first, copy, outcome=Outcome.RPC_ERROR, code=Code.UNAVAILABLE, at=0.02)) == set()
    late = turn(first, copy, outcome=Outcome.RPC_ERROR, code=Code.UNAVAILABLE, at=0.04)
    assert broken(late) == {"client-answer.last-answer-is-told"}


def test_what_is_needed_for_a_call_may_be_needed_within_it() -> None:
    """A program that needs 0.28 s to begin may count them, too, and has 10 ms left when its call arrives."""
    unanswered = Failure(FailureKind.TIMEOUT)
    for begun, is_kept in ((0.29, True), (0.01, False)):
        call = arrived(CANCEL, LENGTH_0, outcome=unanswered, at=begun)
        told = turn(call, outcome=Outcome.TRANSPORT_ERROR, timeout=300, at=begun + 0.01)
        assert (a_call_waits_for_its_deadline(replace(told, overhead=0.28 if is_kept else 0.0)) is None) is is_kept


def test_redirects() -> None:
    moved = arrived(CANCEL, LENGTH_0, outcome=Response(307, (("Location", f"{HERE}/moved{CANCEL}"),)))
    tries_again = arrived("/moved" + CANCEL, LENGTH_0, number=2)
    as_get = arrived("/moved" + CANCEL, method="GET", number=2)
    assert keeps_the_method(turn(moved, tries_again)) is None
    with_a_body = arrived("/moved" + CANCEL, JSON, LENGTH_2, body=b"{}", number=2)
    assert keeps_the_method(turn(moved, with_a_body)) is None, "an empty object says as little as no bytes"
    assert keeps_the_method(turn(moved, outcome=Outcome.RPC_ERROR)) is None
    assert keeps_the_method(turn(moved, as_get, outcome=Outcome.RPC_ERROR)) is not None
    assert keeps_the_method(turn(moved)) is not None
    assert get_is_no_cancel(turn(moved, as_get)) is not None
    assert get_is_no_cancel(turn(moved, tries_again)) is None
    assert broken(turn(moved, tries_again)) == set()


def test_a_look_at_the_operation_is_no_redirect_that_was_followed() -> None:
    """google.api_core's Operation.cancel gets the operation before it cancels it; others get it afterwards."""
    look = f"/v1/{PARENT}/op-1"
    first = arrived(look, method="GET", number=1)
    moved = arrived(CANCEL, LENGTH_0, outcome=Response(307, (("Location", f"/moved{CANCEL}"),)), number=2)
    tries_again = arrived("/moved" + CANCEL, LENGTH_0, number=3)
    as_get = arrived("/moved" + CANCEL, method="GET", number=3)
    last = arrived(look, method="GET", number=4)
    assert keeps_the_method(turn(first, moved, tries_again, last)) is None
    assert keeps_the_method(turn(first, moved, last, outcome=Outcome.RPC_ERROR)) is None
    assert keeps_the_method(turn(first, moved, as_get, last)) is not None
    assert keeps_the_method(turn(first, moved, last)) is not None, "it was not followed, and called a success"


def test_attempts_and_deadlines() -> None:
    attempts = [arrived(CANCEL, at=0.3 * number, number=number) for number in range(4)]
    assert stops_at_its_deadline(turn(*attempts[:1], outcome=Outcome.RPC_ERROR)) is None
    assert stops_at_its_deadline(turn(*attempts, outcome=Outcome.RPC_ERROR)) is not None
    assert attempts_are_limited(turn(*attempts)) is None
    assert attempts_are_limited(turn(*attempts, *attempts)) is not None


def test_attempts_that_each_have_a_whole_deadline() -> None:
    """A timeout that is tried again with a timeout of its own: none of the replies is very late."""
    attempts = [arrived(CANCEL, at=0.05 + 0.04 * number, number=number) for number in range(5)]
    for oracle in (a_call_ends_at_its_deadline, stops_at_its_deadline):
        late = [arrived(CANCEL, at=0.05 + 0.11 * number, number=number) for number in range(3)]
        assert oracle(turn(*late, outcome=Outcome.TRANSPORT_ERROR, at=0.3)) is not None
        assert oracle(turn(*attempts[:2], outcome=Outcome.TRANSPORT_ERROR, at=0.2)) is None


@pytest.mark.parametrize(
    ("said", "breaks"),
    [
        ({"outcome": Outcome.TRANSPORT_ERROR, "message": "request timed out"}, {"client-retry.deadline-is-used"}),
        ({"outcome": Outcome.TRANSPORT_ERROR, "message": "connection reset by peer"}, set()),
        ({"outcome": Outcome.DECODE_ERROR, "message": "a timestamp cannot be read"}, set()),
    ],
)
def test_who_says_that_time_is_over_has_waited_for_it(said: Mapping[str, Any], breaks: set[str]) -> None:
    """5 for 5000: a driver that takes milliseconds for seconds gives up before the answer is there."""
    assert broken(turn(arrived(CANCEL, LENGTH_0), timeout=5000, **said)) == breaks
    assert broken(turn(arrived(CANCEL, LENGTH_0), timeout=5000, at=4.9, **said)) == set()
    unavailable = arrived(CANCEL, LENGTH_0, outcome=Response(503))
    assert broken(turn(unavailable, timeout=300, **said)) == set(), "the next attempt would come too late"


@pytest.mark.parametrize(
    ("gave_up_at", "said_at", "is_kept"),
    [(0.1, 0.8, True), (0.1, 1.3, False), (0.5, 0.8, False), (0.8, 0.8, False), (0.1, 0.2, True)],
)
def test_who_gives_up_its_connection_in_time_may_be_told_late(gave_up_at: float, said_at: float, is_kept: bool) -> None:
    """A busy machine holds up a driver of several processes after its client has ended; but not for ever."""
    held = arrived(CANCEL, LENGTH_0, outcome=Failure(FailureKind.TIMEOUT, "held"), at=0.0)
    call = replace(held, received_at=gave_up_at)
    said = turn(call, outcome=Outcome.TRANSPORT_ERROR, message="time over", at=said_at)
    assert (a_call_ends_at_its_deadline(said) is None) is is_kept


@pytest.mark.parametrize(("at", "hints"), [(0.02, True), (0.4, False)])
def test_who_gives_up_at_once_is_asked_for_the_unit(at: float, hints: bool) -> None:
    said: Mapping[str, Any] = {"outcome": Outcome.TRANSPORT_ERROR, "message": "request timed out"}
    complaint = a_call_waits_for_its_deadline(turn(arrived(CANCEL, LENGTH_0), timeout=5000, at=at, **said))
    assert complaint is not None
    assert complaint.message.endswith("does the driver take `timeout_ms` for milliseconds?") is hints
