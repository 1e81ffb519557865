"""Scenarios about waits, for drivers whose SDK has a helper that waits: pollers, futures, `result()`.

Each wait begins with a name, as that of a helper does that is made anew: nothing of an earlier call is remembered.
"""

from __future__ import annotations

from dataclasses import replace

from conformance.exchange import Method
from conformance.lro.codes import Code
from conformance.rules.client import (
    ends_with_the_refusal,
    if_looked_often,
    is_no_success,
    keeps_the_message_of_the_operation,
    pauses_grow,
    says_that_it_is_over,
    tells_a_cancellation,
    tells_a_failure,
    tells_a_result,
    tells_no_cancellation,
    tells_no_other_end,
    tells_that_time_is_over,
    unless_unreadable,
    waits_for_an_answer_in_time,
)
from conformance.rules.client.turn import Turn, TurnJudge
from conformance.rules.rule import Complaint
from conformance.sdk.answers import EMPTY_OBJECT, OVER, RESET, Answer, Script, envelope, held, html_answer, json_answer
from conformance.sdk.scenario import (
    CONTROL,
    RESPONSE,
    SUCCEEDS,
    TIMEOUT,
    Control,
    Expectation,
    Scenario,
    Step,
    cancel,
    operation,
    wait,
)

FUTURE = "future"
"""The habit of a `cancel()` that looks first, and does nothing where the operation has ended."""

_RUNNING = operation()
_CANCELLED = operation(True, error={"code": int(Code.CANCELLED), "message": "cancelled by the caller"})
_STOPPED = operation(True, error={"code": int(Code.CANCELLED), "message": "stopped"})
_SUCCEEDED = operation(True, response=RESPONSE)
_UNAVAILABLE = envelope(Code.UNAVAILABLE, "the service is being restarted")
_BUSY = envelope(Code.RESOURCE_EXHAUSTED, "too many gets")
_SHORT = 400
_TOO_LATE = 3000
_MANY_LOOKS = 24
"""Nobody who backs off looks so often."""
_ASKED_TO_CANCEL = {
    "@type": "type.googleapis.com/google.protobuf.Struct",
    "value": {"requestedCancellation": True, "cancelRequested": True, "state": "CANCELLING"},
}
_ANOTHER = "{operation}-another"
_AS_IT_IS_CALLED = "-as-its-service-calls-it"
_OF_A_SERVICE = {
    "@type": "type.googleapis.com/conformance.example.NobodyKnowsThisMetadata",
    "requestedCancellation": True,
    "state": "CANCELLED",
    "error": {"code": int(Code.CANCELLED)},
    "done": True,
    "progressPercent": 100,
    "endTime": "2026-11-26T10:00:05Z",
}
_SAYS_DONE = {
    "@type": "type.googleapis.com/google.protobuf.Struct",
    "value": {"progressPercent": 100, "progress": 1.0, "state": "DONE", "endTime": "2026-11-26T10:00:05Z"},
}


def _failed(code: Code) -> Answer:
    return operation(True, error={"code": int(code), "message": "it failed while it was being cancelled"})


def _a_result_arrives(turn: Turn) -> Complaint | None:
    return None if turn.answers and turn.said.is_ok else turn.complain("a wait for an operation that is done fails")


WAITS = Control(
    replace(wait(operation(True, name=CONTROL, response=RESPONSE)), name=CONTROL),
    _a_result_arrives,
    "client-wait.completion-is-told",
)
"""An ordinary wait ends with the operation."""


def _waited(
    name: str,
    requirement: str,
    summary: str,
    judge: TurnJudge,
    *answers: Answer,
    before: tuple[Step, ...] = (),
    control: Control = WAITS,
    timeout: int = TIMEOUT,
    besides: tuple[Expectation, ...] = (),
) -> Scenario:
    return Scenario(
        name=name,
        summary=summary,
        control=control,
        steps=(*before, wait(*answers, timeout=timeout)),
        expectations=(Expectation(f"client-wait.{requirement}", judge), *besides),
    )


