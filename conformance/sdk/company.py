"""The drivers of a run, side by side: each has a server of its own and takes the next scene that is left.

A driver that breaks the protocol after it has kept it is started again for the next scenario, a few times; one that
never kept it is not, and the scenarios that are left carry its fault. A call that goes on after the gate has stopped
waiting is the client's, where it was seen to begin: it is judged, and the driver started again for the next scenario.

The others are started when the first one has played a few scenes, so that what is wrong with all is told of one. Where
another one does not come up beside it, the run goes on with those that do.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

from conformance.exchange import Exchange
from conformance.rules.client.turn import Hello
from conformance.sdk.driver import AnyDriver
from conformance.sdk.naming import Naming
from conformance.sdk.prospects import Pointless, Prospects
from conformance.sdk.reply import DriverFault, Gone
from conformance.sdk.scenario import Scenario
from conformance.sdk.server import ScriptedServer
from conformance.sdk.stage import Outlived, Scene, Stage
from conformance.sdk.stalls import Stalls
from conformance.sdk.transport import ClientTransport

MOST_FAULTS = 3
"""So many times a driver that has replied before is started again; a hanging one costs its patience each time."""

INTERRUPTED = "not played, for the run was interrupted"


class _NotBeside(Exception):
    """A driver could not be greeted while the first one was there: it may be one that has to be alone."""


@dataclass
class Company:
    """All drivers of a run: what goes wrong with one is known to all. `why_no_others` says why others did not come up
    beside the first.
    """

    start: Callable[[], AbstractContextManager[AnyDriver]]
    scenes: Sequence[Scene]
    naming: Naming
    transport: ClientTransport
    now: Callable[[], float]
    on_over: Callable[[Scenario, bool], None]
    faults: list[str] = field(default_factory=list)
    why_no_others: str = ""
    stderr: str = ""
    requests: int = 0
    hello: Hello = field(default_factory=Hello)
    greetings: tuple[Exchange, ...] = ()
    was_interrupted: bool = False

    def __post_init__(self) -> None:
        self.stalls = Stalls(self.now)
        self.paths = self.naming.paths()
        self._numbers = itertools.count(1)
        self._ids = itertools.count(1)
        self._left = iter(self.scenes)
        self._prospects = Prospects(len(self.scenes))
        self._first_has_begun = threading.Event()
        self._is_over = False
        self._outlived = 0
        self._knows_no_greeting = False
        self._drivers: list[AnyDriver] = []
        self._lock = threading.Lock()

    def play(self, jobs: int) -> None:
        """Play all scenes, or those that were over when the run was interrupted.

        Raises UsageError when the driver cannot be started, TargetError when there is no port, KeyboardInterrupt when
        no scene was over.
        """
        with self.stalls:
            self._work_side_by_side(max(1, min(jobs, len(self.scenes))))
        for scene in self.scenes:
            if scene.is_over or scene.fault or scene.inapplicable or scene.unplayed:
                continue
            if self.was_interrupted:
                scene.unplayed = INTERRUPTED
            else:
                scene.fault = self.faults[-1]

    @property
    def is_over(self) -> bool:
        """Whether the run had to end."""
        return self._is_over

    def play_again(self, scenes: Sequence[Scene]) -> None:
        """Play scenes when all others are over, with one driver and none beside it; what cannot be played is left."""
        self._left = iter(scenes)
        self.on_over = lambda *_: None
        with self.stalls:
            self._work()

    def _work_side_by_side(self, jobs: int) -> None:
        pool = ThreadPoolExecutor(jobs, thread_name_prefix="stage")
        work = [pool.submit(self._work, is_first=True)]
        try:
            self._first_has_begun.wait()
            work += [pool.submit(self._work) for _ in range(1, jobs)]
            for each in work:
                each.result()
        except BaseException as error:
            # An interrupt, or a driver that cannot be started: the others are not waited for.
            self.was_interrupted = isinstance(error, KeyboardInterrupt)
            self._is_over = True
            with self._lock:
                drivers = list(self._drivers)
            for driver in drivers:
                driver.kill()
            if not (self.was_interrupted and any(scene.is_over for scene in self.scenes)):
                raise
        finally:
            pool.shutdown()

    def _work(self, is_first: bool = False) -> None:
        try:
            with (
                ScriptedServer(self.naming.contract, self.now, self._numbers) as server,
                self.transport.front(server.url, self.naming.contract, server.was_on_wire) as endpoint,
            ):
                stage = Stage(server, endpoint, self.naming, self.transport.name, self.now, self._ids)
                while not self._is_over and self._drive(stage, may_fail=not (is_first or stage.greeted)):
                    pass
            with self._lock:
                self.requests += server.requests
                self.greetings += stage.greetings
        finally:
            self._first_has_begun.set()

    def _drive(self, stage: Stage, may_fail: bool) -> bool:
        """Play what is left with one driver process; whether another one has to go on."""
        with self.start() as driver:
            with self._lock:
                self._drivers.append(driver)
            scene: Scene | None = None
            is_finished = False
            try:
                hello = self._greeted(stage, driver, may_fail)
                if hello is None:
                    return True
                for scene in self._next_scenes(hello):
                    stage.play(scene, driver)
                    self._tell_over(scene)
                    self._prospects.note(scene)
                    if self._prospects.are_known:
                        self._first_has_begun.set()
                is_finished, scene = True, None
                driver.finish()
            except _NotBeside as why:
                is_finished = True
                self.why_no_others = self.why_no_others or str(why)
            except Outlived:
                self._outlived += 1
                if self._outlived == MOST_FAULTS:
                    self._give_up(f"{MOST_FAULTS} calls had not ended long after their deadlines; no more were made")
            except Pointless as why:
                self._give_up(str(why))
            except DriverFault as fault:
                self._note(fault, scene, driver)
            finally:
                with self._lock:
                    self._drivers.remove(driver)
            driver.kill()
            with self._lock:
                self.stderr += driver.stderr
        return not is_finished

    def _greeted(self, stage: Stage, driver: AnyDriver, may_fail: bool) -> Hello | None:
        """What the driver says of itself; None when it died of the greeting, and is started again without one."""
        if self._knows_no_greeting:
            return Hello()
        try:
            hello = stage.greet(driver)
        except DriverFault as fault:
            if may_fail:
                raise _NotBeside(fault.message) from None
            if isinstance(fault, Gone):
                self._knows_no_greeting = True
                return None
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
            scene.unplayed = "" if scene.inapplicable else self._prospects.why_not(scenario)
            if scene.inapplicable or scene.unplayed:
                self._tell_over(scene)
            else:
                yield scene

    def _tell_over(self, scene: Scene) -> None:
        with self._lock:
            self.on_over(scene.scenario, not (scene.inapplicable or scene.unplayed))

    def _note(self, fault: DriverFault, scene: Scene | None, driver: AnyDriver) -> None:
        with self._lock:
            if self.was_interrupted:
                # It has been killed: that it does not reply is no fault of it.
                if scene is not None:
                    scene.fault = ""
                return
            where = f"scenario {scene.scenario.name}: " if scene is not None else ""
            self.faults.append(where + ((scene.fault if scene is not None else "") or str(fault)))
            self._is_over = self._is_over or driver.replies == 0 or len(self.faults) >= MOST_FAULTS

    def _give_up(self, fault: str) -> None:
        with self._lock:
            self.faults.append(fault)
            self._is_over = True
