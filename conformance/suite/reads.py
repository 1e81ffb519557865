"""An operation that nobody cancels, read as clients read that wait for one: got again and again, and listed."""

from __future__ import annotations

from collections.abc import Callable

from conformance.server.target.iut import Iut
from conformance.server.target.target import Outgoing
from conformance.suite.last_look import LastLook
from conformance.suite.stories import Bystander

POLLS = 3

MakeReads = Callable[[str], list[Outgoing]]
"""Makes the requests that read an operation."""


def read_often(iut: Iut, bystander: Bystander, aims: LastLook) -> MakeReads:
    """Read a bystander, one request after the other, for the last look to see what became of it."""

    def reads_of(name: str) -> list[Outgoing]:
        reads = [iut.get_request(name, note="get of an operation that is polled") for _ in range(POLLS)]
        if iut.contract.lists(name) and iut.statement.value("list") is not False:
            reads.append(iut.list_request(iut.contract.parent_of(name), note="list of an operation that is polled"))
        return reads

    sent = [iut.send(read) for read in reads_of(bystander.name)]
    aims.aim("reads", bystander, sent, reads_of)
    return reads_of
