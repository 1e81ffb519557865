"""Requests that must leave an operation alone, sent together, and judged family by family.

All of them aim at one bystander in one batch, and the last look shows that it is untouched: cheap, and the usual case.
Only when it was touched is each family sent again at a bystander of its own, to find the one to blame.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from conformance.errors import NotTested
from conformance.exchange import Exchange, Method
from conformance.rules import Complaint
from conformance.rules.server.routing import not_a_success
from conformance.server.target.iut import Iut
from conformance.server.target.target import Outgoing
from conformance.server.target.unknown import unknown_name
from conformance.suite.blame import Blame, Make
from conformance.suite.bystanders import Bystanders
from conformance.suite.evidence import require_untouched
from conformance.suite.judging import require
from conformance.suite.last_look import LastLook


@dataclass(frozen=True, slots=True)
class Aim:
    """What requests are aimed at: the operation called `name`, which they must not touch, by way of a decoy or not."""

    iut: Iut
    name: str
    decoy: str


MakeFamily = Callable[[Aim], list[Outgoing]]
"""Makes the requests of one family."""


CANCEL_A_DECOY = frozenset({"body-name", "query-name", "routing-header"})
"""The families whose requests are good cancels, of another operation than the one they must not touch."""

_KEY = "refusals"


class Refusals:
    """The traffic of all families, and who touched the bystander if anybody did."""

    def __init__(
        self,
        iut: Iut,
        bystanders: Bystanders,
        decoy: str,
        families: Mapping[str, MakeFamily],
        last_look: LastLook,
        blame: Blame,
    ) -> None:
        self._iut = iut
        self._bystanders = bystanders
        self._families = families
        self._last_look = last_look
        self._blame = blame
        self._effects: dict[str, Complaint | NotTested | None] | None = None
        self._accepts_unknown: bool | None = None
        bystander = bystanders.oldest
        aim = Aim(iut, bystander.name, decoy)
        made = {family: make(aim) for family, make in families.items()}
        answers = iter(iut.send_all([request for requests in made.values() for request in requests]))
        self.sent: dict[str, list[Exchange]] = {
            family: [next(answers) for _ in requests] for family, requests in made.items()
        }
        sent = [exchange for exchanges in self.sent.values() for exchange in exchanges]
        last_look.aim(_KEY, bystander, sent, self._remake_all)

    def effect_of(self, family: str) -> Complaint | None:
        """What the requests of one family did to a bystander; None when they did nothing.

        Raises NotTested when they did something and cannot be sent again.
        """
        if self._effects is None:
            looked = self._last_look.at(_KEY)
            self._effects = self._found() if looked.has_stopped else {}
            if any(self._effects.values()) or self._blame.touches_others:
                self._last_look.accounted_for.add(looked.bystander.name)
        effect = self._effects.get(family)
        if isinstance(effect, NotTested):
            raise effect
        return effect

    def require_no_effect(self, family: str, *answers: Complaint | None) -> None:
        """Raise Violated for wrong answers and for what the requests of a family did, NotTested where nobody knows."""
        require(*answers, self.effect_of(family))
        require_untouched(self._iut, None, self._last_look.at(_KEY).look)

    def wrongly_accepted(self, exchange: Exchange) -> Complaint | None:
        """What is wrong with the answer to a near miss: a success, unless it only shows what is known otherwise.

        Some near misses are good cancels of another name. A server that accepts a cancel of any name accepts these,
        too; that it should not, `unknown.cancel-is-not-found` says.
        """
        complaint = not_a_success(exchange)
        if exchange.calls(Method.GET):
            return None  # where cancel is bound to GET, what is almost its path is a get
        if complaint is None or not exchange.calls(Method.CANCEL):
            return complaint
        if self._accepts_unknown is None:
            unknown = unknown_name(self._bystanders.name, "control")
            self._accepts_unknown = self._iut.cancel(unknown, note="cancel of an unknown operation").succeeded()
        return None if self._accepts_unknown else complaint

    def _found(self) -> dict[str, Complaint | NotTested | None]:
        """The effect of each family: found by family first, then request by request.

        Where any plain cancel touches others, a family that cancels a decoy is not to blame.
        """
        suspects = [
            family
            for family, exchanges in self.sent.items()
            if exchanges and not (family in CANCEL_A_DECOY and self._blame.plain_cancel_touches_others)
        ]
        apart = self._blame.apart([self._remake(family) for family in suspects])
        touched = [family for family, has_touched in zip(suspects, apart, strict=True) if has_touched]
        return {family: self._effect_of_one(family) for family in touched}

    def _effect_of_one(self, family: str) -> Complaint | NotTested | None:
        notes = [exchange.note for exchange in self.sent[family]]
        one_by_one = [self._remake_one(family, note, notes[:at].count(note)) for at, note in enumerate(notes)]
        try:
            return next((found for found in self._blame.guilty(one_by_one) if found is not None), None)
        except NotTested as reason:
            return reason

    def _remake(self, family: str) -> Make:
        """What makes the requests of a family at another bystander and by way of another decoy."""

        def make(name: str) -> list[Outgoing]:
            decoy = self._iut.running(1)[0] if family in CANCEL_A_DECOY else ""
            return self._families[family](Aim(self._iut, name, decoy))

        return make

    def _remake_all(self, name: str) -> list[Outgoing]:
        """The requests of all families, at another bystander."""
        return [outgoing for family in self._families for outgoing in self._remake(family)(name)]

    def _remake_one(self, family: str, note: str, alike: int) -> Make:
        """What makes one request of a family: the one with a note that follows so many `alike`.

        Making it raises NotTested where it is left out for another bystander, whose neighbours are others.
        """
        make_all = self._remake(family)

        def make(name: str) -> list[Outgoing]:
            made = [outgoing for outgoing in make_all(name) if outgoing.note == note]
            if len(made) <= alike:
                raise NotTested(f"a second time it might hit a stranger, so it was not confirmed: {note}")
            return [made[alike]]

        return make

    def noted(self, note: str) -> Exchange:
        """The exchange with this note. Raises NotTested when there is none."""
        return self.all_noted(note)[0]

    def all_noted(self, *notes: str) -> list[Exchange]:
        """The exchanges with these notes. Raises NotTested when there is none."""
        found = [exchange for exchanges in self.sent.values() for exchange in exchanges if exchange.note in notes]
        if not found:
            raise NotTested(f"not sent: {notes[0]}")
        return found
