"""The judge of traffic: the one place that applies the rules, whoever recorded what they are applied to.

Rules judge every exchange, those of drawn checks too. A baseline may only be held against what is the same in every
run, so what drawn requests alone show is a result of its own.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from conformance.exchange import Exchange
from conformance.exchange.history import Traffic
from conformance.exchange.masking import Masking
from conformance.judging.report import violation_as_json
from conformance.judging.verdict import CheckResult, Finding
from conformance.rules import Rule, Violation, in_short
from conformance.rules.server import all_rules
from conformance.spec.catalogue import catalogue

TRAFFIC_CHECK = "test_all_traffic_keeps"
"""The check whose results are the rules' judgements of all traffic, as reports and baselines know it."""

DRAWN_TRAFFIC = "drawn traffic"
"""How the results about drawn traffic are named, in reports and in a baseline's `check`."""

_MOMENT = "tried again, alone: kept; so it may have been the moment"
_NOTHING_TO_JUDGE = "no exchange of the run was one that this requirement speaks about"


def traffic_check_of(requirement: str) -> str:
    """The name of the check that judges all traffic by the rule of a requirement."""
    return f"test_traffic.py::{TRAFFIC_CHECK}[{requirement}]"


def judge_traffic(
    recordings: Sequence[Sequence[Exchange]], masking: Masking, drawn: Collection[str] = ()
) -> Iterator[CheckResult]:
    """What every rule says to what was recorded, one recording for each process or server.

    `drawn` are the checks whose requests are drawn. What a rule finds is masked as it is written down, not before.
    """
    everything = [_Recorded.of(exchanges) for exchanges in recordings]
    firm = [_Recorded.of(one for one in exchanges if one.check not in drawn) for exchanges in recordings if drawn]
    for rule in all_rules().values():
        yield from _judged(rule, everything, firm, masking, frozenset(drawn))


@dataclass(frozen=True, slots=True)
class _Recorded:
    """What a process recorded: what is judged, and whether what was sent once more was answered, by its number.

    A repetition confirms, and no more: by then another server may answer, which has forgotten everything.
    """

    judged: Traffic
    again: Mapping[int, bool]

    @classmethod
    def of(cls, exchanges: Iterable[Exchange]) -> _Recorded:
        recorded = list(exchanges)
        again = {exchange.repeats: exchange.response is not None for exchange in recorded if exchange.repeats}
        return cls(Traffic(exchange for exchange in recorded if not exchange.repeats), again)


@dataclass(frozen=True, slots=True)
class _Said:
    """What a rule said to all recordings: whether to anything, what it found, and what it found once and not again.

    A violation `is_confirmed` when the same request was sent once more and that was no better.
    """

    anything: bool
    violations: list[Violation]
    unconfirmed: list[Violation]
    is_confirmed: bool

    @classmethod
    def by(cls, rule: Rule, recordings: Iterable[_Recorded]) -> _Said:
        anything = is_confirmed = False
        violations: list[Violation] = []
        unconfirmed: list[Violation] = []
        for recorded in recordings:
            answered = {number for number, is_answered in recorded.again.items() if is_answered}
            for judgement in rule.judgements(recorded.judged):
                anything = True
                if judgement is not None:
                    (unconfirmed if _was_the_moment(judgement, answered) else violations).append(judgement)
                    is_confirmed |= any(recorded.again.get(each.number) is False for each in judgement.exchanges)
        return cls(anything, violations, unconfirmed, is_confirmed)


def _was_the_moment(violation: Violation, answered: Collection[int]) -> bool:
    """Whether it is about requests that were not answered, and were when they were sent once more."""
    return bool(violation.exchanges) and all(
        exchange.response is None and exchange.number in answered for exchange in violation.exchanges
    )


def _judged(
    rule: Rule, everything: Sequence[_Recorded], firm: Sequence[_Recorded], masking: Masking, drawn: frozenset[str]
) -> Iterator[CheckResult]:
    said = _Said.by(rule, everything)
    requirement, check = rule.requirement, traffic_check_of(rule.requirement)
    by_draw = [violation for violation in said.violations if _was_drawn(violation, drawn)]
    others = [violation for violation in said.violations if violation not in by_draw]
    if others:
        alone = "violated" if said.is_confirmed else ""
        yield replace(_violated(requirement, check, others, masking), alone=alone)
    elif said.unconfirmed:
        reason = f"{said.unconfirmed[0].message}; {_MOMENT}"
        yield CheckResult(requirement, check, Finding.NOT_TESTED, reason, alone="kept")
    elif not said.anything:
        yield _nothing_to_judge(requirement, check)
    elif not drawn or _Said.by(rule, firm).anything:
        yield CheckResult(requirement, check, Finding.KEPT)
    elif not by_draw:
        yield CheckResult(requirement, DRAWN_TRAFFIC, Finding.KEPT, drawn=True)
    if by_draw:
        yield _violated(requirement, DRAWN_TRAFFIC, by_draw, masking)


def _was_drawn(violation: Violation, drawn: frozenset[str]) -> bool:
    return any(exchange.check in drawn for exchange in violation.exchanges)


def _violated(requirement: str, check: str, violations: Sequence[Violation], masking: Masking) -> CheckResult:
    shown = tuple(violation_as_json(violation, masking) for violation in violations)
    reason = in_short(list(dict.fromkeys(violation["message"] for violation in shown)))
    return CheckResult(requirement, check, Finding.VIOLATED, reason, violations=shown, drawn=check == DRAWN_TRAFFIC)


def _nothing_to_judge(requirement: str, check: str) -> CheckResult:
    """Where the requirement has a condition, the implementation is free never to fulfil it."""
    condition = catalogue()[requirement].condition
    if condition:
        reason = f"in this run it never was so that {condition}"
        return CheckResult(requirement, check, Finding.NOT_APPLICABLE, reason)
    return CheckResult(requirement, check, Finding.NOT_TESTED, _NOTHING_TO_JUDGE)
