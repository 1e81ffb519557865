"""Faults of the shape of errors.

Most of them change only the refusal of malformed JSON, because other requirements look only at the status of that
answer.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from conformance.exchange import Request, Response
from conformance.lro.codes import Code
from conformance.server.reference.api_error import ApiError
from conformance.server.reference.faults.lies import (
    envelopes_changed,
    errors_answered,
    flavoured,
    is_malformed_json,
    with_json,
    without,
)
from conformance.server.reference.faults.registry import BARE, fault
from conformance.server.reference.invocation import Message
from conformance.server.reference.service import Service


def _malformed_answered(honest: Service, change: Callable[[Response], Response]) -> Service:
    """The refusal of malformed JSON is answered after `change`."""
    return errors_answered(honest, change, is_malformed_json)


def _details_changed(honest: Service, change: Callable[[Message], list[object]]) -> Service:
    """The details of every error of a bound method are what `change` makes of their ErrorInfo."""

    def changed(envelope: Message) -> Message:
        info, *others = envelope["details"]
        return envelope | {"details": [*change(info), *others]}

    return envelopes_changed(honest, changed)


# --- The form ---------------------------------------------------------------------------------------------------------


@fault(breaks=("errors.are-readable", "errors.envelope"))
def errors_are_text(honest: Service) -> Service:
    """Refuses malformed JSON in text/plain, as Envoy does: "Unexpected token."."""
    text = (("Content-Type", "text/plain"),)
    return _malformed_answered(honest, lambda refused: Response(refused.status, text, b"Unexpected token.\n{\n^"))


@fault(breaks="errors.are-readable")
def errors_are_labelled_as_text(honest: Service) -> Service:
    """Labels the envelope as text: nobody has set a type, and the server guesses one."""
    text = (("Content-Type", "text/plain; charset=utf-8"),)
    return _malformed_answered(honest, lambda refused: Response(refused.status, text, refused.body))


@fault(breaks=("errors.are-readable", "errors.envelope"))
def errors_are_pages(honest: Service) -> Service:
    """Refuses malformed JSON with an HTML page, as web frameworks do before any handler is asked."""
    html = (("Content-Type", "text/html"),)
    page = b"<!DOCTYPE html><title>400 Bad Request</title><h1>Bad Request</h1>"
    return _malformed_answered(honest, lambda refused: Response(refused.status, html, page))


@fault(breaks=("errors.are-readable", "errors.envelope"))
def error_is_a_string(honest: Service) -> Service:
    """Refuses malformed JSON with `{"error": "text"}`, on which Python's clients throw."""
    return _malformed_answered(honest, lambda refused: with_json(refused, {"error": "Invalid JSON payload received."}))


@fault(breaks=("errors.are-readable", "errors.envelope"))
def error_is_empty(honest: Service) -> Service:
    """Refuses malformed JSON without a body, as Envoy does that leaves the message in `grpc-message`."""
    silent = (("Content-Type", "application/grpc"), ("grpc-status", "3"), ("grpc-message", "Unexpected token."))
    return _malformed_answered(honest, lambda refused: Response(refused.status, silent))


@fault(breaks="errors.envelope")
def error_is_a_bare_status(honest: Service) -> Service:
    """Claims the AIP-193 envelope and sends a bare google.rpc.Status, as grpc-gateway 2 does."""
    return flavoured(honest, errors="status")


@fault(breaks="errors.envelope")
def malformed_json_gets_a_bare_status(honest: Service) -> Service:
    """Sends the envelope where the service refuses, and a bare Status where the transcoder in front of it does."""
    bare = {"code": 3, "message": "Invalid JSON payload received.", "details": []}
    return _malformed_answered(honest, lambda refused: with_json(refused, bare))


@fault(breaks="errors.envelope-is-used", statement=BARE)
def bare_status_as_stated(honest: Service) -> Service:
    """Sends a bare google.rpc.Status and says so: google-gax loses its code all the same."""
    return flavoured(honest, errors="status")


@fault(breaks=("errors.envelope-is-used", "errors.bare-code-maps"), statement=BARE)
def bare_code_is_the_http_status(honest: Service) -> Service:
    """Sends a bare Status whose code is the HTTP status."""
    bare = flavoured(honest, errors="status")
    return _malformed_answered(bare, lambda refused: with_json(refused, refused.json() | {"code": refused.status}))


