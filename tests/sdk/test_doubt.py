"""What may be the machine's doing is played once more, alone; what cannot be is the client's at once."""

from __future__ import annotations

from dataclasses import replace

import pytest

from conformance.exchange import Failure, FailureKind
from conformance.exchange.masking import Masking
from conformance.judging.baseline import KnownFailure
from conformance.judging.known_failures import EntryState, state_of
from conformance.judging.verdict import Finding
from conformance.rules.client import kept_by_indulgence, may_be_the_machine, was_held_up
from conformance.rules.client.turn import DriverRequest, Outcome, Turn
from conformance.sdk import play
from conformance.sdk.honest_driver import Client
from conformance.sdk.in_process import InProcess, driven
from conformance.sdk.judging import judge_performance, results
from conformance.sdk.play import Performance, Play, perform
from conformance.sdk.scenario import Scenario

from .in_process import NAMING, named
from .turns import CANCEL, LENGTH_0, arrived, broken, turn

_SILENCE = Failure(FailureKind.TIMEOUT, "held back until the driver had replied")
_HONEST = driven(Client())


def _given_up(after: float) -> Turn:
    """A call with a deadline of 0.3 s that its client gave up so many seconds after it had arrived."""
    unanswered = replace(arrived(CANCEL, outcome=_SILENCE, at=0.01), received_at=0.01 + after)
    return turn(unanswered, outcome=Outcome.TRANSPORT_ERROR, timeout=300, at=0.01 + after, message="time is over")


@pytest.mark.parametrize(
    ("after", "is_late", "is_in_doubt"), [(0.3, False, False), (0.7, True, True), (3, True, False)]
)
def test_what_is_a_little_late_may_be_the_machine(after: float, is_late: bool, is_in_doubt: bool) -> None:
    given_up = _given_up(after)
    assert ("client-retry.deadline-is-kept" in broken(given_up)) is is_late
    assert may_be_the_machine(given_up) is is_in_doubt


def test_what_is_given_up_early_may_have_begun_long_before_it_arrived() -> None:
    given_up = _given_up(0.13)
    assert "client-retry.deadline-is-used" in broken(given_up)
    assert may_be_the_machine(given_up)
    much_longer = replace(given_up, request=replace(given_up.request, timeout=3000))
    assert "client-retry.deadline-is-used" in broken(much_longer)
    assert not may_be_the_machine(much_longer)


def test_who_ended_with_the_head_did_so_on_a_busy_machine_too() -> None:
    unfinished = Failure(FailureKind.UNFINISHED, "not all of it had been written when the call was over")
    head = replace(arrived(CANCEL, LENGTH_0, outcome=unfinished, at=0.01), received_at=0.14)
    ended = turn(head, timeout=300, at=0.13)
    assert broken(ended) == broken(replace(ended, stall=0.1)) == set()
    later = turn(replace(head, received_at=0.32), timeout=300, at=0.31)
    assert "client-retry.time-over-is-told" in broken(later)


def test_who_breaks_what_is_no_matter_of_time_is_not_asked_again() -> None:
    elsewhere = turn(arrived(CANCEL.replace("op-1", "op-2"), at=0.01))
    assert broken(elsewhere)
    assert not may_be_the_machine(elsewhere)


@pytest.mark.parametrize(
    ("after", "stall", "timeout", "is_held_up"),
    [(5.1, 4, 5000, True), (5.1, 1, 5000, False), (2, 1.9, 5000, False), (0.4, 0.4, 300, False)],
)
def test_a_call_that_had_plenty_of_time_but_for_the_machine_was_held_up(
    after: float, stall: float, timeout: int, is_held_up: bool
) -> None:
    """The deadline of 300 ms is what its scenario is about: rules about time take such a stall off."""
    call = turn(arrived(CANCEL, at=1), outcome=Outcome.TRANSPORT_ERROR, timeout=timeout, at=after, message="timed out")
    assert was_held_up(replace(call, stall=stall)) is is_held_up


