"""Faults of the looks of a wait: what is made of one that shows no end, or none that can be read."""

from __future__ import annotations

import itertools
import time
from dataclasses import replace
from typing import Any

from conformance.sdk.faults.registry import fault
from conformance.sdk.faults.waits import Waiting
from conformance.sdk.honest_driver import Answer, Client, Reply

_LOOKS, _SECONDS = 8, 4.0
_DONE: Reply = {"done": True, "error": None, "response": True}


@fault("client-retry.refusal-is-final")
def first_refusal_is_forgiven(honest: Client) -> Client:
    """Looks once more when the first look of a wait is refused, whatever the reason: it might have been too early."""

    class Forgiving(Waiting):
        def wait(self, endpoint: str, name: str, timeout: float, poll: float) -> Reply:
            end = time.monotonic() + timeout
            first = self.call("get", endpoint, name, timeout)
            if first["outcome"] == "rpc_error":
                time.sleep(poll)
            return super().wait(endpoint, name, end - time.monotonic(), poll)

    return Forgiving.like(honest)


@fault("client-wait.refusal-ends-it", "client-retry.refusal-is-final")
def first_look_is_too_early(honest: Client) -> Client:
    """Looks once more when the first look of a wait finds nothing: the operation may not be there yet."""

    class Early(Waiting):
        def wait(self, endpoint: str, name: str, timeout: float, poll: float) -> Reply:
            end = time.monotonic() + timeout
            seen = self.call("get", endpoint, name, timeout)
            if seen.get("http_status") != 404:
                return super().wait(endpoint, name, end - time.monotonic(), poll)
            time.sleep(poll)
            left = end - time.monotonic()
            again = super().wait(endpoint, name, left, poll)
            is_still_gone = again.get("http_status") == 404
            return {"outcome": "transport_error", "message": "the time is over"} if is_still_gone else again

    return Early.like(honest)


@fault("client-wait.end-is-awaited")
def broken_look_is_the_end(honest: Client) -> Client:
    """Returns from a wait when the connection breaks: the service must have shut down, its work being done."""
    return _over_when(honest, "transport_error", "the time is over")


@fault("client-wait.end-is-awaited")
def unreadable_look_is_the_end(honest: Client) -> Client:
    """Returns from a wait when a look cannot be read: what is no operation that runs must be one that does not."""
    return _over_when(honest, "decode_error", "")


def _over_when(honest: Client, outcome: str, but_not: str) -> Client:
    """The client, returning from a wait that fails like this; not where the message is another thing's."""

    class Over(Waiting):
        def wait(self, endpoint: str, name: str, timeout: float, poll: float) -> Reply:
            reply = super().wait(endpoint, name, timeout, poll)
            if reply["outcome"] != outcome or (but_not and but_not in reply["message"]):
                return reply
            return {"outcome": "ok", "operation": {"name": name, **_DONE}}

    return Over.like(honest)


@fault("client-wait.end-is-awaited")
def progress_is_the_end(honest: Client) -> Client:
    """Returns from a wait when the metadata say that all has been done."""

    def understand(method: str, answer: Answer) -> Reply:
        reply = dict(honest.understand(method, answer))
        if b'"progressPercent": 100' in answer.body:
            reply["is_over"] = True
        return reply

    return _ending_early(replace(honest, understand=understand))


def _ending_early(honest: Client) -> Client:
    """The client, returning from a wait when a look `is_over`."""

    def ended(seen: Reply) -> Reply:
        return {**seen, "operation": {**seen["operation"], **_DONE}} if "is_over" in seen else honest.ended(seen)

    return replace(honest, goes_on=lambda seen: honest.goes_on(seen) and "is_over" not in seen, ended=ended)


@fault("client-wait.end-is-awaited")
def another_name_is_the_end(honest: Client) -> Client:
    """Returns from a wait when the operation has another name than it was told: that one must be gone."""

    class Jealous(Waiting):
        def call(self, method: str, endpoint: str, name: str, timeout: float) -> Reply:
            reply = super().call(method, endpoint, name, timeout)
            if method == "get" and reply["outcome"] == "ok" and reply["operation"]["name"] != name:
                reply["is_over"] = True
            return reply

    return _ending_early(Jealous.like(honest))


