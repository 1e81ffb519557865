"""A list in small pages, each asked for with the token of the one before it.

How small they are follows from what the whole list showed: three pages, or more where the server makes them smaller.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from conformance.errors import NotTested
from conformance.exchange import Exchange
from conformance.exchange.history import next_page_token, operations_in
from conformance.rules import Complaint
from conformance.server.target.iut import Iut, listed_names
from conformance.suite.stimuli import stimulus

PAGES = 3
MOST_PAGES = 100
"""Pages of a walk: as many as are read of the whole list."""
EMPTY_FOR_EVER = 10
"""Pages in a row that show nothing, behind a list that was at its end, or nothing new."""


@dataclass(frozen=True, slots=True)
class SmallPages:
    """The pages of one walk, and how large each was to be."""

    walk: list[Exchange]
    size: int

    @property
    def is_whole(self) -> bool:
        """Whether the walk came to the end of the list."""
        return self.walk[-1].succeeded() and not next_page_token(self.walk[-1])


@stimulus
def small_pages(iut: Iut, oldest_name: str, whole_list: list[Exchange]) -> SmallPages:
    """Walk through the list that was read as a whole.

    Raises NotTested where the whole list has more operations than can be walked through.
    """
    size = -(-len(names_on_a_whole(whole_list)) // PAGES)
    return SmallPages(walk(iut, iut.contract.parent_of(oldest_name), size), size)


def names_on_a_whole(whole_list: Sequence[Exchange]) -> set[str]:
    """What a list shows. Raises NotTested where that is nothing, or it was not read to its end."""
    names = listed_names(whole_list)
    if not names or next_page_token(whole_list[-1]) or not whole_list[-1].succeeded():
        raise NotTested("no list was read to its end that shows operations")
    return names


def walk(iut: Iut, parent: str, size: int) -> list[Exchange]:
    """The pages of a list, each with the token of the one before it, up to the last or to one that was given before.

    Pages may be small, and empty: "the client must rely on the page token to determine if there are more results"
    (AIP-158). So the walk goes on as long as it shows anything new.
    """
    pages = [iut.send(iut.list_request(parent, page_size=size))]
    given: set[str] = set()
    while (token := next_page_token(pages[-1])) and token not in given and not _is_too_long(pages):
        given.add(token)
        pages.append(iut.send(iut.list_request(parent, token, size)))
    return pages


def _is_too_long(pages: Sequence[Exchange]) -> bool:
    """Whether the last pages of a walk showed nothing that those before them had not shown, or there are very many."""
    before, last = pages[:-EMPTY_FOR_EVER], pages[-EMPTY_FOR_EVER:]
    return len(pages) >= MOST_PAGES or (bool(before) and listed_names(last) <= listed_names(before))


def shown_twice(pages: Sequence[Exchange]) -> Complaint | None:
    """Two pages of one walk show the same operation."""
    times = Counter(name for page in pages for name in {str(each.name) for each in operations_in(page)})
    name, count = max(times.items(), key=lambda each: each[1], default=("", 0))
    if count < 2:
        return None
    return Complaint(f"{count} pages of one list show {name}", tuple(page for page in pages if name in _names(page)))


def without_an_end(pages: Sequence[Exchange]) -> Complaint | None:
    """A token for the next page was given before, or very many empty pages follow each other, and each has one."""
    given: dict[str, Exchange] = {}
    for page in pages:
        token = next_page_token(page)
        if token and token in given:
            return Complaint("a page has the same token for the next one as a page before it", (given[token], page))
        given[token] = page
    empty = pages[-EMPTY_FOR_EVER:]
    if len(empty) == EMPTY_FOR_EVER and all(next_page_token(page) and not operations_in(page) for page in empty):
        return Complaint(f"{len(empty)} pages in a row show nothing, and each has a token for the next", tuple(empty))
    return None


def _names(page: Exchange) -> set[str]:
    return {str(each.name) for each in operations_in(page)}


def lost(pages: Sequence[Exchange], names: Sequence[str]) -> list[str]:
    """Those of some names that are on none of the pages."""
    shown = listed_names(pages)
    return [name for name in names if name not in shown]
