"""Scenarios about operations: what became of one after its cancel, as a get shows it."""

from __future__ import annotations

from typing import Any

from conformance.lro.codes import Code
from conformance.lro.operation import State
from conformance.rules.client import (
    if_shown,
    is_no_success,
    keeps_the_message_of_the_operation,
    shows,
    shows_an_end,
    shows_that_it_has_ended,
)
from conformance.sdk.answers import EMPTY_OBJECT, JSON, Answer, body_answer, cut, html_answer, json_answer, twice
from conformance.sdk.scenario import RESPONSE, SHOWS_RUNNING, Expectation, Scenario, Step, cancel, get, operation

_NOBODY_KNOWS = {"@type": "type.googleapis.com/conformance.example.NobodyKnowsThisMetadata", "progress": 12}
_BROKEN = {"code": int(Code.INTERNAL), "message": "a disk broke"}
_UNKNOWN_DETAILS = {"@type": "type.googleapis.com/conformance.example.NobodyKnowsThisDetail", "hint": "none"}
_UNKNOWN_RESPONSE = {"@type": "type.googleapis.com/conformance.example.NobodyKnowsThisResponse", "count": 3}
_HALF = body_answer(200, b'{"name": "{operation}", "done": true, "resp', JSON)
_TELLING = "{operation}-done-cancelled-error-404"
_CANCELLED = {"code": int(Code.CANCELLED), "message": "cancelled by the caller"}


def _shown(
    name: str, requirement: str, summary: str, answer: Answer, state: State, code: Code | None = None, *before: Step
) -> Scenario:
    return Scenario(
        name=name,
        summary=summary,
        control=SHOWS_RUNNING,
        steps=(*before, get(*twice(answer))),
        expectations=(Expectation(f"client-operation.{requirement}", shows(state, code)),),
    )


def _not_an_operation(name: str, summary: str, answer: Answer) -> Scenario:
    return Scenario(
        name=name,
        summary=summary,
        control=SHOWS_RUNNING,
        steps=(get(*twice(answer)),),
        expectations=(Expectation("client-operation.garbage-is-no-operation", is_no_success),),
    )


_ACCEPTED = cancel(EMPTY_OBJECT)
_ASKED_TO_CANCEL = {
    "@type": "type.googleapis.com/google.cloud.beyondcorp.appconnections.v1.AppConnectionOperationMetadata",
    "createTime": "2026-11-26T10:00:00Z",
    "endTime": "2026-11-26T10:00:05Z",
    "requestedCancellation": True,
    "statusMessage": "Operation was cancelled: done, code 1, CANCELLED",
    "verb": "cancel",
}
_STRUCT = "type.googleapis.com/google.protobuf.Struct"
_STATUS = {"@type": "type.googleapis.com/google.rpc.Status", "code": int(Code.CANCELLED), "message": "cancelled"}
"""Metadata of a type that every client of operations knows, for an operation's error has it."""

_CANCELLED_STRUCT = {
    "@type": _STRUCT,
    "value": {"done": True, "state": "CANCELLED", "error": {"code": 1}, "requestedCancellation": True},
}

_OF_A_SERVICE = {
    "@type": "type.googleapis.com/conformance.example.NobodyKnowsThisMetadata",
    "done": True,
    "state": "CANCELLED",
    "code": int(Code.CANCELLED),
    "error": {"code": int(Code.CANCELLED), "message": "cancelled"},
    "requestedCancellation": True,
    "progressPercent": 100,
    "endTime": "2026-11-26T10:00:05Z",
}
"""Metadata of one service, whose members are called like those of an operation; who knows JSON only can read them."""


def _metadata(name: str, summary: str, state: State, code: Code | None = None, **members: Any) -> Scenario:
    """The metadata of an operation speaks of a cancellation; what became of it is said elsewhere."""
    answers = [
        operation(state.is_done, metadata=metadata, **members)
        for metadata in (_ASKED_TO_CANCEL, _CANCELLED_STRUCT, _STATUS, _OF_A_SERVICE)
    ]
    return Scenario(
        name=name,
        summary=summary,
        control=SHOWS_RUNNING,
        steps=(_ACCEPTED, *(get(*twice(answer)) for answer in answers)),
        expectations=tuple(
            Expectation("client-operation.metadata-is-no-outcome", if_shown(shows(state, code)), step)
            for step in range(1, len(answers) + 1)
        ),
    )


