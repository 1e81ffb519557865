"""What a list shows: all that is there, each once, in small pages as in one piece, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from conformance.errors import NotTested
from conformance.exchange import Exchange, Method
from conformance.exchange.history import next_page_token, operation_in
from conformance.rules import Complaint
from conformance.server.target.iut import Iut, listed_names
from conformance.suite import pages
from conformance.suite.bystanders import Bystanders, shows_the_end
from conformance.suite.cancellations import Cancellations
from conformance.suite.deletion import Deletion
from conformance.suite.evidence import answered, note, require_answers
from conformance.suite.judging import require, verifies
from conformance.suite.last_look import LastLook
from conformance.suite.lists import caught_up, is_listed, is_read, read_until, require_read, unlisted
from conformance.suite.pages import SmallPages
from conformance.suite.stimuli import last_stimulus, stimulus


@pytest.fixture(scope="session")
def parent(iut: Iut, oldest_name: str) -> str:
    return iut.contract.parent_of(oldest_name)


@verifies("list.pages-come-to-an-end")
def test_pages_come_to_an_end(whole_list: list[Exchange], small_pages: SmallPages) -> None:
    require(pages.without_an_end(small_pages.walk))
    _require_whole(small_pages)


@verifies("list.pages-come-to-an-end")
def test_whole_list_comes_to_an_end(whole_list: list[Exchange]) -> None:
    require(pages.without_an_end(whole_list))
    note(*whole_list)
    if next_page_token(whole_list[-1]) or not whole_list[-1].succeeded():
        raise NotTested(f"the list was not read to its end: {answered(whole_list[-1])}")


@verifies("list.pages-show-each-once")
def test_no_two_pages_show_the_same_operation(iut: Iut, parent: str, small_pages: SmallPages) -> None:
    """Once it may be that operations came and went; so another walk has to show it, too."""
    if pages.shown_twice(small_pages.walk):
        require(pages.shown_twice(pages.walk(iut, parent, small_pages.size)))
        raise NotTested("two pages showed the same operation, and did not a second time")
    _require_whole(small_pages)


@verifies("list.pages-lose-nothing")
def test_small_pages_show_what_the_whole_list_shows(
    iut: Iut, parent: str, whole_list: list[Exchange], small_pages: SmallPages
) -> None:
    """What get still shows, and no walk, is lost."""
    _require_whole(small_pages)
    ours = [name for name in iut.handed_out if name in listed_names(whole_list)]
    missing = pages.lost(small_pages.walk, ours)
    if missing:
        # Operations have come and gone since, so that other ones may be lost now.
        whole, again = iut.list_pages(parent), pages.walk(iut, parent, small_pages.size)
        shown = [name for name in ours if name in listed_names(whole)]
        looks = [look for look in iut.get_all(pages.lost(again, shown)) if operation_in(look) is not None]
        if next_page_token(again[-1]):
            raise NotTested(f"the list was not read to its end: {answered(again[-1])}")
        require(
            *(
                Complaint(f"no page of {small_pages.size} shows {_named(look)}", (*whole, *again, look))
                for look in looks
            )
        )
    if not ours:
        raise NotTested("the list shows no operation of this run")


def _require_whole(small_pages: SmallPages) -> None:
    note(*small_pages.walk)
    if not small_pages.is_whole:
        raise NotTested(f"the list was not read to its end: {answered(small_pages.walk[-1])}")


@stimulus
def resized(iut: Iut, oldest_name: str, small_pages: SmallPages) -> Exchange:
    """The page that follows the first one of the walk, asked for in another size."""
    if small_pages.size < 2:
        raise NotTested("no page can be smaller")
    return next_of_size_1(iut, iut.contract.parent_of(oldest_name), small_pages.walk[0])


def next_of_size_1(iut: Iut, parent: str, page: Exchange) -> Exchange:
    """The page of one operation that follows another page. Raises NotTested where none follows."""
    token = next_page_token(page)
    if not token:
        raise NotTested("the list has one page")
    return iut.send(iut.list_request(parent, token, 1))


@verifies("list.page-size-is-a-maximum", profile="ci")
def test_page_size_may_change(resized: Exchange) -> None:
    """ "If the user changes the `page_size` in a request for subsequent pages, the service must honor the new page
    size" (AIP-158). How many are shown, a rule judges; refused it must not be."""
    if resized.response is not None and (status := resized.response.status) in (400, 500):
        require(Complaint(f"another pageSize for the next page was answered with {status}", (resized,)))
    _require_page(resized)


