"""Plays scenarios: drivers, each with a server of its own, one scenario after the other; what comes of it are turns."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace

from conformance.exchange import Exchange
from conformance.rules.client import may_be_the_machine, was_held_up
from conformance.rules.client.turn import DriverRequest, Hello, Outcome, Said, Turn
from conformance.sdk.company import Company
from conformance.sdk.credentials import TOKEN, TOKEN_VARIABLE, credential_in
from conformance.sdk.driver import PATIENCE, AnyDriver, Driver
from conformance.sdk.naming import Naming
from conformance.sdk.reply import DriverFault
from conformance.sdk.scenario import Scenario
from conformance.sdk.stage import Asked, Scene
from conformance.sdk.transport import REST, ClientTransport

StartDriver = Callable[[], AbstractContextManager[AnyDriver]]

_UNREPEATED = "something was late, which may have been the machine, and the run ended before it was played once more"
_HELD_UP = "the machine stood still for most of the time that a call had; run it where less goes on"


@dataclass(frozen=True, slots=True)
class Unanswered:
    """A request that the driver did not reply to, and what arrived nevertheless."""

    request: DriverRequest
    arrived: tuple[Exchange, ...]


@dataclass(frozen=True, slots=True)
class Play:
    """One scenario as it went: the turn of its control, those of its steps, and the driver's fault that ended it.

    It is `inapplicable` where the driver says that it has not what is needed, and `unplayed` where the run ended before
    it, or nothing was to be learned of it; the values are the reasons. One that `was_repeated` was played once more,
    because the machine might have been what was late.
    """

    scenario: Scenario
    control: Turn | None = None
    turns: tuple[Turn, ...] = ()
    seconds: float = 0.0
    fault: str = ""
    unanswered: Unanswered | None = None
    inapplicable: str = ""
    unplayed: str = ""
    was_repeated: bool = False

    @property
    def all_turns(self) -> tuple[Turn, ...]:
        return (*((self.control,) if self.control is not None else ()), *self.turns)

    @property
    def unsupported(self) -> str:
        """The method that the driver says its client does not have, and is believed; empty when there is none."""
        for turn in self.all_turns if not self.fault else ():
            if turn.said.outcome is Outcome.UNSUPPORTED:
                return turn.request.asks_for
        return ""

    @property
    def outlived(self) -> bool:
        """Whether the play ended with a call that the gate did not wait for any longer."""
        return any(turn.said.is_missing for turn in self.all_turns)


@dataclass
class Performance:
    """All that was played. `faults` are what the driver did wrong, `stderr` is the end of what it wrote there.
    `why_no_others` says why no other driver came up beside the first, where it was to.
    """

    plays: list[Play] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    stderr: str = ""
    requests: int = 0
    hello: Hello = field(default_factory=Hello)
    greetings: tuple[Exchange, ...] = ()
    why_no_others: str = ""
    was_interrupted: bool = False

    @property
    def exchanges(self) -> Iterator[Exchange]:
        """Everything that arrived."""
        yield from self.greetings
        for play in self.plays:
            for turn in play.all_turns:
                yield from turn.arrived
            yield from play.unanswered.arrived if play.unanswered is not None else ()

    @property
    def was_cut_off(self) -> bool:
        """Whether the driver's faults kept scenarios from being played."""
        return any(play.fault for play in self.plays)


def processes(
    command: Sequence[str], patience: float = PATIENCE, now: Callable[[], float] = time.monotonic
) -> StartDriver:
    """Starts a driver process each time it is called; the driver finds our token in its environment."""
    return lambda: Driver(command, now, {TOKEN_VARIABLE: TOKEN}, patience)


