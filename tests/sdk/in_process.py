"""A driver without a process: the client is called in this one, over the same sockets."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterable
from types import TracebackType

from conformance.reports.verdict import Judgement, Verdict
from conformance.rules.turn import Said, Told
from conformance.sdk.driver import read_reply
from conformance.sdk.honest_driver import Client, reply
from conformance.sdk.judging import judgements
from conformance.sdk.play import Performance, perform
from conformance.sdk.scenario import Scenario
from conformance.sdk.scenarios import SCENARIOS
from conformance.spec.catalogue import client_catalogue
from conformance.spec.contract import Contract

Speaks = Callable[[Told], bytes]
CONTRACT = Contract.load("beyondcorp.v1")
NOT_KEPT = (Verdict.FAIL, Verdict.WARN)


class InProcess:
    """Asks a function for the line that a driver would write."""

    stderr = ""

    def __init__(self, speaks: Speaks) -> None:
        self.replies = 0
        self._speaks = speaks

    def __enter__(self) -> InProcess:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass

    def ask(self, told: Told) -> Said:
        said = read_reply(self._speaks(told), told, time.monotonic())
        self.replies += 1
        return said

    def finish(self) -> None:
        """A process does not end before its threads do."""
        for thread in threading.enumerate():
            if isinstance(thread, threading.Timer):
                thread.join()

    def kill(self) -> None:
        pass


def driven(client: Client) -> Speaks:
    """What a driver around this client writes."""
    return lambda told: json.dumps(reply(client, told.as_json())).encode()


def says(**words: object) -> Speaks:
    """A driver that says the same to everything."""
    return lambda told: json.dumps({"id": told.id, **words}).encode()


def named(*names: str) -> list[Scenario]:
    """Some scenarios."""
    return [scenario for scenario in SCENARIOS if scenario.name in names]


def performed(speaks: Speaks, scenarios: Iterable[Scenario] = SCENARIOS) -> Performance:
    """The scenarios as they go with a driver that speaks so."""
    return perform(lambda: InProcess(speaks), scenarios, CONTRACT)


def judged(speaks: Speaks, scenarios: Iterable[Scenario] = SCENARIOS) -> dict[str, Judgement]:
    """The verdicts by requirement."""
    performance = performed(speaks, scenarios)
    return {judgement.requirement.id: judgement for judgement in judgements(performance, client_catalogue())}


def not_kept(judgements: dict[str, Judgement]) -> dict[str, str]:
    """The requirements that failed or warn, each with its reason."""
    return {
        requirement: judgement.reason for requirement, judgement in judgements.items() if judgement.verdict in NOT_KEPT
    }
