"""The methods of the service: what each call does.

Each takes a call whose `target` is decided and answers with the response message as ProtoJSON. Each raises ApiError
for the answers that are errors, and UnknownOperation, which `Service.handle` answers with NOT_FOUND.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from conformance.lro.codes import Code
from conformance.server.reference.api_error import ApiError, invalid_argument, unimplemented
from conformance.server.reference.invocation import Invocation, Message
from conformance.server.reference.paging import page_of_operations
from conformance.server.reference.store import Behaviour, Mode, NameTaken, Snapshot

if TYPE_CHECKING:
    from conformance.server.reference.service import Service

LONGEST = 1_000_000_000
"""Seconds; no operation is asked to take longer."""

_OPERATION_ID = re.compile(r"(?!\.{1,2}$)[A-Za-z0-9._~:-]{1,63}")
_RESOURCE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,62}")


def choose_target(service: Service, call: Invocation) -> str:  # noqa: ARG001
    """The name of what the call acts on: the path's, and nobody else's (http.proto: fields of the path template
    "are passed via the URL path")."""
    return call.name


def look_up(service: Service, name: str) -> Snapshot:
    """The operation with exactly this name. Raises UnknownOperation."""
    return service.store.get(name)


def cancel(service: Service, call: Invocation) -> Message:
    """Requests cancellation and answers at once with the empty message, before the cancellation has an effect.

    Repeating it is harmless: CancelOperation is retried by clients. A finished operation stays as it is; whether
    that is an error, the flavour decides.
    """
    operation = service.look_up(service, call.target)
    if operation.behaviour.mode is Mode.UNIMPLEMENTED:
        raise unimplemented(call.rpc, call.target)
    was_running = service.store.cancel(operation.name)
    if not was_running and service.flavour.done_cancel == "failed-precondition":
        raise ApiError(
            Code.FAILED_PRECONDITION,
            f"Operation '{call.target}' is already done.",
            reason="OPERATION_ALREADY_DONE",
            metadata={"resource": call.target},
        )
    return {}


def get(service: Service, call: Invocation) -> Message:
    """The operation as it is now."""
    return service.render_operation(service, service.look_up(service, call.target))


def list_operations(service: Service, call: Invocation) -> Message:
    """A page of the operations below a location; it may be empty."""
    page, next_page_token = page_of_operations(service, call)
    message: Message = {"operations": [service.render_operation(service, operation) for operation in page]}
    if next_page_token:
        message["nextPageToken"] = next_page_token
    if service.flavour.defaults == "omitted" and not page:
        del message["operations"]
    return message


def delete(service: Service, call: Invocation) -> Message:
    """Forgets the operation; "It does not cancel the operation." (operations.proto)"""
    service.store.delete(service.look_up(service, call.target).name)
    return {}


def start(service: Service, call: Invocation) -> Message:
    """Starts an operation that behaves as the body asks: `mode`, `delay`, `duration`; its id is `id`. A hook for tests.

    Mode "run", without times, is what the flavour says.
    """
    behaviour = _wanted_behaviour(service, call.body)
    identifier = _wanted_id(call.body)
    try:
        started = service.store.start(call.target, behaviour, collection=call.binding.collection, identifier=identifier)
    except NameTaken as taken:
        raise ApiError(
            Code.ALREADY_EXISTS,
            f"Operation '{taken.name}' already exists.",
            reason="OPERATION_ALREADY_EXISTS",
            metadata={"resource": taken.name},
        ) from taken
    return service.render_operation(service, started)


def create(service: Service, call: Invocation) -> Message:
    """Starts the operation that creates an app connection, the way the real service does."""
    identifier = call.query.get("appConnectionId", "")
    if identifier and not _RESOURCE_ID.fullmatch(identifier):
        problem = "The ID of an app connection consists of 1 to 63 letters, digits and hyphens."
        raise invalid_argument(problem, reason="INVALID_PARAMETER", field="appConnectionId")
    target = f"{call.target}/appConnections/{identifier}" if identifier else ""
    return service.render_operation(service, service.store.start(call.target, service.flavour.running, target=target))


def _wanted_id(body: Mapping[str, Any]) -> str:
    """The id in the body, or "" where there is none: the server gives one."""
    identifier = body.get("id", "")
    if identifier and not (isinstance(identifier, str) and _OPERATION_ID.fullmatch(identifier)):
        problem = "The id consists of 1 to 63 letters, digits, and characters of -._~: and is neither . nor .. alone."
        raise invalid_argument(problem, reason="INVALID_FIELD", field="id")
    return str(identifier)


def _wanted_behaviour(service: Service, body: Mapping[str, Any]) -> Behaviour:
    mode = body.get("mode", Mode.RUN)
    if mode not in tuple(Mode):
        modes = ", ".join(Mode)
        raise invalid_argument(f"The mode must be one of {modes}.", reason="INVALID_FIELD", field="mode")
    delay, duration = _seconds(body, "delay"), _seconds(body, "duration")
    if mode == Mode.RUN and delay is None and duration is None:
        return service.flavour.running
    return Behaviour.of(mode, delay, duration)


def _seconds(body: Mapping[str, Any], member: str) -> float | None:
    value = body.get(member)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= LONGEST:
        problem = f"The {member} must be a number of seconds from 0 to {LONGEST}."
        raise invalid_argument(problem, reason="INVALID_FIELD", field=member)
    return float(value)
