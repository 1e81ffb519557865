"""An operation that nobody cancels, read as clients read that wait for one: got again and again, and listed.

The last get, and the list, have the header fields of an official client. Quick has looked at it often enough before,
and sends these alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from conformance.exchange import Exchange, Method
from conformance.server.target.iut import Iut
from conformance.server.target.target import Outgoing
from conformance.suite.bystanders import Bystander
from conformance.suite.clients import as_a_client
from conformance.suite.last_look import LastLook
from conformance.suite.stimuli import stimulus
from conformance.suite.stories import Stories

POLLS = 3

MakeReads = Callable[[str], list[Outgoing]]
"""Makes the requests that read an operation."""


@dataclass(frozen=True, slots=True)
class Reads:
    """The reads with the header fields of a client, and what makes all of them again for another operation."""

    by_a_client: list[Exchange]
    make: MakeReads


def read_again(iut: Iut, read: Exchange) -> tuple[Exchange, Exchange]:
    """A plain get or list of what a client has read, and then one with the header fields of a client, both alone."""
    assert read.call is not None
    name, is_list = read.call.name, read.calls(Method.LIST)
    plain = iut.list_request(name, note=read.note) if is_list else iut.get_request(name, note=read.note)
    return iut.send(plain), iut.send(as_a_client(plain, name))


@stimulus
def reads(iut: Iut, older: Bystander, aims: LastLook, stories: Stories | None = None) -> Reads:
    """Read a bystander, and leave to the last look what became of it; the stories have looked at it before."""

    def by_a_client(name: str) -> list[Outgoing]:
        reads = [as_a_client(_poll(iut, name), name)]
        if iut.contract.lists(name) and iut.statement.value("list") is not False:
            parent = iut.contract.parent_of(name)
            listed = iut.list_request(parent, note="list of an operation that is polled")
            reads.append(as_a_client(listed, parent))
        return reads

    def reads_of(name: str) -> list[Outgoing]:
        return [*[_poll(iut, name)] * (POLLS - 1), *by_a_client(name)]

    requests = by_a_client(older.name) if iut.is_quick else reads_of(older.name)
    sent = iut.send_all(requests)
    aims.aim("reads", older, sent, reads_of)
    return Reads(sent[len(sent) - len(by_a_client(older.name)) :], reads_of)


def _poll(iut: Iut, name: str) -> Outgoing:
    return iut.get_request(name, note="get of an operation that is polled")
