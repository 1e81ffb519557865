"""Faults of the effect of a cancel on its operation.

With the statement "best-effort" an operation need not end by its cancel; then only a wrong description of its end is a
defect.
"""

from __future__ import annotations

from dataclasses import replace

from conformance.lro.codes import Code
from conformance.server.reference.api_error import ApiError
from conformance.server.reference.faults.lies import cancelled_shown, flavoured, refusal, was_cancelled, without
from conformance.server.reference.faults.registry import BEST_EFFORT, LATER, NO_METADATA, NOT_KNOWN_BY_WHAT, fault
from conformance.server.reference.invocation import Invocation, Message
from conformance.server.reference.service import Service
from conformance.server.reference.store import Behaviour, Mode, UnknownOperation


def _ending_with(honest: Service, error: object) -> Service:
    """A cancelled operation is shown with this error."""
    return cancelled_shown(honest, lambda message: message | {"error": error})


def _get_refused(honest: Service, error: ApiError) -> Service:
    """A get of an operation that was cancelled is answered with this error."""

    def lie(service: Service, call: Invocation) -> Message:
        message = honest.get(service, call)
        if was_cancelled(service.look_up(service, call.target)):
            raise error
        return message

    return replace(honest, get=lie)


# --- Not shown ------------------------------------------------------------------------------------------------------


@fault(breaks="operation.stays-readable")
def get_of_a_cancelled_one_is_499(honest: Service) -> Service:
    """Answers a get of a cancelled operation with 499, as if it were the get that was cancelled."""
    return _get_refused(honest, refusal(Code.CANCELLED, "The operation was cancelled.", "CANCELLED"))


@fault(breaks="operation.stays-readable")
def get_of_a_cancelled_one_crashes(honest: Service) -> Service:
    """Answers a get of a cancelled operation with 500: it has no result, and the result is read all the same."""
    return _get_refused(honest, refusal(Code.INTERNAL, "Internal error encountered.", "INTERNAL_ERROR"))


@fault(breaks="operation.stays-readable")
def get_of_a_cancelled_one_is_denied(honest: Service) -> Service:
    """Answers a get of a cancelled operation with 403: its record has moved to where its owner has no permission."""
    return _get_refused(honest, refusal(Code.PERMISSION_DENIED, "Permission denied.", "IAM_PERMISSION_DENIED"))


# --- The code ---------------------------------------------------------------------------------------------------------


@fault(breaks=("outcome.cancelled-is-code-1", "outcome.guaranteed"))
def ends_as_internal(honest: Service) -> Service:
    """A cancelled operation ends with code 13: the exception that stopped it is taken for a crash."""
    return _ending_with(honest, {"code": 13, "message": "Internal error encountered."})


@fault(breaks="outcome.cancelled-is-code-1", statement=BEST_EFFORT, unseen=NOT_KNOWN_BY_WHAT)
def ends_as_aborted(honest: Service) -> Service:
    """A cancelled operation ends with code 10, ABORTED, which sounds like it."""
    return _ending_with(honest, {"code": 10, "message": "The operation was aborted."})


@fault(breaks="outcome.cancelled-is-code-1", statement=BEST_EFFORT, unseen=NOT_KNOWN_BY_WHAT)
def ends_as_unknown(honest: Service) -> Service:
    """A cancelled operation ends with code 2, into which transcoders turn every exception they do not know."""
    return _ending_with(honest, {"code": 2, "message": "CancelledError"})


@fault(
    breaks=("outcome.cancelled-is-code-1", "operation.error-is-a-status"),
    statement=BEST_EFFORT,
    unseen=NOT_KNOWN_BY_WHAT,
    unseen_part=("outcome.cancelled-is-code-1",),
)
def ends_as_499(honest: Service) -> Service:
    """A cancelled operation ends with code 499: the HTTP status of the code in place of the code."""
    return _ending_with(honest, {"code": 499, "message": "The operation was cancelled."})


@fault(
    breaks=("outcome.cancelled-is-code-1", "operation.error-is-a-status", "outcome.guaranteed"),
)
def ends_as_text(honest: Service) -> Service:
    """A cancelled operation ends with code "CANCELLED", on which Python's clients throw and google-gax sees 0."""
    return _ending_with(honest, {"code": "CANCELLED", "message": "The operation was cancelled."})


@fault(
    breaks=("outcome.cancelled-is-code-1", "operation.error-is-a-status"),
    statement=BEST_EFFORT,
    unseen=NOT_KNOWN_BY_WHAT,
    unseen_part=("outcome.cancelled-is-code-1",),
)
def ends_as_text_of_1(honest: Service) -> Service:
    """A cancelled operation ends with code "1", a number that went through a database of texts."""
    return _ending_with(honest, {"code": "1", "message": "The operation was cancelled."})


@fault(
    breaks=("outcome.cancelled-is-code-1", "operation.error-is-a-status"),
    statement=BEST_EFFORT,
    unseen=NOT_KNOWN_BY_WHAT,
    unseen_part=("outcome.cancelled-is-code-1",),
)
def ends_as_ok(honest: Service) -> Service:
    """A cancelled operation ends with an error of code 0: it was cancelled successfully."""
    return _ending_with(honest, {"code": 0, "message": "The operation was cancelled."})


