"""Faults of authorisation of a cancel."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

from conformance.exchange import Request, Response
from conformance.lro.codes import Code
from conformance.server.reference.api_error import ApiError, not_found
from conformance.server.reference.bindings import Rpc
from conformance.server.reference.faults.lies import cancel_if_there, refusal, without_metadata
from conformance.server.reference.faults.registry import fault
from conformance.server.reference.invocation import Invocation
from conformance.server.reference.service import Service
from conformance.server.reference.store import UnknownOperation

Decide = Callable[[Service, Invocation, ApiError], None]


def _when_refused(honest: Service, verdict: Decide) -> Service:
    """What becomes of a cancel whose credentials are refused: `verdict` lets it pass, or raises the answer."""

    def lie(service: Service, call: Invocation) -> None:
        try:
            honest.authorise(service, call)
        except ApiError as error:
            if call.rpc is not Rpc.CANCEL:
                raise
            verdict(service, call, error)

    return replace(honest, authorise=lie)


def _passing(honest: Service, when: Callable[[Invocation, ApiError], bool]) -> Service:
    """A cancel passes although its credentials are refused, if `when` is true of it."""

    def verdict(_: Service, call: Invocation, error: ApiError) -> None:
        if not when(call, error):
            raise error

    return _when_refused(honest, verdict)


def _exists(service: Service, name: str) -> bool:
    try:
        service.store.get(name)
    except UnknownOperation:
        return False
    return True


def _is_done(service: Service, name: str) -> bool:
    return _exists(service, name) and service.store.get(name).done


def _is_anonymous(call: Invocation) -> bool:
    return call.request.header("authorization") is None


def _is_malformed(call: Invocation) -> bool:
    try:
        return bool(call.request.body) and not isinstance(json.loads(call.request.body), dict)
    except ValueError:
        return True


def _is_denied(error: ApiError) -> bool:
    return error.code is Code.PERMISSION_DENIED


@fault(breaks="auth.invalid-credentials-are-refused")
def what_is_done_is_answered_before_the_gate(honest: Service) -> Service:
    """Answers the cancel of an operation that is done at once: nothing is to be done, so nobody is asked who calls."""

    def lie(service: Service, call: Invocation) -> None:
        if call.rpc is not Rpc.CANCEL or not _is_done(service, call.name):
            honest.authorise(service, call)

    return replace(honest, authorise=lie)


@fault(breaks="auth.permission-is-denied", profile="ci")
def project_of_a_header_counts(honest: Service) -> Service:
    """Asks for the permission in the project that `X-Goog-User-Project` names, and anybody has one of their own."""
    return _passing(honest, lambda call, error: _is_denied(error) and bool(call.request.header("x-goog-user-project")))


# --- Let in -----------------------------------------------------------------------------------------------------------


@fault(breaks=("auth.credentials-are-required", "auth.precedes-existence", "auth.precedes-validation"))
def anybody_may_cancel(honest: Service) -> Service:
    """Lets a cancel without credentials pass: the check was written for the other methods."""
    return _passing(honest, lambda call, _: _is_anonymous(call))


@fault(breaks="auth.invalid-credentials-are-refused")
def any_token_is_valid(honest: Service) -> Service:
    """Asks for a token and never verifies it, as emulators do."""
    return _passing(honest, lambda call, error: not _is_anonymous(call) and not _is_denied(error))


@fault(breaks="auth.invalid-credentials-are-refused")
def token_need_only_begin_well(honest: Service) -> Service:
    """Compares as much of a token as it knows, and ignores what follows."""
    return _passing(honest, lambda call, _: (call.request.header("authorization") or "").endswith("-x"))


@fault(breaks="auth.credentials-are-required")
def without_body_no_credentials_are_required(honest: Service) -> Service:
    """Asks for credentials where there is something to read: the check sits in the body parser."""
    return _passing(honest, lambda call, _: _is_anonymous(call) and not call.request.body)


@fault(breaks="auth.credentials-are-required", profile="ci")
def key_is_a_credential(honest: Service) -> Service:
    """Accepts any API key as a credential for cancel."""
    return _passing(honest, lambda call, _: _is_anonymous(call) and "key=" in call.request.query)


@fault(breaks="auth.credentials-are-required", profile="ci")
def this_machine_is_trusted(honest: Service) -> Service:
    """Believes `X-Forwarded-For`, and trusts whoever comes from this machine."""
    return _passing(
        honest, lambda call, _: _is_anonymous(call) and call.request.header("x-forwarded-for") == "127.0.0.1"
    )


@fault(breaks="auth.credentials-are-required")
def identity_header_is_trusted(honest: Service) -> Service:
    """Believes the header in which a proxy says who calls, also where no proxy stands before it."""
    return _passing(honest, lambda call, _: _is_anonymous(call) and call.request.header("x-remote-user") is not None)


@fault(breaks="auth.credentials-are-required", profile="ci")
def empty_token_is_the_operator(honest: Service) -> Service:
    """Compares an empty token with that of an operator, which is not configured and so is empty, too."""
    return _passing(honest, lambda call, _: (call.request.header("authorization") or "").strip() == "Bearer")


@fault(breaks="auth.invalid-credentials-are-refused")
def another_scheme_is_not_verified(honest: Service) -> Service:
    """Verifies bearer tokens, and lets every other scheme pass."""
    return _passing(honest, lambda call, _: (call.request.header("authorization") or "").startswith("Basic "))


@fault(breaks="auth.credentials-are-required", profile="ci")
def old_http_needs_no_credentials(honest: Service) -> Service:
    """Takes whoever speaks HTTP/1.0 for its own health checker, and lets it pass."""
    return _passing(honest, lambda call, _: _is_anonymous(call) and call.request.version == "1.0")


@fault(breaks="auth.permission-is-denied")
def scope_is_not_checked(honest: Service) -> Service:
    """Verifies the token and never asks what it permits."""
    return _passing(honest, lambda _, error: _is_denied(error))


# --- Refused in the wrong way -----------------------------------------------------------------------------------------


@fault(breaks=("auth.credentials-are-required", "auth.precedes-validation"))
def no_credentials_are_an_argument(honest: Service) -> Service:
    """Answers missing credentials with 400: a header is missing."""

    def verdict(_: Service, call: Invocation, error: ApiError) -> None:
        missing = refusal(Code.INVALID_ARGUMENT, "The header Authorization is missing.", "MISSING_HEADER")
        raise missing if _is_anonymous(call) else error

    return _when_refused(honest, verdict)


@fault(breaks="auth.invalid-credentials-are-refused")
def invalid_token_crashes(honest: Service) -> Service:
    """Answers a token that it cannot decode with 500."""

    def verdict(_: Service, call: Invocation, error: ApiError) -> None:
        expected = _is_anonymous(call) or _is_denied(error)
        raise error if expected else refusal(Code.INTERNAL, "Internal error encountered.", "INTERNAL_ERROR")

    return _when_refused(honest, verdict)


@fault(breaks="auth.permission-is-denied")
def denied_is_unauthenticated(honest: Service) -> Service:
    """Answers a token without the permission with 401, so that the client fetches the same one again."""

    def verdict(_: Service, _call: Invocation, error: ApiError) -> None:
        again = ApiError(
            Code.UNAUTHENTICATED,
            "The credentials do not suffice.",
            reason="CREDENTIALS_INSUFFICIENT",
            headers=(("WWW-Authenticate", "Bearer"),),
        )
        raise again if _is_denied(error) else error

    return _when_refused(honest, verdict)


# --- In the wrong order -----------------------------------------------------------------------------------------------


@fault(breaks="auth.precedes-existence")
def existence_before_credentials(honest: Service) -> Service:
    """Answers a cancel without credentials with 404 if there is no operation: it looks before it authorises."""

    def verdict(service: Service, call: Invocation, error: ApiError) -> None:
        if _is_anonymous(call) and not _is_malformed(call):
            service.look_up(service, call.name)
        raise error

    return _when_refused(honest, verdict)


@fault(breaks="auth.precedes-existence")
def refusal_tells_what_exists(honest: Service) -> Service:
    """Answers a cancel without credentials with 401 where there is an operation, and with 403 where there is none."""

    def verdict(service: Service, call: Invocation, error: ApiError) -> None:
        hidden = refusal(Code.PERMISSION_DENIED, "Permission denied.", "IAM_PERMISSION_DENIED")
        raise hidden if _is_anonymous(call) and not _exists(service, call.name) else error

    return _when_refused(honest, verdict)


@fault(breaks="auth.permission-precedes-existence")
def existence_before_permission(honest: Service) -> Service:
    """Answers a token without the permission with 404 where there is no operation, and with 403 where there is one."""

    def verdict(service: Service, call: Invocation, error: ApiError) -> None:
        if _is_denied(error):
            service.look_up(service, call.name)
        raise error

    return _when_refused(honest, verdict)


@fault(breaks="auth.denial-is-told")
def denial_is_hidden(honest: Service) -> Service:
    """Answers every cancel by a token without the permission with 404."""

    def verdict(_service: Service, call: Invocation, error: ApiError) -> None:
        raise not_found(call.name) if _is_denied(error) else error

    return _when_refused(honest, verdict)


@fault(breaks=("auth.permission-is-denied", "auth.permission-precedes-existence", "auth.denial-is-told"))
def only_what_exists_is_hidden(honest: Service) -> Service:
    """Answers a token without the permission with 404 where there is an operation, and with 403 where there is none."""

    def verdict(service: Service, call: Invocation, error: ApiError) -> None:
        raise not_found(call.name) if _is_denied(error) and _exists(service, call.name) else error

    return _when_refused(honest, verdict)


@fault(breaks="auth.precedes-validation")
def validation_before_credentials(honest: Service) -> Service:
    """Answers a cancel without credentials with 400 if its body is malformed: it parses before it authorises."""

    def verdict(service: Service, call: Invocation, error: ApiError) -> None:
        if _is_anonymous(call):
            service.read_body(service, call)
        raise error

    return _when_refused(honest, verdict)


@fault(breaks="auth.challenge-is-sent")
def no_challenge(honest: Service) -> Service:
    """Answers 401 without `WWW-Authenticate`, as middleware that only sets a status."""

    def verdict(_service: Service, _call: Invocation, error: ApiError) -> None:
        error.headers = ()
        raise error

    return _when_refused(honest, verdict)


# --- Repeated ---------------------------------------------------------------------------------------------------------


def _repeating(honest: Service, spelling: Callable[[str], str]) -> Service:
    """The message of an error ends with the token that was sent, in some spelling."""

    def lie(service: Service, request: Request, error: ApiError) -> Response:
        token = (request.header("authorization") or "").removeprefix("Bearer ")
        if token:
            error.message = f"{error.message} (called with {spelling(token)})"
        return honest.render_error(service, request, error)

    return replace(honest, render_error=lie)


@fault(breaks="auth.credentials-are-not-repeated")
def errors_repeat_the_token(honest: Service) -> Service:
    """Ends the message of every error with the caller's token, for debugging."""
    return _repeating(honest, lambda token: token)


