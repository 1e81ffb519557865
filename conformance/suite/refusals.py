"""Requests that must leave an operation alone, sent together, and judged family by family.

All of them aim at one bystander in one batch, and one look afterwards shows that it is untouched: cheap, and the usual
case. Only when it was touched is each family sent again at a bystander of its own, to find the one to blame.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from conformance.errors import NotTested
from conformance.exchange import Exchange
from conformance.rules import Complaint
from conformance.rules.outcome import untouched
from conformance.suite.stories import Bystander, Bystanders
from conformance.targets.iut import Iut
from conformance.targets.target import Outgoing


@dataclass(frozen=True, slots=True)
class Aim:
    """What requests are aimed at: the operation called `name`, which they must not touch, by way of a decoy or not."""

    iut: Iut
    name: str
    decoy: str


MakeFamily = Callable[[Aim], list[Outgoing]]
"""Makes the requests of one family."""


class Refusals:
    """The traffic of all families, and who touched the bystander if anybody did."""

    def __init__(self, iut: Iut, bystanders: Bystanders, families: Mapping[str, MakeFamily]) -> None:
        self._iut = iut
        self._bystanders = bystanders
        self._families = families
        bystander = bystanders.get()[0]
        aim = Aim(iut, bystander.name, iut.running(1)[0])
        made = {family: make(aim) for family, make in families.items()}
        answers = iter(iut.send_all([request for requests in made.values() for request in requests]))
        self.sent: dict[str, list[Exchange]] = {
            family: [next(answers) for _ in requests] for family, requests in made.items()
        }
        look = iut.get(bystander.name)
        self._was_touched = untouched(bystander.operation, look) is not None
        if self._was_touched:
            bystanders.retire(bystander)

    def effect_of(self, family: str) -> Complaint | None:
        """What the requests of one family did to a bystander; None when they did nothing."""
        if not self._was_touched:
            return None
        bystander = self._bystanders.get()[0]
        aim = Aim(self._iut, bystander.name, self._iut.running(1)[0])
        for outgoing in self._families[family](aim):
            cause = self._iut.send(outgoing)
            complaint = look_after(self._iut, self._bystanders, bystander, cause)
            if complaint is not None:
                return complaint
        return None

    def noted(self, note: str) -> Exchange:
        """The exchange with this note. Raises NotTested when there is none."""
        for exchanges in self.sent.values():
            for exchange in exchanges:
                if exchange.note == note:
                    return exchange
        raise NotTested(f"not sent: {note}")


def look_after(iut: Iut, bystanders: Bystanders, bystander: Bystander, cause: Exchange) -> Complaint | None:
    """Look at a bystander after a request that must not have touched it."""
    complaint = untouched(bystander.operation, iut.get(bystander.name), cause)
    if complaint is not None:
        bystanders.retire(bystander)
    return complaint


def look_after_all(
    iut: Iut, bystanders: Bystanders, bystander: Bystander, causes: Sequence[Exchange]
) -> Complaint | None:
    """Look at a bystander once after several requests; the last of them stands for all in the evidence."""
    if not causes:
        raise NotTested("nothing was sent")
    return look_after(iut, bystanders, bystander, causes[-1])
