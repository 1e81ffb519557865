"""Where scenarios are played: drivers side by side, each with a server of its own and what it is told of it.

A driver that breaks the protocol after it has kept it is started again for the next scenario, a few times; one that
never kept it is not, and the scenarios that are left carry its fault. A call that goes on after the gate has stopped
waiting is the client's, where it was seen to begin: it is judged, and the driver started again for the next scenario.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

from conformance.exchange import Exchange, Failure, Method
from conformance.rules.client.deadlines import slack
from conformance.rules.client.turn import Hello, Outcome, Said, Told
from conformance.sdk.answers import Script, json_answer
from conformance.sdk.driver import AnyDriver
from conformance.sdk.naming import Naming
from conformance.sdk.reply import DriverFault, Gone, Overdue
from conformance.sdk.scenario import TIMEOUT, Scenario, Step
from conformance.sdk.server import ScriptedServer
from conformance.sdk.stalls import Stalls
from conformance.sdk.transport import ClientTransport

MOST_FAULTS = 3
"""So many times a driver that has replied before is started again; a hanging one costs its patience each time."""

FIRST_SCENARIOS = 3
"""When nothing that can be read has arrived by the end of so many scenarios, nothing will."""

_TOO_SLOW = 10.0
"""Seconds for the first scenarios, after which more of requests that cannot be read are not waited for."""

_OTHER_PROTOCOLS = (b"\x16\x03", b"PRI * HTTP/2")
"""How TLS and HTTP/2 begin: a client that speaks these will go on to."""

HELLO = "hello"


@dataclass
class Asked:
    """A request to the driver, the server's turn of that number, and the reply when there is one."""

    server: ScriptedServer
    turn: int
    told: Told
    said: Said | None = None

    def arrived(self) -> tuple[Exchange, ...]:
        """What arrived on account of it; complete once the server has stopped."""
        return self.server.arrived(self.turn)


@dataclass
class Scene:
    """A scenario while it is played, before it is known what arrived."""

    scenario: Scenario
    asked: list[Asked] = field(default_factory=list)
    seconds: float = 0.0
    fault: str = ""
    inapplicable: str = ""


class _Outlived(Exception):
    """The client's call goes on although its deadline is long over."""


class _Pointless(Exception):
    """Nothing has arrived so far, and nothing will. Cause: a wrong endpoint, or a driver whose own code fails."""


@dataclass
class Company:
    """All drivers of a run: each takes the next scene, and what goes wrong with one is known to all."""

    start: Callable[[], AbstractContextManager[AnyDriver]]
    scenes: Sequence[Scene]
    naming: Naming
    transport: ClientTransport
    now: Callable[[], float]
    on_played: Callable[[str], None]
    faults: list[str] = field(default_factory=list)
    stderr: str = ""
    requests: int = 0
    hello: Hello = field(default_factory=Hello)
    greetings: tuple[Exchange, ...] = ()

    def __post_init__(self) -> None:
        self.stalls = Stalls(self.now)
        self.paths = self.naming.paths()
        self._numbers = itertools.count(1)
        self._ids = itertools.count(1)
        self._left = iter(self.scenes)
        self._played: list[Scene] = []
        self._is_over = False
        self._outlived = 0
        self._knows_no_greeting = False
        self._drivers: list[AnyDriver] = []
        self._lock = threading.Lock()

    def play(self, jobs: int) -> None:
        """Play all scenes. Raises UsageError when the driver cannot be started, TargetError when there is no port."""
        with self.stalls:
            if jobs == 1:
                self._work()
            else:
                self._work_side_by_side(jobs)
        for scene in self.scenes:
            if not (scene.asked or scene.fault or scene.inapplicable):
                scene.fault = self.faults[-1]

    def _work_side_by_side(self, jobs: int) -> None:
        pool = ThreadPoolExecutor(jobs, thread_name_prefix="stage")
        work = [pool.submit(self._work) for _ in range(min(jobs, len(self.scenes)))]
        try:
            for each in work:
                each.result()
        except BaseException:
            # An interrupt, or a driver that cannot be started: the others are not waited for.
            self._is_over = True
            with self._lock:
                drivers = list(self._drivers)
            for driver in drivers:
                driver.kill()
            raise
        finally:
            pool.shutdown()

    def _work(self) -> None:
        with (
            ScriptedServer(self.naming.contract, self.now, self._numbers) as server,
            self.transport.front(server.url, self.naming.contract, server.was_on_wire) as endpoint,
        ):
            stage = _Stage(server, endpoint, self.naming, self.transport.name, self.now, self._ids)
            while not self._is_over and self._drive(stage):
                pass
        with self._lock:
            self.requests += server.requests
            self.greetings += stage.greetings

    def _drive(self, stage: _Stage) -> bool:
        """Play what is left with one driver process; whether another one has to go on."""
        with self.start() as driver:
            with self._lock:
                self._drivers.append(driver)
            scene: Scene | None = None
            is_finished = False
            try:
                hello = self._greeted(stage, driver)
                if hello is None:
                    return True
                for scene in self._next_scenes(hello):
                    stage.play(scene, driver)
                    self.on_played(scene.scenario.name)
                    self._see_whether_anything_arrives(scene)
                is_finished, scene = True, None
                driver.finish()
            except _Outlived:
                self._outlived += 1
                if self._outlived == MOST_FAULTS:
                    self._give_up(f"{MOST_FAULTS} calls had not ended long after their deadlines; no more were made")
            except _Pointless as why:
                self._give_up(str(why))
            except DriverFault as fault:
                where = f"scenario {scene.scenario.name}: " if scene is not None else ""
                self._note(where + (scene.fault if scene is not None and scene.fault else str(fault)), driver)
            finally:
                with self._lock:
                    self._drivers.remove(driver)
            driver.kill()
            with self._lock:
                self.stderr += driver.stderr
        return not is_finished

    def _greeted(self, stage: _Stage, driver: AnyDriver) -> Hello | None:
        """What the driver says of itself; None when it died of the greeting, and is started again without one."""
        if self._knows_no_greeting:
            return Hello()
        try:
            hello = stage.greet(driver)
        except Gone:
            self._knows_no_greeting = True
            return None
        except DriverFault:
            self._is_over = True
            raise
        self.hello = hello
        return hello

    def _next_scenes(self, hello: Hello) -> Iterator[Scene]:
        while True:
            with self._lock:
                scene = None if self._is_over else next(self._left, None)
            if scene is None:
                return
            scenario = scene.scenario
            scene.inapplicable = self.naming.lacks(scenario) or hello.lacks(scenario.asks_for, scenario.needs)
            if not scene.inapplicable:
                yield scene

    def _see_whether_anything_arrives(self, scene: Scene) -> None:
        """Raises _Pointless when the first scenarios are over and no request has arrived that could be read."""
        with self._lock:
            self._played.append(scene)
            if len(self._played) != min(FIRST_SCENARIOS, len(self.scenes)):
                return
        asked = [each for scene in self._played for each in scene.asked if each.said is not None]
        if any(each.said.is_ok or each.said.outcome is Outcome.UNSUPPORTED for each in asked if each.said is not None):
            return
        arrived = [exchange for each in asked for exchange in each.arrived()]
        if any(exchange.request.method for exchange in arrived):
            return
        seconds = sum(scene.seconds for scene in self._played)
        is_other_protocol = bool(arrived) and arrived[-1].request.body.startswith(_OTHER_PROTOCOLS)
        if arrived and not is_other_protocol and seconds < _TOO_SLOW:
            return
        why = _nothing_arrived(asked, arrived)
        if is_other_protocol:
            # Which protocol an SDK speaks is a matter of its driver: nothing of that is held against the SDK.
            for played in self._played:
                played.fault, played.asked = why, []
        raise _Pointless(why)

    def _note(self, fault: str, driver: AnyDriver) -> None:
        with self._lock:
            self.faults.append(fault)
            self._is_over = self._is_over or driver.replies == 0 or len(self.faults) >= MOST_FAULTS

    def _give_up(self, fault: str) -> None:
        with self._lock:
            self.faults.append(fault)
            self._is_over = True


