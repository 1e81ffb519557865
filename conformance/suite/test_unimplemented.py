"""Cancel not supported: said with 501, every time, and with no effect."""

from __future__ import annotations

from conformance.exchange.history import operation_in
from conformance.rules import Complaint
from conformance.rules.server.outcome import ended, is_unimplemented, untouched
from conformance.server.target.iut import Iut
from conformance.suite.judging import require, verifies
from conformance.suite.stories import FirstCancel


@verifies("unimplemented.is-501")
def test_unsupported_cancel_is_501_every_time(iut: Iut, first_cancel: FirstCancel) -> None:
    again = iut.cancel(first_cancel.name, body=b"", content_type=None, note="second cancel, without body")
    require(is_unimplemented(first_cancel.cancel), is_unimplemented(again))
    statuses = {answer.response.status for answer in (first_cancel.cancel, again) if answer.response is not None}
    if statuses <= {429, 503}:
        require(Complaint("a cancel that is not supported was answered with come-again, twice", (again,)))


@verifies("unimplemented.changes-nothing")
def test_unsupported_cancel_changes_nothing(iut: Iut, first_cancel: FirstCancel) -> None:
    before = operation_in(first_cancel.before)
    assert before is not None
    look = iut.get(first_cancel.name)
    require(untouched(before, look, first_cancel.cancel) or ended(before, look, first_cancel.cancel))
