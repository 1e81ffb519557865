"""Faults of what a client shows of an operation."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from conformance.sdk.faults.registry import fault
from conformance.sdk.honest_driver import Answer, Client, Reply


def _shown(honest: Client, lie: Callable[[Answer, dict[str, Any]], dict[str, Any]]) -> Client:
    """The client, showing another operation than it got; `lie` is given the operation as the honest one shows it."""

    def understand(method: str, answer: Answer) -> Reply:
        reply = honest.understand(method, answer)
        return {**reply, "operation": lie(answer, reply["operation"])} if "operation" in reply else reply

    return replace(honest, understand=understand)


@fault("client-operation.cancelled-is-told", "client-wait.cancelled-is-told")
def cancelled_is_success(honest: Client) -> Client:
    """Shows a cancelled operation as done, and drops its error: it is what the caller wanted."""
    return _shown(honest, lambda _, shown: {**shown, "error": None, "response": True} if _code(shown) == 1 else shown)


@fault("client-operation.cancelled-is-told")
def predicate_of_a_get_denies_it(honest: Client) -> Client:
    """Shows an operation that was cancelled with its error, and has a predicate that says it was not."""

    def understand(method: str, answer: Answer) -> Reply:
        reply = dict(honest.understand(method, answer))
        if method == "get" and "operation" in reply and reply["operation"]["done"]:
            reply["cancelled"] = False
        return reply

    return replace(honest, understand=understand)


@fault("client-operation.cancelled-is-told", "client-wait.cancelled-is-told")
def cancelled_is_499(honest: Client) -> Client:
    """Gives the HTTP status in place of the code: 499 for a cancelled operation."""
    return _shown(
        honest, lambda _, shown: {**shown, "error": {**shown["error"], "code": 499}} if _code(shown) == 1 else shown
    )


@fault(
    "client-operation.cancelled-is-told",
    "client-request.get-is-sent",
    "client-request.list-is-sent",
    "client-wait.cancelled-is-told",
    "client-wait.completion-is-told",
    "client-wait.failure-is-told",
    "client-wait.goes-on",
)
def shows_what_it_saw_first(honest: Client) -> Client:
    """Keeps the first answer to a get and shows it ever after, so that whoever polls never sees the end."""
    seen: dict[str, Answer] = {}

    def send(verb: str, origin: str, target: str, *rest: Any) -> Answer:
        if verb == "GET" and target in seen:
            return seen[target]
        answer = honest.send(verb, origin, target, *rest)
        if verb == "GET" and answer.status == 200:
            seen[target] = answer
        return answer

    return replace(honest, send=send)


@fault("client-operation.failure-is-told", "client-operation.metadata-is-no-outcome", "client-wait.failure-is-told")
def every_failure_is_a_cancellation(honest: Client) -> Client:
    """Shows an operation that failed after its cancel as cancelled."""
    return _shown(
        honest, lambda _, shown: {**shown, "error": {**shown["error"], "code": 1}} if shown["error"] else shown
    )


@fault(
    "client-operation.completion-is-told", "client-operation.metadata-is-no-outcome", "client-wait.completion-is-told"
)
def completion_is_a_cancellation(honest: Client) -> Client:
    """Shows an operation that was faster than its cancel as cancelled."""
    return _shown(
        honest,
        lambda _, shown: (
            {**shown, "error": {"code": 1, "message": ""}, "response": False} if shown["response"] else shown
        ),
    )


@fault("client-operation.completion-is-told")
def empty_response_is_none(honest: Client) -> Client:
    """Looks for a response with a condition that `{}` does not meet, and finds none."""
    return _shown(
        honest, lambda answer, shown: {**shown, "response": False} if b'"response": {}' in answer.body else shown
    )


@fault(
    "client-operation.running-is-told",
    "client-operation.metadata-is-no-outcome",
    "client-wait.completion-is-told",
    "client-wait.failure-is-told",
    "client-wait.end-is-awaited",
)
def cancel_is_cancelled(honest: Client) -> Client:
    """Shows every operation as cancelled whose cancel was accepted, without a look at it."""
    accepted: set[str] = set()

    def headers(method: str, name: str) -> dict[str, str]:
        if method == "cancel":
            accepted.add(name)
        return honest.headers(method, name)

    def lie(_: Answer, shown: dict[str, Any]) -> dict[str, Any]:
        is_pending = not shown["done"] and shown["name"] in accepted
        return {**shown, "done": True, "error": {"code": 1, "message": ""}} if is_pending else shown

    return replace(_shown(honest, lie), headers=headers)


@fault("client-operation.metadata-is-no-outcome")
def metadata_have_the_error(honest: Client) -> Client:
    """Shows an error in the metadata as that of the operation, if that has none."""

    def lie(answer: Answer, shown: dict[str, Any]) -> dict[str, Any]:
        found = (json.loads(answer.body).get("metadata") or {}).get("error")
        return {**shown, "error": found} if found and not shown["error"] else shown

    return _shown(honest, lie)


@fault("client-operation.failure-is-told", "client-wait.ends-when-done")
def error_without_code_is_none_yet(honest: Client) -> Client:
    """Takes an operation for running as long as its error has no code."""
    return _shown(honest, lambda _, shown: {**shown, "done": False, "error": None} if _code(shown) == 0 else shown)


@fault("client-operation.absent-done-is-false", "client-wait.completion-is-told")
def absent_done_is_an_error(honest: Client) -> Client:
    """Expects `done` in every operation."""

    def understand(method: str, answer: Answer) -> Reply:
        if method == "get" and answer.status == 200 and b'"done"' not in answer.body and answer.body.endswith(b"}"):
            return {"outcome": "decode_error", "message": "done is missing"}
        return honest.understand(method, answer)

    return replace(honest, understand=understand)


@fault("client-operation.null-is-absent", "client-operation.end-without-result-is-told")
def null_is_an_error(honest: Client) -> Client:
    """Finds an error wherever there is a member of that name, also when it is null."""
    return _shown(
        honest, lambda answer, shown: {**shown, "error": {"code": 0}} if b'"error": null' in answer.body else shown
    )


@fault("client-operation.name-is-kept")
def shows_the_id(honest: Client) -> Client:
    """Shows the last segment of the name, with which nothing can be asked for again."""
    return _shown(honest, lambda _, shown: {**shown, "name": shown["name"].rpartition("/")[2]})


@fault("client-operation.unknown-metadata-is-carried")
def unknown_metadata_is_an_error(honest: Client) -> Client:
    """Cannot parse an Any of a type it does not know, as clients built on protobuf cannot."""

    return _cannot_read(honest, b"NobodyKnowsThisMetadata")


@fault("client-operation.unknown-response-is-carried")
def unknown_response_is_an_error(honest: Client) -> Client:
    """Unpacks the response of every operation, and cannot when its type is new."""
    return _cannot_read(honest, b"NobodyKnowsThisResponse")


@fault("client-operation.unknown-details-are-carried")
def unknown_details_are_an_error(honest: Client) -> Client:
    """Unpacks the details of every operation's error, and cannot when a type is new."""
    return _cannot_read(honest, b"NobodyKnowsThisDetail")


