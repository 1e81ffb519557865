"""Faults of time: what a client tries again, how often, and when it stops."""

from __future__ import annotations

import contextlib
import http.client
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from conformance.sdk.faults.registry import fault
from conformance.sdk.faults.wire import request_bytes
from conformance.sdk.honest_driver import Answer, Client, Final, connected


def _again_on(honest: Client, *statuses: int) -> Client:
    """The client, with other statuses that it tries again."""
    return replace(
        honest,
        again=lambda answer, attempt: honest.again(answer, attempt) or (answer.status in statuses and attempt < 3),
    )


@fault("client-retry.unavailable-is-repeated")
def never_tries_again(honest: Client) -> Client:
    """Gives up at the first UNAVAILABLE."""
    return replace(honest, again=lambda _answer, _attempt: False)


@fault("client-retry.success-is-final")
def unreadable_success_is_tried_again(honest: Client) -> Client:
    """Makes UNAVAILABLE of a success that it cannot read, and tries it again, as google-gax for Node.js does."""

    def again(answer: Answer, attempt: int) -> bool:
        is_unreadable = answer.status < 300 and honest.understand("cancel", answer)["outcome"] != "ok"
        return honest.again(answer, attempt) or (is_unreadable and attempt < 3)

    return replace(honest, again=again)


@fault("client-retry.success-is-final")
def cancels_twice_to_be_sure(honest: Client) -> Client:
    """Sends a cancel that succeeded once more: cancelling twice does no harm."""

    def send(verb: str, *rest: Any) -> Answer:
        answer = honest.send(verb, *rest)
        return honest.send(verb, *rest) if verb == "POST" and answer.status == 200 else answer

    return replace(honest, send=send)


@fault("client-answer.error-is-no-success")
def tries_again_with_a_look(honest: Client) -> Client:
    """Makes the second attempt of a cancel on the path without the verb, where a get is answered: that is a success."""

    def send(verb: str, origin: str, target: str, fields: Mapping[str, str], body: bytes | None, left: float) -> Answer:
        answer = honest.send(verb, origin, target, fields, body, left)
        if verb != "POST" or answer.status != 503:
            return answer
        return honest.send(
            "GET",
            origin,
            target.removesuffix(":cancel"),
            {"Authorization": fields.get("Authorization", "")},
            None,
            left,
        )

    return replace(honest, send=send)


@fault("client-retry.unimplemented-is-final")
def unimplemented_is_tried_again(honest: Client) -> Client:
    """Tries every 5xx again that is more than 500, as gcloud does: five cancels for one 501."""
    return _again_on(honest, 501, 502)


@fault("client-retry.refusal-is-final")
def refusal_is_tried_again(honest: Client) -> Client:
    """Tries 403 and 404 again: it might be eventual consistency."""
    return _again_on(honest, 403, 404)


@fault("client-retry.internal-error-is-final", "client-retry.data-loss-is-final")
def internal_error_is_tried_again(honest: Client) -> Client:
    """Tries INTERNAL again."""
    return _again_on(honest, 500)


@fault("client-retry.attempts-are-limited", "client-retry.pauses-are-made")
def tries_for_ever(honest: Client) -> Client:
    """Tries UNAVAILABLE again until the deadline, without waiting in between."""

    def send(verb: str, origin: str, target: str, fields: Mapping[str, str], body: bytes | None, left: float) -> Answer:
        end = time.monotonic() + left
        while True:
            answer = honest.send(verb, origin, target, fields, body, max(end - time.monotonic(), 0.05))
            if answer.status != 503 or time.monotonic() > end:
                return answer

    return replace(honest, send=send)


@fault("client-retry.pauses-are-made")
def tries_again_at_once(honest: Client) -> Client:
    """Makes all its five attempts as fast as it is answered UNAVAILABLE."""

    def send(verb: str, origin: str, target: str, fields: Mapping[str, str], body: bytes | None, left: float) -> Answer:
        end = time.monotonic() + left
        for _ in range(4):
            answer = honest.send(verb, origin, target, fields, body, max(end - time.monotonic(), 0.01))
            if answer.status != 503:
                return answer
        return honest.send(verb, origin, target, fields, body, max(end - time.monotonic(), 0.01))

    return replace(honest, send=send, again=lambda _answer, _attempt: False)


