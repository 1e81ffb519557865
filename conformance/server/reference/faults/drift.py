"""Faults that occur after some time, after repetitions, or for some operations only."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from conformance.exchange import Response
from conformance.lro.codes import Code
from conformance.server.reference.bindings import Rpc
from conformance.server.reference.faults.lies import (
    cancel_preceded,
    cancelled_shown,
    honest_start,
    refusal,
    was_cancelled,
    without,
)
from conformance.server.reference.faults.registry import BEST_EFFORT, NO_METADATA, NOT_KNOWN_BY_WHAT, fault
from conformance.server.reference.invocation import Invocation, Message
from conformance.server.reference.naming import id_of
from conformance.server.reference.service import Service
from conformance.server.reference.store import Behaviour, Snapshot, UnknownOperation


def _seen(service: Service, name: str) -> int:
    """How often get has shown the operation as done."""
    times: int = service.scratch.get("counts", {}).get(f"seen {name}", 0)
    return times


def _counting(honest: Service) -> Service:
    """Every get that shows an operation as done is counted for `_seen`."""

    def lie(service: Service, call: Invocation) -> Message:
        message = honest.get(service, call)
        if message.get("done"):
            service.count(f"seen {call.target}")
        return message

    return replace(honest, get=lie)


# --- What was final ---------------------------------------------------------------------------------------------------


@fault(breaks="operation.done-is-final")
def done_flips_back(honest: Service) -> Service:
    """Shows a done operation as running once it has been got twice: a stale replica answers from then on."""

    def lie(service: Service, operation: Snapshot) -> Message:
        message = honest.render_operation(service, operation)
        flipped = operation.done and _seen(service, operation.name) >= 2
        return without(message, "error", "response") | {"done": False} if flipped else message

    return replace(_counting(honest), render_operation=lie)


@fault(breaks="operation.result-is-final")
def message_drifts(honest: Service) -> Service:
    """Changes the message of the error once it has been got twice: it is translated by then."""

    def lie(service: Service, operation: Snapshot) -> Message:
        message = honest.render_operation(service, operation)
        translated = {"message": "Der Vorgang wurde abgebrochen."}
        drifted = "error" in message and _seen(service, operation.name) >= 2
        return message | {"error": message["error"] | translated} if drifted else message

    return replace(_counting(honest), render_operation=lie)


@fault(breaks="operation.result-is-final")
def result_expires(honest: Service) -> Service:
    """Replaces the error of a done operation by an empty response once it has been got twice."""

    def lie(service: Service, operation: Snapshot) -> Message:
        message = honest.render_operation(service, operation)
        expired = {"@type": "type.googleapis.com/google.protobuf.Empty", "value": {}}
        if "error" not in message or _seen(service, operation.name) < 2:
            return message
        return without(message, "error") | {"response": expired}

    return replace(_counting(honest), render_operation=lie)


@fault(breaks=("outcome.not-deleted", "outcome.still-listed"))
def cancelled_vanishes_soon(honest: Service) -> Service:
    """Shows a cancelled operation as done once, and then never again, to get and list alike."""
    counting = _counting(honest)

    def get(service: Service, call: Invocation) -> Message:
        if _seen(service, call.target):
            raise UnknownOperation(call.target)
        return counting.get(service, call)

    def show(service: Service, call: Invocation) -> Message:
        message = honest.list(service, call)
        return message | {"operations": [each for each in message["operations"] if not _seen(service, each["name"])]}

    return replace(honest, get=get, list=show)


@fault(breaks="outcome.metadata-is-kept", unseen=NO_METADATA)
def metadata_is_lost_at_the_end(honest: Service) -> Service:
    """Keeps the metadata while a cancelled operation runs, and drops it once it is done."""
    return cancelled_shown(honest, lambda message: without(message, "metadata"))


@fault(
    breaks=("outcome.requested-cancellation-is-true", "outcome.requested-cancellation-is-shown"),
    start={"mode": "cancel-later", "delay": 2},
    unseen=NO_METADATA,
)
def request_is_forgotten(honest: Service) -> Service:
    """Shows `requestedCancellation` once after the cancel, and no more: the flag lives in a cache."""

    def lie(service: Service, operation: Snapshot) -> Message:
        message = honest.render_operation(service, operation)
        if not operation.requested_cancellation or service.count(f"flag {operation.name}") == 1:
            return message
        metadata = message.get("metadata")
        return message | {"metadata": metadata | {"requestedCancellation": False}} if metadata else message

    return replace(honest, render_operation=lie)


# --- After the end ----------------------------------------------------------------------------------------------------


def _after_the_end(honest: Service, seconds: float, change: Callable[[Message], Message]) -> Service:
    """Operations that a cancel has ended are shown after `change` when so many seconds have passed since."""

    def lie(service: Service, operation: Snapshot) -> Message:
        message = honest.render_operation(service, operation)
        is_old = operation.ended_at is not None and service.clock.now() > operation.ended_at + seconds
        return change(message) if is_old and was_cancelled(operation) else message

    return honest_start(replace(honest, render_operation=lie), honest)


_LATER = 4.0
"""Seconds after the end of an operation."""

_LOOKED_AT_BEFORE = dict.fromkeys(
    ("at-once", "late", "with-trace", "lagging-list", "socket", "workers", "recording"),
    "each operation is looked at before, and had ended as it must",
)
"""Worlds in which nobody would say that a guaranteed cancel did not end an operation: all but the slowest."""

_SEEN_AFTER_ONLY = ("outcome.guaranteed",)
"""What is broken, too, where nobody looks at an operation between its end and what becomes of it."""


@fault(
    breaks=("operation.result-is-final", *_SEEN_AFTER_ONLY),
    profile="ci",
    unseen=_LOOKED_AT_BEFORE,
    unseen_part=_SEEN_AFTER_ONLY,
)
def late_report_replaces_the_result(honest: Service) -> Service:
    """Replaces the end of a cancelled operation by the result that its worker reports seconds later."""
    made = {"@type": "type.googleapis.com/google.protobuf.Empty"}
    return _after_the_end(honest, _LATER, lambda message: without(message, "error") | {"response": made})


@fault(
    breaks=("operation.done-is-final", *_SEEN_AFTER_ONLY),
    profile="ci",
    unseen=_LOOKED_AT_BEFORE,
    unseen_part=_SEEN_AFTER_ONLY,
)
def cancelled_one_is_restarted(honest: Service) -> Service:
    """Restarts a cancelled operation after seconds: its lease has run out, and another worker takes it up."""
    return _after_the_end(honest, _LATER, lambda message: without(message, "error") | {"done": False})


@fault(breaks="outcome.not-deleted", profile="ci")
def cancelled_one_is_collected(honest: Service) -> Service:
    """Throws a cancelled operation away some seconds after its end, before anybody may have looked."""

    def is_collected(service: Service, operation: Snapshot) -> bool:
        is_old = operation.ended_at is not None and service.clock.now() > operation.ended_at + _LATER
        return is_old and was_cancelled(operation)

    def look_up(service: Service, name: str) -> Snapshot:
        operation = honest.look_up(service, name)
        if is_collected(service, operation):
            raise UnknownOperation(name)
        return operation

    def listed(service: Service, call: Invocation) -> Message:
        for operation in service.store.list(call.target):
            if is_collected(service, operation):
                service.store.delete(operation.name)
        return honest.list(service, call)

    return replace(honest, look_up=look_up, list=listed)


# --- Not from the beginning -------------------------------------------------------------------------------------------


@fault(breaks="response.status-is-200")
def second_answer_is_202(honest: Service) -> Service:
    """Answers the first cancel with 200 and all later ones with 202: the first one finds the queue empty."""

    def lie(service: Service, call: Invocation, message: Message) -> Response:
        response = honest.render_success(service, call, message)
        late = call.rpc is Rpc.CANCEL and service.count("cancels") > 1
        return replace(response, status=202) if late else response

    return replace(honest, render_success=lie)


@fault(breaks="response.empty-object")
def every_third_answer_is_empty(honest: Service) -> Service:
    """Answers every third cancel with an empty body: one of three replicas is older."""

    def lie(service: Service, call: Invocation, message: Message) -> Response:
        response = honest.render_success(service, call, message)
        third = call.rpc is Rpc.CANCEL and service.count("cancels") % 3 == 0
        return replace(response, body=b"") if third else response

    return replace(honest, render_success=lie)


@fault(
    breaks=("outcome.guaranteed", "outcome.requested-cancellation-is-shown"),
    unseen=NO_METADATA,
    unseen_part=("outcome.requested-cancellation-is-shown",),
)
def only_the_first_is_cancelled(honest: Service) -> Service:
    """Cancels the first operation, and from then on nothing: the worker that listens has ended."""

    def lie(service: Service, call: Invocation) -> Message:
        operation = service.look_up(service, call.target)
        first = service.scratch.setdefault("first", operation.name)
        return honest.cancel(service, call) if first == operation.name else {}

    return replace(honest, cancel=lie)


@fault(breaks="unknown.cancel-is-not-found", profile="ci")
def many_unknown_are_too_many(honest: Service) -> Service:
    """Answers 404 thirty times, and then every cancel of an operation that never was with 500: a table is full."""

    def delete(service: Service, call: Invocation) -> Message:
        service.scratch.setdefault("deleted", set()).add(call.target)
        return honest.delete(service, call)

    def lie(service: Service, call: Invocation) -> Message:
        try:
            return honest.cancel(service, call)
        except UnknownOperation:
            if call.target not in service.scratch.get("deleted", ()) and service.count("unknown") > 30:
                raise refusal(Code.INTERNAL, "Internal error encountered.", "INTERNAL_ERROR") from None
            raise

    return replace(honest, cancel=lie, delete=delete)


# --- For some only ----------------------------------------------------------------------------------------------------


@fault(breaks="outcome.guaranteed")
def bodyless_cancel_never_ends(honest: Service) -> Service:
    """Notes a cancel without a body and never ends the operation: the worker waits for the message."""

    def act(service: Service, call: Invocation) -> None:
        if not call.request.body and not service.look_up(service, call.target).done:
            service.store.amend(call.target, behaviour=Behaviour.of("never-ends"))

    return cancel_preceded(honest, act)


@fault(breaks="outcome.cancelled-is-code-1", statement=BEST_EFFORT, unseen=NOT_KNOWN_BY_WHAT)
def bodyless_cancel_is_internal(honest: Service) -> Service:
    """Ends an operation with code 13 when it is cancelled without a body, and with code 1 otherwise."""

    def act(service: Service, call: Invocation) -> None:
        if not call.request.body and not service.look_up(service, call.target).done:
            service.scratch.setdefault("bodyless", set()).add(call.target)

    def lie(service: Service, operation: Snapshot) -> Message:
        message = honest.render_operation(service, operation)
        stopped = "error" in message and operation.name in service.scratch.get("bodyless", ())
        return message | {"error": {"code": 13, "message": "Internal error encountered."}} if stopped else message

    return replace(cancel_preceded(honest, act), render_operation=lie)


@fault(breaks="unknown.cancel-is-not-found", profile="ci")
def long_unknown_id_crashes(honest: Service) -> Service:
    """Answers the cancel of an unknown id of more than 63 characters with 500: the column is not that wide."""
    return _unknown_crashing(honest, r".{64,}")


@fault(breaks="unknown.cancel-is-not-found", profile="ci")
def unusual_unknown_id_crashes(honest: Service) -> Service:
    """Answers the cancel of an unknown id with a character other than letters, digits and hyphens with 500."""
    return _unknown_crashing(honest, r".*[^A-Za-z0-9-].*")


@fault(breaks="unknown.cancel-is-not-found", profile="ci")
def numeric_unknown_id_is_cancelled(honest: Service) -> Service:
    """Answers the cancel of an unknown id that is a number with 200: an update that changed no row."""

    def lie(service: Service, call: Invocation) -> Message:
        try:
            return honest.cancel(service, call)
        except UnknownOperation:
            if id_of(call.target).isdecimal():
                return {}
            raise

    return replace(honest, cancel=lie)


def _unknown_crashing(honest: Service, pattern: str) -> Service:
    """The cancel of an unknown operation whose id has the pattern is answered with 500."""

    def lie(service: Service, call: Invocation) -> Message:
        try:
            return honest.cancel(service, call)
        except UnknownOperation:
            if re.fullmatch(pattern, id_of(call.target)):
                raise refusal(Code.INTERNAL, "Internal error encountered.", "INTERNAL_ERROR") from None
            raise

    return replace(honest, cancel=lie)