@fault("client-operation.message-is-kept")
def operation_failed(honest: Client) -> Client:
    """Has a message of its own for every operation that failed."""
    return _shown(
        honest,
        lambda _, shown: (
            {**shown, "error": {**shown["error"], "message": "operation failed"}} if shown["error"] else shown
        ),
    )


@fault("client-operation.failure-is-told", "client-wait.failure-is-told")
def timeout_is_a_cancellation(honest: Client) -> Client:
    """Shows an operation that ran out of time as cancelled."""
    return _shown(
        honest, lambda _, shown: {**shown, "error": {"code": 1, "message": ""}} if _code(shown) == 4 else shown
    )


@fault("client-operation.garbage-is-no-operation")
def garbage_is_a_running_operation(honest: Client) -> Client:
    """Shows an operation that runs when it can read nothing."""

    def understand(method: str, answer: Answer) -> Reply:
        reply = honest.understand(method, answer)
        if method == "get" and reply["outcome"] == "decode_error":
            return {"outcome": "ok", "operation": {"name": "", "done": False, "error": None, "response": False}}
        return reply

    return replace(honest, understand=understand)


def _cannot_read(honest: Client, type_name: bytes) -> Client:
    """The client, unable to read an operation in which an Any has this type."""

    def understand(method: str, answer: Answer) -> Reply:
        if method == "get" and type_name in answer.body:
            return {"outcome": "decode_error", "message": "can not find message descriptor by type_url"}
        return honest.understand(method, answer)

    return replace(honest, understand=understand)


def _code(shown: dict[str, Any]) -> int | None:
    return shown["error"]["code"] if shown["error"] else None
