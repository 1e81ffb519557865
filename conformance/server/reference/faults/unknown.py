"""Faults about operations that do not exist."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from conformance.lro.codes import Code
from conformance.server.reference.api_error import ApiError
from conformance.server.reference.faults.lies import refusal, without_metadata
from conformance.server.reference.faults.registry import fault
from conformance.server.reference.invocation import Invocation, Message
from conformance.server.reference.naming import parent_of
from conformance.server.reference.service import Service
from conformance.server.reference.store import Ending, EndState, UnknownOperation

Instead = Callable[[Service, Invocation], Message]


def _cancel_of_unknown(honest: Service, instead: Instead) -> Service:
    """A cancel of an unknown operation is answered by `instead`."""

    def lie(service: Service, call: Invocation) -> Message:
        try:
            return honest.cancel(service, call)
        except UnknownOperation:
            return instead(service, call)

    return replace(honest, cancel=lie)


def _get_of_unknown(honest: Service, instead: Instead) -> Service:
    """A get of an operation that never was is answered by `instead`; of one that was deleted, honestly."""

    def get(service: Service, call: Invocation) -> Message:
        try:
            return honest.get(service, call)
        except UnknownOperation:
            if _was_deleted(service, call):
                raise
            return instead(service, call)

    return replace(_remembering_deletes(honest), get=get)


def _remembering_deletes(honest: Service) -> Service:
    def delete(service: Service, call: Invocation) -> Message:
        message = honest.delete(service, call)
        service.scratch.setdefault("deleted", set()).add(call.target)
        return message

    return replace(honest, delete=delete)


def _was_deleted(service: Service, call: Invocation) -> bool:
    return call.target in service.scratch.get("deleted", ())


def _refusing(error: ApiError) -> Instead:
    def instead(_service: Service, _call: Invocation) -> Message:
        raise error

    return instead


def _create(service: Service, name: str) -> None:
    """Makes a cancelled operation of this name."""
    started = service.store.start(parent_of(name))
    service.store.amend(started.name, name=name, ending=Ending(service.clock.now(), EndState.CANCELLED))


_INVALID = refusal(Code.INVALID_ARGUMENT, "The operation is invalid.", "INVALID_OPERATION")
_INTERNAL = refusal(Code.INTERNAL, "Internal error encountered.", "INTERNAL_ERROR")


@fault(breaks="unknown.cancel-is-not-found")
def every_name_is_cancelled(honest: Service) -> Service:
    """Answers the cancel of any name with 200, as gapic-showcase and gcp-eventarc-emulator do."""
    return _cancel_of_unknown(honest, lambda *_: {})


@fault(breaks="unknown.cancel-is-not-found")
def unknown_is_invalid(honest: Service) -> Service:
    """Answers the cancel of an unknown operation with INVALID_ARGUMENT, as BuildGrid does, though get says 404."""
    return _cancel_of_unknown(honest, _refusing(_INVALID))


@fault(breaks="unknown.cancel-is-not-found")
def unknown_is_a_precondition(honest: Service) -> Service:
    """Answers the cancel of an unknown operation with FAILED_PRECONDITION: it is not running, is it."""
    return _cancel_of_unknown(honest, _refusing(refusal(Code.FAILED_PRECONDITION, "The operation is not running.")))


@fault(breaks="unknown.cancel-is-not-found")
def unknown_crashes(honest: Service) -> Service:
    """Answers the cancel of an unknown operation with 500: what was not found is asked for its state."""
    return _cancel_of_unknown(honest, _refusing(_INTERNAL))


@fault(breaks=("unknown.cancel-is-not-found", "unknown.cancel-creates-nothing"))
def cancel_creates_what_is_unknown(honest: Service) -> Service:
    """Creates the unknown operation, cancelled, and answers 200, as buildfarm does."""

    def instead(service: Service, call: Invocation) -> Message:
        _create(service, call.target)
        return {}

    return _cancel_of_unknown(honest, instead)


@fault(breaks="unknown.cancel-creates-nothing")
def not_found_creates(honest: Service) -> Service:
    """Answers 404 and keeps a cancelled record of the unknown operation, lest it be started later."""

    def instead(service: Service, call: Invocation) -> Message:
        _create(service, call.target)
        raise UnknownOperation(call.target)

    return _cancel_of_unknown(honest, instead)


@fault(breaks="unknown.cancel-creates-nothing")
def not_found_creates_later(honest: Service) -> Service:
    """The same, when the queue comes to it: as late as a cancel takes effect."""

    def instead(service: Service, call: Invocation) -> Message:
        due = service.clock.now() + service.flavour.running.delay
        service.scratch.setdefault("queue", []).append((due, call.target))
        raise UnknownOperation(call.target)

    def get(service: Service, call: Invocation) -> Message:
        queue: list[tuple[float, str]] = service.scratch.get("queue", [])
        for due, name in list(queue):
            if due <= service.clock.now():
                queue.remove((due, name))
                _create(service, name)
        return honest.get(service, call)

    return replace(_cancel_of_unknown(honest, instead), get=get)


@fault(breaks="target.other-operations-untouched")
def newest_stands_for_what_is_unknown(honest: Service) -> Service:
    """Answers 404, and has cancelled the operation that was started last: the query sorts, and finds no such id."""

    def instead(service: Service, call: Invocation) -> Message:
        for newest in service.store.all_of(parent_of(call.target))[-1:]:
            service.store.cancel(newest.name)
        raise UnknownOperation(call.target)

    return without_metadata(_cancel_of_unknown(honest, instead))


@fault(breaks="unknown.get-is-not-found")
def get_of_unknown_is_invalid(honest: Service) -> Service:
    """Answers the get of an unknown operation with INVALID_ARGUMENT."""
    return _get_of_unknown(honest, _refusing(_INVALID))


@fault(breaks="unknown.get-is-not-found")
def get_of_unknown_crashes(honest: Service) -> Service:
    """Answers the get of an unknown operation with 500."""
    return _get_of_unknown(honest, _refusing(_INTERNAL))


@fault(breaks=("unknown.get-is-not-found", "delete.removes"))
def get_knows_every_name(honest: Service) -> Service:
    """Shows every name as an operation that is done, as emulators do whose operations are all done at once."""

    def lie(service: Service, call: Invocation) -> Message:
        try:
            return honest.get(service, call)
        except UnknownOperation:
            empty = {"@type": "type.googleapis.com/google.protobuf.Empty", "value": {}}
            return {"name": call.target, "done": True, "response": empty}

    return replace(honest, get=lie)


@fault(breaks="unknown.cancel-is-not-found", profile="ci")
def deleted_operation_can_be_cancelled(honest: Service) -> Service:
    """Deletes by a mark that get and list heed, and cancel does not."""

    def cancel(service: Service, call: Invocation) -> Message:
        try:
            return honest.cancel(service, call)
        except UnknownOperation:
            if not _was_deleted(service, call):
                raise
            return {}

    return replace(_remembering_deletes(honest), cancel=cancel)


@fault(breaks="target.only-its-cancel-cancels", profile="ci")
def refused_cancel_is_remembered(honest: Service) -> Service:
    """Adds each name to a set that its workers ask, before it looks whether there is such an operation."""

    def remember(service: Service, call: Invocation) -> Message:
        service.scratch.setdefault("asked for", set()).add(call.target)
        return honest.cancel(service, call)

    def start(service: Service, call: Invocation) -> Message:
        message = honest.start(service, call)
        if message["name"] in service.scratch.get("asked for", ()):
            service.store.cancel(message["name"])
        return message

    return without_metadata(replace(honest, cancel=remember, start=start))


@fault(breaks=("unknown.get-is-not-found", "operation.get-returns-it"), profile="ci")
def registry_is_a_plain_object(honest: Service) -> Service:
    """Keeps operations by id in an object of JavaScript, which has a `constructor`, too, and shows that."""

    def shown(service: Service, call: Invocation) -> Message:
        if call.name.rpartition("/")[2] in ("constructor", "__proto__"):
            return {}
        return honest.get(service, call)

    return replace(honest, get=shown)
