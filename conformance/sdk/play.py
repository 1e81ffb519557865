"""Plays scenarios: one driver, one server, one scenario after the other; what comes of it are turns, not verdicts."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace

from conformance.exchange import Exchange, Method
from conformance.rules.client.turn import Outcome, Said, Told, Turn
from conformance.sdk.credentials import TOKEN, TOKEN_VARIABLE, text_without_secrets
from conformance.sdk.driver import PATIENCE, AnyDriver, Driver, DriverFault
from conformance.sdk.scenario import Scenario, Step
from conformance.sdk.server import ScriptedServer
from conformance.sdk.transport import REST, Transport
from conformance.spec.contract import Contract

Starts = Callable[[], AbstractContextManager[AnyDriver]]

MOST_FAULTS = 3
"""So many times a driver that has replied before is started again; a hanging one costs its patience each time."""


@dataclass(frozen=True, slots=True)
class Unanswered:
    """A request that the driver did not reply to, and what arrived nevertheless."""

    told: Told
    arrived: tuple[Exchange, ...]


@dataclass(frozen=True, slots=True)
class Play:
    """One scenario as it went: the turn of its control, those of its steps, and the driver's fault that ended it."""

    scenario: Scenario
    control: Turn | None = None
    turns: tuple[Turn, ...] = ()
    seconds: float = 0.0
    fault: str = ""
    unanswered: Unanswered | None = None

    @property
    def all_turns(self) -> tuple[Turn, ...]:
        return (*((self.control,) if self.control is not None else ()), *self.turns)

    @property
    def unsupported(self) -> str:
        """The method that the driver says its client does not have, and is believed; empty when there is none."""
        for turn in self.all_turns if not self.fault else ():
            if turn.said.outcome is Outcome.UNSUPPORTED:
                return turn.told.method.value
        return ""


@dataclass
class Performance:
    """All that was played. `faults` are what the driver did wrong, `stderr` is the end of what it wrote there."""

    plays: list[Play] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    stderr: str = ""
    requests: int = 0

    @property
    def exchanges(self) -> Iterator[Exchange]:
        """Everything that arrived."""
        for play in self.plays:
            for turn in play.all_turns:
                yield from turn.arrived
            yield from play.unanswered.arrived if play.unanswered is not None else ()

    @property
    def was_cut_off(self) -> bool:
        """Whether the driver's faults kept scenarios from being played."""
        return any(play.fault for play in self.plays)


def processes(command: Sequence[str], patience: float = PATIENCE, now: Callable[[], float] = time.monotonic) -> Starts:
    """Starts a driver process each time it is called; the driver finds our token in its environment."""
    return lambda: Driver(command, now, {TOKEN_VARIABLE: TOKEN}, patience)


def perform(
    start: Starts,
    scenarios: Iterable[Scenario],
    contract: Contract,
    *,
    transport: Transport = REST,
    now: Callable[[], float] = time.monotonic,
    on_played: Callable[[str], None] = lambda _: None,
) -> Performance:
    """Play the scenarios with the driver that `start` starts; `on_played` hears the name of each when it is over.

    A driver that breaks the protocol after it has kept it is started again for the next scenario, a few times; one
    that never kept it is not, and the scenarios that are left carry its fault.
    Raises UsageError when the driver cannot be started, TargetError when there is no port for the server.
    """
    performance = Performance()
    scenes = [_Scene(scenario) for scenario in scenarios]
    with ScriptedServer(contract, now) as server, transport.front(server.url, contract) as endpoint:
        stage = _Stage(server, endpoint, transport.name, now)
        left = iter(scenes)
        is_over = False
        while not is_over:
            with start() as driver:
                try:
                    for scene in left:
                        stage.play(scene, driver)
                        on_played(scene.scenario.name)
                    is_over = True
                    driver.finish()
                except DriverFault as fault:
                    where = "" if is_over else f"scenario {scene.scenario.name}: "
                    performance.faults.append(where + (scene.fault or str(fault)))
            performance.stderr += text_without_secrets(driver.stderr)
            is_over = is_over or driver.replies == 0 or len(performance.faults) >= MOST_FAULTS
        for scene in left:
            scene.fault = performance.faults[-1]
    _disbelieve(performance, [scene.played(server) for scene in scenes])
    performance.requests = server.requests
    return performance


