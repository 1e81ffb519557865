"""The judgement of all traffic, taken apart: what the same requests show in every run, and what drawn ones show.

Rules judge every exchange of a run, those of drawn checks too. A baseline may only be held against what is the same in
every run, so the two are kept as two results.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from conformance.exchange import Exchange
from conformance.judging.verdict import CheckResult, Finding
from conformance.rules.server import all_rules

TRAFFIC_CHECK = "test_all_traffic_keeps"
"""The check whose results are the rules' judgements of all traffic, by the name of its function."""

DRAWN_TRAFFIC = "drawn traffic"
"""How the results about drawn traffic are named, in reports and in a baseline's `check`."""


def traffic_check_of(requirement: str) -> str:
    """The name of the check that judges all traffic by the rule of a requirement."""
    return f"test_traffic.py::{TRAFFIC_CHECK}[{requirement}]"


def without_drawn_traffic(results: Sequence[CheckResult], traffic: Sequence[Sequence[Exchange]]) -> list[CheckResult]:
    """The results with every judgement of all traffic split in two, where drawn checks sent some of it.

    `traffic` has one member per process that sent something.
    """
    drawn = frozenset(result.check.rpartition("::")[2] for result in results if result.drawn)
    if not drawn:
        return list(results)
    firm = [[exchange for exchange in exchanges if exchange.check not in drawn] for exchanges in traffic]
    return [part for result in results for part in _parts(result, drawn, firm)]


def _parts(result: CheckResult, drawn: frozenset[str], firm: Sequence[Sequence[Exchange]]) -> Iterator[CheckResult]:
    if TRAFFIC_CHECK not in result.check or result.finding not in (Finding.KEPT, Finding.VIOLATED):
        yield result
        return
    by_draw = [violation for violation in result.violations if _was_drawn(violation["exchanges"], drawn)]
    others = [violation for violation in result.violations if violation not in by_draw]
    if others:
        yield replace(result, reason=_reason(others), violations=tuple(others))
    elif _judges(result.requirement, firm):
        yield replace(result, finding=Finding.KEPT, reason="", violations=())
    elif not by_draw:
        yield replace(result, check=DRAWN_TRAFFIC, drawn=True)
    if by_draw:
        yield replace(result, check=DRAWN_TRAFFIC, drawn=True, reason=_reason(by_draw), violations=tuple(by_draw))


def _was_drawn(exchanges: Iterable[dict[str, object]], drawn: frozenset[str]) -> bool:
    return any(exchange["check"] in drawn for exchange in exchanges)


def _judges(requirement: str, traffic: Sequence[Sequence[Exchange]]) -> bool:
    rule = all_rules()[requirement]
    return any(next(iter(rule.judgements(exchanges)), _NOTHING) is not _NOTHING for exchanges in traffic)


_NOTHING = object()


def _reason(violations: Iterable[dict[str, str]]) -> str:
    return "; ".join(dict.fromkeys(violation["message"] for violation in violations))
