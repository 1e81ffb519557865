"""Faults of cancelling what is done, and of waiting until it is."""

from __future__ import annotations

from dataclasses import replace

from conformance.lro.codes import Code
from conformance.server.reference.faults.lies import cancel_preceded, refusal, was_cancelled, without
from conformance.server.reference.faults.registry import fault
from conformance.server.reference.invocation import Invocation, Message
from conformance.server.reference.service import Service
from conformance.server.reference.store import Mode, Snapshot

_BLOCKS = 2.5
"""Seconds; longer than a cancel takes in any world."""


@fault(breaks="outcome.cancel-is-asynchronous")
def cancel_waits_until_it_is_done(honest: Service) -> Service:
    """Answers the cancel of a running operation when the worker has stopped."""

    def lie(service: Service, call: Invocation) -> Message:
        was_running = not service.look_up(service, call.target).done
        answer = honest.cancel(service, call)
        if was_running:
            service.clock.sleep(_BLOCKS)
        return answer

    return replace(honest, cancel=lie)


@fault(breaks="repeat.done-is-answered")
def cancel_of_cancelled_conflicts(honest: Service) -> Service:
    """Answers the second cancel of an operation that a cancel ended with 409, and that of any other rightly."""

    def act(service: Service, call: Invocation) -> None:
        operation = service.look_up(service, call.target)
        if operation.done and was_cancelled(operation):
            raise refusal(Code.ABORTED, "The operation was cancelled already.")

    return cancel_preceded(honest, act)


@fault(breaks=("repeat.is-safe", "repeat.done-is-answered"))
def cancel_of_cancelled_crashes(honest: Service) -> Service:
    """Answers the second cancel of an operation that a cancel ended with 500, and that of any other rightly."""

    def act(service: Service, call: Invocation) -> None:
        if was_cancelled(service.look_up(service, call.target)):
            raise refusal(Code.INTERNAL, "Internal error encountered.", "INTERNAL_ERROR")

    return cancel_preceded(honest, act)


@fault(
    breaks=("outcome.not-deleted", "outcome.still-listed"),
    unseen=dict.fromkeys(
        ("late", "very-late", "with-trace"), "nothing that has ended is cancelled again before the list is read"
    ),
    unseen_part=("outcome.still-listed",),
    by_chance={"workers": "a worker may cancel again what it has not seen to end, and list it or not"},
    at_least=True,
)
def cancel_of_cancelled_deletes(honest: Service) -> Service:
    """Deletes an operation that a cancel ended when it is cancelled again: a queue that forgets what has ended."""

    def lie(service: Service, call: Invocation) -> Message:
        operation = service.look_up(service, call.target)
        if not was_cancelled(operation):
            return honest.cancel(service, call)
        service.store.delete(operation.name)
        return {}

    return replace(honest, cancel=lie)


_TAKES = 1.0
"""Seconds that the worker takes for what else would be done when it is started."""


@fault(
    breaks="operation.result-is-final",
    profile="ci",
    by_chance={"very-late": "the worker is done before such a cancel takes effect; some of what is drawn is slower"},
)
def worker_overwrites_a_cancellation(honest: Service) -> Service:
    """Writes the result of a worker into an operation that was cancelled meanwhile: the last one to write wins."""
    made = {"@type": "type.googleapis.com/google.protobuf.Empty"}

    def start(service: Service, call: Invocation) -> Message:
        is_done = call.body.get("mode") == Mode.DONE
        body = {"mode": Mode.COMPLETE, "duration": _TAKES} if is_done else call.body
        return honest.start(service, replace(call, body=body))

    def render(service: Service, operation: Snapshot) -> Message:
        shown = honest.render_operation(service, operation)
        is_written = service.clock.now() > operation.started_at + _TAKES
        is_worked_on = operation.behaviour.mode is Mode.COMPLETE and was_cancelled(operation) and is_written
        return without(shown, "error") | {"response": made} if is_worked_on else shown

    return replace(honest, start=start, render_operation=render)
