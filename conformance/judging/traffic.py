"""What the rules about servers find in traffic, whoever recorded it: a run, its workers, a replay, somebody else.

Rules judge every exchange, also those of drawn checks. A baseline may only depend on what is the same in every run. So
what only drawn requests show is a result of its own.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from conformance.exchange import CLEAN_UP, Exchange, Method
from conformance.exchange.history import Traffic
from conformance.exchange.masking import Masking
from conformance.judging.report import violation_as_json
from conformance.judging.ruling import ruling, speaks, violated
from conformance.judging.verdict import CheckResult, Finding
from conformance.rules import Complaint, Rule
from conformance.rules.server import all_rules
from conformance.spec.catalogue import catalogue

TRAFFIC_CHECK = "test_all_traffic_keeps"
"""The check whose results are the rules' judgements of all traffic, as reports and baselines know it."""

DRAWN_TRAFFIC = "drawn traffic"
"""How the results about drawn traffic are named, in reports and in a baseline's `check`."""

_MOMENT = "repeated on its own, it was kept, so it may have been a matter of timing"
_SHOWN_TARGET = 160
_NOTHING_TO_JUDGE = "no exchange of the run was one that this requirement speaks about"


def traffic_check_of(requirement: str) -> str:
    """The name of the check that judges all traffic by the rule of a requirement."""
    return f"test_traffic.py::{TRAFFIC_CHECK}[{requirement}]"


def judged_part(recordings: Iterable[Sequence[Exchange]]) -> list[list[Exchange]]:
    """What rules are applied to: of the clean-up only to its cancels.

    The clean-up may delete running operations, and stops if nobody listens any more. If a request was not answered, a
    restarted server may answer the clean-up, and it has forgotten everything.
    """
    return [_judged_of(part) for part in recordings]


def _judged_of(part: Sequence[Exchange]) -> list[Exchange]:
    all_answered = all(exchange.response is not None for exchange in part)
    return [
        exchange for exchange in part if exchange.check != CLEAN_UP or (all_answered and exchange.calls(Method.CANCEL))
    ]


def judge_traffic(
    recordings: Sequence[Sequence[Exchange]],
    masking: Masking,
    drawn: Collection[str] = (),
    rules: Iterable[Rule] | None = None,
) -> Iterator[CheckResult]:
    """What every rule, or each of those that are given, says to what was recorded.

    There is one recording for each process or server. `drawn` are the checks whose requests are drawn. What a rule
    finds is masked as it is written down, not before.
    """
    everything = [_Recorded.of(exchanges) for exchanges in recordings]
    firm = [_Recorded.of(one for one in part if one.check not in drawn).judged for part in recordings if drawn]
    for rule in all_rules().values() if rules is None else rules:
        yield from _judged(rule, everything, firm, masking, frozenset(drawn))


@dataclass(frozen=True, slots=True)
class _Recorded:
    """What a process recorded. `repeated` has the numbers of requests that were sent once more, and whether the
    repetition was answered.

    Repetitions are not judged, they only confirm: by then a restarted server may answer, which has forgotten all.
    """

    judged: Traffic
    repeated: Mapping[int, bool]

    @classmethod
    def of(cls, exchanges: Iterable[Exchange]) -> _Recorded:
        recorded = list(exchanges)
        repeated = {exchange.repeats: exchange.response is not None for exchange in recorded if exchange.repeats}
        return cls(Traffic(exchange for exchange in recorded if not exchange.repeats), repeated)


@dataclass(frozen=True, slots=True)
class _Said:
    """What a rule said to all recordings: whether to anything, what it found, and what it found once and not again.

    A complaint `is_confirmed` when the same request was sent once more and that was no better.
    """

    anything: bool
    complaints: list[Complaint]
    unconfirmed: list[Complaint]
    is_confirmed: bool

    @classmethod
    def by(cls, rule: Rule, recordings: Iterable[_Recorded]) -> _Said:
        anything = is_confirmed = False
        complaints: list[Complaint] = []
        unconfirmed: list[Complaint] = []
        for recorded in recordings:
            answered = {number for number, is_answered in recorded.repeated.items() if is_answered}
            ruled = ruling(rule, [recorded.judged])
            anything |= ruled.anything
            for complaint in ruled.complaints:
                (unconfirmed if _was_the_moment(complaint, answered) else complaints).append(complaint)
                is_confirmed |= any(recorded.repeated.get(each.number) is False for each in complaint.exchanges)
        return cls(anything, complaints, unconfirmed, is_confirmed)


def _was_the_moment(complaint: Complaint, answered: Collection[int]) -> bool:
    """Whether it is about requests that were not answered, and were when they were sent once more."""
    return bool(complaint.exchanges) and all(
        exchange.response is None and exchange.number in answered for exchange in complaint.exchanges
    )


def _asked(exchange: Exchange) -> str:
    """A request in a line, so that it is found in the report and in the logs of the server."""
    target = exchange.request.target
    shown = target if len(target) <= _SHOWN_TARGET else f"{target[:_SHOWN_TARGET]}…"
    note = f" ({exchange.note})" if exchange.note else ""
    return f"{exchange.request.method} {shown}{note}"


def _judged(
    rule: Rule, everything: Sequence[_Recorded], firm: Sequence[Traffic], masking: Masking, drawn: frozenset[str]
) -> Iterator[CheckResult]:
    def shown(complaint: Complaint) -> dict[str, Any]:
        return violation_as_json(complaint, masking)

    said = _Said.by(rule, everything)
    requirement, check = rule.requirement, traffic_check_of(rule.requirement)
    by_draw = [complaint for complaint in said.complaints if _was_drawn(complaint, drawn)]
    others = [complaint for complaint in said.complaints if complaint not in by_draw]
    if others:
        confirmation = Finding.VIOLATED if said.is_confirmed else None
        yield violated(requirement, check, others, shown, confirmation=confirmation)
    elif said.unconfirmed:
        complaint = said.unconfirmed[0]
        reason = masking.text(f"{_asked(complaint.exchanges[0])}: {complaint.message}; {_MOMENT}")
        yield CheckResult(requirement, check, Finding.NOT_TESTED, reason, confirmation=Finding.KEPT)
    elif not said.anything:
        yield _nothing_to_judge(requirement, check)
    elif not drawn or speaks(rule, firm):
        yield CheckResult(requirement, check, Finding.KEPT)
    elif not by_draw:
        yield CheckResult(requirement, DRAWN_TRAFFIC, Finding.KEPT, drawn=True)
    if by_draw:
        yield violated(requirement, DRAWN_TRAFFIC, by_draw, shown, drawn=True)


def _was_drawn(complaint: Complaint, drawn: frozenset[str]) -> bool:
    return any(exchange.check in drawn for exchange in complaint.exchanges)


def _nothing_to_judge(requirement: str, check: str) -> CheckResult:
    """Where the requirement has a condition, the implementation is free never to fulfil it."""
    condition = catalogue()[requirement].condition
    if condition:
        reason = f"in this run it never was so that {condition}"
        return CheckResult(requirement, check, Finding.NOT_APPLICABLE, reason)
    return CheckResult(requirement, check, Finding.NOT_TESTED, _NOTHING_TO_JUDGE)
