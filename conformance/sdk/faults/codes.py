"""Faults of the code that a client reports an error with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from conformance.sdk.faults.registry import fault
from conformance.sdk.honest_driver import NUMBERS, Answer, Client, Reply

_CANCELLED: Reply = {"name": "", "done": True, "error": {"code": 1, "message": ""}, "response": False}


def _understood(honest: Client, lie: Callable[[str, Answer, Reply], Reply]) -> Client:
    """The client, with another understanding of what it is answered; `lie` is given the honest one, too."""
    return replace(
        honest, understand=lambda method, answer: lie(method, answer, dict(honest.understand(method, answer)))
    )


def _is_page(answer: Answer) -> bool:
    return answer.status >= 400 and answer.body.startswith(b"<")


@fault(
    "client-answer.other-codes",
    "client-answer.codes-are-told-apart",
    "client-answer.bare-status",
    "client-answer.no-refusal-is-invented",
)
def data_loss_is_not_found(honest: Client) -> Client:
    """Reports DATA_LOSS as NOT_FOUND: what is lost is not there."""
    return _understood(
        honest, lambda _, __, reply: {**reply, "code": "NOT_FOUND"} if reply.get("code") == "DATA_LOSS" else reply
    )


@fault("client-answer.codes-are-told-apart")
def existing_is_aborted(honest: Client) -> Client:
    """Reports ALREADY_EXISTS as ABORTED, which has the same status."""
    return _understood(
        honest, lambda _, __, reply: {**reply, "code": "ABORTED"} if reply.get("code") == "ALREADY_EXISTS" else reply
    )


@fault(
    "client-answer.unimplemented",
    "client-answer.failed-precondition",
    "client-answer.permission-denied",
    "client-answer.unauthenticated",
    "client-answer.resource-exhausted",
    "client-answer.other-codes",
    "client-answer.codes-are-told-apart",
    "client-answer.precondition-is-told-from-bad-argument",
    "client-answer.bare-status",
    "client-answer.last-answer-is-told",
    "client-answer.no-refusal-is-invented",
    "client-answer.unreadable-error-keeps-its-status",
    "client-answer.class-is-kept",
    "client-wait.goes-on",
)
def every_refused_get_is_not_found(honest: Client) -> Client:
    """Reports every error of a get as NOT_FOUND: what cannot be seen is not there."""
    return _understood(
        honest,
        lambda method, _, reply: (
            {**reply, "code": "NOT_FOUND", "http_status": 404}
            if method == "get" and reply["outcome"] == "rpc_error"
            else reply
        ),
    )


@fault("client-answer.other-codes", "client-answer.last-answer-is-told")
def first_answer_counts(honest: Client) -> Client:
    """Reports the error that made it try again, and not the one that it got then."""
    first: list[Answer] = []

    def again(answer: Answer, attempt: int) -> bool:
        if attempt == 1:
            first[:] = [answer]
        return honest.again(answer, attempt)

    def understand(method: str, answer: Answer) -> Reply:
        return honest.understand(method, first[0] if answer.status >= 400 else answer)

    return replace(honest, again=again, understand=understand)


@fault("client-answer.other-codes", "client-answer.last-answer-is-told")
def spent_attempts_are_a_broken_connection(honest: Client) -> Client:
    """Reports that it could not reach the server when its attempts are spent, as some HTTP libraries do."""
    return _understood(
        honest,
        lambda _, answer, reply: (
            {"outcome": "transport_error", "message": "max retries exceeded"} if answer.status == 503 else reply
        ),
    )


@fault("client-answer.no-refusal-is-invented")
def garbage_is_unimplemented(honest: Client) -> Client:
    """Reports an answer that it cannot read as UNIMPLEMENTED: it must be another version of the API."""
    return _understood(
        honest,
        lambda _, __, reply: (
            {"outcome": "rpc_error", "code": "UNIMPLEMENTED", "message": reply["message"]}
            if reply["outcome"] == "decode_error"
            else reply
        ),
    )


@fault("client-answer.no-refusal-is-invented")
def lost_answer_is_not_found(honest: Client) -> Client:
    """Reports a connection that breaks as status 404."""

    def send(*request: Any) -> Answer:
        try:
            return honest.send(*request)
        except ConnectionError:
            return Answer(404, b"")

    return replace(honest, send=send)


@fault("client-answer.class-is-kept", "client-answer.unreadable-error-keeps-its-status")
def page_is_internal(honest: Client) -> Client:
    """Reports every page as INTERNAL, also that of a front end which does not know the path."""
    return _understood(
        honest,
        lambda _, answer, reply: {**reply, "code": "INTERNAL", "http_status": None} if _is_page(answer) else reply,
    )


@fault("client-answer.unreadable-error-keeps-its-status")
def page_is_denied(honest: Client) -> Client:
    """Reports every page of class 4xx as PERMISSION_DENIED: it must be that of a login."""
    return _understood(
        honest,
        lambda _, answer, reply: (
            {**reply, "code": "PERMISSION_DENIED"} if _is_page(answer) and answer.status < 500 else reply
        ),
    )


@fault("client-answer.error-is-no-success")
def cancelled_call_is_a_cancelled_operation(honest: Client) -> Client:
    """Takes CANCELLED, which the call ended with, for what became of the operation."""
    return _understood(
        honest,
        lambda method, answer, reply: (
            {"outcome": "ok", "operation": _CANCELLED} if method == "get" and answer.status == 499 else reply
        ),
    )


@fault("client-answer.error-is-no-success")
def cancelled_call_is_a_success(honest: Client) -> Client:
    """Takes 499 for a success: it says CANCELLED, after all."""
    return _understood(
        honest, lambda method, answer, reply: {"outcome": "ok"} if (method, answer.status) == ("cancel", 499) else reply
    )


@fault("client-answer.error-is-no-success")
def gateway_timeout_is_a_success(honest: Client) -> Client:
    """Takes 504 for a success: the cancel is under way."""
    return _understood(
        honest, lambda method, answer, reply: {"outcome": "ok"} if (method, answer.status) == ("cancel", 504) else reply
    )


@fault("client-answer.error-is-no-success", "client-wait.end-is-awaited")
def refused_get_is_done(honest: Client) -> Client:
    """Shows an operation that it may not see as done."""
    done: Reply = {"name": "", "done": True, "error": None, "response": False}
    return _understood(
        honest,
        lambda method, answer, reply: (
            {"outcome": "ok", "operation": done} if method == "get" and answer.status in (403, 404) else reply
        ),
    )


@fault(
    "client-answer.error-is-no-success",
    "client-retry.data-loss-is-final",
    "client-retry.refusal-is-final",
    "client-wait.refusal-ends-it",
)
def envelope_is_an_operation(honest: Client) -> Client:
    """Never looks at the status of a get: an envelope has a member `error`, and so has an operation."""

    def understand(method: str, answer: Answer) -> Reply:
        if method == "get" and answer.body.startswith(b"{") and answer.body.endswith(b"}"):
            return honest.understand(method, replace(answer, status=200))
        return honest.understand(method, answer)

    return replace(honest, understand=understand)


@fault("client-answer.no-refusal-is-invented")
def remembers_a_refusal(honest: Client) -> Client:
    """Remembers what was not found, and never asks for it again."""
    gone: dict[str, Answer] = {}

    def send(verb: str, origin: str, target: str, *rest: Any) -> Answer:
        if target in gone:
            return gone[target]
        answer = honest.send(verb, origin, target, *rest)
        if answer.status == 404:
            gone[target] = answer
        return answer

    return replace(honest, send=send)


@fault("client-answer.permission-denied")
def message_says_what_is_absent(honest: Client) -> Client:
    """Takes whatever has a message with the words "not exist" for NOT_FOUND."""

    return _understood(
        honest,
        lambda _, __, reply: {**reply, "code": "NOT_FOUND"} if "not exist" in reply.get("message", "") else reply,
    )


@fault("client-answer.not-found")
def any_word_is_a_code(honest: Client) -> Client:
    """Takes the first name of a code that it finds anywhere in an error for its code."""

    def lie(_: str, answer: Answer, reply: Reply) -> Reply:
        found = [name for name in NUMBERS.values() if name.encode() in answer.body]
        return {**reply, "code": found[0]} if found and reply.get("message") else reply

    return _understood(honest, lie)
