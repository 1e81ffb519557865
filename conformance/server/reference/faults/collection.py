"""Faults of list and delete."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from conformance.exchange import Response
from conformance.lro.codes import Code
from conformance.server.reference.bindings import Rpc
from conformance.server.reference.faults.lies import (
    cancel_if_there,
    refusal,
    remembering,
    started,
    with_json,
    without,
    without_metadata,
)
from conformance.server.reference.faults.registry import LATER, fault
from conformance.server.reference.invocation import Invocation, Message
from conformance.server.reference.service import Service
from conformance.server.reference.store import Snapshot, UnknownOperation


def _answered(honest: Service, rpc: Rpc, change: Callable[[Response], Response]) -> Service:
    """Successful calls of this method are answered after `change`."""

    def lie(service: Service, call: Invocation, message: Message) -> Response:
        response = honest.render_success(service, call, message)
        return change(response) if call.rpc is rpc else response

    return replace(honest, render_success=lie)


def _is_being_cancelled(operation: Snapshot) -> bool:
    return operation.requested_cancellation and not operation.done


def _listed(honest: Service, change: Callable[[Message], Message]) -> Service:
    """List shows each operation after `change`; get is honest."""

    def lie(service: Service, call: Invocation) -> Message:
        message = honest.list(service, call)
        return message | {"operations": [change(shown) for shown in message["operations"]]}

    return replace(honest, list=lie)


def _cancelled_listed(honest: Service, change: Callable[[Message], Message]) -> Service:
    """List shows each operation that ended in an error after `change`."""
    return _listed(honest, lambda message: change(message) if "error" in message else message)


# --- List -------------------------------------------------------------------------------------------------------------


@fault(breaks="list.is-a-list", at_least=True)
def list_is_an_array(honest: Service) -> Service:
    """Answers a list with a bare array."""
    return _answered(honest, Rpc.LIST, lambda response: with_json(response, response.json()["operations"]))


@fault(breaks="list.is-a-list", at_least=True)
def list_has_names_only(honest: Service) -> Service:
    """Answers a list with the names of the operations in place of the operations."""

    def lie(service: Service, call: Invocation) -> Message:
        message = honest.list(service, call)
        return message | {"operations": [shown["name"] for shown in message["operations"]]}

    return replace(honest, list=lie)


@fault(breaks="list.is-a-list", at_least=True)
def list_is_a_map(honest: Service) -> Service:
    """Answers a list with an object that has the operations by their name."""

    def lie(service: Service, call: Invocation) -> Message:
        message = honest.list(service, call)
        return message | {"operations": {shown["name"]: shown for shown in message["operations"]}}

    return replace(honest, list=lie)


@fault(breaks="list.is-a-list")
def list_ends_with_null(honest: Service) -> Service:
    """Ends every list with `null`: one slot of the array too many."""

    def lie(service: Service, call: Invocation) -> Message:
        message = honest.list(service, call)
        return message | {"operations": [*message["operations"], None]}

    return replace(honest, list=lie)


@fault(breaks="list.agrees-with-get")
def list_is_stale(honest: Service) -> Service:
    """Lists operations as they were when they were started: running, whatever has become of them."""
    return _listed(honest, lambda message: without(message, "error", "response") | {"done": False})


@fault(breaks="list.agrees-with-get")
def list_has_another_code(honest: Service) -> Service:
    """Lists cancelled operations with code 13, from a column that nobody maps."""
    return _cancelled_listed(
        honest, lambda message: message | {"error": {"code": 13, "message": "Internal error encountered."}}
    )


@fault(breaks="list.agrees-with-get")
def list_shows_success(honest: Service) -> Service:
    """Lists cancelled operations as successful: whatever is done has a response there."""
    empty = {"@type": "type.googleapis.com/google.protobuf.Empty", "value": {}}
    return _cancelled_listed(honest, lambda message: without(message, "error") | {"response": empty})


@fault(breaks="list.partial-success-is-answered", profile="ci")
def partial_success_crashes(honest: Service) -> Service:
    """Answers a list with `returnPartialSuccess` with 500: the field has no column."""

    def lie(service: Service, call: Invocation) -> Message:
        if call.query.get("returnPartialSuccess") == "true":
            raise refusal(Code.INTERNAL, "Internal error encountered.", "INTERNAL_ERROR")
        return honest.list(service, call)

    return replace(honest, list=lie)


# --- Delete -----------------------------------------------------------------------------------------------------------


@fault(breaks="delete.empty-object")
def delete_answers_the_operation(honest: Service) -> Service:
    """Answers a delete with the operation that was deleted."""
    shown = {"name": "projects/demo/locations/us/operations/deleted", "done": True}
    return _answered(honest, Rpc.DELETE, lambda response: with_json(response, shown))


@fault(breaks="delete.empty-object")
def delete_answers_nothing(honest: Service) -> Service:
    """Answers a delete with 200 and an empty body."""
    return _answered(honest, Rpc.DELETE, lambda response: replace(response, body=b""))


@fault(breaks="delete.removes")
def delete_keeps(honest: Service) -> Service:
    """Answers a delete with success and deletes nothing: the client is no longer interested, and that is all."""

    def lie(service: Service, call: Invocation) -> Message:
        service.look_up(service, call.target)
        return {}

    return replace(honest, delete=lie)


@fault(breaks="delete.removes")
def delete_marks(honest: Service) -> Service:
    """Marks a deleted operation in its metadata, and shows it as long as somebody asks."""

    def delete(service: Service, call: Invocation) -> Message:
        service.look_up(service, call.target)
        service.scratch.setdefault("deleted", set()).add(call.target)
        return {}

    def get(service: Service, call: Invocation) -> Message:
        message = honest.get(service, call)
        deleted = call.target in service.scratch.get("deleted", ())
        metadata = message.get("metadata")
        return message | {"metadata": metadata | {"statusMessage": "DELETED"}} if deleted and metadata else message

    return replace(honest, delete=delete, get=get)


@fault(breaks="delete.removes", start=LATER)
def worker_writes_it_back(honest: Service) -> Service:
    """Deletes an operation whose cancel is under way, and has it again when the worker writes how it ended."""

    def lie(service: Service, call: Invocation) -> Message:
        operation = service.look_up(service, call.target)
        if not _is_being_cancelled(operation):
            return honest.delete(service, call)
        service.scratch.setdefault("not written", set()).add(call.target)
        return {}

    def look_up(service: Service, name: str) -> Snapshot:
        operation = honest.look_up(service, name)
        if name in service.scratch.get("not written", ()) and not operation.done:
            raise UnknownOperation(name)
        return operation

    return without_metadata(replace(honest, delete=lie, look_up=look_up))


@fault(breaks="delete.removes", start=LATER)
def delete_of_what_runs_does_nothing(honest: Service) -> Service:
    """Answers the delete of an operation that is being cancelled with success, and keeps it."""

    def lie(service: Service, call: Invocation) -> Message:
        operation = service.look_up(service, call.target)
        return {} if _is_being_cancelled(operation) else honest.delete(service, call)

    return replace(honest, delete=lie)


@fault(
    breaks="target.other-operations-untouched",
    by_chance={
        "socket": "the one that was started next may be below a further parent: both are started at the same time",
        "workers": "the one that was started next may be another worker's",
    },
)
def delete_cancels_the_next(honest: Service) -> Service:
    """Takes the place of what it deletes for that of the next operation, and cancels this one."""

    def lie(service: Service, call: Invocation) -> Message:
        known = started(service)
        if call.target in known[:-1]:
            cancel_if_there(service, known[known.index(call.target) + 1])
        return honest.delete(service, call)

    return without_metadata(remembering(replace(honest, delete=lie)))


@fault(
    breaks="target.other-operations-untouched",
    by_chance={"workers": "a worker does not know what took its operations if another one has deleted"},
)
def delete_clears_what_has_ended(honest: Service) -> Service:
    """Deletes with an operation all others of its parent that have ended, as whoever tidies up by the state does."""

    def lie(service: Service, call: Invocation) -> Message:
        operation = service.look_up(service, call.target)
        answer = honest.delete(service, call)
        for other in service.store.all_of(call.target.rpartition("/operations/")[0]):
            if operation.done and other.done:
                service.store.delete(other.name)
        return answer

    return replace(honest, delete=lie)


@fault(breaks="delete.unknown-is-not-found")
def delete_of_nothing_succeeds(honest: Service) -> Service:
    """Answers a delete of what does not exist with success: afterwards it is not there, and that was wanted."""

    def lie(service: Service, call: Invocation) -> Message:
        try:
            return honest.delete(service, call)
        except UnknownOperation:
            return {}

    return replace(honest, delete=lie)


@fault(breaks="delete.unknown-is-not-found")
def delete_of_nothing_is_an_argument(honest: Service) -> Service:
    """Answers a delete of what does not exist with 400."""

    def lie(service: Service, call: Invocation) -> Message:
        try:
            return honest.delete(service, call)
        except UnknownOperation:
            raise refusal(Code.INVALID_ARGUMENT, "There is nothing to delete.", "NOTHING_TO_DELETE") from None

    return replace(honest, delete=lie)


# --- Not supported ----------------------------------------------------------------------------------------------------


@fault(breaks="list.unsupported-is-unimplemented", statement={"list": False})
def unsupported_list_is_empty(honest: Service) -> Service:
    """Does not support list, and answers that there are no operations."""
    return replace(honest, list=lambda _service, _call: {})


@fault(breaks="delete.unsupported-is-unimplemented", statement={"delete": False})
def unsupported_delete_succeeds(honest: Service) -> Service:
    """Does not support delete, and answers every delete with success."""
    return replace(honest, delete=lambda _service, _call: {})


@fault(breaks="delete.unsupported-is-unimplemented", statement={"delete": None})
def unsupported_delete_is_an_argument(honest: Service) -> Service:
    """Does not support delete, and answers that the request is wrong."""

    def lie(_service: Service, _call: Invocation) -> Message:
        raise refusal(Code.INVALID_ARGUMENT, "Operations cannot be deleted.", "NOT_DELETABLE")

    return replace(honest, delete=lie)
