"""What the rules about a client read: turns.

A *turn* is one request to a driver: what it was told, what it said, and what arrived at our server on account of it.
The three have one clock, so that they can be put on one time line. Driver and server are ours to record, nothing of a
turn is the client's own account but the reply.

As with servers there are *rules*, which judge every turn of a run whatever scenario it belongs to, and *oracles*, plain
functions that a scenario names because only the scenario knows what its answers mean. A judge returns a complaint or
None for "kept"; it raises NotTested or NotApplicable when the turn cannot or need not be judged.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from conformance.exchange import Exchange, Method
from conformance.lro.codes import Code
from conformance.rules.rule import Complaint


class Outcome(Enum):
    """How the client's call ended, as the driver reports it; the value is the word of the protocol."""

    OK = "ok"
    RPC_ERROR = "rpc_error"
    CLIENT_ERROR = "client_error"
    TRANSPORT_ERROR = "transport_error"
    DECODE_ERROR = "decode_error"
    UNSUPPORTED = "unsupported"


@dataclass(frozen=True, slots=True)
class Told:
    """One request to the driver. `at` is seconds on the run's clock, `timeout` the deadline in milliseconds."""

    id: int
    method: Method
    endpoint: str
    name: str
    timeout: int
    transport: str
    at: float

    def as_json(self) -> dict[str, Any]:
        """The line that the driver reads."""
        return {
            "id": self.id,
            "method": self.method.value,
            "endpoint": self.endpoint,
            "name": self.name,
            "timeout_ms": self.timeout,
            "transport": self.transport,
        }


@dataclass(frozen=True, slots=True)
class Said:
    """The driver's reply. `line` is as it was written; `at` is when it had been read.

    `operation` is what a successful get returned; `code` and `http_status` are those of an RPC error, None when the
    client does not tell.
    """

    outcome: Outcome
    line: str
    at: float
    operation: Mapping[str, Any] | None = None
    code: Code | None = None
    http_status: int | None = None
    message: str = ""

    @property
    def is_ok(self) -> bool:
        return self.outcome is Outcome.OK

    def in_words(self) -> str:
        """The outcome, for messages."""
        if self.outcome is not Outcome.RPC_ERROR:
            return str(self.outcome.value)
        return f"rpc_error with code {self.code.name if self.code else None} and http_status {self.http_status}"


@dataclass(frozen=True, slots=True)
class Turn:
    """One request to the driver, its reply, and the exchanges it caused, in the order of their arrival.

    `answers` are the exchanges of the call that was asked for; the other `arrived` ones are what else came in: to
    another path, to another operation, or nothing that is HTTP.
    """

    scenario: str
    told: Told
    said: Said
    arrived: tuple[Exchange, ...] = ()

    @property
    def answers(self) -> tuple[Exchange, ...]:
        """The requests that are the very call that was asked for: its method, on its name."""
        return tuple(exchange for exchange in self.arrived if self.asked_for(exchange))

    def asked_for(self, exchange: Exchange) -> bool:
        """Whether a request is the call that the driver was asked for."""
        call = exchange.call
        return call is not None and call.method is self.told.method and call.name == self.told.name

    def asks(self, method: Method) -> bool:
        """Whether the driver was asked for a call of `method`."""
        return self.told.method is method

    def complain(self, message: str, *exchanges: Exchange) -> Complaint:
        """A complaint about this turn; it shows `exchanges`, or all that arrived."""
        return Complaint(message, exchanges or self.arrived)


TurnJudge = Callable[[Turn], Complaint | None]


@dataclass(frozen=True, slots=True)
class TurnRule:
    """A rule about every turn for which `when` holds."""

    requirement: str
    when: Callable[[Turn], bool]
    judge: TurnJudge


_RULES: dict[str, TurnRule] = {}


def turn_rule(requirement: str, *, when: Callable[[Turn], bool]) -> Callable[[TurnJudge], TurnJudge]:
    """Register a rule about one turn: the judge returns a complaint, or None."""

    def register(judge: TurnJudge) -> TurnJudge:
        if requirement in _RULES:
            raise ValueError(f"two rules for {requirement}: one requirement has one rule")
        _RULES[requirement] = TurnRule(requirement, when, judge)
        return judge

    return register


def registered_turn_rules() -> Mapping[str, TurnRule]:
    """Every turn rule by the requirement it speaks for; `conformance.rules.client` must have been imported."""
    return dict(_RULES)
