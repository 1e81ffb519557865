"""The exchanges by which a requirement was judged as kept, chosen from all traffic of a run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from conformance.exchange import CLEAN_UP, Exchange
from conformance.exchange.history import Traffic
from conformance.judging.traffic import DRAWN_TRAFFIC, TRAFFIC_CHECK
from conformance.judging.verdict import CheckResult, Finding, Judgement, Verdict
from conformance.rules.server import all_rules

Found = Mapping[tuple[int, float], Exchange]
"""The exchanges of all processes by number and time: the numbers of each process begin anew."""


def deciding_exchanges(
    judgements: Iterable[Judgement], traffic: Sequence[Sequence[Exchange]]
) -> dict[str, tuple[Exchange, ...]]:
    """For each requirement that is kept what the first check of it judged, or what its rule was applied to last.

    `traffic` has one member per process that sent something.
    """
    found = {(exchange.number, exchange.sent_at): exchange for exchanges in traffic for exchange in exchanges}
    # A call of the clean-up is the last choice: nobody sent it to learn anything.
    asked = [Traffic(one for one in exchanges if one.check != CLEAN_UP) for exchanges in traffic]
    recorded = [*map(Traffic, traffic), *asked]
    shown = {
        judgement.requirement.id: _deciding(judgement, found, recorded)
        for judgement in judgements
        if judgement.verdict is Verdict.PASS
    }
    return {requirement: exchanges for requirement, exchanges in shown.items() if exchanges}


def _deciding(judgement: Judgement, found: Found, traffic: Sequence[Traffic]) -> tuple[Exchange, ...]:
    for result in judgement.results:
        if result.finding is not Finding.KEPT:
            continue
        if _judges_all_traffic(result):
            exchanges = _judged_by_rule(judgement.requirement.id, traffic)
        else:
            exchanges = tuple(found[key] for key in result.evidence if key in found)
        if exchanges:
            return exchanges
    return ()


def _judges_all_traffic(result: CheckResult) -> bool:
    return TRAFFIC_CHECK in result.check or result.check == DRAWN_TRAFFIC


def _judged_by_rule(requirement: str, traffic: Sequence[Traffic]) -> tuple[Exchange, ...]:
    rule = all_rules()[requirement]
    return next(((judged,) for exchanges in reversed(traffic) if (judged := rule.last_judged(exchanges))), ())
