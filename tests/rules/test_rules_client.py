"""The oracles about clients that are about time and success: deadlines, attempts, and what may be called a success.

Every turn here begins late on the run's clock, for a deadline counts from the arrival of the first attempt.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from conformance.exchange import Call, Exchange, Failure, FailureKind, Method, Request, Response
from conformance.lro import Code
from conformance.rules.client import (
    attempts_are_limited,
    client_rules,
    credentials_are_in_the_header,
    get_is_no_cancel,
    is_accepted,
    keeps_the_code,
    keeps_the_message,
    keeps_the_method,
    keeps_the_status,
    nothing_is_sent,
    reports,
    stops_at_its_deadline,
)
from conformance.rules.client.answers import is_no_success, is_ok, success_was_answered
from conformance.rules.client.deadlines import slack
from conformance.rules.client.retries import is_repeated_until_available
from conformance.rules.client.turn import DriverRequest, Outcome, Said, Turn, TurnJudge
from conformance.sdk.answers import envelope
from tests.rules.cases import assert_complains
from tests.rules.traffic import OPERATION

BEGIN = 50.0
HERE = "http://127.0.0.1:1"
SUCCESS = Response(200, (("Content-Type", "application/json"),), b"{}")
NO_ANSWER = Failure(FailureKind.TIMEOUT)


def attempt(seconds: float = 0.01, outcome: Response | Failure = SUCCESS, method: str = "POST") -> Exchange:
    """A cancel that arrives so many seconds after the driver was told."""
    at = BEGIN + seconds
    request = Request(method, f"/v1/{OPERATION}:cancel", (), b"")
    return Exchange(1, request, outcome, at, at + 0.001, Call(Method.CANCEL, OPERATION), "story", HERE)


def turn(
    *attempts: Exchange, seconds: float = 0.02, outcome: Outcome = Outcome.OK, code: Code | None = None, text: str = ""
) -> Turn:
    """A cancel with a deadline of 2 s, whose reply comes so many seconds after the driver was told."""
    request = DriverRequest(1, Method.CANCEL, HERE, OPERATION, 2000, "rest", BEGIN)
    return Turn("story", request, Said(outcome, "{}", BEGIN + seconds, code=code, message=text), attempts)


def broken_by(a_turn: Turn) -> set[str]:
    """The requirements about deadlines whose rule complains."""
    chosen = [rule for name, rule in client_rules().items() if "deadline" in name or "time-over" in name]
    return {rule.requirement for rule in chosen if rule.when(a_turn) and rule.judge(a_turn) is not None}


def silence(seconds: float, outcome: Outcome = Outcome.TRANSPORT_ERROR, **said: Any) -> Turn:
    """A call with a deadline of 2 s that is not answered, and ends after so many seconds."""
    held = replace(attempt(outcome=NO_ANSWER), received_at=BEGIN + seconds)
    return turn(held, seconds=seconds, outcome=outcome, **said)


@pytest.mark.parametrize("seconds", [1.3, 1.9, 2.0, 2.5])
def test_a_call_fails_at_its_deadline(seconds: float) -> None:
    assert broken_by(silence(seconds)) == set()


@pytest.mark.parametrize("seconds", [2.7, 4.0, 60.0])
def test_a_call_does_not_fail_later(seconds: float) -> None:
    assert broken_by(silence(seconds)) == {"client-retry.deadline-is-kept"}
    assert broken_by(turn(attempt(), seconds=seconds)) == {"client-retry.deadline-is-kept"}, "it was answered in time"


@pytest.mark.parametrize("seconds", [0.1, 1.1])
def test_a_call_does_not_give_up_long_before(seconds: float) -> None:
    assert broken_by(silence(seconds)) == {"client-retry.deadline-is-used"}
    refused = turn(attempt(outcome=Failure(FailureKind.RESET)), seconds=seconds, outcome=Outcome.TRANSPORT_ERROR)
    assert broken_by(refused) == set(), "that was an answer, of a kind"


@pytest.mark.parametrize(("seconds", "broken"), [(0.02, set()), (2.0, {"client-retry.time-over-is-told"})])
def test_a_cancel_may_end_with_the_head_of_its_answer_but_not_with_its_deadline(
    seconds: float, broken: set[str]
) -> None:
    unfinished = replace(attempt(outcome=Failure(FailureKind.UNFINISHED)), received_at=BEGIN + seconds)
    assert broken_by(turn(unfinished, seconds=seconds)) == broken


def test_who_gives_up_after_the_head_has_given_up() -> None:
    unfinished = attempt(outcome=Failure(FailureKind.UNFINISHED))
    given_up = turn(unfinished, seconds=0.1, outcome=Outcome.TRANSPORT_ERROR)
    assert broken_by(given_up) == {"client-retry.deadline-is-used"}
    got = dataclasses.replace(given_up.request, method=Method.GET)
    answered = dataclasses.replace(unfinished, call=Call(Method.GET, OPERATION))
    invented = Turn("story", got, Said(Outcome.OK, "{}", BEGIN + 0.1), (answered,))
    assert broken_by(invented) == {"client-retry.deadline-is-used", "client-retry.time-over-is-told"}


def test_the_slack_is_in_proportion() -> None:
    deadlines = (0.02, 0.1, 0.2, 0.4, 2.0, 3600.0)
    assert [round(slack(seconds), 2) for seconds in deadlines] == [0.03, 0.12, 0.15, 0.2, 0.6, 2.0]


def test_the_time_before_the_first_attempt_and_after_the_call_is_the_drivers() -> None:
    slow_start = turn(attempt(5.0, outcome=NO_ANSWER), seconds=7.0, outcome=Outcome.TRANSPORT_ERROR)
    assert broken_by(slow_start) == set()
    slow_end = dataclasses.replace(silence(5.0), overhead=2.5)
    assert broken_by(slow_end) == set()
    assert broken_by(dataclasses.replace(silence(5.0), overhead=0.5)) == {"client-retry.deadline-is-kept"}


@pytest.mark.parametrize(
    ("outcome", "said", "is_told"),
    [
        (Outcome.TRANSPORT_ERROR, {}, True),
        (Outcome.RPC_ERROR, {"code": Code.DEADLINE_EXCEEDED}, True),
        (Outcome.RPC_ERROR, {"code": Code.UNAVAILABLE}, True),
        (Outcome.RPC_ERROR, {}, True),
        (Outcome.CLIENT_ERROR, {"text": "RetryError('Timeout of 2.0s exceeded')"}, True),
        (Outcome.CLIENT_ERROR, {"text": "KeyError('status')"}, False),
        (Outcome.RPC_ERROR, {"code": Code.CANCELLED, "text": "time over"}, False),
        (Outcome.RPC_ERROR, {"code": Code.UNIMPLEMENTED}, False),
        (Outcome.DECODE_ERROR, {}, False),
        (Outcome.OK, {}, False),
    ],
)
def test_time_over_is_told_as_such(outcome: Outcome, said: dict[str, Any], is_told: bool) -> None:
    assert broken_by(silence(2.0, outcome, **said)) == (set() if is_told else {"client-retry.time-over-is-told"})


def test_what_the_gate_did_not_wait_for_is_judged_by_its_deadline_only() -> None:
    given_up = silence(17.0)
    missing = dataclasses.replace(given_up, said=dataclasses.replace(given_up.said, is_missing=True))
    assert broken_by(missing) == {"client-retry.deadline-is-kept"}
    tried = turn(attempt(outcome=Response(503)), attempt(16.0, outcome=Response(503)), seconds=17.0)
    going_on = dataclasses.replace(tried, said=missing.said)
    assert broken_by(going_on) == {"client-retry.deadline-ends-the-retries"}


@pytest.mark.parametrize(("last", "is_over"), [(0.9, True), (0.1, False)])
def test_time_over_may_be_told_when_the_next_pause_would_not_fit(last: float, is_over: bool) -> None:
    """Pauses grow: after one of 0.9 s no other fits into 2 s; after one of 0.1 s it does."""
    busy = envelope(Code.UNAVAILABLE, "busy").response
    attempts = attempt(outcome=busy), attempt(last, outcome=busy)
    given_up = turn(*attempts, seconds=last + 0.01, outcome=Outcome.TRANSPORT_ERROR)
    assert client_rules()["client-answer.last-answer-is-told"].when(given_up) is not is_over


@pytest.mark.parametrize("last", [0.5, 1.99, 2.5])
def test_attempts_begin_before_the_deadline(last: float) -> None:
    kept = turn(attempt(), attempt(last), seconds=2.1, outcome=Outcome.TRANSPORT_ERROR)
    assert stops_at_its_deadline(kept) is None


@pytest.mark.parametrize("last", [3.2, 9.0])
def test_no_attempt_begins_after_it(last: float) -> None:
    first, late = attempt(), attempt(last)
    assert_complains(stops_at_its_deadline(turn(first, late, outcome=Outcome.TRANSPORT_ERROR)), first, late)


def test_a_call_whose_attempts_end_in_time_ends_in_time_itself() -> None:
    sent = attempt()
    assert_complains(stops_at_its_deadline(turn(sent, seconds=5, outcome=Outcome.TRANSPORT_ERROR)), sent)


@pytest.mark.parametrize("seconds", [0.0, 0.2])
def test_what_was_under_way_when_the_reply_was_given_may_arrive_after_it(seconds: float) -> None:
    rule = client_rules()["client-retry.nothing-after-the-reply"]
    assert rule.judge(turn(attempt(), attempt(1 + seconds), seconds=1, outcome=Outcome.RPC_ERROR)) is None


def test_nothing_arrives_long_after_the_reply() -> None:
    rule = client_rules()["client-retry.nothing-after-the-reply"]
    late = attempt(1.3)
    assert rule.when(turn(attempt(), late, seconds=1, outcome=Outcome.RPC_ERROR))
    assert_complains(rule.judge(turn(attempt(), late, seconds=1, outcome=Outcome.RPC_ERROR)), late)
    assert not rule.when(turn(attempt(), late, seconds=1)), "a success may have been one of two attempts"
    assert not rule.when(turn(outcome=Outcome.CLIENT_ERROR))


@pytest.mark.parametrize("status", range(399, 506))
def test_which_refusals_are_final(status: int) -> None:
    """401 may bring a new token, 415 another coding; 408 and 429 ask for another attempt, and so do 502 to 504."""
    twice = [attempt(outcome=Response(status)), attempt(0.1, outcome=Response(status))]
    rules = [rule for name, rule in client_rules().items() if name.endswith("-is-final")]
    again = turn(*twice, outcome=Outcome.RPC_ERROR)
    complaints = [rule.judge(again) for rule in rules if rule.when(again)]
    is_final = status in (500, 501) or (400 <= status < 500 and status not in (401, 408, 415, 429))
    assert len(complaints) == is_final
    for complaint in complaints:
        assert_complains(complaint, *twice)


def test_five_attempts_are_allowed_and_no_more() -> None:
    attempts = [attempt(number / 10) for number in range(6)]
    assert attempts_are_limited(turn(*attempts[:5])) is None
    assert_complains(attempts_are_limited(turn(*attempts)), *attempts)


REFUSED = attempt(outcome=Response(404))
FOUND = attempt(0.2)
UNANSWERED = attempt(outcome=NO_ANSWER)


@pytest.mark.parametrize("oracle", [is_ok, is_repeated_until_available])
def test_a_success_is_told(oracle: TurnJudge) -> None:
    assert oracle(turn(FOUND)) is None
    assert_complains(oracle(turn(FOUND, outcome=Outcome.DECODE_ERROR)), FOUND)


def test_what_was_no_success_is_not_told_as_one() -> None:
    assert is_no_success(turn(REFUSED, outcome=Outcome.RPC_ERROR)) is None
    assert_complains(is_no_success(turn(REFUSED)), REFUSED)


def test_a_success_was_answered_by_one_attempt_at_least() -> None:
    assert success_was_answered(turn(REFUSED, FOUND)) is None
    assert success_was_answered(turn(REFUSED, UNANSWERED, outcome=Outcome.TRANSPORT_ERROR)) is None
    assert_complains(success_was_answered(turn(REFUSED, UNANSWERED)), REFUSED, UNANSWERED)


@pytest.mark.parametrize(
    ("oracle_for", "said"),
    [
        (reports, Code.NOT_FOUND),
        (keeps_the_code, Code.NOT_FOUND),
        (keeps_the_message, "no such thing"),
        (lambda _status: keeps_the_status, 404),
    ],
    ids=["code or its status", "code", "message", "status"],
)
def test_an_error_is_told_as_it_was_answered(oracle_for: Callable[[Any], TurnJudge], said: object) -> None:
    oracle = oracle_for(said)
    request = turn(REFUSED, outcome=Outcome.RPC_ERROR, code=Code.NOT_FOUND, text="404: no such thing")
    assert oracle(request) is None
    assert_complains(oracle(turn(REFUSED, outcome=Outcome.RPC_ERROR, code=Code.UNKNOWN, text="404")), REFUSED)


@pytest.mark.parametrize("status", [400, 404, 503])
def test_an_error_is_no_success_and_breaks_no_client(status: int) -> None:
    refused = attempt(outcome=Response(status))
    no_success = client_rules()["client-answer.error-is-no-success"]
    never_breaks = client_rules()["client-answer.never-breaks-the-client"]
    assert no_success.when(turn(refused))
    assert_complains(no_success.judge(turn(refused)), refused)
    assert no_success.judge(turn(refused, outcome=Outcome.RPC_ERROR)) is None
    assert not no_success.when(turn(refused, FOUND))
    assert never_breaks.judge(turn(refused, outcome=Outcome.RPC_ERROR)) is None
    assert_complains(never_breaks.judge(turn(refused, outcome=Outcome.CLIENT_ERROR)), refused)


def test_a_redirect_is_followed_with_the_same_request_or_not_at_all() -> None:
    moved = attempt(outcome=Response(307, (("Location", f"{HERE}/v1/{OPERATION}:cancel"),)))
    as_get = dataclasses.replace(attempt(0.1, method="GET"), call=None, number=2)
    again = dataclasses.replace(attempt(0.1), call=None, number=2)
    for oracle in (keeps_the_method, get_is_no_cancel):
        assert oracle(turn(moved, again)) is None
        assert_complains(oracle(turn(moved, as_get)), moved, as_get)
    assert_complains(keeps_the_method(turn(moved)), moved)


def test_credentials_are_looked_for_in_any_body() -> None:
    judge = credentials_are_in_the_header(lambda text: "secret" in text)
    bearer = (("Authorization", "Bearer secret"),)
    request = Request("POST", f"/v1/{OPERATION}:cancel", bearer, b"\xff{")
    assert judge(turn(dataclasses.replace(attempt(), request=request))) is None
    exposed = dataclasses.replace(attempt(), request=dataclasses.replace(request, body=b"\xffsecret"))
    assert_complains(judge(turn(exposed)), exposed)


def test_a_name_is_sent_or_is_not() -> None:
    assert is_accepted(turn(FOUND)) is None
    assert_complains(is_accepted(turn(outcome=Outcome.CLIENT_ERROR)))
    assert nothing_is_sent(turn(outcome=Outcome.CLIENT_ERROR)) is None
    assert_complains(nothing_is_sent(turn(FOUND)), FOUND)
