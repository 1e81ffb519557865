"""Scenarios about calls that are made one after the other: what is told of one is not told of the next.

All other scenarios have a control between an error and the next one, and a client that keeps an error until a call
succeeds would pass them.
"""

from __future__ import annotations

from dataclasses import replace

from conformance.exchange import Method
from conformance.lro.codes import Code
from conformance.lro.operation import State
from conformance.rules.client import (
    if_sent,
    is_no_success,
    is_ok,
    keeps_the_message,
    shows,
    tells_a_cancellation,
    tells_a_failure,
    tells_a_result,
    tells_the_last_answer,
)
from conformance.sdk.answers import EMPTY_OBJECT, Answer, Script, envelope
from conformance.sdk.scenario import (
    IS_REFUSED,
    RESPONSE,
    SHOWS_RUNNING,
    SUCCEEDS,
    Expectation,
    Scenario,
    Step,
    cancel,
    get,
    operation,
    wait,
)
from conformance.sdk.scenarios.waits import WAITS

_NAMES = tuple(f"{{operation}}-{letter}" for letter in "abcd")
_NO_SUCH = "there is no such operation"
_NOT_YOURS = "this operation is not yours"
_HAS_ENDED = "the operation has ended"
_SUCCEEDED = operation(True, response=RESPONSE)


def _ended(name: str, code: Code) -> Answer:
    return operation(True, name=name, error={"code": int(code), "message": f"it ended with {code.name}"})


_ENDS = (
    _ended(_NAMES[0], Code.INTERNAL),
    _ended(_NAMES[1], Code.ABORTED),
    _ended(_NAMES[2], Code.CANCELLED),
    operation(True, name=_NAMES[3], response=RESPONSE),
)


def _waited(name: str, answer: Answer) -> Step:
    return replace(wait(answer), name=name)


SCENARIOS = (
    Scenario(
        name="consecutive-cancels",
        summary="Three operations are cancelled: one does not exist, one is not the caller's, and one is cancelled.",
        control=SUCCEEDS,
        steps=(
            cancel(envelope(Code.NOT_FOUND, _NO_SUCH), name=_NAMES[0]),
            cancel(envelope(Code.PERMISSION_DENIED, _NOT_YOURS), name=_NAMES[1]),
            cancel(EMPTY_OBJECT, name=_NAMES[2]),
        ),
        expectations=(
            Expectation("client-answer.not-found", tells_the_last_answer, 0),
            Expectation("client-answer.permission-denied", tells_the_last_answer, 1),
            Expectation("client-answer.message-is-kept", keeps_the_message(_NOT_YOURS), 1),
            Expectation("client-answer.empty-object-is-success", is_ok, 2, beside=(1, is_no_success)),
        ),
    ),
    Scenario(
        name="get-after-a-refused-cancel",
        summary="An operation runs, and its cancel is denied; then it is gone, and a get of it is answered NOT_FOUND.",
        control=SHOWS_RUNNING,
        steps=(
            get(operation()),
            cancel(envelope(Code.PERMISSION_DENIED, _NOT_YOURS)),
            get(envelope(Code.NOT_FOUND, _NO_SUCH)),
        ),
        expectations=(Expectation("client-answer.not-found", tells_the_last_answer),),
    ),
    Scenario(
        name="cancel-after-a-done-get",
        summary="A get shows that an operation is done, as every other look; its cancel is sent, and is refused.",
        control=SHOWS_RUNNING,
        steps=(
            get(_SUCCEEDED),
            Step(Method.CANCEL, Script((envelope(Code.FAILED_PRECONDITION, _HAS_ENDED),), seen=_SUCCEEDED)),
        ),
        expectations=(Expectation("client-answer.failed-precondition", if_sent(tells_the_last_answer)),),
    ),
    Scenario(
        name="cancel-after-a-denied-get",
        summary="A get of an operation is denied; its cancel, which needs another permission, is accepted.",
        control=IS_REFUSED,
        steps=(get(envelope(Code.PERMISSION_DENIED, _NOT_YOURS)), cancel(EMPTY_OBJECT)),
        expectations=(Expectation("client-answer.empty-object-is-success", is_ok),),
    ),
    Scenario(
        name="wait-after-a-denied-cancel",
        summary="The cancel of an operation is denied; then the operation is waited for, and succeeds.",
        control=WAITS,
        steps=(
            cancel(envelope(Code.PERMISSION_DENIED, _NOT_YOURS)),
            wait(operation(), operation(True, response=RESPONSE)),
        ),
        expectations=(Expectation("client-wait.completion-is-told", tells_a_result),),
    ),
    Scenario(
        name="consecutive-gets",
        summary="Four operations are shown: two have failed, each otherwise, one was cancelled, and one has succeeded.",
        control=SHOWS_RUNNING,
        steps=tuple(get(end, name=name) for name, end in zip(_NAMES, _ENDS, strict=True)),
        expectations=(
            Expectation("client-operation.failure-is-told", shows(State.FAILED, Code.INTERNAL), 0),
            Expectation("client-operation.failure-is-told", shows(State.FAILED, Code.ABORTED), 1),
            Expectation("client-operation.cancelled-is-told", shows(State.CANCELLED, Code.CANCELLED), 2),
            Expectation("client-operation.completion-is-told", shows(State.SUCCEEDED), 3),
        ),
    ),
    Scenario(
        name="consecutive-waits",
        summary="Four operations are waited for: two fail, each otherwise, one is cancelled, and one succeeds.",
        control=WAITS,
        steps=tuple(_waited(name, end) for name, end in zip(_NAMES, _ENDS, strict=True)),
        expectations=(
            Expectation("client-wait.failure-is-told", tells_a_failure(Code.INTERNAL), 0),
            Expectation("client-wait.failure-is-told", tells_a_failure(Code.ABORTED), 1),
            Expectation("client-wait.cancelled-is-told", tells_a_cancellation, 2),
            Expectation("client-wait.completion-is-told", tells_a_result, 3),
        ),
    ),
)
