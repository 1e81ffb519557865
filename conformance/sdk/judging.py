"""From what was played to what is found, and by the one judge to the verdict of every client requirement.

A rule of `conformance.rules.client` judges every turn. An expectation of a scenario is judged only when the scenario's
control was as it should be: otherwise whatever the client said, it may have said for the wrong reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from conformance.errors import NotApplicable, Unjudged
from conformance.exchange.masking import Masking
from conformance.judging.judge import Against, Judged, Terms, judge_findings
from conformance.judging.report import violation_as_json
from conformance.judging.ruling import ruling, violated
from conformance.judging.verdict import CheckResult, Finding
from conformance.rules.client import client_rules, kept_by_indulgence
from conformance.rules.client.turn import Turn, TurnRule
from conformance.rules.rule import Complaint
from conformance.sdk.credentials import masking_of
from conformance.sdk.play import Performance, Play
from conformance.sdk.scenario import Expectation
from conformance.sdk.timeline import timeline
from conformance.sdk.transport import REST, ClientTransport
from conformance.spec.catalogue import Requirement, client_catalogue

ALL_TURNS = "all turns"
_SHOWN = 3
"""So many exchanges that were judged last show that a requirement is kept."""
_DEADLINE_IS_USED = "client-retry.deadline-is-used"


def judge_performance(
    performance: Performance,
    transport: ClientTransport = REST,
    *,
    is_whole: bool = True,
    against: Against | None = None,
    masking: Masking | None = None,
) -> Judged:
    """The verdict of every client requirement, in the order of the catalogue, and of the run.

    `is_whole` says that all scenarios were played: only then the condition of a requirement never held. What is found
    is masked as it is written down, not before.
    """
    masking = masking or masking_of(performance.exchanges)
    requirements = client_catalogue().of("client")
    findings = [result for play in performance.plays for result in results(play, masking)]
    judged = {finding.requirement for finding in findings}
    for requirement in requirements:
        if requirement.id not in judged:
            findings += _nothing_said(requirement, performance, is_whole, masking)
    terms = Terms(
        rules_out=lambda requirement: transport.rules_out(requirement.id),
        against=against,
        was_interrupted=performance.was_interrupted,
        broke_off=bool(performance.faults),
    )
    return judge_findings(requirements, _where_it_applies(findings), terms)


def _where_it_applies(findings: Sequence[CheckResult]) -> list[CheckResult]:
    """The findings without those that do not apply, of requirements that another scenario was to show and could not."""
    untested = {finding.requirement for finding in findings if finding.finding is Finding.NOT_TESTED}
    return [
        finding
        for finding in findings
        if finding.finding is not Finding.NOT_APPLICABLE or finding.requirement not in untested
    ]


def results(play: Play, masking: Masking) -> Iterator[CheckResult]:
    """What one play says of the requirements: one result for each rule that had something to say, and expectation.

    What is kept only by indulgence is not tested: neither a client that is late nor a busy machine is ruled out.
    """
    indulged = {requirement: turn.stall for turn in play.all_turns for requirement in kept_by_indulgence(turn)}
    for result in _said(play, masking):
        if result.finding is not Finding.KEPT or result.requirement not in indulged:
            yield result
    for requirement, stall in indulged.items():
        reason = f"{play.scenario.name}: kept only if {stall * 1000:.0f} ms of a busy machine are taken off"
        yield CheckResult(requirement, play.scenario.name, Finding.NOT_TESTED, reason, play.seconds)


def _said(play: Play, masking: Masking) -> Iterator[CheckResult]:
    """What the rules say of a play, and then its expectations.

    What a rule has found is not said again by an expectation of the same requirement. Of a call that was given up long
    before its deadline an expectation says nothing: its answer was not waited for.
    """
    violated = set()
    for rule in client_rules().values():
        result = _rule_result(rule, play, masking)
        if result is not None:
            yield result
            if result.finding is Finding.VIOLATED:
                violated.add(rule.requirement)
    for expectation in play.scenario.expectations:
        if expectation.requirement in violated:
            continue
        if _DEADLINE_IS_USED in violated:
            reason = f"{play.scenario.name}: the client gave up long before its deadline"
            yield CheckResult(expectation.requirement, play.scenario.name, Finding.NOT_TESTED, reason, play.seconds)
        else:
            yield _expectation_result(expectation, play, masking)


def _rule_result(rule: TurnRule, play: Play, masking: Masking) -> CheckResult | None:
    ruled = ruling(rule, [play.all_turns])
    return _result(rule.requirement, play, ruled.complaints, masking, play.all_turns) if ruled.anything else None


def _expectation_result(expectation: Expectation, play: Play, masking: Masking) -> CheckResult:
    def unjudged(finding: Finding, reason: str) -> CheckResult:
        return CheckResult(expectation.requirement, play.scenario.name, finding, masking.text(reason), play.seconds)

    if play.fault:
        return unjudged(Finding.ERROR, play.fault.splitlines()[0])
    if play.unplayed:
        return unjudged(Finding.NOT_TESTED, f"{play.scenario.name}: {play.unplayed}")
    if play.inapplicable or play.unsupported:
        return unjudged(Finding.NOT_APPLICABLE, play.inapplicable or f"the client has no call {play.unsupported}")
    if play.outlived:
        return unjudged(Finding.NOT_TESTED, f"{play.scenario.name}: a call had not ended long after its deadline")
    assert play.control is not None, "a play without a fault has a control"
    wrong = play.scenario.control.judge(play.control)
    if wrong is not None and play.control.answers and expectation.requirement == play.scenario.control.requirement:
        return _result(expectation.requirement, play, [wrong], masking, [play.control])
    if wrong is not None:
        return unjudged(Finding.NOT_TESTED, f"{play.scenario.name}: the positive control failed: {wrong.message}")
    try:
        complaint = expectation.judged(play.turns)
    except Unjudged as why:
        finding = Finding.NOT_APPLICABLE if isinstance(why, NotApplicable) else Finding.NOT_TESTED
        return unjudged(finding, f"{play.scenario.name}: {why.reason}")
    judged = play.turns if expectation.is_of_all else [play.turns[expectation.step]]
    return _result(expectation.requirement, play, [complaint] if complaint is not None else [], masking, judged)


def _result(
    requirement: str, play: Play, complaints: Sequence[Complaint], masking: Masking, judged: Iterable[Turn]
) -> CheckResult:
    """What a play says of a requirement, by what arrived in the turns that were judged."""

    def shown(complaint: Complaint) -> dict[str, Any]:
        return _violation(complaint, play, masking)

    check = play.scenario.name
    if not complaints:
        arrived = [exchange for turn in judged for exchange in turn.arrived][-_SHOWN:]
        evidence = tuple((exchange.number, exchange.sent_at) for exchange in arrived)
        return CheckResult(requirement, check, Finding.KEPT, seconds=play.seconds, evidence=evidence)
    confirmation = Finding.VIOLATED if play.was_repeated else None
    return violated(requirement, check, complaints, shown, seconds=play.seconds, confirmation=confirmation)


def _violation(complaint: Complaint, play: Play, masking: Masking) -> dict[str, Any]:
    """A violation as every report has it, with the scenario and both sides of it on one time line."""
    shown = violation_as_json(complaint, masking)
    return {
        **shown,
        "message": f"{play.scenario.name}: {shown['message']}",
        "scenario": play.scenario.name,
        "timeline": timeline(play, masking),
    }


def _nothing_said(
    requirement: Requirement, performance: Performance, is_whole: bool, masking: Masking
) -> list[CheckResult]:
    """Why a requirement has no result at all, where more can be said than that."""
    if performance.was_cut_off:
        why = masking.text(performance.faults[-1].splitlines()[0])
        return [CheckResult(requirement.id, ALL_TURNS, Finding.ERROR, why)]
    unplayed = next((play.unplayed for play in performance.plays if play.unplayed), "")
    if unplayed:
        return [CheckResult(requirement.id, ALL_TURNS, Finding.NOT_TESTED, unplayed)]
    if requirement.condition and is_whole:
        reason = f"in no turn it held that {requirement.condition}"
        return [CheckResult(requirement.id, ALL_TURNS, Finding.NOT_APPLICABLE, reason)]
    return []
