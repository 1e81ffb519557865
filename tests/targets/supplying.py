"""Supplies of operations over a transport in memory."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Iterator
from pathlib import Path

from conformance.exchange import Failure, Request, Response
from conformance.server.target.configuration import (
    LimitsSection,
    StartRequest,
    SupplyForm,
)
from conformance.server.target.ledger import LedgerState
from conformance.server.target.supply import Supply
from conformance.server.target.target import Outgoing
from tests.targets.memory import Answers, MemoryTransport, json_response, target_of

PARENT = "projects/demo/locations/us"
START = StartRequest("POST", f"/v1/{PARENT}/operations:start", {"mode": "run"})
NAMES = (f"{PARENT}/operations/a", f"{PARENT}/operations/b", f"{PARENT}/operations/c")


def make(method: str, target: str, body: bytes) -> Outgoing:
    return Outgoing(Request(method, target, (), body))


class Noted:
    """What was noted of the starts."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str, str, LedgerState]] = []

    def __call__(self, serial: str, name: str, form: str, state: LedgerState) -> None:
        self.lines.append((serial, name, form, state))

    def in_state(self, wanted: LedgerState) -> list[tuple[str, str]]:
        return [(name, form) for _, name, form, state in self.lines if state is wanted]


def supply_of(
    form: SupplyForm, answers: Answers | None = None, directory: Path = Path(), operations: int = 60
) -> Supply:
    transport = MemoryTransport(answers or starting())
    return Supply(form, target_of(transport, LimitsSection(operations=operations)), make, directory)


def starting() -> Answers:
    """Answers every start with a fresh operation."""
    numbers = itertools.count(1)
    return lambda _: json_response({"name": f"{PARENT}/operations/op-{next(numbers)}"})


def answering(*responses: Response | Failure) -> Answers:
    """Answers with these, in turn."""
    queue: Iterator[Response | Failure] = iter(responses)
    return lambda _: next(queue)


def command(*lines: str) -> SupplyForm:
    return SupplyForm(command=(sys.executable, "-c", "\n".join(lines)))