def _nothing_arrived(asked: Sequence[Asked], arrived: Sequence[Exchange]) -> str:
    """Why it is pointless to go on, in the words of what did arrive and of what the driver said."""
    endpoint = asked[0].told.endpoint
    said = asked[-1].said
    assert said is not None, "only what was replied to is looked at"
    reply = f"the driver said {said.in_words()}" + (f" ({said.message[:200]})" if said.message else "")
    if not arrived:
        return str(
            DriverFault(
                f"no request ever arrived at {endpoint}; {reply}",
                "give the SDK the `endpoint` of each request, as plain HTTP on this address; where its client is never"
                " called, the message says why",
            )
        )
    outcome = arrived[-1].outcome
    why = outcome.detail if isinstance(outcome, Failure) else ""
    start = arrived[-1].request.body[:24]
    remedy = "the endpoint is plain HTTP/1.1"
    if start.startswith(b"\x16\x03"):
        remedy += ": that was TLS, switch it off for this endpoint"
    elif start.startswith(b"PRI * HTTP/2"):
        remedy += ": that was HTTP/2; a gRPC client is checked by --transport grpc"
    return str(DriverFault(f"nothing that arrived at {endpoint} could be read: {why}; {reply}", remedy))


@dataclass
class _Stage:
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
        told = Told(next(self.ids), Method.GET, self.endpoint, name, TIMEOUT, self.transport, self.now(), HELLO)
        try:
            hello = driver.greet(told, lambda: bool(self.server.arrived(turn)))
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
        """Play one scenario to its end, or until the driver cannot go on. Raises DriverFault, _Outlived."""
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
            raise _Outlived from None
        except DriverFault as fault:
            scene.fault = _with_arrivals(fault, scene.asked[-1:])
            raise
        finally:
            scene.seconds = self.now() - began

    def _ask(self, scene: Scene, steps: Sequence[Step], driver: AnyDriver) -> list[Said]:
        asked = [self._asked(scene.scenario, step) for step in steps]
        scene.asked += asked
        said: list[Said] = []
        try:
            said = driver.ask([each.told for each in asked])
        finally:
            for each, reply in itertools.zip_longest(asked, said):
                each.said = reply
                self.server.end(each.turn, has_failed=reply is None or not reply.is_ok)
        return said

    def _asked(self, scenario: Scenario, step: Step) -> Asked:
        name = self.naming.named(scenario, step.name)
        script = step.script.about(self.naming.places(scenario))
        turn = self.server.begin(scenario.name, step.method, name, script, step.timeout)
        told = Told(
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
        return Asked(self.server, turn, told)

    def _is_the_clients(self, asked: Asked) -> bool:
        """Whether a reply is missing because the client's call goes on: nothing had ended it, or it still sends."""
        arrived = [exchange for exchange in asked.arrived() if exchange.request.method]
        if not arrived:
            return False
        timeout = asked.told.timeout / 1000
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
