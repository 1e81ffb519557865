"""A list of operations, and the wait for one that is up to date."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence

from conformance.errors import NotApplicable, NotTested
from conformance.exchange import Exchange, Method
from conformance.exchange.history import next_page_token, operation_in, operations_in
from conformance.rules.server.operation import same_name
from conformance.server.target.iut import Iut, listed_names
from conformance.server.target.waits import LIST_SHOWS, PAUSE_BETWEEN_LISTS
from conformance.suite.bystanders import Bystanders
from conformance.suite.cancellations import Cancellations
from conformance.suite.evidence import answered, note
from conformance.suite.stimuli import stimulus


@stimulus
def whole_list(iut: Iut, bystanders: Bystanders, cancellations: Cancellations | None = None) -> list[Exchange]:
    """The list of the operations, page by page, taken when the cancellations had ended, if there are any."""
    if not iut.contract.lists(bystanders.name):
        iut.statement.find("list", False, f"{iut.contract.name} binds no list of these operations")
        raise NotApplicable(f"{iut.contract.name} binds no list of these operations")
    if iut.statement.value("list") is False:
        raise NotApplicable("list is not supported")
    followed = cancellations.all() if cancellations else ()
    ended = {one.name for one in followed if one.last is not None and one.last.done}
    pages = settled_list(
        iut, iut.contract.parent_of(bystanders.name), {bystanders.name, *(one.name for one in followed)}, ended
    )
    status = pages[0].response.status if pages[0].response is not None else "nothing"
    # What was listed before the first start is supported, whatever breaks the list afterwards.
    is_supported = pages[0].succeeded() or has_listed(iut.target.exchanges)
    iut.statement.find("list", is_supported, f"a list of the operations is answered with {status}")
    if iut.statement.value("list") is False:
        raise NotApplicable(f"list is not supported: it was answered with {status}")
    return pages


def has_listed(exchanges: Iterable[Exchange]) -> bool:
    """Whether any list has succeeded."""
    return any(exchange.calls(Method.LIST) and exchange.succeeded() for exchange in exchanges)


def read_until(iut: Iut, parent: str, is_right: Callable[[Sequence[Exchange]], bool]) -> list[Exchange]:
    """All pages of a list; read again until they are right, or the end of `settle`."""
    deadline = iut.target.clock.now() + iut.settle
    pages = iut.list_pages(parent)
    while not is_right(pages) and pages[-1].succeeded() and iut.target.clock.now() < deadline:
        iut.target.clock.sleep(PAUSE_BETWEEN_LISTS)
        pages = iut.list_pages(parent)
    return pages


def settled_list(iut: Iut, parent: str, there: Collection[str], ended: Collection[str]) -> list[Exchange]:
    """All pages of a list; read again until it shows what is `there`, and what has `ended` as done.

    No document promises that a list is up to date at once. So it is waited for until the end of `settle`. Of a list
    that shows some, the rest is waited for less long: one that forgets what was cancelled never shows it.
    """
    now = iut.target.clock.now
    patience = deadline = now() + iut.settle
    shows_some = False
    pages = iut.list_pages(parent)
    while pages[-1].succeeded() and now() < deadline:
        if not shows_some and any(is_listed(pages, name) for name in there):
            shows_some, patience = True, min(deadline, now() + LIST_SHOWS)
        is_without = now() < patience and not all(is_listed(pages, name) for name in there)
        if not (is_without or is_behind(pages, ended)):
            break
        iut.target.clock.sleep(PAUSE_BETWEEN_LISTS)
        pages = iut.list_pages(parent)
    return pages


def caught_up(iut: Iut, parent: str, pages: list[Exchange]) -> list[Exchange]:
    """A list that was read; or read again, where it shows as running what a get has shown to be done."""
    ended = {str(each.name) for one in iut.target.exchanges if (each := operation_in(one)) is not None and each.done}
    return read_until(iut, parent, lambda read: not is_behind(read, ended)) if is_behind(pages, ended) else pages


def is_behind(pages: Sequence[Exchange], ended: Collection[str]) -> bool:
    """Whether a list shows one as running that has ended."""
    running = {str(each.name) for page in pages for each in operations_in(page) if not each.done}
    return any(same_name(shown, name) for shown in running for name in ended)


def is_read(read: Sequence[Exchange]) -> bool:
    """Whether a list was read to its end, and every page of it can be read."""
    is_readable = all(page.response is not None and page.response.json_object() is not None for page in read)
    return is_readable and read[-1].succeeded() and not next_page_token(read[-1])


def require_read(read: Sequence[Exchange]) -> None:
    """Raise NotTested where a list was not read to its end."""
    note(*read)
    if not is_read(read):
        raise NotTested(f"the list was not read to its end: {answered(read[-1])}")


def is_listed(read: Sequence[Exchange], name: str) -> bool:
    """Whether a page shows the operation."""
    return any(same_name(listed, name) for listed in listed_names(read))


def unlisted(read: Sequence[Exchange], names: Sequence[str]) -> list[str]:
    """Those of some names that no page shows."""
    return [name for name in names if not is_listed(read, name)]
