"""List: answered where it is supported, and what it makes of odd parameters and of parents that have nothing."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

import pytest

from conformance.errors import NotApplicable, NotTested, Unjudged
from conformance.exchange import Exchange, Method
from conformance.exchange.history import next_page_token
from conformance.rules import Complaint
from conformance.rules.server.lists import not_ignored, refused_as_an_argument
from conformance.rules.server.outcome import unsupported_says_so
from conformance.rules.server.routing import no_internal_error, not_a_success
from conformance.server.target.iut import Iut
from conformance.server.target.unknown import nonce
from conformance.suite.bystanders import Bystanders
from conformance.suite.evidence import answered, require_answers, require_each
from conformance.suite.judging import require, verifies
from conformance.suite.last_look import LastLook
from conformance.suite.pages import SmallPages, names_on_a_whole
from conformance.suite.stimuli import last_stimulus, stimulus


@verifies("list.is-a-list")
def test_list_is_answered(whole_list: list[Exchange]) -> None:
    answer = whole_list[0].response
    if answer is not None and not answer.is_success and answer.status not in (401, 403, 429, 503):
        require(Complaint(f"list is supported and was answered with {answer.status}", (whole_list[0],)))
    require_answers(whole_list[0])
    if whole_list[0].is_denied:
        raise NotTested(f"{answered(whole_list[0])}, which says nothing about the list")


@verifies("list.partial-success-is-answered", profile="ci")
def test_partial_success_is_answered(iut: Iut, bystanders: Bystanders, whole_list: list[Exchange]) -> None:
    path = iut.contract.path(Method.LIST, iut.contract.parent_of(bystanders.name))
    require_each(no_internal_error, [iut.send(iut.request("GET", f"{path}?returnPartialSuccess=true"))])


BAD_TOKEN, BAD_FILTER = "a pageToken that nobody gave", "a filter that cannot be parsed"
_NO_FILTER = "lro_conformance_no_such_field%20%3D%3D%20%28"
"""`lro_conformance_no_such_field == (`: neither the field nor the grammar is anybody's."""


@stimulus
def list_of_size_0(iut: Iut, oldest_name: str, whole_list: list[Exchange]) -> Exchange:
    """The list with the pageSize 0, which means none. What becomes of it, a rule judges.

    It comes between the first list and the last: what both show was there in between.
    """
    names_on_a_whole(whole_list)
    parent = iut.contract.parent_of(oldest_name)
    return iut.send(iut.list_request(parent, query="pageSize=0", note="list with the pageSize 0"))


@last_stimulus
def odd_lists(
    iut: Iut,
    oldest_name: str,
    whole_list: list[Exchange],
    list_of_size_0: Exchange,
    last_look: LastLook | None = None,
) -> dict[str, Exchange]:
    """Lists with parameters that make no sense, by their note; what becomes of a pageSize, rules judge.

    They go with the last list, when nothing waits for them.
    """
    names_on_a_whole(whole_list)
    parent = iut.contract.parent_of(oldest_name)
    queries = {
        "list with a negative pageSize": "pageSize=-1",
        BAD_TOKEN: f"pageSize=1&pageToken={nonce(parent, 'token')}",
        BAD_FILTER: f"filter={_NO_FILTER}",
    }
    sent = iut.send_all([iut.list_request(parent, query=query, note=note) for note, query in queries.items()])
    return dict(zip(queries, sent, strict=True))


@verifies("list.refused-filter-is-an-argument")
def test_filter_that_is_none_is_refused_as_an_argument(odd_lists: dict[str, Exchange]) -> None:
    if odd_lists[BAD_FILTER].succeeded():
        raise NotApplicable("a filter that cannot be parsed was not refused")
    _require_said(refused_as_an_argument, odd_lists[BAD_FILTER])


@verifies("list.filter-is-not-ignored")
def test_filter_that_is_none_is_not_ignored(odd_lists: dict[str, Exchange]) -> None:
    _require_said(not_ignored, odd_lists[BAD_FILTER])


@verifies("list.bad-token-is-refused")
def test_token_that_nobody_gave_is_refused(odd_lists: dict[str, Exchange]) -> None:
    """A page that shows nothing is no refusal: whoever reads it takes the list for read to its end."""
    page = odd_lists[BAD_TOKEN]
    _require_said(lambda page: refused_as_an_argument(page) or not_ignored(page) or not_a_success(page), page)


def _require_said(oracle: Callable[[Exchange], Complaint | None], page: Exchange) -> None:
    require(oracle(page))
    require_answers(page)
    if page.is_denied or (page.response is not None and page.response.status in _OF_NO_PARAMETER):
        raise NotTested(f"{answered(page)}, which says nothing about a parameter")


_OF_NO_PARAMETER = frozenset({404, 405, 501})


@last_stimulus
def lists_of_nothing(
    iut: Iut,
    oldest_name: str,
    whole_list: list[Exchange],
    small_pages: SmallPages | None = None,
    last_look: LastLook | None = None,
) -> list[Exchange]:
    """Of parents that none of our operations is below: a location, and in larger profiles more of them.

    The id of the first is the beginning of ours: by it a server is found that compares beginnings, and one that
    compares nothing. Larger profiles ask one of them for the page behind one of ours: the token is no way in.
    """
    names_on_a_whole(whole_list)
    *above, location = segments = iut.contract.parent_of(oldest_name).split("/")
    others = {"a location whose id is the beginning of ours": [*above, location[:-1]]} if len(location) > 1 else {}
    if not others or not iut.is_quick:
        others["another location"] = [*above, nonce(location, "location")]
    if not iut.is_quick and len(segments) > 2:
        others["another project"] = [segments[0], nonce(segments[1], "project"), *segments[2:]]
    named = {what: "/".join(other) for what, other in others.items() if len(segments) > 1}
    bound = {what: other for what, other in named.items() if iut.contract.binds(Method.LIST, other)}
    requests = [iut.list_request(other, note=f"list of {what}") for what, other in bound.items()]
    token = next_page_token(small_pages.walk[0]) if small_pages is not None and not iut.is_quick else ""
    if token and bound:
        what, other = next(iter(bound.items()))
        requests.append(iut.list_request(other, token, note=f"list of {what}, with a pageToken of ours"))
    return iut.send_all(requests)


@verifies("list.shows-its-parent-only")
def test_list_of_nothing_shows_nothing(lists_of_nothing: list[Exchange]) -> None:
    """What it shows, a rule judges."""
    if not lists_of_nothing:
        raise NotTested("the contract has no other parent")
    require_answers(*lists_of_nothing)


@verifies("list.unsupported-is-unimplemented")
def test_unsupported_list_is_unimplemented(iut: Iut, bystanders: Bystanders, request: pytest.FixtureRequest) -> None:
    with contextlib.suppress(Unjudged):
        request.getfixturevalue("whole_list")
    if not iut.contract.lists(bystanders.name):
        raise NotApplicable(f"{iut.contract.name} binds no list of these operations")
    if iut.statement.value("list") is not False:
        raise NotApplicable("list is supported")
    require_each(unsupported_says_so, [iut.send(iut.list_request(iut.contract.parent_of(bystanders.name)))])
