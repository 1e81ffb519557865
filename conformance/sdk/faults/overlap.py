"""Faults of clients that make several calls at once."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

from conformance.sdk.faults.registry import fault
from conformance.sdk.honest_driver import Answer, Client

_FOR_THE_SECOND = 4.0
"""Seconds; both calls are told at once."""


@fault("client-answer.calls-at-once-do-not-mix", "client-request.no-other-operation-is-cancelled")
def has_one_place_for_the_target(honest: Client) -> Client:
    """Keeps the name of a call in one place, so that a cancel under way is sent for the call that came after it."""
    second: list[str] = []
    is_there = threading.Event()

    def send(verb: str, origin: str, target: str, *rest: Any) -> Answer:
        path = target.removesuffix(":cancel")
        if path.endswith("-at-once-second"):
            second[:] = [path]
            is_there.set()
        elif path.endswith("-at-once") and is_there.wait(_FOR_THE_SECOND):
            target = second[0] + ":cancel"
            is_there.clear()
        return honest.send(verb, origin, target, *rest)

    return replace(honest, send=send)


@fault("client-answer.calls-at-once-do-not-mix")
def takes_the_first_answer_that_comes(honest: Client) -> Client:
    """Has one place for the answer that it waits for, and takes that of another call for its own."""
    lock = threading.Lock()
    under_way: list[object] = []
    first: list[Answer] = []

    def send(*request: Any) -> Answer:
        mine = object()
        with lock:
            under_way.append(mine)
        try:
            answer = honest.send(*request)
            with lock:
                if len(under_way) > 1 or first:
                    first.append(answer)
                return first[0] if first else answer
        finally:
            with lock:
                under_way.remove(mine)
                if not under_way:
                    first.clear()

    return replace(honest, send=send)


@fault("client-answer.calls-at-once-do-not-mix")
def has_one_place_for_the_result(honest: Client) -> Client:
    """Keeps the result of a call in one place, and returns what is there: the latest, where several end together."""
    together = threading.Barrier(4)
    latest: list[Answer] = []

    def send(verb: str, origin: str, target: str, *rest: Any) -> Answer:
        answer = honest.send(verb, origin, target, *rest)
        if "/four-answers-at-once" not in target or "-control" in target:
            return answer
        latest[:] = [answer]
        together.wait(_FOR_THE_SECOND)
        return latest[0]

    return replace(honest, send=send)


@fault("client-answer.calls-at-once-do-not-mix")
def has_one_place_for_the_error(honest: Client) -> Client:
    """Keeps the last error in one place, as errno does, and reads it there when another call has failed meanwhile."""
    latest: list[Answer] = []
    has_failed, has_failed_again = threading.Event(), threading.Event()

    def send(verb: str, origin: str, target: str, *rest: Any) -> Answer:
        answer = honest.send(verb, origin, target, *rest)
        if answer.status < 300 or "/four-answers-at-once" not in target or "-control" in target:
            return answer
        if target.endswith(":cancel"):
            latest[:] = [answer]
            has_failed.set()
            has_failed_again.wait(_FOR_THE_SECOND)
        elif has_failed.wait(_FOR_THE_SECOND):
            latest[:] = [answer]
            has_failed_again.set()
        return latest[0]

    return replace(honest, send=send)


@fault("client-answer.calls-at-once-do-not-mix")
def has_one_buffer(honest: Client) -> Client:
    """Reads the content of all answers into one buffer: each has its own status, and the content that came last."""
    together = threading.Barrier(4)
    latest: list[bytes] = []

    def send(verb: str, origin: str, target: str, *rest: Any) -> Answer:
        answer = honest.send(verb, origin, target, *rest)
        if "/four-gets-at-once" not in target or "-control" in target:
            return answer
        latest[:] = [answer.body]
        together.wait(_FOR_THE_SECOND)
        return replace(answer, body=latest[0])

    return replace(honest, send=send)


@fault("client-retry.deadline-is-kept")
def has_one_deadline(honest: Client) -> Client:
    """Has one deadline for all calls that are under way: that of the call which was made last."""
    longest: list[float] = []
    is_there = threading.Event()

    def send(verb: str, origin: str, target: str, fields: Any, body: bytes | None, left: float) -> Answer:
        if target.endswith("/two-deadlines-at-once-second"):
            longest[:] = [left]
            is_there.set()
        elif "/two-deadlines-at-once:" in target and is_there.wait(_FOR_THE_SECOND):
            left = longest[0]
            is_there.clear()
        return honest.send(verb, origin, target, fields, body, left)

    return replace(honest, send=send)


@fault("client-answer.calls-at-once-do-not-mix", "client-request.get-is-sent")
def shares_what_has_the_same_id(honest: Client) -> Client:
    """Sends one of two gets that are made at once, and gives both its answer, where their names end in the same id."""
    lock = threading.Lock()
    under_way: dict[str, tuple[threading.Event, list[Answer]]] = {}

    def send(verb: str, origin: str, target: str, *rest: Any) -> Answer:
        if verb != "GET":
            return honest.send(verb, origin, target, *rest)
        id_ = target.rpartition("/")[2]
        with lock:
            is_first = id_ not in under_way
            is_there, shared = under_way.setdefault(id_, (threading.Event(), []))
        if not is_first and is_there.wait(_FOR_THE_SECOND) and shared:
            return shared[0]
        try:
            shared[:] = [honest.send(verb, origin, target, *rest)]
            return shared[0]
        finally:
            with lock:
                under_way.pop(id_, None)
            is_there.set()

    return replace(honest, send=send)