def test_what_is_kept_by_indulgence_is_not_tested_and_does_not_show_that_a_known_failure_is_gone() -> None:
    requirement = "client-retry.deadline-is-kept"
    late = replace(_given_up(0.7), stall=0.4)
    assert kept_by_indulgence(late) == [requirement]
    assert kept_by_indulgence(_given_up(0.7)) == kept_by_indulgence(replace(_given_up(0.3), stall=0.4)) == []
    scenario = replace(named("not-found")[0], expectations=())
    known = KnownFailure(1, requirement, "it is late", "https://example.com/1")
    found, states = {}, {}
    for name, given_up in {"by itself": replace(_given_up(0.3), stall=0.4), "by indulgence": late}.items():
        said = results(Play(scenario, turns=(given_up,)), Masking(()))
        told = [each for each in said if each.requirement == requirement]
        found[name] = {each.finding for each in told}
        states[name] = state_of(known, told)
    assert found == {"by itself": {Finding.KEPT}, "by indulgence": {Finding.NOT_TESTED}}
    assert states == {"by itself": EntryState.GONE, "by indulgence": EntryState.UNKNOWN}


@pytest.mark.parametrize(("again", "verdict"), [(False, "pass"), (True, "not-tested")])
def test_of_what_was_held_up_twice_nothing_is_said(monkeypatch: pytest.MonkeyPatch, again: bool, verdict: str) -> None:
    played: list[str] = []

    def held_up(a_turn: Turn) -> bool:
        played.append(a_turn.scenario)
        return a_turn.scenario == "not-found" and (again or played.count("not-found") == 1)

    monkeypatch.setattr(play, "was_held_up", held_up)
    performance = perform(lambda: InProcess(_HONEST), named("not-found", "empty-body"), NAMING)
    assert ["machine" in each.unplayed for each in performance.plays] == [again, False]
    judged = {each.requirement.id: each for each in judge_performance(performance, is_whole=False).judgements}
    assert judged["client-answer.not-found"].verdict.value == verdict


def _performed(monkeypatch: pytest.MonkeyPatch, *, in_doubt: str, refuses: int) -> tuple[Performance, list[str]]:
    """Two scenarios, one of them in doubt, whose call fails so often; and what the drivers were told."""
    monkeypatch.setattr(play, "may_be_the_machine", lambda a_turn: a_turn.scenario == in_doubt)
    told: list[str] = []

    def speaks(request: DriverRequest) -> bytes:
        told.append(request.name.rpartition("/")[2])
        if told[-1] == in_doubt and told.count(in_doubt) <= refuses:
            return b'{"id": %d, "outcome": "rpc_error", "code": "INTERNAL", "message": ""}' % request.id
        return _HONEST(request)

    over: list[str] = []
    performance = perform(
        lambda: InProcess(speaks),
        named("not-found", "empty-body"),
        NAMING,
        on_over=lambda scenario, _was_played: over.append(scenario.name),
    )
    assert sorted(over) == ["empty-body", "not-found"], "each is over once"
    return performance, told


@pytest.mark.parametrize(("refuses", "verdict"), [(1, "pass"), (2, "fail")])
def test_what_is_in_doubt_is_played_once_more_and_judged_by_that(
    monkeypatch: pytest.MonkeyPatch, refuses: int, verdict: str
) -> None:
    performance, told = _performed(monkeypatch, in_doubt="not-found", refuses=refuses)
    assert (told.count("not-found"), told.count("empty-body")) == (2, 1)
    assert {each.scenario.name: each.was_repeated for each in performance.plays} == {
        "empty-body": False,
        "not-found": True,
    }
    judged = {each.requirement.id: each for each in judge_performance(performance, is_whole=False).judgements}
    found = judged["client-answer.not-found"]
    assert found.verdict.value == verdict
    assert [result.confirmation for result in found.results] == ([Finding.VIOLATED] if verdict == "fail" else [None])


def test_what_cannot_be_played_again_counts_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(play, "may_be_the_machine", lambda a_turn: a_turn.scenario == "not-found")
    drivers = iter([_HONEST, lambda _request: b"no second one"])
    performance = perform(lambda: InProcess(next(drivers)), named("not-found"), NAMING)
    assert not performance.faults
    assert performance.plays[0].turns
    assert not performance.plays[0].was_repeated


def test_of_what_is_in_doubt_when_the_run_is_interrupted_nothing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(play, "may_be_the_machine", lambda a_turn: a_turn.scenario == "not-found")

    def interrupted(_scenario: Scenario, _was_played: bool) -> None:
        raise KeyboardInterrupt

    scenarios = named("not-found", "empty-body")
    performance = perform(lambda: InProcess(_HONEST), scenarios, NAMING, on_over=interrupted)
    assert performance.was_interrupted
    assert [(not each.all_turns, "late" in each.unplayed) for each in performance.plays] == [
        (True, True),
        (True, False),
    ]
