"""What a scenario is: what the driver is told, what the server answers, and what is judged of it.

A scenario is data. It has an operation name of its own, so that one driver process and one server do for all of them.
It begins with a *positive control*, a call whose outcome is beyond doubt: a client that calls everything a success, or
everything a failure, keeps a requirement for no reason, and a scenario whose control has failed judges nothing. The
rules of `conformance.rules.client`, which need no such context, are applied to its turns in any case.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from conformance.errors import NotTested
from conformance.exchange import Method
from conformance.lro.codes import Code
from conformance.lro.operation import State
from conformance.rules.client import is_no_success, is_ok, shows
from conformance.rules.client.turn import Turn, TurnJudge
from conformance.rules.rule import Complaint
from conformance.sdk.answers import EMPTY_OBJECT, Answer, Script, envelope, json_answer

TIMEOUT = 5000
"""The deadline of a call, in milliseconds, that is not about time: none comes near it."""


@dataclass(frozen=True, slots=True)
class Step:
    """One request to the driver; `timeout` is in milliseconds. Its name has places, such as `{operation}`.

    `method` is the call that the script answers, `word` what the driver is told when that is another (`wait`). A name
    that `is_unbound` is one that no path of the contract can have; where one can, the scenario is not played.
    """

    method: Method
    script: Script
    name: str = "{operation}"
    timeout: int = TIMEOUT
    word: str = ""
    poll: int | None = None
    is_unbound: bool = False

    @property
    def asks_for(self) -> str:
        """The method as the driver is told it."""
        return self.word or self.method.value


def cancel(*answers: Answer, name: str = "{operation}", timeout: int = TIMEOUT, is_unbound: bool = False) -> Step:
    """The driver is told to cancel, and each attempt gets the next of the answers."""
    return Step(Method.CANCEL, Script(answers), name, timeout, is_unbound=is_unbound)


def get(*answers: Answer, name: str = "{operation}", timeout: int = TIMEOUT, is_unbound: bool = False) -> Step:
    """The driver is told to get, and each attempt gets the next of the answers."""
    return Step(Method.GET, Script(answers), name, timeout, is_unbound=is_unbound)


POLL = 8
"""Milliseconds between the first two looks of a wait: so a test of it takes no time."""


def wait(*answers: Answer, timeout: int = TIMEOUT) -> Step:
    """The driver is told to wait for the end of the operation, and each look sees the next of the answers."""
    return Step(Method.GET, Script(answers), timeout=timeout, word="wait", poll=POLL)


@dataclass(frozen=True, slots=True)
class Control:
    """A step whose outcome is beyond doubt, and the oracle of that outcome.

    `requirement` is what a client breaks that fails it: scenarios that test the same say so, all others say nothing.
    """

    step: Step
    judge: TurnJudge
    requirement: str = ""


@dataclass(frozen=True, slots=True)
class Expectation:
    """What a scenario judges: an oracle speaks for a requirement, about the turn of step number `step`.

    With `is_of_all` it is about what arrived in all turns, as if it had arrived in that one. With `beside` it counts
    only where that oracle has nothing against the turn of that step, which was answered the same in the plainest way.
    """

    requirement: str
    judge: TurnJudge
    step: int = -1
    is_of_all: bool = False
    beside: tuple[int, TurnJudge] | None = None

    def judged(self, turns: Sequence[Turn]) -> Complaint | None:
        """What the oracle says of the turns of the scenario's steps. Raises NotTested, NotApplicable."""
        turn = turns[self.step]
        if self.is_of_all:
            turn = replace(turn, arrived=tuple(exchange for each in turns for exchange in each.arrived))
        # Before the plainest way, for what is not applicable is that whatever is made of that.
        complaint = self.judge(turn)
        if self.beside is not None:
            step, judge = self.beside
            if (plain := judge(turns[step])) is not None:
                raise NotTested(f"in the plainest way it is not understood either: {plain.message}")
        return complaint


@dataclass(frozen=True, slots=True)
class Scenario:
    """One story. `name` is its slug, and the check's name in reports and baselines.

    It is played where the driver has the methods that its steps ask for and what it `needs` besides: `concurrent`, or a
    habit. `at_once` has all its steps told before the first reply is awaited.
    """

    name: str
    summary: str
    control: Control
    steps: tuple[Step, ...]
    expectations: tuple[Expectation, ...] = ()
    needs: tuple[str, ...] = ()
    at_once: bool = False

    @property
    def asks_for(self) -> tuple[str, ...]:
        """The methods that the driver is asked for."""
        return tuple(dict.fromkeys(step.asks_for for step in (self.control.step, *self.steps)))


def arrives_and_is_ok(turn: Turn) -> Complaint | None:
    """The control of an error: a cancel is sent, and its success is one."""
    return _arrives(turn) or is_ok(turn)


def arrives_and_is_refused(turn: Turn) -> Complaint | None:
    """The control of a success: a cancel is sent, and its refusal is none."""
    return _arrives(turn) or is_no_success(turn)


def arrives_and_is_shown(turn: Turn) -> Complaint | None:
    """The control of what a get shows: a get is sent, and the operation that runs is shown."""
    return _arrives(turn) or shows(State.RUNNING)(turn)


def _arrives(turn: Turn) -> Complaint | None:
    return None if turn.answers else turn.complain(f"no {turn.request.method.value} of {turn.request.name} arrived")


def operation(done: bool = False, *, name: str = "{operation}", **members: Any) -> Answer:
    """A get's answer: an operation, without metadata, for its type would have to be one that every client knows."""
    return json_answer(200, {"name": name, "done": done, **members})


RESPONSE = {"@type": "type.googleapis.com/{response-type}"}
"""The response of an operation that succeeds, of the type that the client expects."""

CONTROL = "{operation}-control"
"""The operation of a control: it looks like the scenario's, and is another."""

SUCCEEDS = Control(cancel(EMPTY_OBJECT, name=CONTROL), arrives_and_is_ok)
"""An ordinary cancel succeeds: for scenarios in which something fails."""

IS_REFUSED = Control(
    cancel(envelope(Code.NOT_FOUND, "the operation of the control does not exist"), name=CONTROL),
    arrives_and_is_refused,
)
"""An ordinary cancel is refused: for scenarios in which something succeeds."""

SHOWS_RUNNING = Control(
    get(operation(name=CONTROL), name=CONTROL), arrives_and_is_shown, "client-operation.running-is-told"
)
"""An ordinary get shows an operation that runs: for scenarios about what a get shows."""
