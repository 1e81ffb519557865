"""Building blocks of faults. Each takes the honest service and what is special about the fault.

The hook that starts operations is no part of the contract: it stays honest.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from conformance.exchange import Request, Response
from conformance.lro.codes import Code
from conformance.server.reference.api_error import ApiError
from conformance.server.reference.bindings import Rpc
from conformance.server.reference.invocation import Invocation, Message
from conformance.server.reference.service import Service
from conformance.server.reference.store import Ending, EndState, Snapshot, UnknownOperation

JSON = ("Content-Type", "application/json")

NO_SUCH_PAGE = ApiError(Code.NOT_FOUND, "Not Found", reason="URL_NOT_FOUND", routed=False)


def flavoured(honest: Service, **flavour: Any) -> Service:
    """The service with another flavour; that alone is no defect."""
    return replace(honest, flavour=replace(honest.flavour, **flavour))


def without_metadata(honest: Service) -> Service:
    """Operations without metadata, so that a wrong cancel is not shown by `requestedCancellation` as well."""
    return flavoured(honest, metadata="absent")


def refusal(code: Code, message: str = "The request cannot be served.", reason: str = "REFUSED") -> ApiError:
    """A well-formed error answer, for a fault that gives it at the wrong time."""
    return ApiError(code, message, reason=reason)


def cancel_answered(honest: Service, change: Callable[[Response], Response]) -> Service:
    """Successful cancels get the honest answer after `change`."""

    def lie(service: Service, call: Invocation, message: Message) -> Response:
        response = honest.render_success(service, call, message)
        return change(response) if call.rpc is Rpc.CANCEL else response

    return replace(honest, render_success=lie)


def cancel_preceded(honest: Service, act: Callable[[Service, Invocation], None]) -> Service:
    """Before a cancel is done, `act` does something else, or raises the answer."""

    def lie(service: Service, call: Invocation) -> Message:
        act(service, call)
        return honest.cancel(service, call)

    return replace(honest, cancel=lie)


def cancel_refused(honest: Service, when: Callable[[Request], bool], error: ApiError) -> Service:
    """Cancels whose request `when` is true of are refused, once they are authorised, and before they are looked at."""

    def lie(service: Service, call: Invocation) -> dict[str, str]:
        if call.rpc is Rpc.CANCEL and when(call.request):
            raise error
        return honest.read_query(service, call)

    return replace(honest, read_query=lie)


def body_ignored(honest: Service, when: Callable[[Request], bool]) -> Service:
    """Cancels whose request `when` is true of are read as if they had no body."""

    def lie(service: Service, call: Invocation) -> Message:
        return {} if call.rpc is Rpc.CANCEL and when(call.request) else honest.read_body(service, call)

    return replace(honest, read_body=lie)


def cancel_rashly(honest: Service, when: Callable[[Request], bool]) -> Service:
    """Cancels for which `when` is true are done before anything is checked, and then answered honestly."""

    def lie(service: Service, call: Invocation) -> dict[str, str]:
        if call.rpc is Rpc.CANCEL and when(call.request):
            cancel_if_there(service, call.name)
        return honest.read_query(service, call)

    return without_metadata(replace(honest, read_query=lie))


def cancel_meant_for(honest: Service, chosen: Callable[[Service, Invocation], str]) -> Service:
    """Cancels act on the operation that `chosen` names."""

    def lie(service: Service, call: Invocation) -> str:
        return chosen(service, call) if call.rpc is Rpc.CANCEL else honest.choose_target(service, call)

    return without_metadata(replace(honest, choose_target=lie))


def resembling(honest: Service, similar: Callable[[str, str], bool]) -> Service:
    """A cancel of an unknown name hits the latest operation whose name (the second) is `similar` to it (the first)."""

    def chosen(service: Service, call: Invocation) -> str:
        known = started(service)
        alike = (name for name in reversed(known) if similar(call.name, name))
        return call.name if call.name in known else next(alike, call.name)

    return cancel_meant_for(remembering(honest), chosen)


def remembering(honest: Service) -> Service:
    """The names of all operations that are started are kept for `started`."""

    def start(service: Service, call: Invocation) -> Message:
        message = honest.start(service, call)
        service.scratch.setdefault("started", []).append(message["name"])
        return message

    return replace(honest, start=start)


def started(service: Service) -> list[str]:
    """The names of the operations started so far, oldest first."""
    return list(service.scratch.get("started", ()))


def also_bound(honest: Service, meant: Callable[[Request], str | None]) -> Service:
    """Requests for which `meant` knows another path are taken for a POST on that path."""

    def lie(service: Service, request: Request) -> Invocation:
        path = meant(request)
        if path is None:
            return honest.route(service, request)
        query = f"?{request.query}" if request.query else ""
        return honest.route(service, replace(request, method="POST", target=path + query))

    return without_metadata(replace(honest, route=lie))


def operations_shown(honest: Service, change: Callable[[Snapshot, Message], Message]) -> Service:
    """Get and list show operations after `change`."""

    def lie(service: Service, operation: Snapshot) -> Message:
        return change(operation, honest.render_operation(service, operation))

    return honest_start(replace(honest, render_operation=lie), honest)


def honest_start(liar: Service, honest: Service) -> Service:
    """The liar, but the hook that starts operations shows them as they are."""

    def start(service: Service, call: Invocation) -> Message:
        return honest.start(replace(service, render_operation=honest.render_operation), call)

    return replace(liar, start=start)


def metadata_shown(honest: Service, change: Callable[[Snapshot, Message], Message]) -> Service:
    """Get and list show operations with metadata after `change`; one that has none as it is."""
    return operations_shown(
        honest,
        lambda operation, message: (
            message | {"metadata": change(operation, message["metadata"])} if message.get("metadata") else message
        ),
    )


def cancelled_shown(honest: Service, change: Callable[[Message], Message]) -> Service:
    """Operations that a cancel has ended are shown after `change`."""
    return operations_shown(honest, lambda operation, shown: change(shown) if was_cancelled(operation) else shown)


def errors_answered(
    honest: Service, change: Callable[[Response], Response], when: Callable[[ApiError], bool]
) -> Service:
    """Errors that `when` is true of are answered after `change`."""

    def lie(service: Service, request: Request, error: ApiError) -> Response:
        response = honest.render_error(service, request, error)
        return change(response) if when(error) else response

    return replace(honest, render_error=lie)


def envelopes_changed(
    honest: Service, change: Callable[[Message], Message], when: Callable[[ApiError], bool] = lambda error: error.routed
) -> Service:
    """What is inside `{"error": …}` of the errors that `when` is true of is changed."""

    def changed(response: Response) -> Response:
        return with_json(response, {"error": change(response.json()["error"])})

    return errors_answered(honest, changed, when)


def was_cancelled(operation: Snapshot) -> bool:
    """Whether a cancel has ended this operation."""
    return operation.error is not None and operation.error.code is Code.CANCELLED


def is_malformed_json(error: ApiError) -> bool:
    """Whether this is the refusal of a body that is no JSON object: no requirement looks at more than its status."""
    return error.reason == "MALFORMED_JSON"


def cancel_if_there(service: Service, name: str) -> None:
    """Cancels the operation of this name, if there is one."""
    with contextlib.suppress(UnknownOperation):
        service.store.cancel(name)


def end_if_running(service: Service, name: str, outcome: EndState) -> None:
    """Ends the operation of this name, if there is one that still runs."""
    with contextlib.suppress(UnknownOperation):
        if not service.store.get(name).done:
            service.store.amend(name, ending=Ending(service.clock.now(), outcome))


def with_json(response: Response, value: object) -> Response:
    """The response with another JSON value as its body."""
    return replace(response, body=json.dumps(value).encode())


def without(message: Message, *members: str) -> Message:
    """The message without these members."""
    return {key: value for key, value in message.items() if key not in members}


def posted(request: Request, pattern: str, meant: str) -> str | None:
    """For a POST on a path of the pattern the path that is meant by it, else None."""
    found = re.fullmatch(pattern, request.path) if request.method == "POST" else None
    return found.expand(meant) if found else None


def crashing(honest: Service, pattern: str) -> Service:
    """POST on a path of the pattern is answered with 500."""

    def lie(service: Service, request: Request) -> Invocation:
        if request.method == "POST" and re.fullmatch(pattern, request.path):
            raise ApiError(Code.INTERNAL, "Internal error encountered.", reason="INTERNAL_ERROR", routed=False)
        return honest.route(service, request)

    return replace(honest, route=lie)


def succeeding(honest: Service, pattern: str) -> Service:
    """POST on a path of the pattern is answered with success where the honest answer is that there is no such thing."""

    def lie(service: Service, request: Request, response: Response) -> Response:
        if response.status == 404 and posted(request, pattern, "") is not None:
            return Response(200, (JSON,), b"{}")
        return honest.respond(service, request, response)

    return replace(honest, respond=lie)
