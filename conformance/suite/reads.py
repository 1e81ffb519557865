"""An operation that nobody cancels, read as clients read that wait for one: got again and again, and listed."""

from __future__ import annotations

from collections.abc import Callable

from conformance.server.target.iut import Iut
from conformance.server.target.target import Outgoing
from conformance.suite.bystanders import Bystanders
from conformance.suite.last_look import LastLook
from conformance.suite.stimuli import stimulus

POLLS = 3

MakeReads = Callable[[str], list[Outgoing]]
"""Makes the requests that read an operation."""


@stimulus
def reads(iut: Iut, bystanders: Bystanders, aims: LastLook, younger_name: str | None = None) -> MakeReads:
    """Read a bystander of its own, and leave to the last look what became of it."""

    def reads_of(name: str) -> list[Outgoing]:
        polls = [iut.get_request(name, note="get of an operation that is polled") for _ in range(POLLS)]
        if iut.contract.lists(name) and iut.statement.value("list") is not False:
            polls.append(iut.list_request(iut.contract.parent_of(name), note="list of an operation that is polled"))
        return polls

    bystander = bystanders.new()
    aims.aim("reads", bystander, iut.send_all(reads_of(bystander.name)), reads_of)
    return reads_of
