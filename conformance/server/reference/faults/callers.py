"""Faults of authorisation of get, list and delete, and of recognising credentials."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import replace

from conformance.exchange import Request, Response
from conformance.lro.codes import Code
from conformance.server.reference.api_error import ApiError
from conformance.server.reference.bindings import Rpc
from conformance.server.reference.connection import CONNECTION
from conformance.server.reference.faults.registry import fault
from conformance.server.reference.invocation import Invocation
from conformance.server.reference.service import Service
from conformance.server.reference.store import UnknownOperation


def _passing(honest: Service, *rpcs: Rpc, when: Callable[[Invocation, ApiError], bool]) -> Service:
    """Calls of some methods pass although their credentials are refused, if `when` is true of them."""

    def lie(service: Service, call: Invocation) -> None:
        try:
            honest.authorise(service, call)
        except ApiError as error:
            if call.rpc not in rpcs or not when(call, error):
                raise

    return replace(honest, authorise=lie)


def _is_anonymous(call: Invocation, _: ApiError) -> bool:
    return call.request.header("authorization") is None


def _is_stranger(call: Invocation, error: ApiError) -> bool:
    return call.request.header("authorization") is not None and error.code is Code.UNAUTHENTICATED


def _is_weak(_: Invocation, error: ApiError) -> bool:
    return error.code is Code.PERMISSION_DENIED


# --- Let in -----------------------------------------------------------------------------------------------------------

# Without `auth` in the statement an open get is taken for a server that asks nobody: here it is declared.


@fault(breaks="auth.methods-require-credentials", at_least=True)
def anybody_may_get(honest: Service) -> Service:
    """Asks for credentials only where something is changed: everybody may get an operation."""
    return _passing(honest, Rpc.GET, when=_is_anonymous)


@fault(breaks="auth.methods-require-credentials")
def anybody_may_list(honest: Service) -> Service:
    """Authorises every method except list, which was added later."""
    return _passing(honest, Rpc.LIST, when=_is_anonymous)


@fault(breaks="auth.methods-require-credentials")
def anybody_may_delete(honest: Service) -> Service:
    """Authorises POST and GET, and not DELETE."""
    return _passing(honest, Rpc.DELETE, when=_is_anonymous)


@fault(breaks="auth.methods-refuse-invalid-credentials")
def any_token_may_get(honest: Service) -> Service:
    """Accepts any token for a get."""
    return _passing(honest, Rpc.GET, when=_is_stranger)


@fault(breaks="auth.methods-refuse-invalid-credentials", profile="ci")
def any_token_may_delete(honest: Service) -> Service:
    """Accepts any token for a delete."""
    return _passing(honest, Rpc.DELETE, when=_is_stranger)


@fault(breaks="auth.reads-need-permission")
def everybody_known_may_read(honest: Service) -> Service:
    """Asks for the permission where something is changed, and for any valid token where something is read."""
    return _passing(honest, Rpc.GET, Rpc.LIST, when=_is_weak)


@fault(breaks=("auth.list-needs-permission", "auth.reads-need-permission"))
def everybody_known_may_list(honest: Service) -> Service:
    """Asks for the permission to get an operation, and lists all of them without it."""
    return _passing(honest, Rpc.LIST, when=_is_weak)


@fault(breaks="auth.each-request-by-itself")
def permission_is_remembered_for_all(honest: Service) -> Service:
    """Remembers that an operation may be read, and not by whom: the key of the cache has the name alone."""

    def lie(service: Service, call: Invocation) -> None:
        allowed: set[str] = service.scratch.setdefault("allowed", set())
        try:
            honest.authorise(service, call)
            allowed.update([call.name] if call.rpc is Rpc.GET else [])
        except ApiError as error:
            if error.code is not Code.PERMISSION_DENIED or call.rpc is not Rpc.GET or call.name not in allowed:
                raise

    return replace(honest, authorise=lie)


@fault(breaks="auth.delete-needs-permission")
def everybody_known_may_delete(honest: Service) -> Service:
    """Asks for the permission to cancel, and deletes without it."""
    return _passing(honest, Rpc.DELETE, when=_is_weak)


@fault(breaks="auth.refused-delete-deletes-nothing")
def refused_delete_deletes(honest: Service) -> Service:
    """Refuses a delete after it has deleted: authorisation is the last filter of the chain."""

    def lie(service: Service, call: Invocation) -> None:
        try:
            honest.authorise(service, call)
        except ApiError:
            if call.rpc is Rpc.DELETE:
                _delete_if_there(service, call.name)
            raise

    return replace(honest, authorise=lie)


@fault(breaks="auth.refused-delete-deletes-nothing")
def refused_delete_is_queued(honest: Service) -> Service:
    """Refuses a delete that is queued already, and deletes as late as a cancel takes effect."""

    def lie(service: Service, call: Invocation) -> None:
        queue: list[tuple[float, str]] = service.scratch.setdefault("queue", [])
        for at, name in queue:
            if at <= service.clock.now():
                _delete_if_there(service, name)
        try:
            honest.authorise(service, call)
        except ApiError:
            if call.rpc is Rpc.DELETE:
                queue.append((service.clock.now() + service.flavour.running.delay, call.name))
            raise

    return replace(honest, authorise=lie)


def _delete_if_there(service: Service, name: str) -> None:
    try:
        service.store.delete(name)
    except UnknownOperation:
        return


@fault(breaks="auth.precedes-existence")
def get_looks_before_it_asks(honest: Service) -> Service:
    """Answers a get without credentials with 404 where there is no operation."""

    def lie(service: Service, call: Invocation) -> None:
        if call.rpc is Rpc.GET and call.request.header("authorization") is None:
            service.look_up(service, call.name)
        honest.authorise(service, call)

    return replace(honest, authorise=lie)


@fault(breaks="auth.precedes-validation")
def validation_before_permission(honest: Service) -> Service:
    """Answers a malformed cancel without permission with 400: only the credentials are looked at before the body."""

    def lie(service: Service, call: Invocation) -> None:
        try:
            honest.authorise(service, call)
        except ApiError as error:
            if call.rpc is Rpc.CANCEL and _is_weak(call, error):
                service.read_body(service, call)
            raise

    return replace(honest, authorise=lie)


# --- Let in by another request ----------------------------------------------------------------------------------------


@fault(breaks="auth.each-request-by-itself")
def cache_answers_before_the_gate(honest: Service) -> Service:
    """Keeps what a get was answered with, and gives it to whoever asks for the same without credentials."""

    def lie(service: Service, call: Invocation) -> None:
        kept: set[str] = service.scratch.setdefault("kept", set())
        if call.rpc is Rpc.GET and call.request.header("authorization") is None and call.request.target in kept:
            return
        honest.authorise(service, call)
        if call.rpc is Rpc.GET:
            with contextlib.suppress(UnknownOperation):
                service.store.get(call.name)
                kept.add(call.request.target)

    return replace(honest, authorise=lie)


@fault(breaks="auth.each-request-by-itself")
def page_token_is_a_credential(honest: Service) -> Service:
    """Asks for nothing else where a list has a token, for it has signed that: only who may list was given one."""
    return _passing(honest, Rpc.LIST, when=lambda call, _: "pageToken=" in call.request.query)


@fault(breaks="auth.each-request-by-itself")
def connection_remembers_who_reads(honest: Service) -> Service:
    """Looks at the credentials of the first get or list on a connection, and lets every later one on it in."""

    def lie(service: Service, call: Invocation) -> None:
        known: set[str] = service.scratch.setdefault("known", set())
        if call.rpc not in (Rpc.GET, Rpc.LIST):
            honest.authorise(service, call)
        elif call.request.header("authorization") is not None or CONNECTION.get() not in known:
            honest.authorise(service, call)
            known.add(CONNECTION.get())

    return replace(honest, authorise=lie)


@fault(breaks="auth.each-request-by-itself")
def connection_remembers_the_caller(honest: Service) -> Service:
    """Looks at credentials until a request on the connection has had the right ones, and then no more."""

    def lie(service: Service, call: Invocation) -> None:
        known: set[str] = service.scratch.setdefault("known", set())
        if CONNECTION.get() not in known:
            honest.authorise(service, call)
            known.add(CONNECTION.get())

    return replace(honest, authorise=lie)


# --- Let in by a spelling ---------------------------------------------------------------------------------------------


@fault(breaks="auth.every-spelling-is-guarded")
def gate_compares_the_raw_path(honest: Service) -> Service:
    """Guards `/v1/projects/…` as it is written, and routes what is written otherwise to the same methods."""

    def lie(service: Service, call: Invocation) -> None:
        if call.request.path.startswith("/v1/projects/") or call.request.header("authorization") is not None:
            honest.authorise(service, call)

    return replace(honest, authorise=lie)


@fault(breaks="auth.methods-require-credentials")
def reads_with_a_query_are_not_guarded(honest: Service) -> Service:
    """Guards get and list by their whole targets, query and all; with a query none of them is known."""

    def lie(service: Service, call: Invocation) -> None:
        if call.rpc not in (Rpc.GET, Rpc.LIST) or not call.request.query:
            honest.authorise(service, call)

    return replace(honest, authorise=lie)


@fault(breaks="auth.every-spelling-is-guarded", profile="ci")
def head_is_not_guarded(honest: Service) -> Service:
    """Answers HEAD as its framework does for every get, and guards the methods of its own list, where it is not."""

    def route(service: Service, request: Request) -> Invocation:
        if request.method != "HEAD":
            return honest.route(service, request)
        return replace(honest.route(service, replace(request, method="GET")), request=request)

    def authorise(service: Service, call: Invocation) -> None:
        if call.request.method != "HEAD":
            honest.authorise(service, call)

    def respond(service: Service, request: Request, response: Response) -> Response:
        answer = honest.respond(service, request, response)
        return replace(answer, body=b"") if request.method == "HEAD" else answer

    return replace(honest, route=route, authorise=authorise, respond=respond)


@fault(breaks=("auth.every-spelling-is-guarded", "routing.slashes-are-not-merged"), profile="ci")
def slashes_are_merged_behind_the_gate(honest: Service) -> Service:
    """Guards paths as they are, and merges slashes and resolves dots afterwards."""

    def route(service: Service, request: Request) -> Invocation:
        path = request.path.replace("//", "/").replace("/./", "/")
        query = f"?{request.query}" if request.query else ""
        return replace(honest.route(service, replace(request, target=path + query)), request=request)

    def lie(service: Service, call: Invocation) -> None:
        is_odd = "//" in call.request.path or "/./" in call.request.path
        if not is_odd or call.request.header("authorization") is not None:
            honest.authorise(service, call)

    return replace(honest, route=route, authorise=lie)


# --- Almost the right token -------------------------------------------------------------------------------------------


def _accepting(honest: Service, is_known: Callable[[str, str], bool]) -> Service:
    """A token is known when it is like one that may do everything."""

    def lie(service: Service, call: Invocation) -> None:
        try:
            honest.authorise(service, call)
        except ApiError as error:
            given = call.request.header("authorization") or ""
            full = [token for token, scopes in service.auth.tokens.items() if scopes] if service.auth else []
            if error.code is not Code.UNAUTHENTICATED or not any(is_known(given, token) for token in full):
                raise

    return replace(honest, authorise=lie)


@fault(breaks=("auth.methods-refuse-invalid-credentials", "auth.invalid-credentials-are-refused"), profile="ci")
def token_may_be_shorter(honest: Service) -> Service:
    """Compares as much of the token as was sent."""
    return _accepting(
        honest, lambda given, token: len(given) > len("Bearer ") + 4 and f"Bearer {token}".startswith(given)
    )


@fault(breaks=("auth.methods-refuse-invalid-credentials", "auth.invalid-credentials-are-refused"), profile="ci")
def token_has_no_case(honest: Service) -> Service:
    """Looks for tokens without regard to the case of their letters, as its database does."""
    return _accepting(honest, lambda given, token: given.lower() == f"bearer {token}".lower())


@fault(breaks=("auth.methods-refuse-invalid-credentials", "auth.invalid-credentials-are-refused"), profile="ci")
def scheme_is_not_read(honest: Service) -> Service:
    """Takes the last word of `Authorization` for the token, whatever the scheme is."""
    return _accepting(honest, lambda given, token: given.rpartition(" ")[2] == token)