@fault("client-retry.deadline-is-kept", "client-retry.deadline-ends-the-retries")
def waits_for_ever(honest: Client) -> Client:
    """Has a timeout of its own and ignores that of its caller."""

    def send(*request: Any) -> Answer:
        return honest.send(*request[:-1], 10.0)

    return replace(honest, send=send)


@fault("client-retry.deadline-ends-the-retries")
def deadline_of_its_own_for_each_attempt(honest: Client) -> Client:
    """Begins with a new deadline at every attempt."""

    def send(*request: Any) -> Answer:
        answer = honest.send(*request)
        for _ in range(4):
            if answer.status != 503:
                break
            time.sleep(0.5)
            answer = honest.send(*request)
        return answer

    return replace(honest, send=send, again=lambda _answer, _attempt: False)


@fault("client-retry.nothing-after-the-reply", "client-retry.deadline-ends-the-retries")
def goes_on_behind_the_back(honest: Client) -> Client:
    """Reports that the time is over, and tries again a moment later in the background."""

    def send(verb: str, *rest: Any) -> Answer:
        try:
            return honest.send(verb, *rest)
        except TimeoutError:
            if verb == "POST":
                threading.Timer(1.0, once_more, (verb, *rest[:-1], 1.0)).start()
            raise

    def once_more(*request: Any) -> None:
        with contextlib.suppress(OSError, http.client.HTTPException):
            honest.send(*request)

    return replace(honest, send=send)


def _asking(honest: Client, waits: Callable[[str, float], float]) -> Client:
    """The client, waiting before it tries again as long as `waits` makes of Retry-After and of the time left."""

    def send(verb: str, origin: str, target: str, fields: Mapping[str, str], body: bytes | None, left: float) -> Answer:
        end = time.monotonic() + left
        with closing(connected(origin, left)) as wire:
            wire.sendall(request_bytes(verb, urlsplit(origin).netloc, target, fields, body))
            response = Final(wire, method=verb)
            response.begin()
            answer = Answer(response.status, response.read(), response.getheader("Location"))
        if asked := response.getheader("Retry-After"):
            time.sleep(max(waits(asked, end - time.monotonic()), 0))
        return answer

    return replace(honest, send=send)


@fault("client-retry.deadline-is-kept")
def retry_after_is_obeyed_beyond_the_deadline(honest: Client) -> Client:
    """Waits as long as Retry-After says, whatever time is left."""
    return _asking(honest, lambda asked, _left: float(asked) if asked.isdigit() else 0)


@fault("client-answer.never-breaks-the-client")
def retry_after_is_a_number(honest: Client) -> Client:
    """Reads Retry-After as a number of seconds, and breaks on a date."""
    return _asking(honest, lambda asked, left: min(float(asked), left))


@fault("client-retry.data-loss-is-final", "client-retry.internal-error-is-final")
def data_loss_is_tried_again(honest: Client) -> Client:
    """Tries DATA_LOSS again: what is lost might be found."""

    def again(answer: Answer, attempt: int) -> bool:
        return honest.again(answer, attempt) or (b'"DATA_LOSS"' in answer.body and attempt < 3)

    return replace(honest, again=again)


@fault("client-retry.success-is-final")
def copy_comes_with_the_next_call(honest: Client) -> Client:
    """Sends a cancel that has succeeded once more when the next call is made."""
    succeeded: dict[str, tuple[Any, ...]] = {}

    def send(*request: Any) -> Answer:
        verb, origin = request[:2]
        copy = succeeded.pop(origin, None)
        answer = honest.send(*request)
        if copy is not None and copy[2] != request[2]:
            honest.send(*copy)
        if verb == "POST" and answer.status == 200 and request[2].endswith("-control:cancel"):
            succeeded[origin] = request
        return answer

    return replace(honest, send=send)
