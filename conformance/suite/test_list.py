"""List: answered where it is supported. What it shows, the rules about all traffic judge."""

from __future__ import annotations

import contextlib

import pytest

from conformance.errors import NotApplicable, NotTested, Unjudged
from conformance.exchange import Exchange, Method
from conformance.rules import Complaint
from conformance.rules.server.outcome import unsupported_says_so
from conformance.rules.server.routing import no_internal_error
from conformance.server.target.iut import Iut
from conformance.suite.bystanders import Bystanders
from conformance.suite.evidence import answered, require_answers, require_each
from conformance.suite.judging import require, verifies


@verifies("list.is-a-list")
def test_list_is_answered(listing: list[Exchange]) -> None:
    answer = listing[0].response
    if answer is not None and not answer.is_success and answer.status not in (401, 403, 429, 503):
        require(Complaint(f"list is supported and was answered with {answer.status}", (listing[0],)))
    require_answers(listing[0])
    if listing[0].is_denied:
        raise NotTested(f"{answered(listing[0])}, which says nothing about the list")


@verifies("list.partial-success-is-answered", profile="ci")
def test_partial_success_is_answered(iut: Iut, bystanders: Bystanders, listing: list[Exchange]) -> None:
    path = iut.contract.path(Method.LIST, iut.contract.parent_of(bystanders.name))
    require_each(no_internal_error, [iut.send(iut.request("GET", f"{path}?returnPartialSuccess=true"))])


@verifies("list.unsupported-is-unimplemented")
def test_unsupported_list_is_unimplemented(iut: Iut, bystanders: Bystanders, request: pytest.FixtureRequest) -> None:
    with contextlib.suppress(Unjudged):
        request.getfixturevalue("listing")
    if not iut.contract.lists(bystanders.name):
        raise NotApplicable(f"{iut.contract.name} binds no list of these operations")
    if iut.statement.value("list") is not False:
        raise NotApplicable("list is supported")
    require_each(unsupported_says_so, [iut.send(iut.list_request(iut.contract.parent_of(bystanders.name)))])
