"""Faults of cancelling what is done, and of waiting until it is."""

from __future__ import annotations

from dataclasses import replace

from conformance.lro.codes import Code
from conformance.server.reference.faults.lies import cancel_preceded, refusal, was_cancelled
from conformance.server.reference.faults.registry import fault
from conformance.server.reference.invocation import Invocation, Message
from conformance.server.reference.service import Service

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