@fault(
    breaks=("outcome.cancelled-is-code-1", "operation.error-is-a-status"),
    statement=BEST_EFFORT,
    unseen=NOT_KNOWN_BY_WHAT,
    unseen_part=("outcome.cancelled-is-code-1",),
)
def ends_without_code(honest: Service) -> Service:
    """A cancelled operation ends with an error that has a message and no code."""
    return _ending_with(honest, {"message": "The operation was cancelled."})


@fault(
    breaks=("outcome.cancelled-is-code-1", "operation.error-is-a-status"),
    statement=BEST_EFFORT,
    unseen=NOT_KNOWN_BY_WHAT,
    unseen_part=("outcome.cancelled-is-code-1",),
)
def ends_with_an_envelope(honest: Service) -> Service:
    """A cancelled operation ends with the HTTP envelope of an error inside its error."""
    envelope = {"code": 499, "message": "The operation was cancelled.", "status": "CANCELLED"}
    return _ending_with(honest, {"error": envelope})


@fault(breaks="operation.error-is-a-status")
def error_details_are_an_object(honest: Service) -> Service:
    """The details of an operation's error are an object, where a list belongs."""
    details = {"reason": "CANCELLED_BY_USER"}
    return cancelled_shown(honest, lambda message: message | {"error": message["error"] | {"details": details}})


@fault(breaks="operation.error-is-a-status")
def error_message_is_structured(honest: Service) -> Service:
    """The message of an operation's error is an object with one text per language."""
    translated = {"en": "The operation was cancelled."}
    return cancelled_shown(honest, lambda message: message | {"error": message["error"] | {"message": translated}})


# --- The result -------------------------------------------------------------------------------------------------------


@fault(breaks="outcome.cancelled-is-code-1", statement=BEST_EFFORT)
def ends_as_a_response(honest: Service) -> Service:
    """A cancelled operation ends with a response that has the status inside, as with BuildGrid and buildfarm."""
    of = {"@type": "type.googleapis.com/build.bazel.remote.execution.v2.ExecuteResponse"}
    response = of | {"status": {"code": 1, "message": "Operation cancelled by client"}}
    return cancelled_shown(honest, lambda message: without(message, "error") | {"response": response})


@fault(breaks=("outcome.cancelled-is-code-1", "outcome.guaranteed"))
def ends_as_a_response_for_sure(honest: Service) -> Service:
    """The same from a server that guarantees the cancel: BuildGrid really stops what it then calls a response."""
    of = {"@type": "type.googleapis.com/build.bazel.remote.execution.v2.ExecuteResponse"}
    response = of | {"status": {"code": 1, "message": "Operation cancelled by client"}}
    return cancelled_shown(honest, lambda message: without(message, "error") | {"response": response})


@fault(breaks="operation.one-result")
def ends_as_error_and_response(honest: Service) -> Service:
    """A cancelled operation has the error, and a response with what was done until then."""
    partial = {"@type": "type.googleapis.com/google.protobuf.Empty", "value": {}}
    return cancelled_shown(honest, lambda message: message | {"response": partial})


@fault(
    breaks=("operation.done-has-a-result", "outcome.cancelled-is-code-1"),
    statement=BEST_EFFORT,
    unseen=NOT_KNOWN_BY_WHAT,
    unseen_part=("outcome.cancelled-is-code-1",),
)
def ends_without_result(honest: Service) -> Service:
    """A cancelled operation is done and has no result, on which clients throw."""
    return cancelled_shown(honest, lambda message: without(message, "error"))


@fault(breaks="operation.running-has-no-result", statement=BEST_EFFORT)
def ends_without_being_done(honest: Service) -> Service:
    """A cancelled operation gets its error and is never done."""
    return cancelled_shown(honest, lambda message: message | {"done": False})


# --- Refused ----------------------------------------------------------------------------------------------------------


@fault(breaks="outcome.running-can-be-cancelled")
def running_is_a_conflict(honest: Service) -> Service:
    """Answers every cancel of a running operation with 409, whatever its body: it is being worked on."""

    def lie(service: Service, call: Invocation) -> Message:
        if not service.look_up(service, call.target).done:
            raise refusal(Code.ABORTED, "The operation is being worked on.", "OPERATION_RUNS")
        return honest.cancel(service, call)

    return replace(honest, cancel=lie)


def _locked(honest: Service, place: int) -> Service:
    """One operation cannot be cancelled: the one that takes this place among all that anybody cancelled."""

    def lie(service: Service, call: Invocation) -> Message:
        service.look_up(service, call.target)
        cancelled: list[str] = service.scratch.setdefault("cancelled", [])
        if call.target not in cancelled:
            cancelled.append(call.target)
        if cancelled.index(call.target) == place - 1:
            raise refusal(Code.ABORTED, "The operation is locked.", "OPERATION_LOCKED")
        return honest.cancel(service, call)

    return replace(honest, cancel=lie)


