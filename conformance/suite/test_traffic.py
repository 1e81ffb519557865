"""All the traffic of the run: every exchange keeps every rule that speaks about it, whatever check caused it."""

from __future__ import annotations

import contextlib

import pytest

from conformance.errors import NotApplicable, NotTested, Unjudged
from conformance.rules import Complaint, Rule
from conformance.rules.server import all_rules
from conformance.rules.server.errors import reason_is_of_one_error
from conformance.rules.server.outcome import ended_cancelled
from conformance.server.target.iut import Iut
from conformance.spec.catalogue import catalogue
from conformance.suite.alone import Alone, not_ended_alone, unanswered_again
from conformance.suite.evidence import require_looks
from conformance.suite.judging import Violated, require, verifies
from conformance.suite.last_look import LastLook, acknowledged, shows_the_end
from conformance.suite.stories import FirstCancel, Stories

LIVENESS = frozenset({"liveness.every-request-is-answered", "liveness.bad-request-is-answered"})
"""The rules whose violation may be slowness, or a server that was being started again."""


@pytest.fixture(scope="module")
def last_looks(iut: Iut, request: pytest.FixtureRequest) -> None:
    """One more look at what was cancelled: what is final must still be so. Whatever else failed, this goes on."""
    with contextlib.suppress(Unjudged):
        first: FirstCancel = request.getfixturevalue("first_cancel")
        iut.get(first.name)


@verifies("outcome.guaranteed")
def test_guaranteed_cancel_has_ended_what_was_cancelled_in_passing(
    iut: Iut, cancel_works: Stories, aims: LastLook, alone: Alone
) -> None:
    """Every operation whose cancel was acknowledged, whatever else it was sent for: a cancel must not wear out."""
    cancels = acknowledged(iut)
    ends = {name: look for name, look in aims.ends.items() if name in cancels and shows_the_end(look)}
    ends.update(iut.await_end([name for name in cancels if name not in ends]))
    told = [ended_cancelled(cancel, ends[name], iut.settle) for name, cancel in cancels.items()]
    alone.confirm(told, lambda: not_ended_alone(iut))
    if not cancels:
        raise NotTested("no cancel of a running operation succeeded")
    require_looks(*ends.values())


@verifies("errors.reason-is-of-one-error")
def test_a_reason_is_of_one_error(iut: Iut, last_looks: None) -> None:
    """Over all the traffic of the run, for only together do two errors show it."""
    require(reason_is_of_one_error(iut.target.exchanges))


@pytest.mark.parametrize(
    "rule",
    [
        pytest.param(rule, id=rule.requirement, marks=pytest.mark.requirement(rule.requirement, "quick"))
        for rule in all_rules().values()
    ],
)
def test_all_traffic_keeps(rule: Rule, iut: Iut, last_looks: None, alone: Alone) -> None:
    judgements = list(rule.judgements(iut.target.exchanges))
    violations = [judgement for judgement in judgements if judgement is not None]
    if violations:
        complaints = [Complaint(violation.message, violation.exchanges) for violation in violations]
        if rule.requirement in LIVENESS:
            unanswered = [exchange for complaint in complaints for exchange in complaint.exchanges]
            alone.confirm(complaints, lambda: unanswered_again(iut, unanswered))
        raise Violated(tuple(complaints))
    if not judgements:
        condition = catalogue()[rule.requirement].condition
        if condition:
            raise NotApplicable(f"in this run it never was so that {condition}")
        raise NotTested("no exchange of the run was one that this requirement speaks about")
