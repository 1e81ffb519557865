"""Faults of the operation as every answer shows it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from conformance.exchange import Response
from conformance.server.reference.bindings import Rpc
from conformance.server.reference.faults.lies import (
    cancel_if_there,
    cancelled_shown,
    operations_shown,
    with_json,
    without,
    without_metadata,
)
from conformance.server.reference.faults.registry import LATER, fault
from conformance.server.reference.invocation import Invocation, Message
from conformance.server.reference.naming import id_of
from conformance.server.reference.service import Service
from conformance.server.reference.store import Snapshot


def _got(honest: Service, change: Callable[[Message], Message]) -> Service:
    """Get shows operations after `change`; list, which looks them up by another path, is honest."""
    return replace(honest, get=lambda service, call: change(honest.get(service, call)))


def _get_answered(honest: Service, change: Callable[[Response], Response]) -> Service:
    """Successful gets are answered after `change`."""

    def lie(service: Service, call: Invocation, message: Message) -> Response:
        response = honest.render_success(service, call, message)
        return change(response) if call.rpc is Rpc.GET else response

    return replace(honest, render_success=lie)


def _running_shown(honest: Service, change: Callable[[Message], Message]) -> Service:
    """Operations that run are shown after `change`."""
    return operations_shown(honest, lambda operation, message: message if operation.done else change(message))


# --- Get --------------------------------------------------------------------------------------------------------------


@fault(breaks="operation.get-returns-it")
def running_is_202(honest: Service) -> Service:
    """Answers the get of a running operation with 202, as asynchronous APIs of other houses do."""

    def lie(service: Service, call: Invocation, message: Message) -> Response:
        response = honest.render_success(service, call, message)
        return replace(response, status=202) if call.rpc is Rpc.GET and not message.get("done") else response

    return replace(honest, render_success=lie)


@fault(breaks="operation.get-returns-it", at_least=True)
def operation_is_wrapped(honest: Service) -> Service:
    """Answers a get with `{"operation": {…}}`."""
    return _got(honest, lambda message: {"operation": message})


@fault(breaks="operation.get-returns-it", at_least=True)
def operation_is_in_an_array(honest: Service) -> Service:
    """Answers a get with an array of one operation, as databases answer."""
    return _get_answered(honest, lambda response: with_json(response, [response.json()]))


# --- The name ---------------------------------------------------------------------------------------------------------


@fault(breaks=("operation.name-is-kept", "operation.name-has-its-collection"))
def name_is_the_id(honest: Service) -> Service:
    """Get shows the last segment of the name in place of the name."""
    return _got(honest, lambda message: message | {"name": id_of(message["name"])})


@fault(breaks="operation.name-is-kept")
def name_has_no_parent(honest: Service) -> Service:
    """Get shows `operations/ID`, as older Google APIs name their operations."""
    return _got(honest, lambda message: message | {"name": "/".join(message["name"].split("/")[-2:])})


@fault(breaks="operation.name-is-kept")
def name_has_the_version(honest: Service) -> Service:
    """Get shows the path of the request as the name, version and all."""
    return _got(honest, lambda message: message | {"name": f"v1/{message['name']}"})


@fault(breaks="operation.name-is-kept")
def name_is_missing(honest: Service) -> Service:
    """Get shows no name, as an export of the Datastore emulator."""
    return _got(honest, lambda message: without(message, "name"))


@fault(breaks="operation.name-is-kept")
def cancelled_gets_another_name(honest: Service) -> Service:
    """A cancelled operation is shown under the name of its cancellation."""

    def change(message: Message) -> Message:
        return message | {"name": message["name"] + "-cancelled"} if "error" in message else message

    return _got(honest, change)


# --- done -------------------------------------------------------------------------------------------------------------


@fault(breaks="operation.done-is-boolean")
def done_is_text(honest: Service) -> Service:
    """Shows `"done": "false"` while an operation runs; in many languages that is true."""
    return _running_shown(honest, lambda message: message | {"done": "false"})


@fault(breaks="operation.done-is-boolean")
def done_is_text_at_the_end(honest: Service) -> Service:
    """Shows `"done": "true"` when an operation was cancelled; in Python that is not True."""
    return cancelled_shown(honest, lambda shown: shown | {"done": "true"})


@fault(breaks="operation.done-is-boolean")
def done_is_a_number(honest: Service) -> Service:
    """Shows `"done": 0` while an operation runs, as the database has it."""
    return _running_shown(honest, lambda message: message | {"done": 0})


@fault(breaks="operation.done-is-boolean")
def done_is_a_state(honest: Service) -> Service:
    """Shows `"done": "RUNNING"` while an operation runs: a state where a boolean belongs."""
    return _running_shown(honest, lambda message: message | {"done": "RUNNING"})


# --- The result -------------------------------------------------------------------------------------------------------


@fault(breaks="operation.running-has-no-result")
def running_has_an_error(honest: Service) -> Service:
    """Shows UNAVAILABLE as the error of an operation that runs: it is not ready yet."""
    return _running_shown(honest, lambda message: message | {"error": {"code": 14, "message": "Not ready yet."}})


@fault(breaks="operation.running-has-no-result")
def running_has_a_response(honest: Service) -> Service:
    """Shows an unfinished response while an operation runs."""
    partial = {"@type": "type.googleapis.com/google.protobuf.Struct", "value": {"percent": 50}}
    return _running_shown(honest, lambda message: message | {"response": partial})


@fault(breaks="operation.running-has-no-result", start=LATER)
def error_comes_before_the_end(honest: Service) -> Service:
    """Shows the error from the moment of the cancel on, and `done` when the worker has stopped."""

    def change(operation: Snapshot, message: Message) -> Message:
        cancelling = operation.requested_cancellation and not operation.done
        error = {"code": 1, "message": "The operation was cancelled.", "details": []}
        return message | {"error": error} if cancelling else message

    return operations_shown(honest, change)


@fault(breaks="operation.one-result")
def response_beside_the_error_is_empty(honest: Service) -> Service:
    """Shows an empty response beside the error, as serialisers do that print every case of a oneof."""
    empty = {"@type": "type.googleapis.com/google.protobuf.Empty"}
    return cancelled_shown(honest, lambda message: message | {"response": empty})


# --- What reading does ------------------------------------------------------------------------------------------------


@fault(breaks="operation.reading-changes-nothing", at_least=True)
def polls_are_counted(honest: Service) -> Service:
    """Cancels an operation with its fourth get: who polls so often is taken for somebody who has lost interest."""

    def get(service: Service, call: Invocation) -> Message:
        if service.count(f"gets of {call.target}") > 3:
            cancel_if_there(service, call.target)
        return honest.get(service, call)

    return without_metadata(replace(honest, get=get))


@fault(breaks="operation.reading-changes-nothing")
def what_is_got_is_cancelled(honest: Service) -> Service:
    """Cancels an operation with every get, as a handler does that was bound to the path and not to the method."""

    def get(service: Service, call: Invocation) -> Message:
        shown = honest.get(service, call)
        cancel_if_there(service, call.target)
        return shown

    return without_metadata(replace(honest, get=get))


@fault(breaks="operation.reading-changes-nothing", at_least=True)
def list_cancels_what_was_read(honest: Service) -> Service:
    """Cancels, with a list, what was got three times before: the list tidies up what it takes for finished."""

    def get(service: Service, call: Invocation) -> Message:
        service.count(f"gets of {call.target}")
        return honest.get(service, call)

    def lists(service: Service, call: Invocation) -> Message:
        counts: dict[str, int] = service.scratch.get("counts", {})
        for operation in service.store.running(call.target):
            if counts.get(f"gets of {operation.name}", 0) > 3:
                cancel_if_there(service, operation.name)
        return honest.list(service, call)

    return without_metadata(replace(honest, get=get, list=lists))
