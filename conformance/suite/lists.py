"""A list of operations, and the wait for one that is up to date."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from conformance.exchange import Exchange
from conformance.exchange.history import operations_in
from conformance.server.target.iut import Iut
from conformance.server.target.waits import LIST_SHOWS

_PAUSE = 0.25


def read_until(iut: Iut, parent: str, is_right: Callable[[Sequence[Exchange]], bool]) -> list[Exchange]:
    """All pages of a list; read again until they are right, or the end of `settle`."""
    deadline = iut.target.clock.now() + iut.settle
    pages = iut.list_pages(parent)
    while not is_right(pages) and pages[-1].succeeded() and iut.target.clock.now() < deadline:
        iut.target.clock.sleep(_PAUSE)
        pages = iut.list_pages(parent)
    return pages


def settled_list(iut: Iut, parent: str, ended: Collection[str]) -> list[Exchange]:
    """All pages of a list; read again until it shows what has `ended` as done, or the end of `settle`.

    Nobody promises that a list is up to date at once. An operation that it does not show is waited for less long: a
    list that forgets what was cancelled never shows it.
    """
    began = iut.target.clock.now()
    pages = iut.list_pages(parent)
    while pages[-1].succeeded():
        shown = {operation.name: operation.done for page in pages for operation in operations_in(page)}
        passed = iut.target.clock.now() - began
        is_behind = any(shown.get(name) is False for name in ended) and passed < iut.settle
        is_without = any(name not in shown for name in ended) and passed < min(LIST_SHOWS, iut.settle)
        if not (is_behind or is_without):
            break
        iut.target.clock.sleep(_PAUSE)
        pages = iut.list_pages(parent)
    return pages
