"""Faults of deadlines: how long a client waits, and what it says when the time is over."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from conformance.sdk.faults.registry import fault
from conformance.sdk.faults.waits import Waiting
from conformance.sdk.honest_driver import Answer, Client, Connection, Reply


def _waiting(honest: Client, time_for: Callable[[float], float], verb: str = "") -> Client:
    """The client, waiting for another time than the one that is left: whatever it sends, or what has a verb."""

    def send(*request: Any) -> Answer:
        left = time_for(request[-1]) if verb in ("", request[0]) else request[-1]
        return honest.send(*request[:-1], left)

    return replace(honest, send=send)


def _when_time_is_over(honest: Client, answer: Callable[[], Answer]) -> Client:
    """The client, taking a cancel that ran out of time for one that was answered so."""

    def send(verb: str, *rest: Any) -> Answer:
        try:
            return honest.send(verb, *rest)
        except TimeoutError:
            if verb == "POST":
                return answer()
            raise

    return replace(honest, send=send)


@fault("client-retry.deadline-is-kept")
def takes_seconds_for_its_own(honest: Client) -> Client:
    """Rounds the deadline of a cancel up to whole seconds, of which it then grants one to connect and one to read."""
    return _waiting(honest, lambda left: math.ceil(left) + 1, verb="POST")


def _sent_plainly(
    verb: str,
    origin: str,
    target: str,
    fields: Mapping[str, str],
    body: bytes | None,
    left: float,
    *,
    for_content: float | None = None,
) -> Answer:
    """One request, each read of whose answer may take the time that is left, or one of its content another."""
    connection = Connection(urlsplit(origin).netloc, timeout=max(left, 0.001))
    with contextlib.closing(connection):
        connection.request(verb, target, body=body, headers=dict(fields))
        wire = connection.sock
        response = connection.getresponse()
        wire.settimeout(for_content or max(left, 0.001))
        return Answer(response.status, response.read(), response.getheader("Location"))


@fault("client-retry.deadline-is-kept")
def counts_anew_with_every_byte(honest: Client) -> Client:
    """Gives the deadline to its socket, which counts it anew whenever something comes."""
    return replace(honest, send=_sent_plainly)


@fault("client-retry.deadline-is-kept")
def the_head_is_enough(honest: Client) -> Client:
    """Stops its watch when the head of an answer is there, and reads the content for as long as it takes."""
    return replace(honest, send=partial(_sent_plainly, for_content=10.0))


@fault("client-retry.deadline-ends-the-retries")
def last_attempt_has_the_whole_deadline(honest: Client) -> Client:
    """Makes no attempt after its deadline, and gives each of those before it the time of the whole call."""
    whole: dict[tuple[str, str], float] = {}

    def send(verb: str, origin: str, target: str, *rest: Any) -> Answer:
        left = whole.setdefault((verb, target), rest[-1]) if verb == "GET" else rest[-1]
        return honest.send(verb, origin, target, *rest[:-1], left)

    class Generous(Waiting):
        def wait(self, *call: Any) -> Reply:
            return honest.wait(*call)

        def list(self, *call: Any) -> Reply:
            return honest.list(*call)

    return replace(Generous.like(honest), send=send)


@fault("client-retry.deadline-ends-the-retries", "client-retry.pauses-are-made")
def each_attempt_has_the_whole_deadline(honest: Client) -> Client:
    """Gives every attempt the deadline of the call, and counts the attempts only."""

    def send(*request: Any) -> Answer:
        for attempt in range(1, 6):
            answer = honest.send(*request)
            if not honest.again(answer, attempt):
                break
        return answer

    return replace(honest, send=send, again=lambda _answer, _attempt: False)


@fault("client-retry.deadline-is-used")
def gives_up_early(honest: Client) -> Client:
    """Keeps three quarters of its deadline in reserve for retries."""
    return _waiting(honest, lambda left: left / 4)


@fault("client-retry.deadline-is-used")
def reads_have_a_limit_of_their_own(honest: Client) -> Client:
    """Waits 0.8 s for what it reads, where its caller would wait longer, too: reads are quick."""

    def send(verb: str, *rest: Any) -> Answer:
        left = min(rest[-1], 0.8) if verb == "GET" else rest[-1]
        return honest.send(verb, *rest[:-1], left)

    return replace(honest, send=send)


@fault("client-retry.time-over-is-told", "client-answer.error-is-no-success")
def time_over_is_success(honest: Client) -> Client:
    """Takes a cancel that ran out of time for a success: it was sent, after all."""
    return _when_time_is_over(honest, lambda: Answer(200, b"{}"))


@fault("client-retry.time-over-is-told", "client-answer.no-refusal-is-invented")
def time_over_is_unimplemented(honest: Client) -> Client:
    """Takes a server that does not answer a cancel for one that has none."""
    return _when_time_is_over(honest, lambda: Answer(501, b""))


@fault("client-retry.time-over-is-told")
def time_over_is_cancelled(honest: Client) -> Client:
    """Reports CANCELLED when the time is over, for what it did then was to cancel its request."""
    return _when_time_is_over(honest, lambda: Answer(499, b'{"error": {"code": 499, "status": "CANCELLED"}}'))


@fault("client-retry.time-over-is-told", "client-answer.never-breaks-the-client")
def time_over_breaks_it(honest: Client) -> Client:
    """Looks at the answer that never came."""

    def no_answer() -> Answer:
        raise AttributeError("'NoneType' object has no attribute 'status'")

    return _when_time_is_over(honest, no_answer)
