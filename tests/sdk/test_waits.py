"""What a wait comes to, as helpers of several languages tell it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from conformance.errors import NotTested
from conformance.exchange import Exchange, Method, Response
from conformance.lro.codes import Code
from conformance.rules.client import (
    ends_with_the_refusal,
    if_looked_often,
    keeps_the_message_of_the_operation,
    pauses_grow,
    says_that_it_is_over,
    tells_a_cancellation,
    tells_a_failure,
    tells_a_result,
    tells_no_other_end,
    tells_that_time_is_over,
)
from conformance.rules.client.turn import Outcome, Turn
from conformance.sdk.answers import OVER, envelope

from .turns import CANCEL, CANCELLED, FAILED, PARENT, RUNNING, SUCCEEDED, arrived, broken, turn

OPERATION = f"/v1/{PARENT}/op-1"


def look(members: Mapping[str, Any], at: float = 0.01, number: int = 1) -> Exchange:
    answer = Response(200, (), json.dumps(members).encode())
    return arrived(OPERATION, method="GET", outcome=answer, at=at, number=number)


def wait(*looks: Exchange, outcome: Outcome = Outcome.OK, **said: Any) -> Turn:
    a_turn = turn(*looks, method=Method.GET, outcome=outcome, timeout=1000, **said)
    return replace(a_turn, request=replace(a_turn.request, word="wait", poll=8))


DONE = {"name": "n", "done": True}
THROWN = {"outcome": Outcome.RPC_ERROR}
TOLD_AS_CANCELLED: list[dict[str, Any]] = [
    {"operation": CANCELLED},
    {"operation": CANCELLED, "cancelled": True},
    {**THROWN, "code": Code.CANCELLED},
    {**THROWN, "code": Code.CANCELLED, "cancelled": True, "exception": "google.api_core.exceptions.Cancelled"},
    {**THROWN, "http_status": 499},
    {"outcome": Outcome.CLIENT_ERROR, "exception": "java.util.concurrent.CancellationException"},
    {"outcome": Outcome.CLIENT_ERROR, "cancelled": True},
]
TOLD_OTHERWISE: list[dict[str, Any]] = [
    {"operation": SUCCEEDED},
    {"operation": FAILED},
    {"operation": RUNNING},
    {"operation": CANCELLED, "cancelled": False},
    {**THROWN, "code": Code.CANCELLED, "cancelled": False},
    {**THROWN, "code": Code.ABORTED, "cancelled": True},
    {"outcome": Outcome.TRANSPORT_ERROR},
]


@pytest.mark.parametrize("said", TOLD_AS_CANCELLED)
def test_a_cancellation_is_told_by_operation_code_predicate_or_exception(said: dict[str, Any]) -> None:
    request = wait(look(DONE), **said)
    assert tells_a_cancellation(request) is None
    assert tells_a_result(request) is not None
    assert tells_a_failure(Code.INTERNAL)(request) is not None


@pytest.mark.parametrize("said", TOLD_OTHERWISE)
def test_a_cancellation_is_not_told_otherwise(said: dict[str, Any]) -> None:
    assert tells_a_cancellation(wait(look(DONE), **said)) is not None


def test_results_and_failures() -> None:
    assert tells_a_result(wait(look(DONE), operation=SUCCEEDED)) is None
    assert tells_a_result(wait(look(DONE), operation=SUCCEEDED, cancelled=True)) is not None
    failed = tells_a_failure(Code.INTERNAL)
    assert failed(wait(look(DONE), operation=FAILED)) is None
    assert failed(wait(look(DONE), **THROWN, code=Code.INTERNAL, cancelled=False)) is None
    assert failed(wait(look(DONE), **THROWN, code=Code.INTERNAL, cancelled=True)) is not None
    assert failed(wait(look(DONE), **THROWN, code=Code.NOT_FOUND)) is not None
    with pytest.raises(NotTested):
        failed(wait(operation=FAILED))


def test_a_refusal_ends_a_wait() -> None:
    gone = ends_with_the_refusal(Code.NOT_FOUND)
    assert gone(wait(look(RUNNING), **THROWN, code=Code.NOT_FOUND)) is None
    refused = arrived(OPERATION, method="GET", outcome=OVER.response)
    assert gone(wait(refused, outcome=Outcome.TRANSPORT_ERROR)) is not None
    assert gone(wait(refused, **THROWN, code=Code.ABORTED)) is None, "which error it is is judged by another oracle"
    with pytest.raises(NotTested, match="before a get was refused"):
        gone(wait(look(RUNNING), outcome=Outcome.TRANSPORT_ERROR))
    with pytest.raises(NotTested, match="judged elsewhere"):
        gone(wait(look(RUNNING), operation=SUCCEEDED))


def test_a_refused_wait_tells_that_refusal_and_no_other() -> None:
    refused = arrived(OPERATION, method="GET", outcome=envelope(Code.NOT_FOUND, "no").response)
    judge = tells_no_other_end(Code.NOT_FOUND)
    for said in ({"code": Code.NOT_FOUND}, {"http_status": 404}):
        assert judge(wait(refused, **THROWN, **said)) is None
    for said in ({"code": Code.CANCELLED}, {"code": Code.ABORTED}, {"code": Code.NOT_FOUND, "cancelled": True}):
        assert judge(wait(refused, **THROWN, **said)) is not None
    with pytest.raises(NotTested, match="judged elsewhere"):
        judge(wait(refused, outcome=Outcome.TRANSPORT_ERROR))


def test_a_wait_does_not_throw_what_no_get_has_shown() -> None:
    named = {"name": f"{PARENT}/op-1"}
    running = look({**RUNNING, **named})
    thrown: list[tuple[dict[str, Any], float, bool]] = [
        ({"code": Code.ABORTED}, 0.05, True),
        ({"code": Code.CANCELLED}, 0.05, True),
        ({"code": Code.CANCELLED}, 0.95, False),  # the time is over, of which another requirement speaks
        ({"code": Code.INTERNAL}, 0.05, False),  # so some libraries tell that they cannot read an answer
        ({"code": Code.DEADLINE_EXCEEDED}, 0.05, False),
    ]
    for said, at, is_wrong in thrown:
        assert ("client-wait.end-is-awaited" in broken(wait(running, **THROWN, **said, at=at))) is is_wrong, said


def test_a_wait_does_not_look_again_when_it_was_refused() -> None:
    """AIP-194 lets who waits for a resource to appear do that, and discourages it."""
    refused = arrived(OPERATION, method="GET", outcome=OVER.response)
    told: dict[str, Any] = {**THROWN, "code": Code.FAILED_PRECONDITION, "at": 0.04}
    assert broken(wait(refused, **told)) == set()
    again = replace(refused, sent_at=0.02, received_at=0.03, number=2)
    assert broken(wait(refused, again, **told)) == {"client-retry.refusal-is-final"}


def test_many_gets_of_a_wait_are_one_call() -> None:
    """Success is final for a call; for a wait it is the next look, and the error is the operation's."""
    looks = [look({**RUNNING, "name": f"{PARENT}/op-1"}, number / 100, number) for number in (1, 2)]
    end = look({**DONE, "name": f"{PARENT}/op-1", "error": {"code": 5}}, 0.03, 3)
    assert broken(wait(*looks, end, **THROWN, code=Code.NOT_FOUND, at=0.04)) == set()
    once = turn(*looks, end, method=Method.GET, outcome=Outcome.RPC_ERROR, code=Code.NOT_FOUND)
    assert "client-retry.success-is-final" in broken(once)


