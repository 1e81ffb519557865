"""What one driver is told of its server, and what becomes of it: the stage on which scenes are played."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from conformance.exchange import Exchange, Method
from conformance.rules.client.deadlines import slack
from conformance.rules.client.turn import DriverRequest, Hello, Outcome, Said
from conformance.sdk.answers import Script, json_answer
from conformance.sdk.driver import AnyDriver
from conformance.sdk.naming import Naming
from conformance.sdk.reply import DriverFault, Overdue
from conformance.sdk.scenario import TIMEOUT, Scenario, Step
from conformance.sdk.server import ScriptedServer

HELLO = "hello"


@dataclass
class Asked:
    """A request to the driver, the server's turn of that number, and the reply when there is one."""

    server: ScriptedServer
    turn: int
    request: DriverRequest
    said: Said | None = None

    def arrived(self) -> tuple[Exchange, ...]:
        """What arrived on account of it; complete once the server has stopped."""
        return self.server.arrived(self.turn)


@dataclass
class Scene:
    """A scenario while it is played, before it is known what arrived.

    It is `inapplicable` to this driver, or `unplayed` because the run had to end or nothing was to be learned of it.
    """

    scenario: Scenario
    asked: list[Asked] = field(default_factory=list)
    seconds: float = 0.0
    fault: str = ""
    inapplicable: str = ""
    unplayed: str = ""
    is_over: bool = False


class Outlived(Exception):
    """The client's call goes on although its deadline is long over."""


@dataclass
class Stage:
    """What one driver is told of: its server, and the clock."""

    server: ScriptedServer
    endpoint: str
    naming: Naming
    transport: str
    now: Callable[[], float]
    ids: Iterator[int]
    greeted: list[int] = field(default_factory=list)

    @property
    def greetings(self) -> tuple[Exchange, ...]:
        """What arrived on account of the greetings, from drivers that take one for a get."""
        return tuple(exchange for turn in self.greeted for exchange in self.server.arrived(turn))

    def greet(self, driver: AnyDriver) -> Hello:
        """Say hello; a driver that does not know it takes it for a get, and sees that the operation runs.

        Raises DriverFault.
        """
        name = self.naming.operation(HELLO)
        turn = self.server.begin(HELLO, Method.GET, name, Script((json_answer(200, {"name": name}),)), TIMEOUT)
        self.greeted.append(turn)
        request = DriverRequest(
            next(self.ids), Method.GET, self.endpoint, name, TIMEOUT, self.transport, self.now(), HELLO
        )
        try:
            hello = driver.greet(request, lambda: bool(self.server.arrived(turn)))
        finally:
            self.server.end(turn)
        if hello is not None and hello.transports and self.transport not in hello.transports:
            raise DriverFault(
                f"the driver says that its SDK speaks {', '.join(sorted(hello.transports))}, and was to speak"
                f" {self.transport}",
                f"run it with --transport {min(hello.transports)}",
            )
        return hello or Hello()

    def play(self, scene: Scene, driver: AnyDriver) -> None:
        """Play one scenario to its end, or until the driver cannot go on. Raises DriverFault, Outlived."""
        began = self.now()
        scenario = scene.scenario
        try:
            one_by_one = [(step,) for step in scenario.steps]
            for together in ((scenario.control.step,), *([scenario.steps] if scenario.at_once else one_by_one)):
                said = self._ask(scene, together, driver)
                if any(each.outcome is Outcome.UNSUPPORTED for each in said):
                    break
        except Overdue as fault:
            missing = [asked for asked in scene.asked if asked.said is None]
            if not all(self._is_the_clients(asked) for asked in missing):
                scene.fault = _with_arrivals(fault, missing)
                raise
            for asked in missing:
                asked.said = Said(Outcome.TRANSPORT_ERROR, "no reply", self.now(), is_missing=True)
            scene.is_over = True
            raise Outlived from None
        except DriverFault as fault:
            scene.fault = _with_arrivals(fault, scene.asked[-1:])
            raise
        else:
            scene.is_over = True
        finally:
            scene.seconds = self.now() - began

    def _ask(self, scene: Scene, steps: Sequence[Step], driver: AnyDriver) -> list[Said]:
        asked = [self._asked(scene.scenario, step) for step in steps]
        scene.asked += asked
        said: list[Said] = []
        try:
            said = driver.ask([each.request for each in asked])
        finally:
            for each, reply in itertools.zip_longest(asked, said):
                each.said = reply
                self.server.end(each.turn, has_failed=reply is None or not reply.is_ok)
        return said

    def _asked(self, scenario: Scenario, step: Step) -> Asked:
        name = self.naming.named(scenario, step.name)
        script = step.script.about(self.naming.places(scenario))
        turn = self.server.begin(scenario.name, step.method, name, script, step.timeout)
        request = DriverRequest(
            next(self.ids),
            step.method,
            self.endpoint,
            name,
            step.timeout,
            self.transport,
            self.now(),
            step.word,
            step.poll,
            self.naming.contract.binds(step.method, name),
        )
        return Asked(self.server, turn, request)

    def _is_the_clients(self, asked: Asked) -> bool:
        """Whether a reply is missing because the client's call goes on: nothing had ended it, or it still sends."""
        arrived = [exchange for exchange in asked.arrived() if exchange.request.method]
        if not arrived:
            return False
        timeout = asked.request.timeout / 1000
        if self.now() - arrived[0].sent_at <= timeout + slack(timeout):
            return False
        last = arrived[-1]
        if last.response is None:
            return True
        status = last.response.status
        goes_on = status >= 500 or status in (408, 429) or 300 <= status < 400
        return goes_on or last.sent_at > arrived[0].sent_at + timeout + slack(timeout)


def _with_arrivals(fault: DriverFault, asked: Sequence[Asked]) -> str:
    """The fault, with how much had arrived by then."""
    arrived = sum(len(each.arrived()) for each in asked)
    so_far = f"; {arrived} requests of its client had arrived by then" if arrived else ""
    return str(DriverFault(fault.message + so_far, fault.remedy))
