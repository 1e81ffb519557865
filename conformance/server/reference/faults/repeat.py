"""Faults of cancelling again, and of cancelling what is done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from conformance.lro.codes import Code
from conformance.server.reference.api_error import ApiError, not_found, unimplemented
from conformance.server.reference.faults.lies import cancel_preceded, honest_start, refusal, was_cancelled
from conformance.server.reference.faults.registry import BEST_EFFORT, LATER, fault
from conformance.server.reference.invocation import Invocation, Message
from conformance.server.reference.service import Service
from conformance.server.reference.store import Behaviour, Ending, EndState, Snapshot


def _on(honest: Service, when: Callable[[Snapshot], bool], error: Callable[[Invocation], ApiError]) -> Service:
    """A cancel of an operation that `when` is true of is answered with the error."""

    def act(service: Service, call: Invocation) -> None:
        if when(service.look_up(service, call.target)):
            raise error(call)

    return cancel_preceded(honest, act)


def _is_done(operation: Snapshot) -> bool:
    return operation.done


def _is_being_cancelled(operation: Snapshot) -> bool:
    return operation.requested_cancellation and not operation.done


_INTERNAL = refusal(Code.INTERNAL, "Internal error encountered.", "INTERNAL_ERROR")


# --- While it runs ----------------------------------------------------------------------------------------------------


@fault(breaks="repeat.is-accepted", start=LATER)
def second_cancel_conflicts(honest: Service) -> Service:
    """Refuses the second cancel of a running operation as ABORTED: a cancel is in progress already."""
    return _on(honest, _is_being_cancelled, lambda _: refusal(Code.ABORTED, "Cancellation is in progress."))


@fault(breaks="repeat.is-accepted", start=LATER)
def second_cancel_is_an_argument(honest: Service) -> Service:
    """Refuses the second cancel of a running operation as INVALID_ARGUMENT, as if the request were wrong."""
    return _on(honest, _is_being_cancelled, lambda _: refusal(Code.INVALID_ARGUMENT, "It is cancelled already."))


@fault(breaks="repeat.is-safe", start=LATER)
def second_cancel_crashes(honest: Service) -> Service:
    """Answers the second cancel of a running operation with 500: the row is there already."""
    return _on(honest, _is_being_cancelled, lambda _: _INTERNAL)


@fault(breaks=("repeat.is-accepted", "repeat.known-stays-known"), start=LATER)
def second_cancel_finds_nothing(honest: Service) -> Service:
    """Answers the second cancel of a running operation with 404: it has left the table of what can be cancelled."""
    return _on(honest, _is_being_cancelled, lambda call: not_found(call.target))


@fault(breaks="outcome.guaranteed", start=LATER)
def second_cancel_takes_the_first_back(honest: Service) -> Service:
    """Takes a cancellation back when it is requested again, as a switch does: the operation runs on for ever."""

    def act(service: Service, call: Invocation) -> None:
        if _is_being_cancelled(service.look_up(service, call.target)):
            service.store.amend(call.target, behaviour=Behaviour.of("never-ends"))

    return cancel_preceded(honest, act)


# --- Once it is done --------------------------------------------------------------------------------------------------


@fault(breaks=("repeat.is-safe", "repeat.done-is-answered"))
def cancel_of_done_crashes(honest: Service) -> Service:
    """Answers the cancel of a done operation with 500, as buildfarm, whose IllegalStateException nobody catches."""
    unknown = refusal(Code.UNKNOWN, "java.lang.IllegalStateException: already completed", "UNKNOWN_ERROR")
    return _on(honest, _is_done, lambda _: unknown)


@fault(breaks="repeat.done-is-answered")
def cancel_of_done_is_invalid(honest: Service) -> Service:
    """Answers the cancel of a done operation with INVALID_ARGUMENT, as lzy."""
    return _on(honest, _is_done, lambda _: refusal(Code.INVALID_ARGUMENT, "Operation already completed."))


@fault(breaks="repeat.done-is-answered")
def cancel_of_done_conflicts(honest: Service) -> Service:
    """Answers the cancel of a done operation with 409."""
    return _on(honest, _is_done, lambda _: refusal(Code.ABORTED, "Operation already completed."))


@fault(breaks=("repeat.done-is-answered", "repeat.known-stays-known"))
def cancel_of_done_finds_nothing(honest: Service) -> Service:
    """Answers the cancel of an operation that get shows with 404, as kinglet, whose cancel asks another store."""
    return _on(honest, _is_done, lambda call: not_found(call.target))


@fault(breaks=("repeat.done-is-answered", "repeat.is-safe", "unimplemented.as-stated"))
def cancel_of_done_is_unimplemented(honest: Service) -> Service:
    """Answers the cancel of a done operation with 501, which says that there is no cancel at all."""
    return _on(honest, _is_done, lambda call: unimplemented(call.rpc, call.target))


# --- What is final ----------------------------------------------------------------------------------------------------


@fault(
    breaks=("operation.done-is-final", "outcome.requested-cancellation-is-true"),
    unseen=dict.fromkeys(
        ("at-once", "late", "very-late", "with-trace", "socket", "workers", "recording"),
        "a list that is up to date does not show what was before",
    ),
    unseen_part=("outcome.requested-cancellation-is-true",),
)
def second_cancel_revives(honest: Service) -> Service:
    """Sets a cancelled operation running again when it is cancelled once more: the state becomes CANCELLING."""

    def act(service: Service, call: Invocation) -> None:
        operation = service.look_up(service, call.target)
        if operation.done and was_cancelled(operation):
            again = Behaviour.of("cancel-later", delay=0.4)
            service.store.amend(call.target, behaviour=again, cancel_requested_at=service.clock.now())

    return cancel_preceded(honest, act)


@fault(breaks="operation.result-is-final", start={"mode": "succeed-anyway", "duration": 0.2}, statement=BEST_EFFORT)
def cancel_overwrites_success(honest: Service) -> Service:
    """Overwrites the response of a done operation with the error, as lzy's LocalOperationService."""

    def act(service: Service, call: Invocation) -> None:
        operation = service.look_up(service, call.target)
        if operation.ended_at is not None:
            service.store.amend(call.target, ending=Ending(operation.ended_at, EndState.CANCELLED))

    return cancel_preceded(honest, act)


