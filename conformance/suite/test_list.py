"""List: answered where it is supported. What it shows, the rules about all traffic judge."""

from __future__ import annotations

from conformance.errors import NotTested
from conformance.exchange import Exchange
from conformance.rules import Complaint
from conformance.suite.evidence import answered, require_answers
from conformance.suite.judging import require, verifies


@verifies("list.is-a-list")
def test_list_is_answered(listing: list[Exchange]) -> None:
    answer = listing[0].response
    if answer is not None and not answer.is_success and answer.status not in (401, 403, 429, 503):
        require(Complaint(f"list is supported and was answered with {answer.status}", (listing[0],)))
    require_answers(listing[0])
    if listing[0].is_denied:
        raise NotTested(f"{answered(listing[0])}, which says nothing about the list")