@fault(breaks="auth.credentials-are-not-repeated")
def errors_dump_the_token(honest: Service) -> Service:
    """Dumps the header field in hexadecimal, as some gateways do."""
    return _repeating(honest, lambda token: f"Bearer {token}".encode().hex())


@fault(breaks="auth.credentials-are-not-repeated")
def errors_have_most_of_the_token(honest: Service) -> Service:
    """Cuts off the end of the token in an error, and shows most of it."""
    return _repeating(honest, lambda token: f"{token[:-3]}...")


# --- Refused, and done all the same -----------------------------------------------------------------------------------


@fault(breaks="auth.refused-cancel-changes-nothing")
def unauthenticated_cancels_all_the_same(honest: Service) -> Service:
    """Answers 401 and cancels: the answer is written by a middleware that runs after the handler."""

    def verdict(service: Service, call: Invocation, error: ApiError) -> None:
        cancel_if_there(service, call.name)
        raise error

    return without_metadata(_when_refused(honest, verdict))


@fault(breaks="auth.refused-cancel-changes-nothing")
def denied_cancels_all_the_same(honest: Service) -> Service:
    """Answers 403 to a token without the permission and cancels."""

    def verdict(service: Service, call: Invocation, error: ApiError) -> None:
        if _is_denied(error):
            cancel_if_there(service, call.name)
        raise error

    return without_metadata(_when_refused(honest, verdict))
