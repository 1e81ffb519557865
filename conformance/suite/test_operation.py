"""The operation as a get shows it; what every get has to show, the rules about all traffic say."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import pytest

from conformance.errors import NotTested, Unjudged
from conformance.exchange import Exchange, Method
from conformance.rules import Complaint
from conformance.rules.server.reading import read_as_without
from conformance.rules.server.routing import shows_an_existing_operation
from conformance.server.target.iut import Iut
from conformance.server.target.target import Outgoing
from conformance.suite.blame import Blame
from conformance.suite.bystanders import Bystander
from conformance.suite.cancellations import Cancellations
from conformance.suite.clients import as_a_client
from conformance.suite.confirmation import Confirmation
from conformance.suite.evidence import require_answers, require_looks, require_untouched
from conformance.suite.judging import require, verifies
from conformance.suite.last_look import LastLook, acknowledged
from conformance.suite.stimuli import stimulus

_NOT_FOUND = 404

_READS = "reads"
"""The key of the last look at what was only read."""


@verifies("operation.get-returns-it")
def test_fresh_operation_can_be_got(iut: Iut, first_looks: list[Exchange], request: pytest.FixtureRequest) -> None:
    """The supply has just started it, so it exists; of one that was given by name nobody knows."""
    with contextlib.suppress(Unjudged):
        request.getfixturevalue("bystanders")
    if not first_looks:
        raise NotTested("no operation could be looked at")
    response = first_looks[0].response
    if not iut.supply.starts_operations and response is not None and response.status == _NOT_FOUND:
        name = iut.supply.handed_out[0]
        raise NotTested(f"{iut.supply.where}: a get of {name} is answered with 404; name an operation that exists")
    require(shows_an_existing_operation(first_looks[0]))
    require_looks(first_looks[0])


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
def reads(iut: Iut, older: Bystander, attempts: LastLook, cancellations: Cancellations | None = None) -> Reads:
    """Read a bystander as clients read that wait for an operation: got again and again, and listed.

    The last get, and the list, have the header fields of an official client. The cancellations have looked at it once
    more; what became of it, the last look shows.
    """

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
    attempts.note(_READS, older, sent, reads_of)
    return Reads(sent[polls - 1 :], reads_of)


@verifies("operation.client-headers-are-accepted")
def test_reads_with_the_headers_of_official_clients_succeed(iut: Iut, reads: Reads, confirmation: Confirmation) -> None:
    """Beside a read of the same without them, which has to succeed; what is refused is sent again beside another."""
    judged = 0
    for read in reads.by_a_client:
        plain = next((sent for sent in iut.target.exchanges if sent.call == read.call and sent.succeeded()), None)
        if plain is None:
            continue
        judged += 1
        confirmation.decides([read_as_without(plain, read)], partial(_refused_again, iut, read))
        require_answers(read)
    if not judged:
        raise NotTested("no read without the headers of a client succeeded")


def _refused_again(iut: Iut, read: Exchange) -> Complaint | None:
    return read_as_without(*read_again(iut, read))


@verifies("operation.reading-changes-nothing")
def test_reading_an_operation_changes_nothing(iut: Iut, last_look: LastLook, reads: Reads, blame: Blame) -> None:
    """One that is touched may have been so by chance: a fresh one is read in the same way.

    It tells as much where a cancel of the first was accepted, such as one with a body that is no JSON.
    """
    looked = last_look.at(_READS)
    if looked.touched is not None:
        last_look.accounted_for.add(looked.bystander.name)
        require(*blame.guilty([reads.make], may_be_looks=True))
        if looked.bystander.name in acknowledged(iut):
            return
        raise NotTested(f"{looked.touched.message}; it did not happen to another operation, so it may be a coincidence")
    require_untouched(iut, None, looked.look)
