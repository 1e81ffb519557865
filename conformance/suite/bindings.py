"""Further parents: one operation of each, cancelled below another parent first, and then by its own name.

All other checks use the first parent. A few requests show of each further parent that its operations can be cancelled,
are not touched by the cancel of the same id below another parent (their twin), and end as the others do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from conformance.errors import NotTested
from conformance.exchange import Exchange, Method
from conformance.exchange.history import operation_in
from conformance.lro import Operation
from conformance.rules import Complaint
from conformance.rules.server.outcome import ended, untouched
from conformance.server.target.iut import Iut, still_runs
from conformance.spec.home import home_below
from conformance.spec.template import Kind
from conformance.suite.cancellations import Cancellations, FirstCancel
from conformance.suite.latency import Latency
from conformance.suite.stimuli import stimulus


@dataclass(frozen=True, slots=True)
class Further:
    """What was seen of one operation below a further parent. Where the parent cannot be another there are no twins."""

    parent: str
    before: Operation
    twins: tuple[Exchange, ...]
    look: Exchange
    cancel: Exchange
    end: Exchange


@stimulus
def further_looks(iut: Iut, further_names: dict[str, str]) -> dict[str, Exchange]:
    """The first look at each, by its parent."""
    return dict(zip(further_names, iut.get_all(list(further_names.values())), strict=True))


@stimulus
def twin_cancels(
    iut: Iut, further_names: dict[str, str], further_looks: dict[str, Exchange], first_cancel: FirstCancel
) -> list[tuple[str, Exchange]]:
    """The cancels of all twins, right after the first cancel: an effect has shown when it is looked for."""
    return cancel_twins(iut, further_names)


@stimulus
def further(
    iut: Iut,
    further_names: dict[str, str],
    further_looks: dict[str, Exchange],
    twin_cancels: list[tuple[str, Exchange]],
    latency: Latency,
    cancel_works: Cancellations | None = None,
) -> list[Further]:
    """Look when an effect would have shown, cancel, look: at all parents at once."""
    if cancel_works is None:
        raise NotTested(
            "the plain cancel of a running operation does not succeed, so that of another parent shows nothing"
        )
    names, sent = further_names, twin_cancels
    before = {parent: _running(names[parent], look) for parent, look in further_looks.items()}
    await_effect(latency, sent)
    looks = dict(zip(names, iut.get_all(list(names.values())), strict=True))
    # Where it is not bound, a router answers in any form; that it is bound is for a requirement of its own to say.
    note = "cancel below a further parent"
    cancels = iut.send_all([iut.cancel_request(name, note=note, may_be_unrouted=True) for name in names.values()])
    ends = iut.await_end(list(names.values()))
    return [
        Further(
            parent,
            before[parent],
            tuple(twin for other, twin in sent if other == parent),
            looks[parent],
            cancel,
            ends[names[parent]],
        )
        for parent, cancel in zip(names, cancels, strict=True)
    ]


def cancel_twins(iut: Iut, names: Mapping[str, str]) -> list[tuple[str, Exchange]]:
    """Cancel the twins of operations, by their parents; the parent of each cancel."""
    twins = [(parent, twin) for parent, name in names.items() for twin in twins_of(iut, parent, name)]
    note = "cancel of the same id under another parent"
    answers = iut.send_all([iut.cancel_request(twin, note=note, may_be_unrouted=True) for _, twin in twins])
    return [(parent, answer) for (parent, _), answer in zip(twins, answers, strict=True)]


def await_effect(latency: Latency, twins: Sequence[tuple[str, Exchange]]) -> None:
    """Wait until an effect of these cancels would have shown."""
    if twins:
        latency.wait_since(max(answer.received_at for _, answer in twins))


def touched(before: Operation, look: Exchange, twin: Exchange) -> Complaint | None:
    """A trace of a cancel, or an end with the success of the cancel that must not have caused it."""
    return untouched(before, look, twin) or (ended(before, look, twin) if twin.succeeded() else None)


def touched_alone(iut: Iut, latency: Latency, parent: str) -> Complaint | None:
    """Cancel the twins of a fresh operation; a complaint when it is touched, and one beside it is not.

    Operations below a parent may end with any cancel, or by themselves: then it was not that of the twin.
    """
    name, idle = iut.further_supplies[parent].take(2)
    first_look, _ = iut.get_all([name, idle])  # a get may cancel what it shows
    before = _running(name, first_look)
    twins = cancel_twins(iut, {parent: name})
    await_effect(latency, twins)
    look, left_alone = iut.get_all([name, idle])
    if not still_runs(left_alone):
        return None
    return next((complaint for _, twin in twins if (complaint := touched(before, look, twin)) is not None), None)


def _running(name: str, look: Exchange) -> Operation:
    operation = operation_in(look)
    if operation is None or operation.done:
        raise NotTested(f"a get of {name}, which the supply has just given, does not show it running")
    return operation


def twins_of(iut: Iut, parent: str, name: str) -> list[str]:
    """The names with the same id under other parents, of which one id each is another; none where no id is free.

    Quick has the first of them only, which names another project, organization, or what stands in its place.
    """
    home = home_below(iut.contract, parent)
    segments = parent.split("/")
    free = [at for at, segment in enumerate(home.parent) if segment.kind is not Kind.LITERAL and at < len(segments)]
    others = ["/".join([*segments[:at], f"{segments[at]}-other", *segments[at + 1 :]]) for at in free]
    twins = [other + name.removeprefix(parent) for other in others]
    bound = [twin for twin in twins if iut.contract.binds(Method.CANCEL, twin)]
    return bound[:1] if iut.is_quick else bound
