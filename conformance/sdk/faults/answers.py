"""Faults of what a client makes of an answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from conformance.sdk.faults.registry import fault
from conformance.sdk.honest_driver import CODES, Answer, Client, Reply

OK: Reply = {"outcome": "ok"}


def _cancel_understood(honest: Client, lie: Callable[[Answer, Reply], Reply]) -> Client:
    """The client, with another understanding of what a cancel is answered; `lie` is given the honest one, too."""

    def understand(method: str, answer: Answer) -> Reply:
        reply = honest.understand(method, answer)
        return lie(answer, reply) if method == "cancel" else reply

    return replace(honest, understand=understand)


def _with_code(honest: Client, code: str, instead: str) -> Client:
    return _cancel_understood(
        honest, lambda _, reply: {**reply, "code": instead} if reply.get("code") == code else reply
    )


@fault("client-answer.empty-object-is-success", "client-answer.calls-at-once-do-not-mix")
def empty_object_is_nothing(honest: Client) -> Client:
    """Takes `{}` for no response at all, because it is false in a condition."""
    nothing: Reply = {"outcome": "decode_error", "message": "received null response"}
    return _cancel_understood(honest, lambda answer, reply: nothing if answer.body == b"{}" else reply)


@fault("client-answer.no-body-is-success")
def no_body_is_an_error(honest: Client) -> Client:
    """Throws on a success without a body, as google-gax for Node.js does."""
    nothing: Reply = {"outcome": "decode_error", "message": "received null response"}
    return _cancel_understood(honest, lambda answer, reply: nothing if reply == OK and not answer.body else reply)


@fault("client-answer.unknown-members-are-ignored")
def unknown_members_are_errors(honest: Client) -> Client:
    """Refuses a success with a member that it does not know, as strict ProtoJSON parsers do."""
    strict: Reply = {"outcome": "decode_error", "message": "no such field"}
    return _cancel_understood(
        honest, lambda answer, reply: strict if reply == OK and answer.body.startswith(b'{"') else reply
    )


@fault("client-answer.garbage-is-no-success")
def what_follows_is_left(honest: Client) -> Client:
    """Reads the first JSON text of an answer to a cancel, and leaves what comes after it."""

    def understand(method: str, answer: Answer) -> Reply:
        if method != "cancel" or not answer.body.startswith(b"{}"):
            return honest.understand(method, answer)
        return honest.understand(method, replace(answer, body=b"{}"))

    return replace(honest, understand=understand)


@fault("client-answer.garbage-is-no-success")
def never_reads_a_success(honest: Client) -> Client:
    """Looks at the status of a success and never at its body, as Python clients do."""
    return _cancel_understood(honest, lambda answer, reply: OK if answer.status < 300 else reply)


@fault("client-answer.lost-answer-is-no-success")
def lost_answer_is_success(honest: Client) -> Client:
    """Takes a connection that breaks for a success: the request was sent, after all."""

    def send(*request: Any) -> Answer:
        try:
            return honest.send(*request)
        except ConnectionError:
            return Answer(200, b"{}")

    return replace(honest, send=send)


@fault("client-answer.error-is-no-success", "client-answer.not-found", "client-answer.bare-status")
def unknown_operation_is_cancelled(honest: Client) -> Client:
    """Takes 404 for a success: what does not exist cannot run."""
    return _cancel_understood(honest, lambda answer, reply: OK if answer.status == 404 else reply)


@fault("client-answer.error-is-no-success", "client-answer.unimplemented", "client-answer.bare-status")
def unimplemented_is_fine(honest: Client) -> Client:
    """Takes 501 for a success: cancel is best effort, after all."""
    return _cancel_understood(honest, lambda answer, reply: OK if answer.status == 501 else reply)


@fault("client-answer.error-is-no-success")
def error_without_body_is_success(honest: Client) -> Client:
    """Looks for an error in the body only, and finds none where there is no body."""
    return _cancel_understood(honest, lambda answer, reply: OK if answer.status >= 400 and not answer.body else reply)


@fault("client-answer.error-is-no-success")
def conflict_is_cancelled(honest: Client) -> Client:
    """Takes 409 for a success: somebody else must have cancelled already."""
    return _cancel_understood(honest, lambda answer, reply: OK if answer.status == 409 else reply)


@fault("client-answer.error-is-no-success")
def rare_errors_are_successes(honest: Client) -> Client:
    """Knows the statuses that codes have, and takes any other for a success."""
    return _cancel_understood(honest, lambda answer, reply: OK if answer.status in (408, 412, 418) else reply)


@fault("client-answer.error-is-no-success")
def error_without_members_is_success(honest: Client) -> Client:
    """Recognises a success by its body, `{}`, whatever the status."""
    return _cancel_understood(honest, lambda answer, reply: OK if answer.body == b"{}" else reply)


@fault("client-answer.error-is-no-success", "client-answer.failed-precondition", "client-answer.bare-status")
def ended_is_cancelled(honest: Client) -> Client:
    """Takes FAILED_PRECONDITION for a success: the operation has ended, after all."""
    return _cancel_understood(honest, lambda _, reply: OK if reply.get("code") == "FAILED_PRECONDITION" else reply)


@fault("client-answer.precondition-is-told-from-bad-argument", "client-answer.codes-are-told-apart")
def code_follows_from_the_status(honest: Client) -> Client:
    """Makes the code of the HTTP status alone, so that FAILED_PRECONDITION becomes INVALID_ARGUMENT."""

    def lie(answer: Answer, reply: Reply) -> Reply:
        return {**reply, "code": CODES.get(answer.status)} if answer.body.startswith(b'{"error": {') else reply

    return _cancel_understood(honest, lie)


@fault("client-answer.precondition-is-told-from-bad-argument", "client-answer.codes-are-told-apart")
def knows_statuses_only(honest: Client) -> Client:
    """Reports HTTP statuses and no codes, as discovery clients do."""
    return _cancel_understood(honest, lambda _, reply: {**reply, "code": None})


@fault(
    "client-answer.permission-denied", "client-answer.bare-status", "client-answer.unreadable-error-keeps-its-status"
)
def denied_means_log_in_again(honest: Client) -> Client:
    """Reports PERMISSION_DENIED as UNAUTHENTICATED, so that its user logs in again in vain."""
    return _with_code(honest, "PERMISSION_DENIED", "UNAUTHENTICATED")


@fault("client-answer.unauthenticated", "client-answer.bare-status", "client-answer.unreadable-error-keeps-its-status")
def unauthenticated_is_denied(honest: Client) -> Client:
    """Reports UNAUTHENTICATED as PERMISSION_DENIED, so that its user asks for a permission in vain."""
    return _with_code(honest, "UNAUTHENTICATED", "PERMISSION_DENIED")


@fault("client-answer.resource-exhausted", "client-answer.bare-status")
def exhausted_is_unavailable(honest: Client) -> Client:
    """Reports RESOURCE_EXHAUSTED as UNAVAILABLE, so that its user tries again at once, and again."""
    return _with_code(honest, "RESOURCE_EXHAUSTED", "UNAVAILABLE")


@fault("client-answer.bare-status")
def bare_status_is_unknown(honest: Client) -> Client:
    """Reads the number of a code as an HTTP status, as google-gax for Node.js does: every bare Status is UNKNOWN."""

    def lie(answer: Answer, reply: Reply) -> Reply:
        return {**reply, "code": "UNKNOWN"} if answer.body.startswith(b'{"code": ') else reply

    return _cancel_understood(honest, lie)


@fault("client-answer.never-breaks-the-client")
def text_error_breaks_it(honest: Client) -> Client:
    """Expects an object in `error` and breaks on a text, as google-api-core for Python does."""

    def lie(answer: Answer, reply: Reply) -> Reply:
        if answer.status == 404 and answer.body.startswith(b'{"error": "'):
            raise AttributeError("'str' object has no attribute 'get'")
        return reply

    return _cancel_understood(honest, lie)


@fault("client-answer.never-breaks-the-client")
def null_breaks_it(honest: Client) -> Client:
    """Breaks on a body that is `null`, as gcloud does."""

    def lie(answer: Answer, reply: Reply) -> Reply:
        if answer.body == b"null":
            raise TypeError("argument of type 'NoneType' is not iterable")
        return reply

    return _cancel_understood(honest, lie)


@fault("client-answer.bare-status")
def unknown_details_hide_the_error(honest: Client) -> Client:
    """Unpacks the details of an error, and reports only that it cannot when a type is new."""

    def lie(answer: Answer, reply: Reply) -> Reply:
        hidden = {"outcome": "decode_error", "message": "can not find message descriptor by type_url"}
        return hidden if b"NobodyKnowsThisDetail" in answer.body else reply

    return _cancel_understood(honest, lie)


@fault("client-answer.never-breaks-the-client")
def null_error_breaks_it(honest: Client) -> Client:
    """Reads members of `error` wherever there is one, also when it is null."""

    def lie(answer: Answer, reply: Reply) -> Reply:
        if answer.status >= 400 and b'"error": null' in answer.body:
            raise TypeError("'NoneType' object is not subscriptable")
        return reply

    return _cancel_understood(honest, lie)


@fault("client-answer.never-breaks-the-client")
def empty_error_breaks_it(honest: Client) -> Client:
    """Expects a message in every error."""

    def lie(answer: Answer, reply: Reply) -> Reply:
        if answer.status >= 400 and b'"error": {}' in answer.body:
            raise KeyError("message")
        return reply

    return _cancel_understood(honest, lie)


@fault("client-answer.message-is-kept")
def message_is_unknown_error(honest: Client) -> Client:
    """Loses the message of a bare Status, as google-api-core for Python does."""

    def lie(answer: Answer, reply: Reply) -> Reply:
        return {**reply, "message": "unknown error"} if answer.body.startswith(b'{"code": ') else reply

    return _cancel_understood(honest, lie)


@fault("client-answer.unreadable-error-keeps-its-status")
def page_is_a_syntax_error(honest: Client) -> Client:
    """Reports the broken JSON of an error page, and not the error."""

    def lie(answer: Answer, reply: Reply) -> Reply:
        broken = {"outcome": "decode_error", "message": "Unexpected token '<'"}
        return broken if answer.status >= 400 and answer.body.startswith(b"<") else reply

    return _cancel_understood(honest, lie)


@fault("client-answer.redirect-keeps-the-method")
def follows_with_get(honest: Client) -> Client:
    """Follows 307 and 308 with a GET."""
    return _following(honest, (307, 308), lambda answer: answer)


@fault("client-answer.redirected-get-is-no-cancel")
def login_page_is_success(honest: Client) -> Client:
    """Follows 302 with a GET, and takes the page that it gets for the answer to its cancel."""
    return _following(honest, (302,), lambda answer: _with_body(answer, b"{}"))


def _with_body(answer: Answer, body: bytes) -> Answer:
    return replace(answer, body=body)


def _following(honest: Client, statuses: tuple[int, ...], made_of: Callable[[Answer], Answer]) -> Client:
    """The client, following redirects with a GET and without credentials."""

    def send(verb: str, origin: str, target: str, fields: Mapping[str, str], body: bytes | None, left: float) -> Answer:
        answer = honest.send(verb, origin, target, fields, body, left)
        if verb == "POST" and answer.status in statuses and answer.location:
            return made_of(honest.send("GET", answer.location, urlsplit(answer.location).path, {}, None, left))
        return answer

    return replace(honest, send=send)


@fault(
    "client-answer.redirect-is-no-success",
    "client-answer.redirect-keeps-the-method",
    "client-answer.redirected-get-is-no-cancel",
)
def everything_below_400_is_a_success(honest: Client) -> Client:
    """Takes every status below 400 for a success, as Python's requests does with `ok`."""
    return _cancel_understood(honest, lambda answer, reply: OK if 300 <= answer.status < 400 else reply)


