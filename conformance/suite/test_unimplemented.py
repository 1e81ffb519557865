"""Cancel not supported: said with 501, every time, and with no effect."""

from __future__ import annotations

from conformance.errors import NotTested
from conformance.exchange import Exchange
from conformance.exchange.history import operation_in
from conformance.rules import Complaint
from conformance.rules.server.outcome import is_unimplemented, result_is_kept
from conformance.server.target.iut import Iut
from conformance.suite.bystanders import Bystanders
from conformance.suite.cancellations import FIRST_CANCEL, FirstCancel
from conformance.suite.evidence import (
    SAID_ELSEWHERE,
    answered,
    require_answers,
    require_looks,
    require_untouched,
)
from conformance.suite.judging import require, verifies
from conformance.suite.last_look import LastLook


def require_no_support(iut: Iut, cancel: Exchange) -> None:
    """Raise NotTested where nobody says that cancel is not supported, and its answer speaks of something else.

    Who answers every cancel with 409 or 500 may support it; `outcome.running-can-be-cancelled` judges that.
    """
    response = cancel.response
    if iut.statement.value("cancel") is None and response is not None and response.status not in SAID_ELSEWHERE:
        raise NotTested(f"{answered(cancel)}, which does not say that cancel is not supported")


@verifies("unimplemented.is-501")
def test_unsupported_cancel_is_501_every_time(iut: Iut, first_cancel: FirstCancel) -> None:
    require_no_support(iut, first_cancel.cancel)
    again = iut.cancel(first_cancel.name, body=b"", content_type=None, note="second cancel, without body")
    require(is_unimplemented(first_cancel.cancel), is_unimplemented(again))
    statuses = {answer.response.status for answer in (first_cancel.cancel, again) if answer.response is not None}
    if statuses and statuses <= {429, 503}:
        require(Complaint("a cancel that is not supported was answered twice with a request to retry later", (again,)))
    require_answers(first_cancel.cancel, again)


@verifies("unimplemented.changes-nothing")
def test_unsupported_cancel_changes_nothing(
    iut: Iut, bystanders: Bystanders, first_cancel: FirstCancel, last_look: LastLook
) -> None:
    """That it ended says something only while an older one that nobody cancelled runs on."""
    require_no_support(iut, first_cancel.cancel)
    looked = last_look.at(FIRST_CANCEL)
    if iut.ends_at_once:  # what it was shows that it stayed so; a running one shows that it ran on
        require(looked.touched or result_is_kept(first_cancel.before, looked.look, first_cancel.cancel))
        require_looks(looked.look)
        return
    older = operation_in(iut.get(bystanders.name))
    runs_on = older is not None and not older.done
    require_untouched(iut, looked.touched or (looked.ended if runs_on else None), looked.look)
