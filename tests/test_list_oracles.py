"""The oracles about pages of a list, by cases: what is lawful, and what no list may do."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from conformance.exchange import Call, Exchange, Method
from conformance.suite.pages import EMPTY_FOR_EVER, SmallPages, lost, shown_twice, without_an_end
from tests.rules.cases import assert_complains
from tests.rules.traffic import NOT_FOUND, PARENT, Traffic, running

Page = tuple[str, str]
"""The operations of a page, one letter each, and its token for the next."""


def name(letter: str) -> str:
    return f"{PARENT}/operations/{letter}"


def walk(*pages: Page) -> list[Exchange]:
    t = Traffic()
    for letters, token in pages:
        message = {"operations": [running(name(each)) for each in letters], "nextPageToken": token}
        t.send("GET", f"/v1/{PARENT}/operations", message, call=Call(Method.LIST, PARENT))
    return t.exchanges


@pytest.mark.parametrize(
    "pages",
    [
        [("ab", "1"), ("c", "")],
        [("", "1"), ("ab", "")],
        [("a", "1"), ("", "2"), ("b", "")],
        [("aa", "")],
        [],
    ],
    ids=["each once", "an empty first page", "an empty page in the middle", "twice on one page", "no page"],
)
def test_no_two_pages_show_the_same(pages: Sequence[Page]) -> None:
    """What one page shows twice, the rule about a page says."""
    assert shown_twice(walk(*pages)) is None


@pytest.mark.parametrize(
    ("pages", "shown"),
    [
        ([("ab", "1"), ("bc", "")], (0, 1)),
        ([("a", "1"), ("b", "2"), ("a", "")], (0, 2)),
        ([("a", "1"), ("", "2"), ("a", "3"), ("a", "")], (0, 2, 3)),
    ],
    ids=["pages that overlap", "the first once more", "three times"],
)
def test_two_pages_that_show_the_same_are_shown(pages: Sequence[Page], shown: tuple[int, ...]) -> None:
    found = walk(*pages)
    assert_complains(shown_twice(found), *(found[position] for position in shown))


@pytest.mark.parametrize(
    "pages",
    [
        [("a", "1"), ("b", "2"), ("c", "")],
        [("a", ""), ("b", "")],
        [("", str(number)) for number in range(EMPTY_FOR_EVER - 1)],
        [("", str(number)) for number in range(EMPTY_FOR_EVER - 1)] + [("a", "x")],
        [],
    ],
    ids=["an end", "two lists", "some empty pages", "something after empty pages", "no page"],
)
def test_a_list_that_may_come_to_an_end(pages: Sequence[Page]) -> None:
    assert without_an_end(walk(*pages)) is None


def test_a_token_that_was_given_before_leads_round_in_circles() -> None:
    found = walk(("a", "1"), ("b", "2"), ("a", "1"))
    assert_complains(without_an_end(found), found[0], found[2])


def test_empty_pages_without_an_end() -> None:
    found = walk(("a", "x"), *(("", str(number)) for number in range(EMPTY_FOR_EVER)))
    assert_complains(without_an_end(found), *found[1:])


def test_what_is_on_no_page_is_lost() -> None:
    pages = walk(("a", "1"), ("", "2"), ("c", ""))
    assert lost(pages, [name(each) for each in "abc"]) == [name("b")]
    assert lost(pages, []) == []
    assert lost([], [name("a")]) == [name("a")]


def test_a_walk_is_whole_when_its_last_page_is_the_last() -> None:
    assert SmallPages(walk(("a", "1"), ("b", "")), 1).is_whole
    assert not SmallPages(walk(("a", "1"), ("b", "2")), 1).is_whole
    t = Traffic()
    refused = t.send("GET", f"/v1/{PARENT}/operations", NOT_FOUND, 404, call=Call(Method.LIST, PARENT))
    assert not SmallPages([refused], 1).is_whole