@fault(breaks=("errors.envelope-is-used", "errors.bare-code-maps"), statement=BARE)
def bare_code_is_another(honest: Service) -> Service:
    """Sends a bare Status whose code is INTERNAL with status 400."""
    bare = flavoured(honest, errors="status")
    return _malformed_answered(bare, lambda refused: with_json(refused, refused.json() | {"code": 13}))


@fault(
    breaks=("errors.envelope-is-used", "errors.bare-code-maps", "repeat.done-is-answered"),
    statement=BARE,
)
def precondition_is_412(honest: Service) -> Service:
    """Answers FAILED_PRECONDITION with 412, as grpc-gateway 1 does."""

    def change(response: Response) -> Response:
        return replace(response, status=412)

    bare = flavoured(honest, errors="status", done_cancel="failed-precondition")
    return errors_answered(bare, change, lambda error: error.code is Code.FAILED_PRECONDITION)


# --- Code, status and message -----------------------------------------------------------------------------------------


@fault(breaks="errors.code-is-the-http-status")
def code_is_the_canonical_number(honest: Service) -> Service:
    """Writes the number of the canonical code, 5, where the envelope has the HTTP status, 404."""

    def changed(envelope: Message) -> Message:
        return envelope | {"code": int(Code[envelope["status"]])}

    return envelopes_changed(honest, changed)


@fault(breaks="errors.code-is-the-http-status")
def code_is_text(honest: Service) -> Service:
    """Writes the HTTP status as text."""
    return envelopes_changed(honest, lambda envelope: envelope | {"code": str(envelope["code"])})


@fault(breaks="errors.status-is-canonical")
def status_is_a_reason_phrase(honest: Service) -> Service:
    """Writes "Bad Request" where the name of the canonical code belongs."""
    return envelopes_changed(honest, lambda envelope: envelope | {"status": "Bad Request"}, is_malformed_json)


@fault(breaks="errors.status-is-canonical")
def status_is_in_lower_case(honest: Service) -> Service:
    """Writes "invalid_argument"."""
    return envelopes_changed(honest, lambda envelope: envelope | {"status": "invalid_argument"}, is_malformed_json)


@fault(breaks="errors.status-is-canonical")
def status_maps_elsewhere(honest: Service) -> Service:
    """Writes INTERNAL in the envelope of an answer with status 400."""
    return envelopes_changed(honest, lambda envelope: envelope | {"status": "INTERNAL"}, is_malformed_json)


@fault(breaks="errors.status-is-canonical")
def method_not_allowed_is_a_code(honest: Service) -> Service:
    """Writes "METHOD_NOT_ALLOWED" as if it were a canonical code, as cloudemu does with 405."""

    def changed(envelope: Message) -> Message:
        return envelope | {"status": "METHOD_NOT_ALLOWED"}

    strict = flavoured(honest, wrong_method_status=405)
    return envelopes_changed(strict, changed, lambda error: error.http_status == 405)


@fault(breaks=("errors.envelope", "errors.have-a-message"))
def message_is_an_object(honest: Service) -> Service:
    """Sends the message of an error in an object, by its language: clients expect text."""
    return envelopes_changed(honest, lambda envelope: envelope | {"message": {"en": envelope["message"]}})


@fault(breaks="errors.have-a-message")
def message_is_empty(honest: Service) -> Service:
    """Sends errors with an empty message, as the Cloud Spanner emulator does."""
    return envelopes_changed(honest, lambda envelope: envelope | {"message": ""})


# --- Details ----------------------------------------------------------------------------------------------------------


@fault(breaks="errors.have-error-info")
def no_error_info(honest: Service) -> Service:
    """Sends errors without details, as many recorded errors of production services are."""
    return flavoured(honest, error_details=False)


@fault(breaks="errors.have-error-info")
def retry_info_only(honest: Service) -> Service:
    """Sends details that say when to try again, and no ErrorInfo."""
    retry: list[object] = [{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "1s"}]
    return _details_changed(honest, lambda _: retry)


@fault(breaks="errors.details-are-well-formed")
def a_detail_has_no_type(honest: Service) -> Service:
    """Sends a detail without `@type` beside the ErrorInfo."""
    return _details_changed(honest, lambda info: [info, {"hint": "see the log"}])


@fault(breaks="errors.details-are-well-formed")
def metadata_of_an_error_has_numbers(honest: Service) -> Service:
    """Puts a number into the metadata of the ErrorInfo, which is a map of texts."""
    return _details_changed(honest, lambda info: [info | {"metadata": {"attempt": 1}}])


