"""Cancels of names that no operation has."""

from __future__ import annotations

from conformance.exchange import Exchange
from conformance.server.target.iut import Iut
from conformance.server.target.unknown import long_name, nonce, unknown_name, unknown_uuid
from conformance.suite.bystanders import Bystander
from conformance.suite.stimuli import stimulus

LONG, LONGER = 2000, 7000
"""Characters of ids: a request line with either is within the 8,000 octets that every server is asked to read."""


@stimulus
def unknown_cancels(
    iut: Iut, oldest_name: str, cancel_is_answered: None, younger: Bystander | None = None
) -> list[Exchange]:
    """Sent when the newest operation is a bystander, which may be cancelled in place of what is not there.

    Of a name of the shape of the supply's, a very long number and an odd one; in larger profiles a shorter number,
    a UUID, a long id, and one that just fits into a request line."""
    parent = oldest_name.rpartition("/")[0]
    names = [
        unknown_name(oldest_name, "cancel"),
        f"{parent}/{'9876543210' * (LONG // 10)}",
        f"{parent}/no.such_operation~{nonce(oldest_name, 'odd')}",
    ]
    if not iut.is_quick:
        longer = (long_name(oldest_name, LONG), long_name(oldest_name, LONGER))
        names += [f"{parent}/{'9876543210' * 30}", f"{parent}/{unknown_uuid(oldest_name)}", *longer]
    note = "cancel of an unknown operation"
    return iut.send_all([iut.cancel_request(name, note=note, may_be_unrouted=name != names[0]) for name in names])
