"""The turns of a run as the server knows them: which one a request belongs to, and what its script answers.

A request belongs to the turn that was open when it arrived. Where several are open, its call says which. Exceptions:

* A late attempt. Every scenario has names of its own. Until a call was answered with a success it is not over,
  whatever the driver says of it, and may be made again: such an attempt belongs to its own turn, how late it may be.
* A copy. A call that has succeeded is made again while another one is open, which the client makes as well: it did not
  take the one for the other. It is the call that succeeded, once more. Where the open call never comes, the client has
  sent the old one in its place.
* A look at an operation that is being cancelled is part of the cancel.
* Bytes that are no HTTP belong to the call whose head they have, else to the one before them on their connection, else
  to the turn in which that was opened.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import unquote

from conformance.exchange import Call, Exchange, Method, Request, can_be_undone
from conformance.lro.codes import Code
from conformance.rules.client.deadlines import slack
from conformance.sdk.answers import (
    EMPTY_OBJECT,
    OVER,
    UNKNOWN_CODING,
    UNKNOWN_PATH,
    Answer,
    Script,
    envelope,
    json_answer,
)
from conformance.spec.contract import Contract

_AFTER_SLACK = 1.0
"""Seconds beyond what the rules allow an attempt to be late, so that who does not stop by itself is late."""


@dataclass(eq=False)
class ScriptedTurn:
    """What one turn answers, how often it has, and what arrived. It `has_company` when no open turn is unserved, and
    `is_beside` others that were open with it."""

    scenario: str
    call: Call
    script: Script
    timeout: float
    over: float = float("inf")
    is_beside: bool = False
    served: int = 0
    has_failed: bool = False
    arrived: list[Exchange] = field(default_factory=list)
    replied: threading.Event = field(default_factory=threading.Event)
    has_company: threading.Event = field(default_factory=threading.Event)

    @property
    def may_go_on(self) -> bool:
        """Whether a client may have a reason to make the call again: it was told no success."""
        return self.has_failed or not any(exchange.succeeded() for exchange in self.arrived)


class Turns:
    """All turns so far, and those that are open. Whoever has it lets one thread at a time in.

    `places` are filled in the header fields of answers: `{here}` and the other addresses of the server.
    """

    def __init__(self, contract: Contract, places: Mapping[str, str]) -> None:
        self._contract = contract
        self._places = places
        self._all: list[ScriptedTurn] = []
        self._by_call: dict[Call, ScriptedTurn] = {}
        self._open: list[ScriptedTurn] = []

    def __getitem__(self, number: int) -> ScriptedTurn:
        return self._all[number]

    def begin(self, scenario: str, call: Call, script: Script, timeout: float) -> int:
        """Open a turn; the value is its number."""
        turn = ScriptedTurn(scenario, call, script, timeout)
        self._all.append(turn)
        self._open.append(turn)
        for each in self._open if len(self._open) > 1 else ():
            each.is_beside = True
        self._by_call[turn.call] = turn
        return len(self._all) - 1

    def end(self, number: int, *, has_failed: bool) -> None:
        """The driver has replied. A failed call may be tried late."""
        turn = self._all[number]
        turn.has_failed = has_failed
        self._open.remove(turn)

    def record(self, turn: ScriptedTurn, exchange: Exchange) -> None:
        """An exchange of a turn is over. Copies of earlier calls are known for such when its own call has come."""
        turn.arrived.append(exchange)
        if turn.is_beside or not self._has_come(turn):
            return
        copies = [(each, own) for each in turn.arrived if (own := self._copied(turn, each)) is not None]
        for copy, own in copies:
            turn.arrived.remove(copy)
            own.arrived.append(replace(copy, check=own.scenario))

    def _has_come(self, turn: ScriptedTurn) -> bool:
        """Whether the turn's own call has come, in whatever form, or need not come: its name is none."""
        method, name = turn.call.method, turn.call.name
        return (
            bool(turn.served)
            or not self._contract.binds(method, name)
            or any(name in unquote(each.request.path) for each in turn.arrived)
        )

    def _copied(self, turn: ScriptedTurn, exchange: Exchange) -> ScriptedTurn | None:
        """The turn before this one whose call the exchange is; what looks at this turn's operation belongs to it."""
        call = exchange.call
        if call is None or call.method is Method.LIST or (call.method is Method.GET and call.name == turn.call.name):
            return None
        own = self._by_call.get(call)
        return None if own is turn or own in self._open else own

    def release(self) -> None:
        """Nothing is held back any longer."""
        for turn in self._all:
            turn.replied.set()

    def of(self, call: Call | None, path: str = "") -> ScriptedTurn | None:
        """The turn that a request belongs to; without a call the one whose name is in the path."""
        unsent = [turn for turn in self._open if call and call.method is turn.call.method and not turn.served]
        for turn in reversed(self._open):
            if call == turn.call:
                # A call that comes twice, while one of its kind has not come at all, has taken the place of that one.
                return unsent[0] if turn.served and unsent else turn
        for turn in reversed(self._open):
            if call is not None and call.method is Method.GET and call.name == turn.call.name:
                return turn
        # A list is of a parent, which all scenarios share: of a late one nobody knows whose it is.
        own = self._by_call.get(call) if call is not None and call.method is not Method.LIST else None
        if own is not None and (own.may_go_on or not self._open):
            return own
        if len(self._open) > 1 and unsent:
            return unsent[0]
        if self._open:
            named = [turn for turn in self._open if turn.call.name in unquote(path)]
            return max(named or self._open[-1:], key=lambda turn: len(turn.call.name))
        return self._all[-1] if self._all else None

    def answer(self, turn: ScriptedTurn | None, call: Call | None, request: Request, at: float) -> Answer:
        """The answer that the script has for a request; it counts the attempts."""
        if turn is None:
            return UNKNOWN_PATH
        if not can_be_undone(request.headers):
            return UNKNOWN_CODING
        script = turn.script
        if call == turn.call:
            if not turn.served:
                turn.over = at + turn.timeout + slack(turn.timeout) + _AFTER_SLACK
            turn.served += 1
            if all(each.served for each in self._open):
                for each in self._open:
                    each.has_company.set()
            if at > turn.over:
                return OVER
            return self._placed(turn, script.answers[min(turn.served, len(script.answers)) - 1])
        for pattern, answer in script.elsewhere.items():
            if request.path == pattern.replace("{path}", self._path(turn)):
                return self._placed(turn, answer)
        if call is None:
            return UNKNOWN_PATH
        if call.name == turn.call.name and call.method is Method.GET:
            # A client that looks before it cancels sees an operation that runs.
            return script.seen or json_answer(200, {"name": call.name})
        if call.method is Method.LIST and turn.call.method is not Method.LIST:
            return json_answer(200, {"operations": [_shown_by(script) or {"name": turn.call.name}]})
        copied = self._by_call.get(call)
        if copied is not None and call.method is not Method.LIST and self._has_come(turn):
            return self._placed(copied, copied.script.answers[-1])
        return envelope(Code.NOT_FOUND, f"{call.name} does not exist")

    def _placed(self, turn: ScriptedTurn, answer: Answer) -> Answer:
        """The answer with the places in its header fields filled in."""
        places = (
            {**self._places, "{path}": self._path(turn)} if "{path}" in str(answer.response.headers) else self._places
        )
        headers = tuple((name, _filled(value, places)) for name, value in answer.response.headers)
        return replace(answer, response=replace(answer.response, headers=headers))

    def _path(self, turn: ScriptedTurn) -> str:
        return self._contract.path(turn.call.method, turn.call.name)


def _shown_by(script: Script) -> dict[str, Any] | None:
    """The operation that a script answers in the end, if it does."""
    last = script.answers[-1].response
    return last.json_object() if last.is_success and last.body != EMPTY_OBJECT.response.body else None


def _filled(text: str, places: Mapping[str, str]) -> str:
    for place, value in places.items():
        text = text.replace(place, value)
    return text
