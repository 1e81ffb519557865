"""Rules about what a client makes of an answer, by answers as drivers give them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from conformance.errors import NotApplicable, NotTested
from conformance.exchange import Call, Exchange, Failure, FailureKind, Method, Request, Response
from conformance.lro.codes import Code
from conformance.lro.operation import State
from conformance.rules.client import (
    client_rules,
    if_coded,
    keeps_the_class,
    keeps_the_code,
    keeps_the_message,
    keeps_the_status,
    reports,
    shows,
    shows_no_other,
    shows_that_it_has_ended,
    tells_no_other,
    tells_the_last_answer,
)
from conformance.rules.client.turn import Outcome
from conformance.sdk.answers import bare_status, envelope
from conformance.sdk.scenario import Expectation

from .turns import (
    CANCEL,
    CANCELLED,
    FAILED,
    LENGTH_0,
    PARENT,
    RUNNING,
    SUCCEEDED,
    arrived,
    broken,
    turn,
)


def test_refusals_are_answered_and_not_invented() -> None:
    broken_down = arrived(CANCEL, LENGTH_0, outcome=Response(503))
    for code, is_invented in ((Code.UNAVAILABLE, False), (Code.INTERNAL, False), (Code.NOT_FOUND, True)):
        said = turn(broken_down, outcome=Outcome.RPC_ERROR, code=code)
        assert ("client-answer.no-refusal-is-invented" in broken(said)) is is_invented
    assert "client-answer.no-refusal-is-invented" in broken(turn(outcome=Outcome.RPC_ERROR, code=Code.UNIMPLEMENTED))
    refused = arrived(CANCEL, LENGTH_0, outcome=envelope(Code.NOT_FOUND, "no").response)
    assert broken(turn(refused, outcome=Outcome.RPC_ERROR, code=Code.NOT_FOUND)) == set()
    rule = client_rules()["client-answer.no-refusal-is-invented"]
    assert rule.when(turn(broken_down, outcome=Outcome.DECODE_ERROR)), "who says that it cannot read it invents nothing"
    assert not rule.when(turn(outcome=Outcome.CLIENT_ERROR)), "of who sends nothing nothing is known"


def test_success_is_not_invented() -> None:
    assert broken(turn()) == {"client-request.cancel-is-sent"}
    assert broken(turn(outcome=Outcome.TRANSPORT_ERROR)) == set()
    garbage = Exchange(1, Request("", "", (), b"\x16\x03"), Failure(FailureKind.MALFORMED, "TLS"), 0.01, 0.01)
    assert broken(turn(garbage)) == {"client-request.cancel-is-sent", "client-request.is-http"}
    refused = envelope(Code.NOT_FOUND, "no").response
    assert broken(turn(arrived(CANCEL, LENGTH_0, outcome=refused))) == {"client-answer.error-is-no-success"}


def test_a_client_that_breaks_on_an_answer() -> None:
    answered = arrived(CANCEL, LENGTH_0)
    assert broken(turn(answered, outcome=Outcome.CLIENT_ERROR)) == {"client-answer.never-breaks-the-client"}
    assert broken(turn(outcome=Outcome.CLIENT_ERROR)) == set()


@pytest.mark.parametrize(
    ("code", "status", "understood"),
    [
        (Code.NOT_FOUND, 404, True),
        (Code.NOT_FOUND, None, True),
        (Code.NOT_FOUND, 400, True),
        (None, 404, True),
        (Code.UNKNOWN, 404, False),
        (None, 400, False),
        (None, None, False),
    ],
)
def test_a_code_counts_before_its_status(code: Code | None, status: int | None, understood: bool) -> None:
    said = turn(arrived(CANCEL), outcome=Outcome.RPC_ERROR, code=code, http_status=status)
    assert (reports(Code.NOT_FOUND)(said) is None) is understood
    assert reports(Code.NOT_FOUND)(turn(arrived(CANCEL))) is not None


def test_codes_of_one_status_are_told_apart_by_a_warning_only() -> None:
    said = turn(arrived(CANCEL), outcome=Outcome.RPC_ERROR, code=Code.INVALID_ARGUMENT, http_status=400)
    assert reports(Code.FAILED_PRECONDITION)(said) is None
    assert keeps_the_code(Code.FAILED_PRECONDITION)(said) is not None


def test_what_is_kept_of_an_error() -> None:
    said = turn(arrived(CANCEL), outcome=Outcome.RPC_ERROR, http_status=502, message="POST http://x: no cancel today")
    assert keeps_the_message("no cancel today")(said) is None
    assert keeps_the_message("never")(said) is not None
    assert keeps_the_code(Code.FAILED_PRECONDITION)(said) is not None
    undecided = turn(arrived(CANCEL), outcome=Outcome.DECODE_ERROR)
    with pytest.raises(NotTested):
        keeps_the_message("x")(undecided)


@pytest.mark.parametrize(
    ("status", "code", "http_status", "is_kept", "has_its_class"),
    [
        (404, Code.NOT_FOUND, 404, True, True),
        (404, None, 404, True, True),
        (404, Code.UNKNOWN, 404, True, True),
        (404, Code.UNKNOWN, None, False, None),
        (404, Code.PERMISSION_DENIED, 404, False, True),
        (404, Code.UNIMPLEMENTED, None, False, False),
        (404, None, None, False, None),
        (400, Code.FAILED_PRECONDITION, None, True, True),
        (418, Code.FAILED_PRECONDITION, None, True, True),
        (418, Code.INTERNAL, None, False, False),
        (408, Code.DEADLINE_EXCEEDED, None, True, True),
        (502, Code.UNAVAILABLE, None, True, True),
        (502, Code.NOT_FOUND, None, False, False),
        (502, None, 502, True, True),
        (502, None, 404, False, False),
    ],
)
def test_what_is_made_of_a_page(
    status: int, code: Code | None, http_status: int | None, is_kept: bool, has_its_class: bool | None
) -> None:
    page = arrived(CANCEL, LENGTH_0, outcome=Response(status, (), b"<html>"))
    said = turn(page, outcome=Outcome.RPC_ERROR, code=code, http_status=http_status)
    assert (keeps_the_status(said) is None) is is_kept
    if has_its_class is None:
        with pytest.raises(NotApplicable):
            keeps_the_class(said)
    else:
        assert (keeps_the_class(said) is None) is has_its_class


SHOWN = {
    (State.RUNNING, None): RUNNING,
    (State.CANCELLED, Code.CANCELLED): CANCELLED,
    (State.FAILED, Code.INTERNAL): FAILED,
    (State.SUCCEEDED, None): SUCCEEDED,
}


@pytest.mark.parametrize(("state", "code"), SHOWN)
def test_an_operation_is_shown_in_its_state_and_no_other(state: State, code: Code | None) -> None:
    for expected, shown in SHOWN.items():
        said = turn(arrived(f"/v1/{PARENT}/op-1", method="GET"), method=Method.GET, operation=shown)
        assert (shows(state, code)(said) is None) is (expected == (state, code))


@pytest.mark.parametrize(("state", "code"), SHOWN)
def test_the_predicate_of_an_operation_that_is_shown_does_not_deny_its_end(state: State, code: Code | None) -> None:
    """None of an operation that runs is judged: a future that was cancelled may say so of itself."""
    for cancelled in (True, False, None):
        look = arrived(f"/v1/{PARENT}/op-1", method="GET")
        said = turn(look, method=Method.GET, operation=SHOWN[(state, code)], cancelled=cancelled)
        is_right = state is State.RUNNING or cancelled in (None, state is State.CANCELLED)
        assert (shows(state, code)(said) is None) is is_right


@pytest.mark.parametrize(
    ("said", "is_mixed_up"),
    [
        ({"code": Code.PERMISSION_DENIED}, True),
        ({"http_status": 403}, True),
        ({"code": Code.NOT_FOUND, "http_status": 404}, False),
        ({}, False),
    ],
)
def test_a_call_among_others_is_not_told_their_answer(said: Mapping[str, Any], is_mixed_up: bool) -> None:
    refused = arrived(CANCEL, LENGTH_0, outcome=envelope(Code.NOT_FOUND, "no").response)
    judge = tells_no_other(Code.PERMISSION_DENIED)
    assert (judge(turn(refused, outcome=Outcome.RPC_ERROR, **said)) is not None) is is_mixed_up
    assert judge(turn(refused, outcome=Outcome.TRANSPORT_ERROR)) is None


def test_a_get_among_others_does_not_show_their_operation() -> None:
    mine, other = f"{PARENT}/op-1", f"{PARENT}/op-2"
    gets = [arrived(f"/v1/{name}", method="GET", number=number) for number, name in enumerate((mine, other), 1)]
    for shown, is_mixed_up in ((mine, False), (other, True), ("", False)):
        said = turn(*gets, method=Method.GET, operation={**RUNNING, "name": shown})
        assert (shows_no_other(said) is not None) is is_mixed_up
    assert shows_no_other(turn(*gets, method=Method.GET, outcome=Outcome.TRANSPORT_ERROR)) is None


@pytest.mark.parametrize(
    ("state", "shown"),
    [
        (State.RUNNING, {**RUNNING, "error": {"code": 0}}),
        (State.RUNNING, {**RUNNING, "response": True}),
        (State.CANCELLED, {**CANCELLED, "response": True}),
        (State.CANCELLED, {**CANCELLED, "error": {"code": 499}}),
        (State.SUCCEEDED, {**SUCCEEDED, "response": False}),
    ],
)
def test_an_operation_is_not_shown_half(state: State, shown: Mapping[str, Any]) -> None:
    assert shows(state)(turn(arrived(CANCEL), method=Method.GET, operation=shown)) is not None


def test_the_two_forms_of_an_error_say_the_same() -> None:
    for code in (Code.NOT_FOUND, Code.FAILED_PRECONDITION):
        wrapped, bare = envelope(code, "why").response, bare_status(code, "why").response
        assert wrapped.status == bare.status == code.http_status
        assert json.loads(wrapped.body)["error"]["code"] == code.http_status
        assert json.loads(bare.body)["code"] == int(code)
    assert isinstance(arrived(CANCEL).call, Call)


def test_an_error_without_a_code_is_an_end() -> None:
    for shown in (FAILED, SUCCEEDED, {"name": "n", "done": True}):
        assert shows_that_it_has_ended(turn(method=Method.GET, operation=shown)) is None
    for shown in (RUNNING, CANCELLED):
        assert shows_that_it_has_ended(turn(method=Method.GET, operation=shown)) is not None
    with pytest.raises(NotTested):
        shows_that_it_has_ended(turn(method=Method.GET, outcome=Outcome.DECODE_ERROR))


def test_who_knows_neither_code_nor_status_is_asked_for_them() -> None:
    refusal = envelope(Code.NOT_FOUND, "no").response
    bare = turn(arrived(CANCEL, LENGTH_0, outcome=refusal), outcome=Outcome.RPC_ERROR)
    complaint = tells_the_last_answer(bare)
    assert complaint is not None
    assert complaint.message.endswith("does the driver pass on the `code` or `http_status` of the SDK's error?")
    wrong = tells_the_last_answer(replace(bare, said=replace(bare.said, http_status=500)))
    assert wrong is not None
    assert "does the driver" not in wrong.message


def test_what_is_not_applicable_is_that_whatever_is_made_of_the_plain_answer() -> None:
    """A client that does not accept gzip, and tells no codes: nothing is to be learned of how it undoes gzip."""
    refusal = envelope(Code.NOT_FOUND, "no").response
    status_only = turn(arrived(CANCEL, LENGTH_0, outcome=refusal), outcome=Outcome.RPC_ERROR, http_status=404)
    judge = keeps_the_code(Code.NOT_FOUND)
    coded = Expectation("client-answer.coding-is-undone", if_coded(judge), 1, beside=(0, judge))
    with pytest.raises(NotApplicable):
        coded.judged([status_only, status_only])
    with pytest.raises(NotTested):
        coded.judged([status_only, replace(status_only, arrived=())])