def test_a_wait_ends_with_its_operation_and_not_before() -> None:
    named = {"name": f"{PARENT}/op-1"}
    shown = {**SUCCEEDED, **named}
    assert broken(wait(look({**RUNNING, **named}), operation=shown)) == {"client-wait.end-is-awaited"}
    looks = [look({**DONE, **named}, number / 100, number) for number in range(1, 5)]
    assert broken(wait(*looks, operation=shown, at=0.05)) == {"client-wait.ends-when-done"}
    assert broken(wait(*looks[:2], operation=shown, at=0.03)) == set(), "one more look does no harm"
    assert broken(wait(looks[0], operation=shown, at=0.95)) == {"client-wait.ends-when-done"}
    late = look({**DONE, **named}, 0.94, 2)
    assert broken(wait(look({**RUNNING, **named}), late, operation=shown, at=0.95)) == set(), "it looked late"


def test_a_wait_that_throws_an_error_throws_its_message() -> None:
    failed = look({**DONE, "error": {"code": 3, "message": "no such size"}})
    judge = keeps_the_message_of_the_operation
    assert judge(wait(failed, **THROWN, code=Code.INVALID_ARGUMENT, message="400 no such size")) is None
    assert judge(wait(failed, **THROWN, code=Code.INVALID_ARGUMENT, message="it failed")) is not None
    with pytest.raises(NotTested):
        judge(wait(failed, **THROWN, code=Code.UNKNOWN, message="it failed"))
    with pytest.raises(NotTested):
        judge(wait(look(RUNNING), **THROWN, code=Code.INVALID_ARGUMENT))


def test_a_wait_may_go_on_by_the_name_that_the_service_has_given() -> None:
    """Go's operations are looked at by the name of the last answer; a name that nobody has shown is another's."""
    renamed = look({"name": f"{PARENT}/op-2"})
    by_it = arrived(f"/v1/{PARENT}/op-2", method="GET", outcome=Response(200, (), json.dumps(DONE).encode()), number=2)
    shown: Mapping[str, Any] = {**SUCCEEDED, "name": f"{PARENT}/op-2"}
    assert broken(wait(renamed, by_it, operation=shown)) == set()
    assert broken(wait(look({"name": f"{PARENT}/op-1"}), by_it, operation=shown)) == {
        "client-request.name-is-escaped",
        "client-operation.name-is-kept",
    }
    assert broken(wait(renamed, operation=shown)) == {"client-wait.end-is-awaited"}