SCENARIOS = (
    _shown(
        "cancelled",
        "cancelled-is-told",
        "An operation runs, is cancelled, and is done then, with an error of code 1: what a get showed is out of date.",
        operation(True, error=_CANCELLED),
        State.CANCELLED,
        Code.CANCELLED,
        get(operation()),
        _ACCEPTED,
    ),
    Scenario(
        name="failed-otherwise",
        summary="After its cancel an operation is done, with an error of another code.",
        control=SHOWS_RUNNING,
        steps=(
            _ACCEPTED,
            get(*twice(operation(True, error=_BROKEN))),
        ),
        expectations=(
            Expectation("client-operation.failure-is-told", shows(State.FAILED, Code.INTERNAL)),
            Expectation("client-operation.message-is-kept", keeps_the_message_of_the_operation),
        ),
    ),
    _shown(
        "completed-despite-cancel",
        "completion-is-told",
        "After its cancel an operation is done, with a response: it was faster.",
        operation(True, response=RESPONSE),
        State.SUCCEEDED,
        None,
        _ACCEPTED,
    ),
    _shown(
        "still-running",
        "running-is-told",
        "After its cancel an operation still runs: cancel is best effort.",
        operation(),
        State.RUNNING,
        None,
        _ACCEPTED,
    ),
    _shown(
        "done-absent",
        "absent-done-is-false",
        "An operation that runs has no member `done`, as protobuf leaves out a default.",
        json_answer(200, {"name": "{operation}"}),
        State.RUNNING,
    ),
    _shown(
        "null-members",
        "null-is-absent",
        "An operation that runs has null for what it has not, as grpc-gateway writes it.",
        operation(metadata=None, error=None, response=None),
        State.RUNNING,
    ),
    Scenario(
        name="members-in-operation",
        summary="An operation has members that nobody knows yet.",
        control=SHOWS_RUNNING,
        steps=(get(*twice(operation(addedNextYear={"a": [1]}))),),
        expectations=(Expectation("client-answer.unknown-members-are-ignored", shows(State.RUNNING)),),
    ),
    _shown(
        "unknown-metadata",
        "unknown-metadata-is-carried",
        "The metadata of an operation that runs has a type that the client does not know.",
        operation(metadata=_NOBODY_KNOWS),
        State.RUNNING,
    ),
    Scenario(
        name="empty-response",
        summary="An operation is done, with a response that has no members: it is there, so the operation succeeded.",
        control=SHOWS_RUNNING,
        steps=(get(*twice(operation(True, response={}))),),
        expectations=(Expectation("client-operation.completion-is-told", if_shown(shows(State.SUCCEEDED))),),
    ),
    Scenario(
        name="unknown-response",
        summary="The response of an operation that is done has a type that the client does not know.",
        control=SHOWS_RUNNING,
        steps=(get(*twice(operation(True, response=_UNKNOWN_RESPONSE))),),
        expectations=(Expectation("client-operation.unknown-response-is-carried", shows_an_end),),
    ),
    Scenario(
        name="unknown-details-in-operation",
        summary="The error of an operation has details of a type that the client does not know.",
        control=SHOWS_RUNNING,
        steps=(get(*twice(operation(True, error={**_BROKEN, "details": [_UNKNOWN_DETAILS]}))),),
        expectations=(Expectation("client-operation.unknown-details-are-carried", shows_an_end),),
    ),
    *(
        _shown(
            f"failed-{code.name.lower().replace('_', '-')}",
            "failure-is-told",
            f"An operation is done, with an error of code {int(code)}.",
            operation(True, error={"code": int(code), "message": "it failed"}),
            State.FAILED,
            code,
        )
        for code in Code
        if code not in (Code.OK, Code.CANCELLED, Code.INTERNAL)
    ),
    _shown(
        "failed-after-its-cancel",
        "failure-is-told",
        "An operation that was to be cancelled is done, with an error whose message speaks of a cancel.",
        operation(True, error={"code": int(Code.ABORTED), "message": "cancelled, said the disk, and broke"}),
        State.FAILED,
        Code.ABORTED,
        _ACCEPTED,
    ),
    _shown(
        "failed-with-another-number",
        "failure-is-told",
        "An operation is done, with an error of a code that nobody knows yet.",
        operation(True, error={"code": 99, "message": "it failed in a new way"}),
        State.FAILED,
    ),
    Scenario(
        name="failed-without-code",
        summary="An operation is done, with an error without a code; it may be called what it likes, but it is done.",
        control=SHOWS_RUNNING,
        steps=(get(*twice(operation(True, error={"message": "it failed, and nobody knows how"}))),),
        expectations=(Expectation("client-operation.failure-is-told", shows_that_it_has_ended),),
    ),
    _shown(
        "cancelled-by-another",
        "cancelled-is-told",
        "An operation that somebody else has cancelled is done, with an error of code 1 that does not say the word.",
        operation(True, error={"code": int(Code.CANCELLED), "message": "stopped on request"}),
        State.CANCELLED,
        Code.CANCELLED,
    ),
    _shown(
        "cancelled-without-message",
        "cancelled-is-told",
        "After its cancel an operation is done, with an error of code 1 and no message.",
        operation(True, error={"code": int(Code.CANCELLED)}),
        State.CANCELLED,
        Code.CANCELLED,
        _ACCEPTED,
    ),
    _shown(
        "cancelled-at-length",
        "cancelled-is-told",
        "An operation was cancelled, and the message of its error is long.",
        operation(True, error={"code": int(Code.CANCELLED), "message": "stopped on request, " * 1000}),
        State.CANCELLED,
        Code.CANCELLED,
    ),
    Scenario(
        name="completed-without-cancel",
        summary="An operation that nobody cancelled is done, with a response that speaks of a cancellation.",
        control=SHOWS_RUNNING,
        steps=(get(*twice(operation(True, response=_CANCELLED_STRUCT))),),
        expectations=(Expectation("client-operation.completion-is-told", if_shown(shows(State.SUCCEEDED))),),
    ),
    _shown(
        "ended-without-result",
        "end-without-result-is-told",
        "An operation is done, with neither error nor response: its service does not provide the result.",
        operation(True),
        State.ENDED,
    ),
    _shown(
        "ended-after-its-cancel",
        "end-without-result-is-told",
        "After its cancel an operation is done, with neither error nor response, and null for both.",
        operation(True, error=None, response=None),
        State.ENDED,
        None,
        _ACCEPTED,
    ),
    _metadata("asked-to-cancel", "An operation runs, and was asked to be cancelled.", State.RUNNING),
    _metadata(
        "asked-to-cancel-and-completed",
        "An operation was asked to be cancelled, and is done with a response.",
        State.SUCCEEDED,
        response=RESPONSE,
    ),
    _metadata(
        "asked-to-cancel-and-failed",
        "An operation was asked to be cancelled, and is done with an error of another code.",
        State.FAILED,
        Code.INTERNAL,
        error=_BROKEN,
    ),
    _metadata(
        "asked-to-cancel-and-ended",
        "An operation was asked to be cancelled, and is done with neither error nor response.",
        State.ENDED,
    ),
    Scenario(
        name="another-operation",
        summary="A get is answered with another operation than was asked for: it is not the one that was.",
        control=SHOWS_RUNNING,
        steps=(get(*twice(operation(True, name="{operation}-other", response=RESPONSE))),),
    ),
    Scenario(
        name="telling-name",
        summary="An operation that runs has a name that speaks of its end.",
        control=SHOWS_RUNNING,
        steps=(get(operation(name=_TELLING), name=_TELLING),),
        expectations=(Expectation("client-operation.running-is-told", shows(State.RUNNING)),),
    ),
    _not_an_operation("list-as-operation", "A get is answered with an empty JSON array.", json_answer(200, [])),
    _not_an_operation("text-as-operation", "A get is answered with a JSON text.", json_answer(200, "done")),
    _not_an_operation("number-as-operation", "A get is answered with a JSON number.", json_answer(200, 1)),
    _not_an_operation("true-as-operation", "A get is answered with `true`.", json_answer(200, True)),
    _not_an_operation(
        "operation-in-a-list",
        "A get is answered with an array that has the operation in it.",
        json_answer(200, [{"name": "{operation}", "done": True, "response": RESPONSE}]),
    ),
    _not_an_operation("nothing-as-operation", "A get is answered 200 without a body.", body_answer(200, b"", JSON)),
    _not_an_operation("no-content-as-operation", "A get is answered 204.", body_answer(204, b"")),
    _not_an_operation(
        "page-as-operation", "A proxy answers a get with 200 and its login page.", html_answer(200, "Sign in")
    ),
    _not_an_operation(
        "garbled-operation",
        "The JSON of an operation ends in the middle.",
        _HALF,
    ),
    Scenario(
        "cut-operation",
        "The connection is closed within an operation: once in the middle of its JSON, once after it.",
        SHOWS_RUNNING,
        tuple(get(*twice(cut(answer))) for answer in (_HALF, operation(True, response=RESPONSE))),
        (
            Expectation("client-operation.garbage-is-no-operation", is_no_success, 0),
            Expectation("client-operation.cut-is-no-operation", is_no_success, 1),
        ),
    ),
)
