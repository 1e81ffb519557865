"""Faults of clients that make several calls at once."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

from conformance.sdk.faults.registry import fault
from conformance.sdk.honest_driver import Answer, Client


@fault("client-answer.calls-at-once-do-not-mix", "client-answer.no-refusal-is-invented")
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