def perform(
    start: StartDriver,
    scenarios: Iterable[Scenario],
    naming: Naming,
    *,
    transport: ClientTransport = REST,
    now: Callable[[], float] = time.monotonic,
    jobs: int = 1,
    on_over: Callable[[Scenario, bool], None] = lambda *_: None,
) -> Performance:
    """Play the scenarios with `jobs` drivers that `start` starts.

    `on_over` hears each scenario when it is over, and whether it was played; only one thread at a time calls it.

    What was over when it is interrupted is there, and the rest is `unplayed`. Raises UsageError when the driver cannot
    be started, TargetError when there is no port for a server, KeyboardInterrupt when nothing was over.
    """
    scenes = [Scene(scenario) for scenario in scenarios]
    company = Company(start, scenes, naming, transport, now, on_over)
    company.play(jobs)
    plays = _plays(scenes, scenes, company)
    late = [
        play.scenario for play in plays if any(may_be_the_machine(turn) or was_held_up(turn) for turn in play.all_turns)
    ]
    if company.is_over:
        plays = [Play(play.scenario, unplayed=_UNREPEATED) if play.scenario in late else play for play in plays]
    elif late:
        again = [Scene(scenario) for scenario in late]
        company.play_again(again)
        told = {scene.scenario.name: scene for scene in again if scene.is_over}
        repeated = {
            play.scenario.name: replace(play, was_repeated=True)
            for play in _plays(list(told.values()), scenes, company)
        }
        plays = [_unless_held_up(repeated.get(play.scenario.name, play)) for play in plays]
    performance = Performance(
        faults=company.faults,
        stderr=company.stderr,
        requests=company.requests,
        hello=company.hello,
        greetings=company.greetings,
        why_no_others=company.why_no_others,
        was_interrupted=company.was_interrupted,
    )
    _record(performance, plays)
    return performance


def _unless_held_up(play: Play) -> Play:
    return Play(play.scenario, unplayed=_HELD_UP) if any(was_held_up(turn) for turn in play.all_turns) else play


def _plays(played: Sequence[Scene], scenes: Sequence[Scene], company: Company) -> list[Play]:
    """The plays of what was played; all scenes together show what the driver needs by itself, and its credential."""
    credential = credential_in(
        (*company.greetings, *(exchange for scene in scenes for asked in scene.asked for exchange in asked.arrived()))
    )
    seconds = {id(scene): _seconds_of_control(scene) for scene in (*scenes, *played)}
    usual = statistics.median([each for scene in scenes if (each := seconds[id(scene)]) is not None] or [0.0])
    return [_played(scene, max(usual, seconds[id(scene)] or 0.0), credential, company) for scene in played]


def _seconds_of_control(scene: Scene) -> float | None:
    """How long the driver needed for a call that was answered at once: what it needs for one by itself."""
    for asked in scene.asked[:1]:
        if asked.said is not None and not asked.said.is_missing:
            return asked.said.at - asked.request.at
    return None


def _turn(scenario: Scenario, asked: Asked, said: Said, overhead: float, credential: str, company: Company) -> Turn:
    arrived = asked.arrived()
    ended = max([said.at, *(exchange.sent_at for exchange in arrived)])
    stall = company.stalls.between(asked.request.at, ended)
    return Turn(
        scenario.name,
        asked.request,
        said,
        arrived,
        overhead,
        stall,
        company.hello,
        company.paths,
        credential,
        scenario.at_once,
    )


def _played(scene: Scene, overhead: float, credential: str, company: Company) -> Play:
    turns = [
        _turn(scene.scenario, asked, asked.said, overhead, credential, company)
        for asked in scene.asked
        if asked.said is not None
    ]
    unanswered = [Unanswered(asked.request, asked.arrived()) for asked in scene.asked if asked.said is None]
    return Play(
        scene.scenario,
        turns[0] if turns else None,
        tuple(turns[1:]),
        scene.seconds,
        scene.fault,
        unanswered[0] if unanswered else None,
        scene.inapplicable,
        scene.unplayed,
    )


def _record(performance: Performance, plays: list[Play]) -> None:
    """Record the plays; that a call is unsupported is the driver's fault where the client was seen to have it.

    It has the call when a request arrived on account of it, or when any other reply said what came of it.
    """
    had = {
        turn.request.asks_for
        for play in plays
        for turn in play.all_turns
        if turn.said.outcome is not Outcome.UNSUPPORTED or turn.arrived
    }
    doubtful: dict[str, list[str]] = {}
    for play in plays:
        wrong = [
            turn for turn in play.all_turns if turn.said.outcome is Outcome.UNSUPPORTED and turn.request.asks_for in had
        ]
        if not wrong:
            performance.plays.append(play)
            continue
        turn = wrong[0]
        doubtful.setdefault(turn.request.asks_for, []).append(play.scenario.name)
        performance.plays.append(
            replace(play, fault=_not_unsupported(turn.request.asks_for, f"request {turn.request.id}"))
        )
    for method, names in doubtful.items():
        performance.faults.append(_not_unsupported(method, f"scenarios {', '.join(names)}"))


def _not_unsupported(method: str, where: str) -> str:
    why = f"the driver replied `unsupported` to {method}, although its client has that call; {where}"
    return str(DriverFault(why, "reply with the outcome of the call; an error, such as 501, is an `rpc_error`"))