_BY_WORKER = {"workers": "the worker that judges this need not be the one whose operation is locked"}


@fault(breaks="outcome.running-can-be-cancelled", profile="ci")
def refusal_keeps_the_lock(honest: Service) -> Service:
    """Answers cancels of a running operation with 409 once one was refused for its body: its lock is not released."""

    def accept_body(service: Service, call: Invocation) -> None:
        try:
            honest.accept_body(service, call)
        except ApiError:
            service.scratch.setdefault("locked", set()).add(call.name)
            raise

    def cancel(service: Service, call: Invocation) -> Message:
        if not service.look_up(service, call.target).done and call.target in service.scratch.get("locked", ()):
            raise refusal(Code.ABORTED, "The operation is locked.", "OPERATION_LOCKED")
        return honest.cancel(service, call)

    return replace(honest, accept_body=accept_body, cancel=cancel)


@fault(breaks="outcome.running-can-be-cancelled", by_chance=_BY_WORKER)
def first_is_locked_for_ever(honest: Service) -> Service:
    """Answers every cancel of one operation with 409, the first that anybody cancelled: others can be cancelled."""
    return _locked(honest, 1)


@fault(breaks="outcome.running-can-be-cancelled", by_chance=_BY_WORKER)
def one_is_locked_for_ever(honest: Service) -> Service:
    """Answers every cancel of one operation with 409, the second that anybody cancelled: a worker holds its lock."""
    return _locked(honest, 2)


# --- Nothing comes of it ----------------------------------------------------------------------------------------------


@fault(
    breaks=("outcome.guaranteed", "outcome.requested-cancellation-is-shown"),
    unseen=NO_METADATA,
    unseen_part=("outcome.requested-cancellation-is-shown",),
)
def cancels_nothing(honest: Service) -> Service:
    """Answers 200 and does nothing, as gapic-showcase and gcp-eventarc-emulator do."""

    def lie(service: Service, call: Invocation) -> Message:
        service.look_up(service, call.target)
        return {}

    return replace(honest, cancel=lie)


@fault(breaks="outcome.guaranteed")
def never_ends(honest: Service) -> Service:
    """Notes that cancellation was requested, and no worker ever looks."""
    return flavoured(honest, running=Behaviour.of(Mode.NEVER_ENDS))


@fault(breaks="outcome.guaranteed")
def ends_too_late(honest: Service) -> Service:
    """Cancels an hour later, when the worker comes round."""
    return flavoured(honest, running=Behaviour.of(Mode.CANCEL_LATER, delay=3600))


@fault(breaks="outcome.guaranteed")
def completes_after_all(honest: Service) -> Service:
    """Guarantees the cancel, and lets the operation succeed, as gapic-showcase's Wait does."""
    return flavoured(honest, running=Behaviour.of(Mode.SUCCEED_ANYWAY))


@fault(breaks=("outcome.cancelled-is-code-1", "outcome.guaranteed"))
def fails_on_cancel(honest: Service) -> Service:
    """A cancelled operation fails with RESOURCE_EXHAUSTED: giving up counts as running out of something."""
    return _ending_with(honest, {"code": 8, "message": "The time of the operation was used up."})


# --- Where it went ----------------------------------------------------------------------------------------------------


@fault(breaks=("outcome.not-deleted", "outcome.still-listed"))
def cancel_deletes(honest: Service) -> Service:
    """Cancels an operation by deleting it."""

    def lie(service: Service, call: Invocation) -> Message:
        message = honest.cancel(service, call)
        service.store.delete(call.target)
        return message

    return replace(honest, cancel=lie)


@fault(breaks=("outcome.not-deleted", "list.agrees-with-get"))
def cancelled_is_listed_but_not_got(honest: Service) -> Service:
    """Get reads a table of live operations that a cancelled one has left; list reads another."""

    def lie(service: Service, call: Invocation) -> Message:
        if service.look_up(service, call.target).requested_cancellation:
            raise UnknownOperation(call.target)
        return honest.get(service, call)

    return replace(honest, get=lie)


@fault(breaks="outcome.still-listed")
def list_forgets_cancelled_operations(honest: Service) -> Service:
    """Leaves cancelled operations out of the list."""

    def lie(service: Service, call: Invocation) -> Message:
        message = honest.list(service, call)
        kept = [shown for shown in message.get("operations", []) if shown.get("error", {}).get("code") != 1]
        return message | {"operations": kept}

    return replace(honest, list=lie)


@fault(breaks="outcome.still-listed", start=LATER)
def list_forgets_operations_once_asked(honest: Service) -> Service:
    """Leaves operations out of the list from the moment when their cancellation is requested."""

    def lie(service: Service, call: Invocation) -> Message:
        message = honest.list(service, call)
        flagged = [each.name for each in service.store.list(call.target) if each.requested_cancellation]
        return message | {"operations": [each for each in message["operations"] if each["name"] not in flagged]}

    return replace(honest, list=lie)
