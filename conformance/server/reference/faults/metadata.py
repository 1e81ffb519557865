"""Faults of the metadata of an operation."""

from __future__ import annotations

from conformance.server.reference.faults.lies import cancelled_shown, metadata_shown, operations_shown, without
from conformance.server.reference.faults.registry import BEST_EFFORT, LATER, NO_METADATA, fault
from conformance.server.reference.invocation import Message
from conformance.server.reference.service import Service
from conformance.server.reference.store import Snapshot


def _after_a_cancel(honest: Service, changed: Message) -> Service:
    """Members of the metadata have other values once a cancellation was requested."""
    return metadata_shown(honest, lambda operation, now: now | changed if operation.requested_cancellation else now)


@fault(breaks="outcome.requested-cancellation-is-shown", start=LATER, unseen=NO_METADATA)
def request_is_not_shown(honest: Service) -> Service:
    """Never sets `requestedCancellation`, although the operation is being cancelled."""
    return metadata_shown(honest, lambda _, metadata: metadata | {"requestedCancellation": False})


@fault(breaks="outcome.requested-cancellation-is-true", unseen=NO_METADATA)
def request_is_shown_from_the_start(honest: Service) -> Service:
    """Sets `requestedCancellation` on every operation: the field says that it may be cancelled."""
    return metadata_shown(honest, lambda _, metadata: metadata | {"requestedCancellation": True})


@fault(breaks="outcome.requested-cancellation-is-true", start=LATER, unseen=NO_METADATA)
def request_is_taken_back(honest: Service) -> Service:
    """Takes `requestedCancellation` back once the operation is done: nothing is requested any more."""

    def change(operation: Snapshot, metadata: Message) -> Message:
        return metadata | {"requestedCancellation": False} if operation.done else metadata

    return metadata_shown(honest, change)


@fault(breaks="outcome.metadata-is-kept", unseen=NO_METADATA)
def metadata_is_lost(honest: Service) -> Service:
    """Drops the metadata when an operation is cancelled: it lived in the worker that was stopped."""
    return operations_shown(
        honest,
        lambda operation, message: without(message, "metadata") if operation.requested_cancellation else message,
    )


@fault(breaks="outcome.metadata-is-kept", unseen=NO_METADATA)
def verb_becomes_cancel(honest: Service) -> Service:
    """Changes the metadata's verb from what the operation does to what was done to it."""
    return _after_a_cancel(honest, {"verb": "cancel"})


@fault(breaks="outcome.metadata-is-kept", unseen=NO_METADATA)
def target_is_forgotten(honest: Service) -> Service:
    """Empties the metadata's target, for a cancelled operation creates nothing."""
    return _after_a_cancel(honest, {"target": ""})


@fault(breaks="outcome.metadata-is-kept", unseen=NO_METADATA)
def create_time_is_the_time_of_the_cancel(honest: Service) -> Service:
    """Writes a new record for the cancelled operation, with a creation time of its own."""
    return _after_a_cancel(honest, {"createTime": "2026-01-01T00:00:01.500Z"})


@fault(breaks="outcome.metadata-is-kept", unseen=NO_METADATA)
def metadata_changes_its_type(honest: Service) -> Service:
    """Shows metadata of another type once an operation is cancelled."""
    return _after_a_cancel(honest, {"@type": "type.googleapis.com/google.cloud.common.OperationMetadata"})


@fault(breaks="operation.any-has-a-type", unseen=NO_METADATA)
def metadata_has_no_type(honest: Service) -> Service:
    """Shows metadata without `@type`, as servers do that build their JSON by hand."""
    return metadata_shown(honest, lambda _, metadata: without(metadata, "@type"))


@fault(breaks="operation.any-has-a-type")
def details_of_the_result_have_no_type(honest: Service) -> Service:
    """Puts a reason among the details of a cancelled operation's error, as plain JSON without `@type`."""
    return cancelled_shown(
        honest, lambda message: message | {"error": message["error"] | {"details": [{"reason": "STOPPED"}]}}
    )


@fault(breaks="operation.any-has-a-type", start={"mode": "succeed-anyway", "duration": 0.2}, statement=BEST_EFFORT)
def response_has_no_type(honest: Service) -> Service:
    """Shows the response without `@type`: the resource itself, where an Any belongs."""

    def change(_: Snapshot, message: Message) -> Message:
        return message | {"response": without(message["response"], "@type")} if "response" in message else message

    return operations_shown(honest, change)
