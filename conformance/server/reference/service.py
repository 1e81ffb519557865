"""The service: the steps from a request to a response, each a field, so that each can be exchanged.

    route           request → the binding it calls, and the name in its path
    authorise       before anything else is looked at (AIP-211)
    read_query      the parameters that were sent              accept_query    are they allowed
    read_body       the message that was sent                  accept_body     is it allowed
    choose_target   the name of what the call acts on
    cancel get list delete start create                        one of them: call → response message
       look_up      name → operation
       render_operation
    render_success  response message → response                render_error    or error → response
    respond         the last step of every answer

A fault is the honest service with one step exchanged. The new step usually wraps the honest one:

    def always_says_done(honest: Service) -> Service:
        def lie(service: Service, operation: Snapshot) -> Message:
            return honest.render_operation(service, operation) | {"done": True}

        return replace(honest, render_operation=lie)

The first argument of every step is the service that was called, with all its exchanged steps. `replace` makes a service
that shares the state (`store`, `log`, `scratch`) with the original.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from conformance.exchange import Call, Request, Response
from conformance.lro.clock import Clock
from conformance.server.reference.api_error import ApiError, NoAnswer, not_found, unimplemented
from conformance.server.reference.auth import Auth
from conformance.server.reference.bindings import Bindings, Rpc
from conformance.server.reference.flavour import Flavour
from conformance.server.reference.invocation import Invocation, Message
from conformance.server.reference.store import Snapshot, Store, UnknownOperation

LOG_LIMIT = 100_000
"""Entries; beyond it the older half of a log is dropped."""


@dataclass(frozen=True, slots=True)
class LogEntry:
    """A request as it was received, when (clock seconds), what it called, and the answer; None when there was none."""

    request: Request
    received_at: float
    rpc: Rpc | None
    call: Call | None
    response: Response | None


RequestLog = list[LogEntry]

_COUNTING = threading.Lock()


@dataclass(frozen=True, eq=False, kw_only=True)
class Service:
    """A server of long-running operations without the connection. Safe to use from several threads.

    `log` has the requests in the order in which they were answered. `scratch` is for what a fault has to remember.
    Without `auth` anybody may call.
    """

    store: Store
    flavour: Flavour
    auth: Auth | None
    bindings: Bindings
    log: RequestLog = field(default_factory=list)
    scratch: dict[str, Any] = field(default_factory=dict)

    route: Callable[[Service, Request], Invocation]
    authorise: Callable[[Service, Invocation], None]
    read_query: Callable[[Service, Invocation], dict[str, str]]
    accept_query: Callable[[Service, Invocation], None]
    read_body: Callable[[Service, Invocation], Message]
    accept_body: Callable[[Service, Invocation], None]
    choose_target: Callable[[Service, Invocation], str]
    look_up: Callable[[Service, str], Snapshot]
    cancel: Callable[[Service, Invocation], Message]
    get: Callable[[Service, Invocation], Message]
    list: Callable[[Service, Invocation], Message]
    delete: Callable[[Service, Invocation], Message]
    start: Callable[[Service, Invocation], Message]
    create: Callable[[Service, Invocation], Message]
    render_operation: Callable[[Service, Snapshot], Message]
    render_success: Callable[[Service, Invocation, Message], Response]
    render_error: Callable[[Service, Request, ApiError], Response]
    respond: Callable[[Service, Request, Response], Response]

    @property
    def clock(self) -> Clock:
        return self.store.clock

    def handle(self, request: Request) -> Response:
        """The answer to a request, with its `Content-Length`. Raises NoAnswer, which only faults cause."""
        received_at = self.clock.now()
        call: Invocation | None = None
        response: Response | None = None
        try:
            try:
                call = self.route(self, request)
                response = self.serve(call)
            except UnknownOperation as unknown:
                response = self.render_error(self, request, not_found(unknown.name))
            except ApiError as error:
                response = self.render_error(self, request, error)
            response = _with_length(self.respond(self, request, response))
        except NoAnswer:
            response = None
            raise
        finally:
            self._remember(request, received_at, call, response)
        return response

    def serve(self, call: Invocation) -> Response:
        """The answer to a routed request: all steps between `route` and `respond`. Raises ApiError."""
        self.authorise(self, call)
        call = replace(call, query=self.read_query(self, call))
        self.accept_query(self, call)
        call = replace(call, body=self.read_body(self, call))
        self.accept_body(self, call)
        call = replace(call, target=self.choose_target(self, call))
        if call.rpc in self.flavour.unimplemented:
            raise unimplemented(call.rpc, call.target)
        return self.render_success(self, call, self._act(call))

    def count(self, event: str) -> int:
        """How often this was called for `event`, this call included: for faults that occur only sometimes."""
        with _COUNTING:
            counts: dict[str, int] = self.scratch.setdefault("counts", {})
            counts[event] = counts.get(event, 0) + 1
            return counts[event]

    def _act(self, call: Invocation) -> Message:
        match call.rpc:
            case Rpc.CANCEL:
                return self.cancel(self, call)
            case Rpc.GET:
                return self.get(self, call)
            case Rpc.LIST:
                return self.list(self, call)
            case Rpc.DELETE:
                return self.delete(self, call)
            case Rpc.START:
                return self.start(self, call)
            case Rpc.CREATE:
                return self.create(self, call)

    def _remember(
        self, request: Request, received_at: float, call: Invocation | None, response: Response | None
    ) -> None:
        if len(self.log) >= LOG_LIMIT:
            del self.log[: LOG_LIMIT // 2]
        rpc = call.rpc if call is not None else None
        self.log.append(LogEntry(request, received_at, rpc, call.call if call is not None else None, response))


def _with_length(response: Response) -> Response:
    if response.header("content-length") is not None or response.header("transfer-encoding") is not None:
        return response
    return replace(response, headers=(*response.headers, ("Content-Length", str(len(response.body)))))
