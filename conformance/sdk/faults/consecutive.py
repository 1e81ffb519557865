"""Faults of clients that remember: an error is kept, and told of a call that was answered otherwise."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from conformance.sdk.faults.registry import fault
from conformance.sdk.faults.waits import Waiting
from conformance.sdk.honest_driver import Answer, Client, Reply


@fault("client-answer.permission-denied", "client-answer.failed-precondition", "client-answer.message-is-kept")
def keeps_the_error_of_a_cancel(honest: Client) -> Client:
    """Throws the error of the last cancel again until one succeeds."""
    kept: list[Reply] = []

    def understand(method: str, answer: Answer) -> Reply:
        reply = honest.understand(method, answer)
        if method != "cancel":
            return reply
        if reply["outcome"] != "rpc_error":
            kept.clear()
            return reply
        kept.append(reply)
        return kept[0]

    return replace(honest, understand=understand)


@fault("client-answer.error-is-no-success")
def shows_what_it_knew(honest: Client) -> Client:
    """Shows, where a get of an operation is refused, what the get before that has shown."""
    known: dict[str, Reply] = {}

    class Knowing(Waiting):
        def call(self, method: str, endpoint: str, name: str, timeout: float) -> Reply:
            reply = super().call(method, endpoint, name, timeout)
            if method == "get" and reply["outcome"] == "ok":
                known[name] = reply
            return known.get(name, reply) if method == "get" else reply

        def wait(self, endpoint: str, name: str, timeout: float, poll: float) -> Reply:
            return honest.wait(endpoint, name, timeout, poll)

    return Knowing.like(honest)


@fault("client-request.cancel-is-sent")
def does_not_cancel_what_has_ended(honest: Client) -> Client:
    """Looks at an operation before it cancels it, and reports a success without a cancel where that has ended."""

    class Looking(Waiting):
        def cancel(self, endpoint: str, name: str, timeout: float) -> Reply:
            seen = self.call("get", endpoint, name, timeout)
            if seen["outcome"] == "ok" and seen["operation"]["done"]:
                return {"outcome": "ok"}
            return super().cancel(endpoint, name, timeout)

    return Looking.like(honest)


@fault("client-answer.not-found")
def keeps_the_error_of_a_name(honest: Client) -> Client:
    """Throws, of an operation that it could not cancel, the same error when a get of it is refused."""
    refused: dict[str, Answer] = {}

    def send(verb: str, origin: str, target: str, *rest: Any) -> Answer:
        answer = honest.send(verb, origin, target, *rest)
        if answer.status < 400:
            return answer
        path = target.removesuffix(":cancel")
        if path != target:
            refused[path] = answer
        return refused.get(path, answer)

    return replace(honest, send=send)


@fault(
    "client-operation.failure-is-told",
    "client-operation.cancelled-is-told",
    "client-wait.failure-is-told",
    "client-wait.cancelled-is-told",
)
def keeps_the_error_of_an_operation(honest: Client) -> Client:
    """Shows the error of the operation that it saw fail, until it sees one without an error."""
    kept: list[Any] = []

    def understand(method: str, answer: Answer) -> Reply:
        reply = honest.understand(method, answer)
        if "operation" not in reply:
            return reply
        if reply["operation"]["error"] is None:
            kept.clear()
            return reply
        kept.append(reply["operation"]["error"])
        return {**reply, "operation": {**reply["operation"], "error": kept[0]}}

    return replace(honest, understand=understand)


@fault("client-wait.failure-is-told")
def keeps_the_code_of_a_wait(honest: Client) -> Client:
    """Throws what the last wait threw, for an operation that failed after another one."""
    kept: list[str] = []

    def ended(seen: Reply) -> Reply:
        reply = dict(honest.ended(seen))
        if reply.get("cancelled") is not False or reply["outcome"] == "ok":
            kept.clear()
            return reply
        kept.append(reply["code"])
        return {**reply, "code": kept[0]}

    return replace(honest, ended=ended)


@fault("client-request.cancel-is-sent")
def cancels_nothing_that_it_saw_done(honest: Client) -> Client:
    """Says ok to the cancel of an operation that a get has shown as done, and sends none: there is nothing to stop."""
    done: set[str] = set()

    class Knowing(Waiting):
        def call(self, method: str, endpoint: str, name: str, timeout: float) -> Reply:
            if method == "cancel" and name in done:
                return {"outcome": "ok"}
            reply = super().call(method, endpoint, name, timeout)
            if "operation" in reply and reply["operation"]["done"]:
                done.add(name)
            return reply

    return Knowing.like(honest)


@fault("client-answer.no-refusal-is-invented")
def denied_get_denies_the_cancel(honest: Client) -> Client:
    """Denies the cancel of an operation that it was not allowed to get, without asking for it."""
    denied: dict[str, Reply] = {}

    class Denying(Waiting):
        def call(self, method: str, endpoint: str, name: str, timeout: float) -> Reply:
            if method == "cancel" and name in denied:
                return denied[name]
            reply = super().call(method, endpoint, name, timeout)
            if method == "get" and reply.get("code") == "PERMISSION_DENIED":
                denied[name] = reply
            return reply

    return Denying.like(honest)


@fault("client-wait.completion-is-told")
def wait_throws_what_the_cancel_did(honest: Client) -> Client:
    """Throws the error of the cancel where it is to wait for the operation: it takes its promise for broken."""
    refused: dict[str, Reply] = {}

    class Broken(Waiting):
        def call(self, method: str, endpoint: str, name: str, timeout: float) -> Reply:
            reply = super().call(method, endpoint, name, timeout)
            if method == "cancel" and reply["outcome"] == "rpc_error":
                refused[name] = reply
            return reply

        def wait(self, endpoint: str, name: str, timeout: float, poll: float) -> Reply:
            seen = super().wait(endpoint, name, timeout, poll)
            return refused.get(name, seen)

    return Broken.like(honest)
