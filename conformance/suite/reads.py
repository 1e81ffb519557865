"""An operation that nobody cancels, read as clients read that wait for one: got again and again, and listed.

The last get, and the list, have the header fields of an official client.
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
    """Read a bystander, and leave to the last look what became of it; the stories have looked at it once more."""

    def reads_of(name: str, polls: int = POLLS) -> list[Outgoing]:
        poll = iut.get_request(name, note="get of an operation that is polled")
        requests = [*[poll] * (polls - 1), as_a_client(poll, name)]
        if iut.contract.lists(name) and iut.statement.value("list") is not False:
            parent = iut.contract.parent_of(name)
            listed = iut.list_request(parent, note="list of an operation that is polled")
            requests.append(as_a_client(listed, parent))
        return requests

    polls = POLLS - 1
    sent = iut.send_all(reads_of(older.name, polls))
    aims.aim("reads", older, sent, reads_of)
    return Reads(sent[polls - 1 :], reads_of)