def test_a_predicate_may_look_once_more_however_long_that_takes() -> None:
    done = look({**DONE, "response": {}})
    for begun, breaks in ((0.05, set[str]()), (0.94, {"client-wait.ends-when-done"})):
        once_more = replace(done, sent_at=begun, received_at=0.95, number=2)
        assert broken(wait(done, once_more, operation=SUCCEEDED, at=0.96)) == breaks


def pace(*pauses: float) -> Turn:
    """A wait whose looks are so many seconds apart."""
    at = [sum(pauses[:number]) for number in range(len(pauses) + 1)]
    return wait(*(look(RUNNING, when, number) for number, when in enumerate(at)))


GROWING = tuple(0.008 * 1.5**number for number in range(11))


def test_pauses_grow_or_do_not() -> None:
    assert pauses_grow(pace(*GROWING)) is None
    assert pauses_grow(pace(*(0.008 * (number + 1) for number in range(19)))) is None
    assert pauses_grow(pace(*[0.2] * 7)) is not None
    assert pauses_grow(pace(*[0.001] * 24)) is not None
    with pytest.raises(NotTested):
        pauses_grow(pace(0.02, 0.02))


def test_of_many_pauses_those_that_a_busy_machine_made_longer_do_not_count() -> None:
    even = [0.009] * 24
    even[17:21] = [0.04, 0.15, 0.03, 0.09]
    assert pauses_grow(replace(pace(*even), stall=0.1)) is not None


def test_pauses_that_only_a_busy_machine_made_do_not_count() -> None:
    """A client without any, on a machine that got busier: these were seen."""
    first = (9.8, 4.7, 3.3, 0.8, 31, 34, 12.5, 0.7)
    seen = (*first, 5.4, 14.5, 2.1, 17.8, 18, 20.8, 24.3, 104, 41.7, 6.2, 62.6, 41.6, 18.8, 46.8, 12.9, 34.5)
    assert pauses_grow(replace(pace(*(each / 1000 for each in seen)), stall=0.3)) is not None


def test_of_the_first_pauses_a_short_one_counts() -> None:
    held_up = (0.008, 0.35, 0.3, *GROWING[3:])
    assert pauses_grow(replace(pace(*held_up), stall=0.3)) is None


def test_few_pauses_of_a_busy_machine_say_nothing() -> None:
    """Neither that they grow, where one of the last was held up, nor that they do not."""
    for pauses in ([0.2] * 7, [*[0.008] * 7, 0.009, 0.9]):
        with pytest.raises(NotTested, match="busy"):
            pauses_grow(replace(pace(*pauses), stall=0.1))


def test_who_looks_seldom_need_not_look_often() -> None:
    """Not every helper can be told its pause; who looks often and gives up is not excused."""
    judge = if_looked_often(tells_a_result)
    over: dict[str, Any] = {"outcome": Outcome.TRANSPORT_ERROR, "message": "time over"}
    for seldom in (wait(look(RUNNING), **over), wait(look(RUNNING), look(RUNNING, 0.31, 2), **over)):
        with pytest.raises(NotTested, match="until the time was over"):
            judge(seldom)
    often = wait(*(look(RUNNING, number / 100, number) for number in range(1, 6)), **over)
    assert judge(often) is not None
    assert judge(wait(look(DONE), operation=SUCCEEDED)) is None


def test_few_pauses_that_were_drawn_are_averaged() -> None:
    assert pauses_grow(pace(0.01, 0.002, 0.03, 0.02, 0.06, 0.05, 0.01, 0.2, 0.5)) is None


def test_a_helper_that_looks_first() -> None:
    assert says_that_it_is_over(turn(look(DONE), cancelled=False)) is None
    assert broken(turn(look(DONE), cancelled=False)) == set()
    assert says_that_it_is_over(turn(look(DONE))) is not None
    assert says_that_it_is_over(turn(look(DONE), arrived(CANCEL, number=2), cancelled=False)) is not None


def test_of_a_wait_that_goes_on_until_it_is_refused_that_refusal_is_told() -> None:
    """Who ignores the deadline is charged with that, and not with the code of the refusal that ends it."""
    refused = arrived(OPERATION, method="GET", outcome=OVER.response, number=2)
    said = wait(look(RUNNING), refused, outcome=Outcome.RPC_ERROR, code=Code.FAILED_PRECONDITION)
    with pytest.raises(NotTested, match="long after its deadline"):
        tells_that_time_is_over(said)
    assert tells_that_time_is_over(replace(said, arrived=said.arrived[:1])) is not None
