"""Faults of gets: what is asked, and what is made of metadata, of words, and of answers that are no operation."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from conformance.sdk.faults.registry import fault
from conformance.sdk.faults.waits import Waiting
from conformance.sdk.honest_driver import Answer, Client, Connection, Reply, connected
from conformance.sdk.honest_driver import operation as honest_operation


def _read(honest: Client, lie: Callable[[Mapping[str, Any], Reply], Mapping[str, Any]]) -> Client:
    """The client, showing another operation; `lie` is given what was answered and what the honest one shows."""

    def understand(method: str, answer: Answer) -> Reply:
        reply = honest.understand(method, answer)
        if "operation" not in reply:
            return reply
        return {**reply, "operation": {**reply["operation"], **lie(json.loads(answer.body), reply["operation"])}}

    return replace(honest, understand=understand)


def _as_cancelled(is_so: bool) -> Mapping[str, Any]:
    return {"done": True, "error": {"code": 1, "message": ""}, "response": False} if is_so else {}


def _metadata(members: Mapping[str, Any]) -> Mapping[str, Any]:
    return members.get("metadata") or {}


@fault("client-operation.cut-is-no-operation")
def what_has_come_is_enough(honest: Client) -> Client:
    """Reads until the connection is closed, and does not ask whether as much has come as was announced."""

    def send(verb: str, origin: str, target: str, fields: Mapping[str, str], body: bytes | None, left: float) -> Answer:
        connection = Connection(urlsplit(origin).netloc)
        try:
            connection.sock = connected(origin, left)
            connection.request(verb, target, body=body, headers=dict(fields))
            response = connection.getresponse()
            try:
                content = response.read()
            except http.client.IncompleteRead as cut:
                content = cut.partial
            return Answer(response.status, content, response.getheader("Location"))
        finally:
            connection.close()

    return replace(honest, send=send)


@fault("client-request.get-is-sent")
def gets_nothing(honest: Client) -> Client:
    """Shows every operation as running, without asking."""

    def send(verb: str, origin: str, target: str, *rest: Any) -> Answer:
        if verb == "GET" and not target.partition("?")[0].endswith("/operations"):
            return Answer(200, json.dumps({"name": target.removeprefix("/v1/")}).encode())
        return honest.send(verb, origin, target, *rest)

    return replace(honest, send=send)


@fault("client-request.get-is-sent", "client-wait.end-is-awaited")
def lists_in_place_of_a_get(honest: Client) -> Client:
    """Lists the operations and looks for the one that was asked for."""

    def send(verb: str, origin: str, target: str, *rest: Any) -> Answer:
        if verb != "GET" or target.partition("?")[0].endswith("/operations"):
            return honest.send(verb, origin, target, *rest)
        listed = honest.send(verb, origin, target.rpartition("/")[0], *rest)
        if listed.status != 200:
            return listed
        for operation in json.loads(listed.body).get("operations", []):
            return Answer(200, json.dumps(operation).encode())
        return Answer(404, b"")

    return replace(honest, send=send)


@fault("client-request.no-foreign-query")
def get_asks_for_a_view(honest: Client) -> Client:
    """Asks for `?view=FULL`, which a get of an operation does not have."""
    return replace(
        honest, path=lambda method, name: honest.path(method, name) + ("?view=FULL" if method == "get" else "")
    )


@fault("client-request.get-has-no-body")
def get_has_a_body(honest: Client) -> Client:
    """Sends `{}` with a get, too."""

    def send(verb: str, origin: str, target: str, fields: Mapping[str, str], body: bytes | None, left: float) -> Answer:
        return honest.send(verb, origin, target, fields, b"{}" if verb == "GET" else body, left)

    return replace(honest, send=send)


@fault("client-operation.end-without-result-is-told", "client-operation.metadata-is-no-outcome")
def end_without_result_is_a_cancellation(honest: Client) -> Client:
    """Shows an operation that is done without a result as cancelled."""
    return _read(
        honest,
        lambda _, shown: _as_cancelled(shown["done"] and shown["error"] is None and not shown["response"]),
    )


@fault(
    "client-operation.end-without-result-is-told",
    "client-operation.metadata-is-no-outcome",
    "client-wait.ends-when-done",
)
def end_without_result_has_not_come(honest: Client) -> Client:
    """Shows an operation as running until it has a result."""
    return _read(honest, lambda _, shown: {"done": False} if shown["error"] is None and not shown["response"] else {})


@fault(
    "client-operation.metadata-is-no-outcome",
    "client-wait.completion-is-told",
    "client-wait.end-is-awaited",
)
def request_is_a_cancellation(honest: Client) -> Client:
    """Shows an operation as cancelled whose metadata say that it was asked to be."""
    return _read(honest, lambda members, _: _as_cancelled(_metadata(members).get("requestedCancellation") is True))


@fault("client-operation.metadata-is-no-outcome", "client-wait.completion-is-told", "client-wait.end-is-awaited")
def end_time_is_the_end(honest: Client) -> Client:
    """Shows an operation as done whose metadata have the time of its end."""
    return _read(honest, lambda members, _: {"done": True} if "endTime" in _metadata(members) else {})


@fault("client-operation.metadata-is-no-outcome")
def status_message_is_the_outcome(honest: Client) -> Client:
    """Shows an operation as cancelled whose metadata have a message that says so."""
    return _read(
        honest,
        lambda members, _: _as_cancelled("cancelled" in str(_metadata(members).get("statusMessage", "")).lower()),
    )


@fault("client-operation.failure-is-told", "client-wait.failure-is-told")
def word_is_a_code(honest: Client) -> Client:
    """Shows an operation as cancelled whose error speaks of a cancellation."""
    return _read(
        honest,
        lambda _, shown: _as_cancelled(shown["error"] is not None and "cancel" in shown["error"]["message"].lower()),
    )


@fault("client-operation.cancelled-is-told", "client-wait.cancelled-is-told")
def code_needs_the_word(honest: Client) -> Client:
    """Shows an operation as cancelled only when its error says the word, too."""

    def lie(_: Mapping[str, Any], shown: Reply) -> Mapping[str, Any]:
        error = shown["error"]
        is_silent = error is not None and error["code"] == 1 and "cancel" not in error["message"].lower()
        return {"error": {**error, "code": 2}} if is_silent else {}

    return _read(honest, lie)


@fault("client-operation.completion-is-told")
def response_is_searched(honest: Client) -> Client:
    """Shows an operation as cancelled whose response has the word in it."""
    return _read(honest, lambda members, _: _as_cancelled("CANCELLED" in json.dumps(members.get("response"))))


@fault("client-operation.running-is-told")
def name_is_searched(honest: Client) -> Client:
    """Shows an operation as done whose name has the word in it."""
    return _read(honest, lambda _, shown: {"done": True} if "-done" in shown["name"] else {})


@fault("client-operation.name-is-kept")
def name_is_the_callers(honest: Client) -> Client:
    """Shows whatever it gets under the name that it was asked for."""
    asked = threading.local()

    def headers(method: str, name: str) -> dict[str, str]:
        asked.name = name
        return honest.headers(method, name)

    return replace(_read(honest, lambda _, __: {"name": asked.name}), headers=headers)


@fault("client-operation.name-is-kept")
def name_is_shown_in_lower_case(honest: Client) -> Client:
    """Shows names in lower case."""
    return _read(honest, lambda _, shown: {"name": shown["name"].lower()})


@fault("client-operation.name-is-kept")
def name_is_shown_escaped(honest: Client) -> Client:
    """Shows names as they stand in a path."""
    return _read(honest, lambda _, shown: {"name": honest.path("get", shown["name"]).removeprefix("/v1/")})


@fault("client-answer.lost-answer-is-no-success")
def lost_get_is_running(honest: Client) -> Client:
    """Shows an operation that runs when the connection breaks: it ran when it was last seen."""

    def send(verb: str, origin: str, target: str, *rest: Any) -> Answer:
        try:
            return honest.send(verb, origin, target, *rest)
        except ConnectionError:
            if verb != "GET":
                raise
            return Answer(200, json.dumps({"name": target.removeprefix("/v1/")}).encode())

    return replace(honest, send=send)


@fault("client-operation.garbage-is-no-operation")
def anything_else_is_running(honest: Client) -> Client:
    """Shows an operation that runs for any JSON that is no object."""

    def understand(method: str, answer: Answer) -> Reply:
        if method == "get" and answer.status == 200 and answer.body[:1] in (b"[", b'"', b"1", b"t"):
            return {"outcome": "ok", "operation": honest_operation({})}
        return honest.understand(method, answer)

    return replace(honest, understand=understand)


@fault("client-operation.garbage-is-no-operation")
def nothing_is_an_operation(honest: Client) -> Client:
    """Shows an operation that runs when it is answered with nothing at all."""

    def understand(method: str, answer: Answer) -> Reply:
        if method == "get" and answer.status < 300 and not answer.body:
            return {"outcome": "ok", "operation": honest_operation({})}
        return honest.understand(method, answer)

    return replace(honest, understand=understand)


@fault("client-operation.garbage-is-no-operation")
def takes_the_first_of_a_list(honest: Client) -> Client:
    """Takes the first member of an array for the answer."""

    def understand(method: str, answer: Answer) -> Reply:
        if method == "get" and answer.status == 200 and answer.body.startswith(b"[{"):
            return honest.understand(method, replace(answer, body=json.dumps(json.loads(answer.body)[0]).encode()))
        return honest.understand(method, answer)

    return replace(honest, understand=understand)


@fault("client-retry.unavailable-is-repeated")
def get_is_never_tried_again(honest: Client) -> Client:
    """Tries a cancel again, and never a get."""
    is_get: list[bool] = [False]

    def headers(method: str, name: str) -> dict[str, str]:
        is_get[:] = [method == "get"]
        return honest.headers(method, name)

    return replace(
        honest,
        headers=headers,
        again=lambda answer, attempt: not is_get[0] and honest.again(answer, attempt),
    )


@fault("client-retry.deadline-is-kept", "client-retry.deadline-ends-the-retries")
def get_waits_for_ever(honest: Client) -> Client:
    """Keeps the deadline of a cancel, and has none for a get."""

    def send(verb: str, *rest: Any) -> Answer:
        return honest.send(verb, *rest[:-1], 10.0) if verb == "GET" else honest.send(verb, *rest)

    return replace(honest, send=send)


@fault("client-answer.redirect-is-no-success")
def not_modified_is_running(honest: Client) -> Client:
    """Shows an operation that runs when a get is answered 304: nothing has changed, and so it runs."""

    def understand(method: str, answer: Answer) -> Reply:
        unchanged = method == "get" and answer.status == 304
        return honest.understand(method, Answer(200, b"{}") if unchanged else answer)

    return replace(honest, understand=understand)


@fault("client-answer.error-is-no-success")
def unavailable_shows_what_it_saw_last(honest: Client) -> Client:
    """Shows an operation as a get has shown it before, when the service is still unavailable at the last attempt."""
    seen: dict[str, Reply] = {}

    class Remembering(Waiting):
        def call(self, method: str, endpoint: str, name: str, timeout: float) -> Reply:
            reply = super().call(method, endpoint, name, timeout)
            if "operation" in reply:
                seen[name] = reply
            return seen.get(name, reply) if method == "get" and reply.get("code") == "UNAVAILABLE" else reply

    return Remembering.like(honest)
