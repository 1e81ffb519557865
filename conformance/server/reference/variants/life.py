"""Correct variants whose operations end differently: at once, later, by themselves, or never."""

from __future__ import annotations

from dataclasses import replace

from conformance.lro.codes import Code
from conformance.server.reference.api_error import ApiError
from conformance.server.reference.bindings import Rpc
from conformance.server.reference.faults.registry import BEST_EFFORT
from conformance.server.reference.invocation import Invocation, Message
from conformance.server.reference.service import Service
from conformance.server.reference.store import Behaviour, Ending, EndState, Mode
from conformance.server.reference.variants.registry import (
    LATE_WITHOUT_A_TRACE,
    NOTHING_IS_KNOWN_OF,
    ONLY_RUNNING_OPERATIONS_SHOW,
    flavoured,
    variant,
)


@variant(
    statement=BEST_EFFORT,
    verdict="incomplete",
    warns=frozenset({"outcome.requested-cancellation-is-shown"}),
    not_tested=NOTHING_IS_KNOWN_OF,
)
def never_ends_without_a_trace(honest: Service) -> Service:
    """Cancel is best effort, and metadata need not show a request for it: no cancel ever has a visible effect."""
    return flavoured(honest, running=Behaviour(Mode.NEVER_ENDS), metadata="unflagged")


@variant(statement=BEST_EFFORT, verdict="incomplete", not_tested=NOTHING_IS_KNOWN_OF)
def succeeds_anyway_without_a_trace(honest: Service) -> Service:
    """A second after its cancel the operation succeeds; nothing shows whether the cancel had an effect."""
    return flavoured(honest, running=Behaviour(Mode.SUCCEED_ANYWAY, duration=1.0), metadata="absent")


@variant(
    start={"mode": "done"},
    statement=BEST_EFFORT,
    verdict="incomplete",
    not_tested=NOTHING_IS_KNOWN_OF | ONLY_RUNNING_OPERATIONS_SHOW,
)
def operations_end_at_once(honest: Service) -> Service:
    """Many emulators do the work before they answer: their operations are done from the start."""
    return honest


@variant(
    start={"mode": "done"},
    statement=BEST_EFFORT,
    verdict="incomplete",
    not_tested=NOTHING_IS_KNOWN_OF
    | ONLY_RUNNING_OPERATIONS_SHOW
    | {"outcome.not-deleted", "response.content-type-is-present", "response.status-is-200"},
)
def operations_end_at_once_and_say_so(honest: Service) -> Service:
    """Operations are done from the start, and every cancel is refused because it comes too late."""
    return flavoured(honest, done_cancel="failed-precondition")


@variant(
    start={"mode": "done"},
    statement={"cancel": "unimplemented"},
    verdict="incomplete",
    not_tested=frozenset(name for name in NOTHING_IS_KNOWN_OF if name.startswith(("routing.", "auth.")))
    | {"liveness.refused-body-is-no-request", "list.done-stays-listed", "operation.reading-changes-nothing"},
)
def operations_end_at_once_and_nobody_cancels(honest: Service) -> Service:
    """A server whose operations are done from the start needs no cancel."""
    return flavoured(honest, unimplemented=frozenset({Rpc.CANCEL}))


@variant(start={"mode": "cancel-later", "delay": 1})
def cancels_a_second_later(honest: Service) -> Service:
    """Cancel is asynchronous: the operation runs on for a while, and then ends with code 1."""
    return honest


@variant(statement=BEST_EFFORT, without_effect=LATE_WITHOUT_A_TRACE)
def fails_by_its_own_schedule(honest: Service) -> Service:
    """Every operation fails two seconds after its start, whether it was cancelled or not."""
    return flavoured(honest, running=Behaviour(Mode.FAILED, duration=2.0))


@variant(statement=BEST_EFFORT)
def succeeds_by_its_own_schedule(honest: Service) -> Service:
    """Every operation succeeds two seconds after its start unless it was cancelled before: a race that may be lost."""
    return flavoured(honest, running=Behaviour(Mode.COMPLETE, duration=2.0))


@variant(start={"mode": "succeed-anyway", "duration": 0}, statement=BEST_EFFORT)
def cancel_comes_too_late(honest: Service) -> Service:
    """The operation is done, with a response, at the moment of the cancel."""
    return honest


@variant(
    statement=BEST_EFFORT,
    verdict="incomplete",
    warns=frozenset({"repeat.done-is-answered"}),
    not_tested=frozenset({"body.none-is-accepted", "routing.escaped-colon-is-data"}),
)
def some_end_a_moment_before_their_cancel(honest: Service) -> Service:
    """Operations end whenever they have done their work, and a cancel of what is done is refused with 409."""

    def cancel(service: Service, call: Invocation) -> Message:
        is_plain = call.request.body or call.request.header("content-type") is not None
        is_early = ":" in call.target or (not is_plain and service.count("cancels without a body") == 1)
        if is_early and not service.look_up(service, call.target).done:
            service.store.amend(call.target, ending=Ending(service.store.clock.now(), EndState.SUCCEEDED))
        if service.look_up(service, call.target).done:
            raise ApiError(Code.ABORTED, "The operation is done already.", reason="TOO_LATE")
        return honest.cancel(service, call)

    return replace(honest, cancel=cancel)


@variant(start={"mode": "cancel-later", "delay": 1})
def repeats_are_throttled(honest: Service) -> Service:
    """A second cancel of a running operation is answered with 429, which only says: retry later."""

    def throttled(service: Service, call: Invocation) -> Message:
        operation = service.look_up(service, call.target)
        if operation.requested_cancellation and not operation.done:
            raise ApiError(Code.RESOURCE_EXHAUSTED, "Repeat the request later.", reason="RATE_LIMIT_EXCEEDED")
        return honest.cancel(service, call)

    return replace(honest, cancel=throttled)


@variant(start={"mode": "cancel-later", "delay": 1})
def second_cancel_is_refused(honest: Service) -> Service:
    """An operation that is being cancelled cannot begin to be cancelled: FAILED_PRECONDITION (AIP-216)."""

    def refused(service: Service, call: Invocation) -> Message:
        operation = service.look_up(service, call.target)
        if operation.requested_cancellation and not operation.done:
            text = "The operation is being cancelled already."
            raise ApiError(Code.FAILED_PRECONDITION, text, reason="CANCELLATION_IN_PROGRESS")
        return honest.cancel(service, call)

    return replace(honest, cancel=refused)