@fault(
    "client-answer.redirect-is-no-success",
    "client-operation.cancelled-is-told",
    "client-operation.garbage-is-no-operation",
)
def redirected_get_is_running(honest: Client) -> Client:
    """Shows an operation that runs for a redirect that it does not follow."""

    def understand(method: str, answer: Answer) -> Reply:
        if method == "get" and 300 <= answer.status < 400:
            return {"outcome": "ok", "operation": {"name": "", "done": False, "error": None, "response": False}}
        return honest.understand(method, answer)

    return replace(honest, understand=understand)


@fault("client-request.credentials-stay-with-their-origin")
def a_port_is_no_origin(honest: Client) -> Client:
    """Keeps the token when a redirect leads to another port of the same host, as net/http of Go does."""

    def send(verb: str, origin: str, target: str, fields: Mapping[str, str], body: bytes | None, left: float) -> Answer:
        answer = honest.send(verb, origin, target, fields, body, left)
        there = urlsplit(answer.location or "")
        if answer.status != 307 or there.hostname != urlsplit(origin).hostname or there.port == urlsplit(origin).port:
            return answer
        return honest.send(verb, answer.location, there.path, fields, body, left)

    return replace(honest, send=send)


@fault("client-request.path-is-bound")
def temporary_redirect_is_remembered(honest: Client) -> Client:
    """Sends every later cancel of an operation to where the first one was redirected, although it was for once."""
    moved: dict[str, str] = {}

    def send(verb: str, origin: str, target: str, fields: Mapping[str, str], body: bytes | None, left: float) -> Answer:
        if target in moved:
            return honest.send(verb, origin, moved[target], fields, body, left)
        answer = honest.send(verb, origin, target, fields, body, left)
        if verb != "POST" or answer.status != 307 or not (answer.location or "").startswith("/"):
            return answer
        moved[target] = answer.location or ""
        return honest.send(verb, origin, moved[target], fields, body, left)

    return replace(honest, send=send)


@fault("client-answer.error-is-no-success", "client-answer.not-found")
def error_has_a_message(honest: Client) -> Client:
    """Throws an error only where it has a message for it."""

    def understand(method: str, answer: Answer) -> Reply:
        reply = honest.understand(method, answer)
        return {"outcome": "ok"} if b'"message": ""' in answer.body and method == "cancel" else reply

    return replace(honest, understand=understand)
