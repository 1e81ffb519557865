"""Cancel not supported: said with 501, every time, and with no effect."""

from __future__ import annotations

from conformance.errors import NotApplicable
from conformance.exchange.history import operation_in
from conformance.rules import Complaint
from conformance.rules.outcome import is_unimplemented, untouched
from conformance.suite.judging import require, verifies
from conformance.suite.stories import FirstCancel
from conformance.targets.iut import Iut


@verifies("unimplemented.as-stated")
def test_stated_cancel_is_implemented(iut: Iut, first_cancel: FirstCancel) -> None:
    if not iut.statement.is_declared("cancel"):
        raise NotApplicable("the conformance statement says nothing about cancel")
    response = first_cancel.cancel.response
    if response is not None and response.status == 501:
        require(Complaint("cancel is stated to be supported and answered with 501", (first_cancel.cancel,)))


@verifies("unimplemented.is-501")
def test_unsupported_cancel_is_501_every_time(iut: Iut, first_cancel: FirstCancel) -> None:
    again = iut.cancel(first_cancel.name, body=b"", content_type=None, note="second cancel, without body")
    require(is_unimplemented(first_cancel.cancel), is_unimplemented(again))


@verifies("unimplemented.changes-nothing")
def test_unsupported_cancel_changes_nothing(iut: Iut, first_cancel: FirstCancel) -> None:
    before = operation_in(first_cancel.before)
    assert before is not None
    require(untouched(before, iut.get(first_cancel.name), first_cancel.cancel))
