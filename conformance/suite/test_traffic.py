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
from conformance.suite.judging import Violated, require, verifies
from conformance.suite.refusals import CANCEL_A_DECOY, Refusals
from conformance.suite.stories import FirstCancel, Stories

LIVENESS = frozenset({"liveness.every-request-is-answered", "liveness.bad-request-is-answered"})
"""The rules whose violation may be slowness, or a server that was being started again."""


@pytest.fixture(scope="module")
def last_looks(iut: Iut, request: pytest.FixtureRequest) -> None:
    """Two more looks at what was cancelled: what is final must still be so. Whatever else failed, this goes on."""
    with contextlib.suppress(Unjudged):
        first: FirstCancel = request.getfixturevalue("first_cancel")
        for _ in range(2):
            iut.get(first.name)


@verifies("outcome.guaranteed")
def test_guaranteed_cancel_has_ended_what_was_cancelled_in_passing(
    iut: Iut, cancel_works: Stories, refusals: Refusals, alone: Alone
) -> None:
    """The decoy, whose cancels named another operation elsewhere: a cancel must not wear out."""
    cancels = [cancel for family in CANCEL_A_DECOY for cancel in refusals.sent[family] if cancel.succeeded()]
    ended = {cancel.call.name: cancel for cancel in cancels if cancel.call is not None}
    ends = iut.await_end(list(ended))
    told = [ended_cancelled(cancel, ends[name], iut.settle) for name, cancel in ended.items()]
    alone.confirm(told, lambda: not_ended_alone(iut))
