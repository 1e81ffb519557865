"""Rules about lists: all pages are asked for and shown, and they are those of the parent."""

from __future__ import annotations

from dataclasses import replace

import pytest

from conformance.exchange import Method, Response
from conformance.rules.client import (
    shows_a_list,
)

from .turns import (
    JSON,
    arrived,
    broken,
    turn,
)

PLACE = "projects/p1/locations/us-central1"
LISTS = f"/v1/{PLACE}/operations"
FIRST = Response(200, (JSON,), b'{"operations": [{"name": "a"}], "nextPageToken": "t=&"}')
SECOND = Response(200, (JSON,), b'{"operations": [{"name": "b"}]}')
RUNS = {"done": False, "response": False}


@pytest.mark.parametrize(
    ("second", "shown", "complains"),
    [
        ("?pageToken=t%3D%26", "ab", None),
        ("?page_token=t%3D%26", "ab", None),
        ("?pageToken=t%3D%26", "ba", None),
        (
            "?pageToken=t%3D%26",
            "abb",
            "the list has a running, b running; the client shows a running, b running, b running",
        ),
        (
            "?pageToken=t%3D%26&pageToken=t%3D%26",
            "ab",
            "the next page has the token 't=&', and the client asked for 't=& and t=&'",
        ),
        ("?pageToken=t%3D%26", "a", "the list has a running, b running; the client shows a running"),
        ("?pageToken=t=&", "ab", "the next page has the token 't=&', and the client asked for 't='"),
        ("", "ab", "the next page has the token 't=&', and the client asked for ''"),
        (None, "a", "the list goes on at the page token 't=&', and the client did not ask for that page"),
    ],
)
def test_all_pages_of_a_list_are_shown(second: str | None, shown: str, complains: str | None) -> None:
    pages = [arrived(LISTS, method="GET", outcome=FIRST)]
    if second is not None:
        pages.append(arrived(LISTS + second, method="GET", outcome=SECOND, at=0.015, number=2))
    listed = turn(*pages, name=PLACE, method=Method.LIST, operations=tuple({"name": name, **RUNS} for name in shown))
    complaint = shows_a_list(listed)
    assert (complaint.message if complaint else None) == complains
    assert broken(listed) == ({"client-retry.success-is-final"} if second == "" else set())


def test_a_list_goes_to_the_parent_that_was_told() -> None:
    elsewhere = arrived("/v1/projects/p2/locations/us-central1/operations", method="GET", outcome=SECOND)
    listed = turn(elsewhere, name=PLACE, method=Method.LIST, operations=())
    assert broken(listed) == {"client-request.list-is-sent", "client-request.name-is-escaped"}
    assert broken(replace(listed, arrived=())) == {"client-request.list-is-sent"}


@pytest.mark.parametrize(
    ("query", "breaks"),
    [
        ("?filter=done%3Dfalse", {"client-request.list-is-not-narrowed"}),
        ("?pageSize=10&filter=", set()),
        ("?pageSize=10&$alt=json", set()),
    ],
)
def test_a_list_has_no_filter_of_the_clients_own(query: str, breaks: set[str]) -> None:
    listed = arrived(LISTS + query, method="GET", outcome=SECOND)
    assert broken(turn(listed, name=PLACE, method=Method.LIST, operations=({"name": "b", **RUNS},))) == breaks