def _disbelieve(performance: Performance, plays: list[Play]) -> None:
    """Record the plays; that a call is unsupported is the driver's fault where the client was seen to have it.

    It has the call when a request arrived on account of it, or when any other reply said what came of it.
    """
    had = {
        turn.told.method
        for play in plays
        for turn in play.all_turns
        if turn.said.outcome is not Outcome.UNSUPPORTED or turn.arrived
    }
    doubtful: dict[Method, list[str]] = {}
    for play in plays:
        wrong = [
            turn for turn in play.all_turns if turn.said.outcome is Outcome.UNSUPPORTED and turn.told.method in had
        ]
        if not wrong:
            performance.plays.append(play)
            continue
        (turn,) = wrong  # a play ends with the first
        doubtful.setdefault(turn.told.method, []).append(play.scenario.name)
        performance.plays.append(replace(play, fault=_not_unsupported(turn.told.method, f"request {turn.told.id}")))
    for method, names in doubtful.items():
        performance.faults.append(_not_unsupported(method, f"scenarios {', '.join(names)}"))


def _not_unsupported(method: Method, where: str) -> str:
    why = f"the driver replied `unsupported` to {method.value}, although its client has that call; {where}"
    return str(DriverFault(why, "reply with the outcome of the call; an error, such as 501, is an `rpc_error`"))


@dataclass
class _Asked:
    """A request to the driver, under the number of its turn, and the reply when there is one."""

    turn: int
    told: Told
    said: Said | None = None


@dataclass
class _Scene:
    """A scenario while it is played, before it is known what arrived."""

    scenario: Scenario
    asked: list[_Asked] = field(default_factory=list)
    seconds: float = 0.0
    fault: str = ""

    def played(self, server: ScriptedServer) -> Play:
        turns = [
            Turn(self.scenario.name, asked.told, asked.said, server.arrived(asked.turn))
            for asked in self.asked
            if asked.said is not None
        ]
        unanswered = [Unanswered(asked.told, server.arrived(asked.turn)) for asked in self.asked if asked.said is None]
        return Play(
            self.scenario,
            turns[0] if turns else None,
            tuple(turns[1:]),
            self.seconds,
            self.fault,
            unanswered[0] if unanswered else None,
        )


@dataclass
class _Stage:
    """Where scenarios are played: the server, what the driver is told of it, and the clock."""

    server: ScriptedServer
    endpoint: str
    transport: str
    now: Callable[[], float]
    told: int = 0

    def play(self, scene: _Scene, driver: AnyDriver) -> None:
        """Play one scenario to its end, or until the driver cannot go on. Raises DriverFault."""
        began = self.now()
        try:
            for step in (scene.scenario.control.step, *scene.scenario.steps):
                if self._ask(scene, step, driver).outcome is Outcome.UNSUPPORTED:
                    break
        except DriverFault as fault:
            arrived = len(self.server.arrived(scene.asked[-1].turn))
            so_far = f"; {arrived} requests of its client had arrived by then" if arrived else ""
            scene.fault = str(DriverFault(fault.message + so_far, fault.remedy))
            raise
        finally:
            scene.seconds = self.now() - began

    def _ask(self, scene: _Scene, step: Step, driver: AnyDriver) -> Said:
        scenario = scene.scenario
        name = scenario.named(step)
        turn = self.server.begin(scenario.name, step.method, name, step.script.about(scenario.operation), step.timeout)
        self.told += 1
        told = Told(self.told, step.method, self.endpoint, name, step.timeout, self.transport, self.now())
        asked = _Asked(turn, told)
        scene.asked.append(asked)
        try:
            asked.said = driver.ask(told)
        finally:
            self.server.end(turn)
        return asked.said
