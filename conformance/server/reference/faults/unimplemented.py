"""Faults of a server that does not support cancel, and of one that says it does."""

from __future__ import annotations

from dataclasses import replace

from conformance.exchange import Request, Response
from conformance.lro.codes import Code
from conformance.server.reference.api_error import ApiError
from conformance.server.reference.bindings import Rpc
from conformance.server.reference.faults.lies import JSON, cancel_if_there, end_if_running, flavoured, refusal
from conformance.server.reference.faults.registry import NO_METADATA, UNSUPPORTED, fault
from conformance.server.reference.invocation import Invocation
from conformance.server.reference.service import Service
from conformance.server.reference.store import EndState


def _unsupported(honest: Service) -> Service:
    """Cancel answers UNIMPLEMENTED, as it should where it is not supported: no lie by itself."""
    return flavoured(honest, unimplemented=frozenset({Rpc.CANCEL}))


def _saying(honest: Service, error: ApiError) -> Service:
    """What should be answered with UNIMPLEMENTED is answered with another error."""

    def lie(service: Service, request: Request, meant: ApiError) -> Response:
        return honest.render_error(service, request, error if meant.code is Code.UNIMPLEMENTED else meant)

    return _unsupported(replace(honest, render_error=lie))


def _and_yet(honest: Service, outcome: EndState) -> Service:
    """What is answered with UNIMPLEMENTED ends the operation all the same."""

    def lie(service: Service, call: Invocation) -> str:
        if call.rpc is Rpc.CANCEL:
            end_if_running(service, call.name, outcome)
        return honest.choose_target(service, call)

    return _unsupported(replace(honest, choose_target=lie))


@fault(breaks="unimplemented.as-stated")
def never_implemented(honest: Service) -> Service:
    """Claims to support cancel, and answers 501 always, as the Cloud Spanner emulator, mockgcp and nativelink."""
    return _unsupported(honest)


@fault(breaks="unimplemented.is-501", statement=UNSUPPORTED)
def unsupported_is_a_precondition(honest: Service) -> Service:
    """Says FAILED_PRECONDITION in place of UNIMPLEMENTED."""
    return _saying(honest, refusal(Code.FAILED_PRECONDITION, "This operation cannot be cancelled."))


@fault(breaks="unimplemented.is-501", statement=UNSUPPORTED)
def unsupported_is_forbidden(honest: Service) -> Service:
    """Says PERMISSION_DENIED in place of UNIMPLEMENTED: nobody may cancel."""
    return _saying(honest, refusal(Code.PERMISSION_DENIED, "Operations cannot be cancelled."))


@fault(breaks="unimplemented.is-501", statement=UNSUPPORTED)
def unsupported_is_not_found(honest: Service) -> Service:
    """Says NOT_FOUND in place of UNIMPLEMENTED, of an operation that is there."""
    return _saying(honest, refusal(Code.NOT_FOUND, "There is no such method."))


@fault(breaks="unimplemented.is-501", statement=UNSUPPORTED)
def unsupported_is_internal(honest: Service) -> Service:
    """Says INTERNAL in place of UNIMPLEMENTED: NotImplementedError is an exception like any other."""
    return _saying(honest, refusal(Code.INTERNAL, "NotImplementedError"))


@fault(breaks="unimplemented.is-501", statement=UNSUPPORTED)
def unsupported_is_unavailable(honest: Service) -> Service:
    """Says UNAVAILABLE in place of UNIMPLEMENTED, so that clients retry for ever."""
    return _saying(honest, refusal(Code.UNAVAILABLE, "Cancel is not available."))


@fault(breaks="unimplemented.is-501", statement=UNSUPPORTED)
def unsupported_is_success(honest: Service) -> Service:
    """Answers 200 and does nothing, where the statement says that cancel is not supported."""

    def lie(service: Service, request: Request, meant: ApiError) -> Response:
        if meant.code is not Code.UNIMPLEMENTED or "%" in request.path:
            return honest.render_error(service, request, meant)
        return Response(200, (JSON,), b"{}")

    return _unsupported(replace(honest, render_error=lie))


@fault(breaks="unimplemented.is-501", statement=UNSUPPORTED)
def unsupported_only_once(honest: Service) -> Service:
    """Answers the first cancel of an operation with 501 and later ones with FAILED_PRECONDITION: it remembers."""
    later = _saying(honest, refusal(Code.FAILED_PRECONDITION, "This operation cannot be cancelled."))

    def lie(service: Service, request: Request, meant: ApiError) -> Response:
        first = meant.code is not Code.UNIMPLEMENTED or service.count(request.path) == 1
        return (honest if first else later).render_error(service, request, meant)

    return replace(later, render_error=lie)


@fault(breaks="unimplemented.changes-nothing", statement=UNSUPPORTED)
def unsupported_cancels(honest: Service) -> Service:
    """Answers 501, and the operation is cancelled."""
    return _and_yet(honest, EndState.CANCELLED)


@fault(breaks="unimplemented.changes-nothing", statement=UNSUPPORTED)
def unsupported_fails(honest: Service) -> Service:
    """Answers 501, and the exception behind it takes the operation down with it."""
    return _and_yet(honest, EndState.FAILED)


@fault(breaks="unimplemented.changes-nothing", start={"mode": "never-ends"}, statement=UNSUPPORTED, unseen=NO_METADATA)
def unsupported_is_noted(honest: Service) -> Service:
    """Answers 501, and notes all the same that cancellation was requested."""

    def lie(service: Service, call: Invocation) -> str:
        if call.rpc is Rpc.CANCEL:
            cancel_if_there(service, call.name)
        return honest.choose_target(service, call)

    return _unsupported(replace(honest, choose_target=lie))
