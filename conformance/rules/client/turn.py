"""What the rules about a client read: turns.

A *turn* is one request to a driver: the request, the reply, and what arrived at our server because of it. All three
have the same clock, so that they fit on one time line. Only the reply is the client's own account; all else was
recorded.

As with servers there are *rules*, which judge every turn of a run whatever scenario it belongs to, and *oracles*, plain
functions that a scenario names because only the scenario knows what its answers mean. A judge returns a complaint or
None for "kept"; it raises NotTested or NotApplicable when the turn cannot or need not be judged.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from conformance.exchange import Exchange, Method, Wire
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
class DriverRequest:
    """What the driver is asked. `at` is seconds on the run's clock, `timeout` the deadline in milliseconds.

    `method` is the call that is expected to arrive. `word` is the method in the request to the driver if that differs:
    `wait` for a get that is repeated until the operation has ended, at first `poll` milliseconds apart. The name
    `is_bound` if the contract has a path for it.
    """

    id: int
    method: Method
    endpoint: str
    name: str
    timeout: int
    transport: str
    at: float
    word: str = ""
    poll: int | None = None
    is_bound: bool = True

    @property
    def asks_for(self) -> str:
        """The method as it stands in the request to the driver."""
        return self.word or self.method.value

    def as_json(self) -> dict[str, Any]:
        """The line that the driver reads."""
        request = {
            "id": self.id,
            "method": self.asks_for,
            "endpoint": self.endpoint,
            "name": self.name,
            "timeout_ms": self.timeout,
            "transport": self.transport,
        }
        return request if self.poll is None else {**request, "poll_ms": self.poll}


@dataclass(frozen=True, slots=True)
class Hello:
    """The reply of the driver to `hello`. A driver that does not know `hello` has cancel and get.

    `habits` are customs of its language that it declares; a requirement about one is judged only then.
    """

    methods: frozenset[str] = frozenset({"cancel", "get"})
    is_concurrent: bool = False
    sdk: str = ""
    version: str = ""
    transports: frozenset[str] = frozenset()
    habits: frozenset[str] = frozenset()

    def lacks(self, methods: Iterable[str], needs: Iterable[str]) -> str:
        """What the driver lacks for calls of these methods and these needs; empty if it lacks nothing.

        A need is `concurrent` or the name of a habit.
        """
        for method in methods:
            if method not in self.methods:
                return f"the client has no call {method}"
        for need in needs:
            if need == CONCURRENT and not self.is_concurrent:
                return "the driver is asked one thing at a time"
            if need != CONCURRENT and need not in self.habits:
                return f"the driver does not declare the habit {need}"
        return ""


CONCURRENT = "concurrent"


@dataclass(frozen=True, slots=True)
class Said:
    """The driver's reply. `line` is as it was written; `at` is when it had been read.

    `operation` is what a successful get or wait returned, `operations` a list; `code` and `http_status` are those of an
    RPC error, None if the client does not know them. `cancelled` is the answer of the SDK's own predicate, `exception`
    the class of the exception. A reply `is_missing` if the gate gave up waiting for it.
    """

    outcome: Outcome
    line: str
    at: float
    operation: Mapping[str, Any] | None = None
    code: Code | None = None
    http_status: int | None = None
    message: str = ""
    operations: tuple[Mapping[str, Any], ...] | None = None
    cancelled: bool | None = None
    exception: str = ""
    is_missing: bool = False

    @property
    def is_ok(self) -> bool:
        return self.outcome is Outcome.OK

    def in_words(self) -> str:
        """The outcome, for messages."""
        if self.is_missing:
            return "nothing"
        if self.outcome is not Outcome.RPC_ERROR:
            return str(self.outcome.value)
        return f"rpc_error with code {self.code.name if self.code else None} and http_status {self.http_status}"


PATHS = re.compile(r"/v1/(projects|organizations)/[^/]+/locations/[^/]+/operations/[^/]+")
"""The paths of the operations of BeyondCorp."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One request to the driver, its reply, and the exchanges it caused, in the order of their arrival.

    `answers` are the exchanges of the wanted call. The others in `arrived` went to another path or another operation,
    or are not HTTP. `overhead` are the seconds that the driver itself needs for a call, measured with a call that is
    answered at once; `stall` are the seconds of delay by a busy machine. `hello` is the reply to `hello`; `paths` are
    the patterns of the paths of calls, without a verb. `credential` is what Authorization has to be, where the driver
    was seen to send it, or a part of it, in any call of the run; else it is empty. A turn `is_at_once` where the driver
    was told of several before it had replied to one.
    """

    scenario: str
    request: DriverRequest
    said: Said
    arrived: tuple[Exchange, ...] = ()
    overhead: float = 0.0
    stall: float = 0.0
    hello: Hello = field(default_factory=Hello)
    paths: re.Pattern[str] = PATHS
    credential: str = ""
    is_at_once: bool = False

    @property
    def answers(self) -> tuple[Exchange, ...]:
        """The requests that are the wanted call: its method, on its name."""
        return tuple(exchange for exchange in self.arrived if self.asked_for(exchange))

    def asked_for(self, exchange: Exchange) -> bool:
        """Whether a request is the call that the driver was asked for."""
        call = exchange.call
        return call is not None and call.method is self.request.method and call.name == self.request.name

    @property
    def over(self) -> Wire:
        """The wire between the client and us. What arrived over gRPC is in `arrived` as HTTP, by its binding."""
        return Wire.GRPC if self.request.transport == "grpc" else Wire.HTTP

    def asks(self, method: Method) -> bool:
        """Whether the driver was asked for a call of `method`."""
        return self.request.method is method

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
    reads: Wire | None = None

    def judgements(self, turns: Iterable[Turn], /) -> Iterator[Complaint | None]:
        """One judgement per turn the rule speaks about: a complaint, or None for "kept"."""
        return (self.judge(turn) for turn in turns if self.reads in (None, turn.over) and self.when(turn))


_RULES: dict[str, TurnRule] = {}


def turn_rule(
    requirement: str, *, when: Callable[[Turn], bool], reads: Wire | None = None
) -> Callable[[TurnJudge], TurnJudge]:
    """Register a rule about one turn: the judge returns a complaint, or None.

    A rule about meaning judges clients over every transport. A rule about bytes says which wire it `reads`.
    """

    def register(judge: TurnJudge) -> TurnJudge:
        if requirement in _RULES:
            raise ValueError(f"two rules for {requirement}: one requirement has one rule")
        _RULES[requirement] = TurnRule(requirement, when, judge, reads)
        return judge

    return register


def registered_turn_rules() -> Mapping[str, TurnRule]:
    """Every turn rule by the requirement it speaks for; `conformance.rules.client` must have been imported."""
    return dict(_RULES)
