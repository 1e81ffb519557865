"""The exchange by which a requirement was judged as kept, chosen from all traffic of a run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from conformance.exchange import Exchange
from conformance.exchange.history import Traffic
from conformance.judging.traffic import DRAWN_TRAFFIC, TRAFFIC_CHECK
from conformance.judging.verdict import CheckResult, Finding, Judgement, Verdict
from conformance.rules.server import all_rules

_LOOKS = ("GET", "HEAD")


def deciding_exchanges(
    judgements: Iterable[Judgement], traffic: Sequence[Sequence[Exchange]]
) -> dict[str, tuple[Exchange, ...]]:
    """For each requirement that is kept the last exchange by which that was judged, where it can be told.

    `traffic` has one member per process that sent something.
    """
    by_check: dict[str, list[Exchange]] = {}
    for exchanges in traffic:
        for exchange in exchanges:
            by_check.setdefault(exchange.check, []).append(exchange)
    recorded = [Traffic(exchanges) for exchanges in traffic]
    found = {
        judgement.requirement.id: _deciding(judgement, by_check, recorded)
        for judgement in judgements
        if judgement.verdict is Verdict.PASS
    }
    return {requirement: (exchange,) for requirement, exchange in found.items() if exchange is not None}


def _deciding(
    judgement: Judgement, by_check: Mapping[str, Sequence[Exchange]], traffic: Sequence[Traffic]
) -> Exchange | None:
    for result in judgement.results:
        if result.finding is Finding.KEPT:
            sent = _sent_by(result, by_check) if not _judges_all_traffic(result) else None
            exchange = sent or _judged_by_rule(judgement.requirement.id, traffic)
            if exchange is not None:
                return exchange
    return None


def _judges_all_traffic(result: CheckResult) -> bool:
    return TRAFFIC_CHECK in result.check or result.check == DRAWN_TRAFFIC


def _sent_by(result: CheckResult, by_check: Mapping[str, Sequence[Exchange]]) -> Exchange | None:
    """The last thing that the check, or the first of its stimuli that sent anything, did; else the last look."""
    sent = next((by_check[sender] for sender in result.senders if sender in by_check), ())
    acts = [exchange for exchange in sent if exchange.request.method not in _LOOKS]
    return next(reversed(acts or sent), None)


def _judged_by_rule(requirement: str, traffic: Sequence[Traffic]) -> Exchange | None:
    rule = all_rules().get(requirement)
    if rule is None:
        return None
    return next((found for exchanges in reversed(traffic) if (found := rule.last_judged(exchanges))), None)