@verifies("list.pages-show-each-once", profile="ci")
def test_page_of_another_size_goes_on(iut: Iut, parent: str, small_pages: SmallPages, resized: Exchange) -> None:
    """Operations may have come and gone between it and the page before it; so two more have to show it, too."""
    if pages.shown_twice([small_pages.walk[0], resized]):
        first = iut.send(iut.list_request(parent, page_size=small_pages.size))
        require(pages.shown_twice([first, next_of_size_1(iut, parent, first)]))
        raise NotTested("a page of another size showed an operation again, and did not a second time")
    _require_page(resized)


def _require_page(page: Exchange) -> None:
    require_answers(page)
    if not page.succeeded():
        raise NotTested(f"the next page was not shown in another size: {answered(page)}")


@verifies("list.running-is-listed")
def test_running_operations_are_listed(
    iut: Iut, parent: str, bystanders: Bystanders, whole_list: list[Exchange]
) -> None:
    """The bystanders that had been started by then, from the first operation to the last; nobody cancels them."""
    names = [look.call.name for look in bystanders.looks if look.call and look.precedes(whole_list[0])]
    note(*whole_list)
    if not unlisted(whole_list, names):
        return
    late = read_until(iut, parent, lambda read: not unlisted(read, names))
    looks = iut.get_all(unlisted(late, names))
    running = [look for look in looks if (operation := operation_in(look)) is not None and not operation.done]
    if is_read(late):
        require(*(Complaint(f"{_named(look)} runs and is not in the list", (*late, look)) for look in running))
    if looks:
        raise NotTested(f"whether {_named(looks[0])} is listed could not be seen: {answered(looks[0])}")


def _named(look: Exchange) -> str:
    return look.call.name if look.call is not None else ""


HUGE = (1 << 31) - 1
"""The largest `pageSize` there is: it is an int32."""


@last_stimulus
def last_list(iut: Iut, oldest_name: str, last_look: LastLook, whole_list: list[Exchange]) -> list[Exchange]:
    """The list at the end of the run. It comes after the last look, and so is another look at all that is there.

    It asks for a huge page. What becomes of that, a rule judges; where it is refused, a plain list is read. It may
    be late.
    """
    parent = iut.contract.parent_of(oldest_name)
    pages = iut.list_pages(parent, page_size=HUGE)
    pages = pages if pages[0].succeeded() else iut.list_pages(parent)
    return caught_up(iut, parent, pages)


@verifies("list.deleted-is-gone")
def test_deleted_operation_is_not_listed(iut: Iut, parent: str, deletion: Deletion, last_list: list[Exchange]) -> None:
    """At the end of the run, or when the list does not show it any more."""
    call = deletion.delete.call
    if not deletion.removed or call is None:
        raise NotTested("no operation was seen to be gone after its delete")
    if call.name in iut.given_anew:
        raise NotTested(f"{call.name} was deleted and is the name of another operation by now")
    read = last_list
    if is_listed(read, call.name):
        read = read_until(iut, parent, lambda read: not is_listed(read, call.name))
    if is_listed(read, call.name):
        require(Complaint(f"{call.name} was deleted and is still in the list", (deletion.delete, *read)))
    require_read(read)


@verifies("list.done-stays-listed")
def test_done_operations_stay_listed(
    iut: Iut,
    parent: str,
    last_look: LastLook,
    last_list: list[Exchange],
    whole_list: list[Exchange],
    cancellations: Cancellations,
    completing_name: str,
) -> None:
    """Those that were listed as done, at the end of the run, and one that completed by itself, where it can be had."""
    gone = {sent.call.name for sent in iut.target.exchanges if sent.call and sent.calls(Method.DELETE)}
    done = [
        cancellation.name
        for cancellation in cancellations.all()
        if shows_the_end(cancellation.end) and cancellation.name not in gone
    ]
    names = [name for name in done if is_listed(whole_list, name)]
    names += [completing_name] if completing_name else []
    if not names:
        raise NotTested("no done operation was listed")
    missing = [name for name in names if not is_listed(last_list, name)]
    shown = _shown_as_done(iut, missing)
    late = read_until(iut, parent, lambda read: all(is_listed(read, name) for name in shown)) if shown else last_list
    still = _shown_as_done(iut, [name for name in shown if not is_listed(late, name)])
    if still and is_read(late):
        what = "is done, get shows it, and the list does not"
        require(*(Complaint(f"{name} {what}", (*late, look)) for name, look in still.items()))
    require_read(late)
    if len(missing) == len(names) and not shown:
        raise NotTested("no done operation is shown any more")


def _shown_as_done(iut: Iut, names: Sequence[str]) -> dict[str, Exchange]:
    """The looks at those of some operations that a get shows to be done."""
    return {name: look for name, look in zip(names, iut.get_all(names), strict=True) if shows_the_end(look)}
