"""Drivers side by side: what is wrong with all is told of one, and a run that ends early says what it did not play."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest

from conformance.judging.verdict import RunVerdict, Verdict
from conformance.rules.client.turn import DriverRequest, Outcome, Said
from conformance.sdk.company import INTERRUPTED
from conformance.sdk.honest_driver import Client
from conformance.sdk.in_process import InProcess, Speaks, driven
from conformance.sdk.judging import judge_performance
from conformance.sdk.play import Performance, Play, perform
from conformance.sdk.prospects import Prospects
from conformance.sdk.scenario import Scenario
from conformance.sdk.scenarios import SCENARIOS
from conformance.sdk.server import ScriptedServer
from conformance.sdk.stage import Asked, Scene

from .in_process import CONTRACT, NAMING, named, says

HONEST = driven(Client())
SOME = [
    scenario
    for scenario in SCENARIOS
    if scenario.name.startswith("code-") or scenario.name in ("plain-cancel", "cancelled", "not-found")
]


def side_by_side(drivers: Callable[[int], Speaks], jobs: int = 4) -> tuple[Performance, int]:
    """What comes of some scenarios, and how many drivers were started; each by its number."""
    numbers = itertools.count()
    performance = perform(lambda: InProcess(drivers(next(numbers))), SOME, NAMING, jobs=jobs)
    return performance, next(numbers)


def test_many_drivers_play_each_scenario_once() -> None:
    performance, started = side_by_side(lambda _: HONEST)
    assert started == 4
    assert [play.scenario.name for play in performance.plays] == [scenario.name for scenario in SOME]
    assert all(play.turns and not play.fault for play in performance.plays)


def test_what_is_wrong_with_all_drivers_is_told_of_one() -> None:
    def breaks_down(request: DriverRequest) -> bytes:
        return HONEST(request) if request.word == "hello" else b"panic!"

    performance, started = side_by_side(lambda _: breaks_down)
    assert len(performance.faults) == started == 3, "one driver, started again as often as any"
    performance, started = side_by_side(lambda _: says(outcome="client_error", message="TypeError"))
    assert "no request ever arrived" in performance.faults[0]
    assert (len(performance.faults), started) == (1, 1)


def test_a_driver_that_has_to_be_alone_plays_alone() -> None:
    def refuses(request: DriverRequest) -> bytes:
        return b"the port is in use"

    performance, started = side_by_side(lambda number: refuses if number else HONEST)
    assert started == 4
    assert performance.faults == []
    assert "the port is in use" in performance.why_no_others
    assert all(play.turns and not play.fault for play in performance.plays)


def test_what_was_over_when_a_run_is_interrupted_is_judged() -> None:
    def interrupted(scenario: Scenario, was_played: bool) -> None:
        if scenario.name == "not-found":
            raise KeyboardInterrupt

    performance = perform(lambda: InProcess(HONEST), SOME, NAMING, on_over=interrupted)
    assert performance.was_interrupted
    assert performance.faults == []
    unplayed = {play.scenario.name: play.unplayed for play in performance.plays}
    assert (unplayed["plain-cancel"], unplayed["not-found"]) == ("", "")
    assert unplayed["cancelled"] == INTERRUPTED
    judged = judge_performance(performance)
    found = {judgement.requirement.id: judgement.verdict for judgement in judged.judgements}
    assert judged.verdict is RunVerdict.INCOMPLETE
    assert found["client-answer.not-found"] is Verdict.PASS
    assert found["client-operation.cancelled-is-told"] is Verdict.NOT_TESTED
    assert found["client-retry.deadline-is-kept"] is Verdict.NOT_TESTED, "that it did not apply cannot be said"


def test_a_run_of_which_nothing_was_over_is_only_interrupted() -> None:
    def interrupts(request: DriverRequest) -> bytes:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        perform(lambda: InProcess(interrupts), SOME, NAMING)


def _over(scenario: Scenario, server: ScriptedServer, seconds: float) -> Scene:
    """A scene that is over, whose control took so long."""
    step = scenario.control.step
    request = DriverRequest(1, step.method, server.url, "o", step.timeout, "rest", 0.0, step.word)
    return Scene(scenario, [Asked(server, 0, request, Said(Outcome.OK, "", seconds))], is_over=True)


def test_a_call_that_takes_its_whole_deadline_for_nothing_is_not_made_again_and_again() -> None:
    (waited,), (cancelled,) = named("wait-gone"), named("not-found")
    prospects = Prospects(100)
    with ScriptedServer(CONTRACT, lambda: 0.0) as server:
        for seconds in (5.0, 5.0, 0.1, 5.0, 5.0):
            prospects.note(_over(waited, server, seconds))
            assert prospects.why_not(waited) == "", "never three times in a row"
        prospects.note(_over(waited, server, 5.1))
    assert "3 times in a row a wait that is answered at once took its whole deadline" in prospects.why_not(waited)
    assert prospects.why_not(cancelled) == "", "of cancels that says nothing"


def test_what_is_not_played_is_not_tested() -> None:
    performance = Performance([Play(scenario, unplayed="not played: it waits") for scenario in named("wait-gone")])
    found = {each.requirement.id: each for each in judge_performance(performance).judgements}
    assert found["client-wait.refusal-ends-it"].verdict is Verdict.NOT_TESTED
    assert "not played: it waits" in found["client-wait.refusal-ends-it"].reason
