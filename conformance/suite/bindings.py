"""Further parents: of each one operation, cancelled under another parent first, and then by its own name.

The first parent has all the other checks. A further one is asked in four requests whether its operations are cancelled
by the binding that they have, are left alone by the cancel of their twin, and end as the others do.
"""

from __future__ import annotations

from dataclasses import dataclass

from conformance.errors import NotApplicable, NotTested
from conformance.exchange import Exchange, Method
from conformance.exchange.history import operation_in
from conformance.lro import Operation
from conformance.server.target.iut import Iut
from conformance.spec.home import home_below
from conformance.spec.template import Kind
from conformance.suite.latency import Latency
from conformance.suite.stimuli import stimulus
from conformance.suite.stories import Stories


@dataclass(frozen=True, slots=True)
class Further:
    """What was seen of one operation below a further parent. Where the parent cannot be another there is no twin."""

    parent: str
    before: Operation
    twin: Exchange | None
    look: Exchange
    cancel: Exchange
    end: Exchange


@stimulus
def further(iut: Iut, latency: Latency, cancel_works: Stories | None = None) -> list[Further]:
    """Start, look, cancel the twin, look when an effect would have shown, cancel, look: at all further parents at once.

    Raises NotApplicable without further parents, and NotTested when no operation can be started below one of them.
    """
    if not iut.further_supplies:
        raise NotApplicable("[iut] parent names one parent only")
    if cancel_works is None:
        raise NotTested(
            "the plain cancel of a running operation does not succeed, so that of another parent shows nothing"
        )
    names = {}
    for parent, supply in iut.further_supplies.items():
        if not supply.is_given:
            raise NotTested(f"[operations] cannot start operations below {parent}: write {{parent}} where it stands")
        names[parent] = supply.take(1)[0]
    first = dict(zip(names, iut.get_all(list(names.values())), strict=True))
    before = {parent: _running(names[parent], look) for parent, look in first.items()}
    twins = {parent: twin for parent in names if (twin := twin_of(iut, parent, names[parent])) is not None}
    note = "cancel of the same id under another parent"
    requests = [iut.cancel_request(name, note=note, is_odd=True) for name in twins.values()]
    sent = dict(zip(twins, iut.send_all(requests), strict=True))
    if sent:
        latency.wait_since(max(twin.received_at for twin in sent.values()))
    looks = dict(zip(names, iut.get_all(list(names.values())), strict=True))
    note = "cancel below a further parent"
    cancels = iut.send_all([iut.cancel_request(name, note=note) for name in names.values()])
    ends = iut.await_end(list(names.values()))
    return [
        Further(parent, before[parent], sent.get(parent), looks[parent], cancel, ends[names[parent]])
        for parent, cancel in zip(names, cancels, strict=True)
    ]


def _running(name: str, look: Exchange) -> Operation:
    operation = operation_in(look)
    if operation is None or operation.done:
        raise NotTested(f"a get of {name}, fresh from the supply, does not show it running")
    return operation


def twin_of(iut: Iut, parent: str, name: str) -> str | None:
    """The name with the same id under another parent; None where the binding leaves no choice of one."""
    home = home_below(iut.contract, parent)
    segments = parent.split("/")
    free = [at for at, segment in enumerate(home.parent) if segment.kind is not Kind.LITERAL and at < len(segments)]
    if not free:
        return None
    segments[free[0]] += "-other"
    twin = "/".join(segments) + name.removeprefix(parent)
    return twin if iut.contract.binds(Method.CANCEL, twin) else None