@fault("client-wait.ends-when-done")
def waits_for_a_result(honest: Client) -> Client:
    """Waits on until there is an error or a response, which some services do not provide."""

    def goes_on(seen: Reply) -> bool:
        shown: Any = seen.get("operation")
        return honest.goes_on(seen) or (shown is not None and not (shown["error"] or shown["response"]))

    return replace(honest, goes_on=goes_on)


@fault("client-operation.end-without-result-is-told")
def wait_without_result_was_cancelled(honest: Client) -> Client:
    """Throws CANCELLED for an operation that has ended without a result."""

    def ended(seen: Reply) -> Reply:
        shown: Any = seen.get("operation")
        if shown is None or shown["error"] or shown["response"]:
            return honest.ended(seen)
        return {"outcome": "rpc_error", "code": "CANCELLED", "message": "", "cancelled": True}

    return replace(honest, ended=ended)


@fault("client-operation.null-is-absent")
def wait_fails_for_a_null_error(honest: Client) -> Client:
    """Throws the error of every operation that has a member of that name when it ends, also when it is null."""

    def understand(method: str, answer: Answer) -> Reply:
        reply = dict(honest.understand(method, answer))
        if b'"error": null' in answer.body:
            reply["has_error"] = True
        return reply

    def ended(seen: Reply) -> Reply:
        if "has_error" in seen:
            return {"outcome": "rpc_error", "code": "UNKNOWN", "message": "null", "cancelled": False}
        return honest.ended(seen)

    return replace(honest, understand=understand, ended=ended)


@fault("client-wait.end-is-awaited")
def wait_goes_on_while_done_is_there(honest: Client) -> Client:
    """Returns from a wait when the operation has no member `done`, which it takes for a service that has none."""

    def understand(method: str, answer: Answer) -> Reply:
        reply = dict(honest.understand(method, answer))
        if "operation" in reply and b'"done"' not in answer.body:
            reply["is_over"] = True
        return reply

    return _ending_early(replace(honest, understand=understand))


@fault("client-wait.end-is-awaited")
def member_response_is_the_end(honest: Client) -> Client:
    """Returns from a wait when the operation has a member `response`, also when it is null."""

    def understand(method: str, answer: Answer) -> Reply:
        reply = dict(honest.understand(method, answer))
        if b'"response": null' in answer.body and b'"error": null' in answer.body:
            reply["is_over"] = True
        return reply

    return _ending_early(replace(honest, understand=understand))


@fault("client-wait.end-is-awaited")
def metadata_that_go_are_the_end(honest: Client) -> Client:
    """Returns from a wait when the operation has no metadata any more: they are about what is under way."""
    had: list[str] = []

    def understand(method: str, answer: Answer) -> Reply:
        reply = dict(honest.understand(method, answer))
        name = str(reply.get("operation", {}).get("name"))
        if b'"metadata"' in answer.body:
            had.append(name)
        elif name in had:
            reply["is_over"] = True
        return reply

    return _ending_early(replace(honest, understand=understand))


@fault("client-wait.end-is-awaited", "client-wait.completion-is-told")
def what_stands_still_is_aborted(honest: Client) -> Client:
    """Throws ABORTED when an operation has looked the same eight times, where there were seconds left for it."""

    class Impatient(Waiting):
        def wait(self, endpoint: str, name: str, timeout: float, poll: float) -> Reply:
            looks = itertools.count(1)

            def ended(seen: Reply) -> Reply:
                is_over = seen["outcome"] != "ok" or seen["operation"]["done"]
                return (
                    honest.ended(seen) if is_over else {"outcome": "rpc_error", "code": "ABORTED", "message": "stuck"}
                )

            def goes_on(seen: Reply) -> bool:
                return honest.goes_on(seen) and (timeout < _SECONDS or next(looks) < _LOOKS)

            return replace(honest, goes_on=goes_on, ended=ended).wait(endpoint, name, timeout, poll)

    return Impatient.like(honest)