@fault(breaks="operation.result-is-final")
def second_cancel_rewrites_the_message(honest: Service) -> Service:
    """Writes the number of cancels into the message of the error."""
    counting = cancel_preceded(honest, lambda service, call: _count(service, call.target))

    def lie(service: Service, operation: Snapshot) -> Message:
        message, times = honest.render_operation(service, operation), _times(service, operation.name)
        if "error" not in message or times < 2:
            return message
        return message | {"error": message["error"] | {"message": f"The operation was cancelled {times} times."}}

    return replace(counting, render_operation=lie)


@fault(breaks=("operation.result-is-final", "outcome.guaranteed"))
def second_cancel_changes_the_code(honest: Service) -> Service:
    """Turns the error of a cancelled operation into FAILED_PRECONDITION when it is cancelled again."""
    counting = cancel_preceded(honest, lambda service, call: _count(service, call.target))

    def lie(service: Service, operation: Snapshot) -> Message:
        message = honest.render_operation(service, operation)
        if "error" not in message or _times(service, operation.name) < 2:
            return message
        return message | {"error": {"code": 9, "message": "The operation is done already.", "details": []}}

    return replace(counting, render_operation=lie)


@fault(breaks="operation.done-is-final", start=LATER)
def done_comes_too_early(honest: Service) -> Service:
    """Shows an operation as done at the cancel and as running afterwards, until the worker has really stopped."""

    def lie(service: Service, operation: Snapshot) -> Message:
        message = honest.render_operation(service, operation)
        early = operation.requested_cancellation and not operation.done
        if not early or service.count(f"seen {operation.name}") > 1:
            return message
        return message | {"done": True, "error": {"code": 1, "message": "The operation was cancelled."}}

    return honest_start(replace(honest, render_operation=lie), honest)


def _count(service: Service, name: str) -> None:
    service.look_up(service, name)
    service.count(f"cancels of {name}")


def _times(service: Service, name: str) -> int:
    times: int = service.scratch.get("counts", {}).get(f"cancels of {name}", 0)
    return times
