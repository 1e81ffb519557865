"""What was cancelled in passing, looked at when all other checks are over. The rules need no check: see `judging`."""

from __future__ import annotations

from conformance.errors import NotTested
from conformance.rules.server.outcome import ended_cancelled
from conformance.server.target.iut import Iut
from conformance.suite.alone import Alone, not_ended_alone
from conformance.suite.evidence import require_looks
from conformance.suite.judging import verifies
from conformance.suite.refusals import CANCEL_A_DECOY, Refusals
from conformance.suite.stories import Stories


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
    if not ended:
        raise NotTested("no cancel that named another operation elsewhere succeeded")
    require_looks(*ends.values())
