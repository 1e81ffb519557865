"""Faults of servers that do not answer, or that answer everything alike."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

from conformance.exchange import Failure, FailureKind, Request, Response
from conformance.lro.codes import Code
from conformance.server.reference.api_error import ApiError, NoAnswer
from conformance.server.reference.faults.lies import JSON, is_malformed_json, refusal
from conformance.server.reference.faults.registry import fault
from conformance.server.reference.invocation import Invocation
from conformance.server.reference.service import Service


def _starts(request: Request) -> bool:
    """Whether the request is for the hook that starts operations, which is no part of the contract."""
    return request.path.endswith(":start")


def _unanswered(honest: Service, kind: FailureKind, when: Callable[[Service, Request], bool]) -> Service:
    """Requests that `when` is true of get no answer."""

    def lie(service: Service, request: Request) -> Invocation:
        if when(service, request):
            raise NoAnswer(Failure(kind))
        return honest.route(service, request)

    return replace(honest, route=lie)


def _answering(honest: Service, answer: Callable[[Request], Response]) -> Service:
    """Everything is answered by `answer`, but the hook that starts operations."""

    def lie(_service: Service, request: Request, response: Response) -> Response:
        return response if _starts(request) else answer(request)

    return replace(honest, respond=lie)


# --- No answer --------------------------------------------------------------------------------------------------------


@fault(breaks="liveness.every-request-is-answered")
def wrong_method_is_cut_off(honest: Service) -> Service:
    """Closes the connection on a method that it does not have: the handler's table holds a null there."""
    methods = ("PUT", "PATCH", "DELETE", "GET", "HEAD", "OPTIONS")
    return _unanswered(
        honest,
        FailureKind.RESET,
        lambda _, request: request.method in methods and request.path.endswith(":cancel"),
    )


@fault(breaks="liveness.bad-request-is-answered")
def malformed_escape_is_cut_off(honest: Service) -> Service:
    """Closes the connection on a malformed percent-escape: the decoder's exception ends the worker."""
    return _unanswered(honest, FailureKind.RESET, lambda _, request: "%zz" in request.path.lower())


@fault(breaks="liveness.every-request-is-answered")
def unknown_verb_hangs(honest: Service) -> Service:
    """Never answers a POST with a verb that it does not know: no handler means that nobody ends the response."""

    def unknown(_: Service, request: Request) -> bool:
        verb = request.path.rpartition("/")[2].rpartition(":")[1:]
        return request.method == "POST" and verb[0] == ":" and verb[1] not in ("cancel", "start")

    return _unanswered(honest, FailureKind.TIMEOUT, unknown)


@fault(breaks="liveness.every-request-is-answered")
def gzip_answer_never_ends(honest: Service) -> Service:
    """Codes what it answers to a get or list, where gzip is allowed, and says the length that it had before."""

    def is_coded(_: Service, request: Request) -> bool:
        return request.method == "GET" and "gzip" in (request.header("accept-encoding") or "")

    return _unanswered(honest, FailureKind.TIMEOUT, is_coded)


@fault(breaks="liveness.every-request-is-answered")
def long_target_is_cut_off(honest: Service) -> Service:
    """Closes the connection on a request line that is longer than 8,192 octets, and says nothing."""
    return _unanswered(honest, FailureKind.RESET, lambda _, request: len(request.target) > 8192)


@fault(breaks="liveness.every-request-is-answered", profile="ci")
def long_name_is_cut_off(honest: Service) -> Service:
    """Closes the connection on an id of more than 200 characters: a buffer is full."""
    return _unanswered(honest, FailureKind.RESET, lambda _, request: len(request.path.rpartition("/")[2]) > 200)


@fault(breaks="liveness.every-request-is-answered")
def dies_of_malformed_json(honest: Service) -> Service:
    """Dies of malformed JSON, the whole process, as spannertest dies of any cancel."""

    def lie(service: Service, request: Request, error: ApiError) -> Response:
        if is_malformed_json(error):
            service.scratch["dead"] = True
            raise NoAnswer(Failure(FailureKind.RESET))
        return honest.render_error(service, request, error)

    dead = _unanswered(honest, FailureKind.REFUSED, lambda service, _: bool(service.scratch.get("dead")))
    return replace(dead, render_error=lie)


# --- One answer for everything ----------------------------------------------------------------------------------------


@fault(
    breaks=(
        "routing.verb-is-exact",
        "routing.segment-count-is-exact",
        "routing.literals-are-exact",
        "routing.trailing-slash-is-another-path",
        "routing.empty-segment-names-nothing",
        "unknown.cancel-is-not-found",
        "unknown.get-is-not-found",
        "auth.credentials-are-required",
        "auth.invalid-credentials-are-refused",
    ),
    at_least=True,
)
def always_accepts(honest: Service) -> Service:
    """Answers everything with 200 and `{}`."""
    return _answering(honest, lambda _: Response(200, (JSON,), b"{}"))


@fault(breaks="operation.get-returns-it", at_least=True)
def always_rejects(honest: Service) -> Service:
    """Answers everything with 400, in perfect form."""
    error = refusal(Code.INVALID_ARGUMENT, "The request is invalid.", "INVALID_REQUEST")
    return _answering(honest, lambda request: honest.render_error(honest, request, error))


@fault(
    breaks=(
        "routing.verb-is-exact",
        "routing.segment-count-is-exact",
        "routing.literals-are-exact",
        "unknown.cancel-is-not-found",
        "unknown.get-is-not-found",
        "auth.credentials-are-required",
        "auth.invalid-credentials-are-refused",
    ),
    at_least=True,
)
def echoes(honest: Service) -> Service:
    """Answers everything with what was sent: the body, or else the path as the name."""

    def answer(request: Request) -> Response:
        shown = {"name": request.path.removeprefix("/v1/")}
        return Response(200, (JSON,), request.body or json.dumps(shown).encode())

    return _answering(honest, answer)


@fault(breaks="liveness.every-request-is-answered", at_least=True)
def never_answers(honest: Service) -> Service:
    """Takes every request and answers none."""
    return _unanswered(honest, FailureKind.TIMEOUT, lambda _, request: not _starts(request))