_ACCEPTED = (cancel(EMPTY_OBJECT),)
_MESSAGE = Expectation("client-operation.message-is-kept", keeps_the_message_of_the_operation)
SCENARIOS = (
    _waited(
        "wait-cancelled",
        "cancelled-is-told",
        "An operation is cancelled and waited for: it runs for a while, and is done then, with an error of code 1.",
        tells_a_cancellation,
        _RUNNING,
        _RUNNING,
        _CANCELLED,
        before=_ACCEPTED,
    ),
    _waited(
        "wait-cancelled-already",
        "cancelled-is-told",
        "An operation is waited for that was cancelled long ago.",
        tells_a_cancellation,
        _CANCELLED,
    ),
    _waited(
        "wait-cancelled-by-another",
        "cancelled-is-told",
        "An operation is waited for, and somebody else cancels it; its error does not say the word.",
        tells_a_cancellation,
        _RUNNING,
        _STOPPED,
    ),
    _waited(
        "wait-completed-despite-cancel",
        "completion-is-told",
        "An operation is cancelled and waited for, and is done with a response: it was faster.",
        tells_a_result,
        _RUNNING,
        _SUCCEEDED,
        before=_ACCEPTED,
    ),
    *(
        _waited(
            f"wait-failed-{code.name.lower().replace('_', '-')}",
            "failure-is-told",
            f"An operation is cancelled and waited for, and is done with an error of code {int(code)}.",
            tells_a_failure(code),
            _RUNNING,
            _failed(code),
            before=_ACCEPTED,
            besides=(_MESSAGE,) if code is Code.INVALID_ARGUMENT else (),
        )
        for code in Code
        if code not in (Code.OK, Code.CANCELLED)
    ),
    _waited(
        "wait-through-unavailable",
        "goes-on",
        "In the middle of a wait a get is answered UNAVAILABLE.",
        tells_a_result,
        _RUNNING,
        _UNAVAILABLE,
        _RUNNING,
        _SUCCEEDED,
    ),
    _waited(
        "wait-through-busy",
        "goes-on",
        "In the middle of a wait a get is answered 429.",
        tells_a_result,
        _RUNNING,
        _BUSY,
        _RUNNING,
        _SUCCEEDED,
    ),
    *(
        Scenario(
            f"wait-{slug}",
            f"{when} a get is answered {code.name}.",
            WAITS,
            (wait(*before, envelope(code, "no more"), timeout=3000),),
            (
                Expectation("client-wait.refusal-ends-it", ends_with_the_refusal(code)),
                Expectation(f"client-answer.{code.name.lower().replace('_', '-')}", tells_no_other_end(code)),
            ),
        )
        for slug, when, code, before in (
            ("gone", "In the middle of a wait", Code.NOT_FOUND, (_RUNNING,)),
            ("denied", "In the middle of a wait", Code.PERMISSION_DENIED, (_RUNNING,)),
            ("gone-at-first", "At the first look of a wait", Code.NOT_FOUND, ()),
            ("denied-at-first", "At the first look of a wait", Code.PERMISSION_DENIED, ()),
        )
    ),
    Scenario(
        "wait-data-loss",
        "In the middle of a wait a get is answered DATA_LOSS; who looks on sees that the operation is done.",
        WAITS,
        (wait(_RUNNING, envelope(Code.DATA_LOSS, "it is lost"), _SUCCEEDED),),
    ),
    *(
        Scenario(
            f"wait-{slug}",
            f"In the middle of a wait {what}, and so ever after: that is no end of the operation.",
            WAITS,
            (wait(_RUNNING, answer, timeout=_SHORT),),
        )
        for slug, what, answer in (
            ("broken", "the connection breaks before the answer to a get", RESET),
            ("unreadable", "a proxy answers a get with its login page", html_answer(200, "Sign in to the network")),
        )
    ),
    Scenario(
        "wait-page-410-at-first",
        "A proxy answers the first look of a wait with a page and 410, and so every other one.",
        WAITS,
        (wait(html_answer(410, "Gone"), timeout=3000),),
    ),
    Scenario(
        "wait-ended-without-result",
        "An operation is waited for that ends with neither error nor response, which nobody cancelled.",
        WAITS,
        (wait(_RUNNING, operation(True)),),
        (Expectation("client-operation.end-without-result-is-told", tells_no_cancellation),),
    ),
    _waited(
        "wait-default-left-out",
        "completion-is-told",
        "An operation that is waited for has no member `done` while it runs, as protobuf leaves out a default.",
        tells_a_result,
        *(json_answer(200, {"name": "{operation}"}),) * 2,
        _SUCCEEDED,
    ),
    Scenario(
        "wait-failed-without-code",
        "An operation that is waited for is done, with an error without a code; whatever that is, it is the end.",
        WAITS,
        (wait(_RUNNING, operation(True, error={"message": "it failed, and nobody knows how"}), timeout=_SHORT),),
    ),
    Scenario(
        "wait-null-members",
        "Operations that are waited for have null for what they have not: one is done with a response, one runs first.",
        WAITS,
        (
            wait(operation(True, metadata=None, error=None, response=RESPONSE)),
            replace(
                wait(
                    operation(name=_ANOTHER, metadata=None, error=None, response=None),
                    operation(True, name=_ANOTHER, response=RESPONSE),
                ),
                name=_ANOTHER,
            ),
        ),
        (Expectation("client-operation.null-is-absent", tells_a_result, step=0),),
    ),
    Scenario(
        "wait-nearly-over",
        "The metadata of an operation that runs on say that it is over.",
        WAITS,
        (wait(operation(metadata=_SAYS_DONE), timeout=_SHORT),),
    ),
    Scenario(
        "wait-for-ever",
        "An operation that does not end is waited for.",
        WAITS,
        (wait(_RUNNING, timeout=_SHORT),),
        (
            Expectation("client-wait.end-is-awaited", is_no_success),
            Expectation("client-retry.time-over-is-told", tells_that_time_is_over),
        ),
    ),
    Scenario(
        "wait-slow",
        "In the middle of a wait a get is answered late, but in time: the operation is done.",
        WAITS,
        (wait(_RUNNING, held(_SUCCEEDED, 1200), timeout=2000),),
        (Expectation("client-retry.deadline-is-used", waits_for_an_answer_in_time),),
    ),
    Scenario(
        "wait-silent",
        "In the middle of a wait a get is not answered before the deadline of the wait.",
        WAITS,
        (wait(_RUNNING, held(_RUNNING, _TOO_LATE), timeout=_SHORT),),
    ),
    _waited(
        "wait-asked-to-cancel",
        "completion-is-told",
        "The metadata of an operation that runs speak of a cancellation; then it is done, with a response.",
        unless_unreadable(tells_a_result),
        operation(metadata=_ASKED_TO_CANCEL),
        operation(metadata=_ASKED_TO_CANCEL),
        _SUCCEEDED,
        before=_ACCEPTED,
    ),
    _waited(
        "wait-metadata-of-a-service",
        "completion-is-told",
        "The metadata of an operation that runs are those of a service, and speak of a cancellation; then it is done.",
        unless_unreadable(tells_a_result),
        operation(metadata=_OF_A_SERVICE),
        _SUCCEEDED,
        before=_ACCEPTED,
    ),
    _waited(
        "wait-metadata-gone",
        "completion-is-told",
        "An operation that is waited for has metadata at first, and none while it still runs.",
        unless_unreadable(tells_a_result),
        operation(metadata=_ASKED_TO_CANCEL),
        _RUNNING,
        _SUCCEEDED,
    ),
    Scenario(
        "wait-renamed",
        "The first look of a wait shows an operation that runs, by another name; whichever is looked at then is done.",
        WAITS,
        (
            replace(
                wait(),
                script=Script(
                    (operation(name="{operation}" + _AS_IT_IS_CALLED), _SUCCEEDED),
                    {
                        "{path}" + _AS_IT_IS_CALLED: operation(
                            True, name="{operation}" + _AS_IT_IS_CALLED, response=RESPONSE
                        )
                    },
                ),
            ),
        ),
        (Expectation("client-wait.completion-is-told", unless_unreadable(tells_a_result)),),
    ),
    _waited(
        "wait-long",
        "completion-is-told",
        "An operation is done when it has been looked at eight times; the deadline allows more.",
        if_looked_often(tells_a_result),
        *(_RUNNING,) * 8,
        _SUCCEEDED,
    ),
    _waited(
        "wait-backs-off",
        "backs-off",
        f"An operation runs until the deadline of the wait, or until it has been looked at {_MANY_LOOKS} times.",
        pauses_grow,
        *(_RUNNING,) * _MANY_LOOKS,
        _SUCCEEDED,
        timeout=1500,
    ),
    Scenario(
        "cancel-of-a-done-operation",
        "A helper that looks first is told to cancel an operation that is done.",
        SUCCEEDS,
        (Step(Method.CANCEL, Script((OVER,), seen=_SUCCEEDED)),),
        (Expectation("client-wait.done-is-not-cancelled", says_that_it_is_over),),
        needs=(FUTURE,),
    ),
)