@fault(breaks=("errors.details-are-well-formed", "errors.no-stack-trace"))
def a_detail_is_text(honest: Service) -> Service:
    """Sends a stack trace as text among the details."""
    return _details_changed(honest, lambda info: [info, "Traceback (most recent call last): …"])


@fault(breaks="errors.details-are-well-formed")
def error_info_comes_twice(honest: Service) -> Service:
    """Sends two ErrorInfo: every layer adds its own."""
    return _details_changed(honest, lambda info: [info, info | {"domain": "gateway.example.com"}])


@fault(breaks="errors.details-are-well-formed")
def reason_is_in_lower_case(honest: Service) -> Service:
    """Sends a reason in lower case, as the old errors list had it."""
    return _details_changed(honest, lambda info: [info | {"reason": info["reason"].lower()}])


@fault(breaks="errors.details-are-well-formed")
def reason_is_a_sentence(honest: Service) -> Service:
    """Sends a reason that is a sentence."""
    return _details_changed(honest, lambda info: [info | {"reason": f"Refused: {info['reason']}."}])


@fault(breaks="errors.details-are-well-formed")
def domain_is_missing(honest: Service) -> Service:
    """Sends an ErrorInfo without a domain, so that its reason belongs to nobody."""
    return _details_changed(honest, lambda info: [without(info, "domain")])


@fault(breaks="errors.details-are-well-formed")
def metadata_has_capitals(honest: Service) -> Service:
    """Writes the keys in the metadata of the ErrorInfo with a capital first, as fields are called in its language."""
    return _details_changed(honest, lambda info: [info | {"metadata": {"ResourceName": "x"}}])


@fault(breaks="errors.localized-message-is-whole")
def localized_message_has_no_locale(honest: Service) -> Service:
    """Sends a LocalizedMessage that does not say which language it is in."""
    localized = {"@type": "type.googleapis.com/google.rpc.LocalizedMessage", "message": "Das geht so nicht."}
    return _details_changed(honest, lambda info: [info, localized])


@fault(breaks="errors.reason-is-of-one-error")
def every_reason_is_error(honest: Service) -> Service:
    """Sends the reason API_ERROR, whatever has gone wrong."""
    return _details_changed(honest, lambda info: [info | {"reason": "API_ERROR", "domain": "example.com"}])


@fault(breaks=("errors.details-are-well-formed"))
def details_of_unknown_paths_are_text(honest: Service) -> Service:
    """Sends the details of a path that is not bound as text, as kinglet does."""

    def changed(envelope: Message) -> Message:
        return envelope | {"details": "No route matches."}

    return envelopes_changed(honest, changed, lambda error: not error.routed)


# --- The name in the message ------------------------------------------------------------------------------------------


def _message_changed(honest: Service, change: Callable[[str], str]) -> Service:
    """The message of NOT_FOUND is changed."""

    def changed(envelope: Message) -> Message:
        return envelope | {"message": change(envelope["message"])}

    return envelopes_changed(honest, changed, lambda error: error.routed and error.code is Code.NOT_FOUND)


@fault(breaks="errors.echo-the-name")
def message_has_the_project_number(honest: Service) -> Service:
    """Names the operation in its message with the number of the project, whatever the caller sent."""
    return _message_changed(honest, lambda text: re.sub(r"projects/[^/']+", "projects/481516234200", text))


@fault(breaks="errors.echo-the-name")
def message_has_a_longer_name(honest: Service) -> Service:
    """Names the operation in its message by the key that it has in the database."""
    return _message_changed(honest, lambda text: re.sub(r"(operations/[^/']+)", r"\1-v1-shard-0", text))


@fault(breaks="errors.echo-the-name")
def message_names_another_operation(honest: Service) -> Service:
    """Names in its message the operation that was asked for first: the text is built once."""

    def lie(service: Service, request: Request, error: ApiError) -> Response:
        if not error.routed or error.code is not Code.NOT_FOUND:
            return honest.render_error(service, request, error)
        first = service.scratch.setdefault("message", error.message)
        return honest.render_error(service, request, _worded(error, first))

    return replace(honest, render_error=lie)


def _worded(error: ApiError, message: str) -> ApiError:
    return ApiError(error.code, message, reason=error.reason, metadata=error.metadata, domain=error.domain)
