"""Requests that must leave an operation alone, sent together, and judged family by family.

All of them aim at one bystander in one batch, and one look afterwards shows that it is untouched: cheap, and the usual
case. Only when it was touched is each family sent again at a bystander of its own, to find the one to blame.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from conformance.errors import NotTested
from conformance.exchange import Exchange, Method
from conformance.rules import Complaint
from conformance.rules.server.outcome import ended, untouched
from conformance.rules.server.routing import not_a_success
from conformance.server.target.iut import Iut
from conformance.server.target.target import Outgoing
from conformance.server.target.unknown import unknown_name
from conformance.suite.judging import require
from conformance.suite.stories import Bystander, Bystanders
from conformance.suite.untouched import require_untouched


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


def _plain_cancel_of_the_decoy(aim: Aim) -> list[Outgoing]:
    return [aim.iut.cancel_request(aim.decoy, note="plain cancel of another operation")]


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
        self._look = look = iut.get(bystander.name)
        last = next(exchanges[-1] for exchanges in reversed(self.sent.values()) if exchanges)
        self._effects: dict[str, Complaint | None] = {}
        self._accepts_unknown: bool | None = None
        self._was_touched = has_stopped(bystander, look, last)
        if self._was_touched:
            bystanders.retire(bystander)

    def effect_of(self, family: str) -> Complaint | None:
        """What the requests of one family did to a bystander; None when they did nothing."""
        if not self._was_touched:
            return None
        if family not in self._effects:
            self._effects[family] = self._find_effect(family)
        return self._effects[family]

    def require_no_effect(self, family: str, *answers: Complaint | None) -> None:
        """Raise Violated for wrong answers and for what the requests of a family did, NotTested where nobody knows."""
        require(*answers, self.effect_of(family))
        require_untouched(self._iut, None, self._look)

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
            unknown = unknown_name(self._bystanders.get()[0].name, "control")
            self._accepts_unknown = self._iut.cancel(unknown, note="cancel of an unknown operation").succeeded()
        return None if self._accepts_unknown else complaint

    def _find_effect(self, family: str) -> Complaint | None:
        """Send one family again at a bystander of its own. Where any plain cancel touches others, none is to blame."""
        complaint = self._try(self._families[family])
        if complaint is None or family not in CANCEL_A_DECOY:
            return complaint
        return None if self._try(_plain_cancel_of_the_decoy) is not None else complaint

    def _try(self, make: MakeFamily) -> Complaint | None:
        decoy = self._iut.running(1)[0]
        bystander = self._bystanders.new()
        made = make(Aim(self._iut, bystander.name, decoy))
        for position, outgoing in enumerate(made):
            effect = effect_on(self._iut, self._bystanders, bystander, outgoing)
            if effect.trace is not None:
                return effect.trace
            if effect.end is not None:
                alike = sum(earlier.note == outgoing.note for earlier in made[:position])
                again = functools.partial(self._again, make, outgoing.note, alike, decoy)
                return confirmed(self._iut, self._bystanders, again)
        return None

    def _again(self, make: MakeFamily, note: str, alike: int, decoy: str, name: str) -> Outgoing:
        """One request of a family, at another bystander: the one with a note that follows so many `alike`.

        Raises NotTested where it is left out for that one, whose neighbours are others.
        """
        made = [outgoing for outgoing in make(Aim(self._iut, name, decoy)) if outgoing.note == note]
        if len(made) <= alike:
            raise NotTested(f"a second time it might hit a stranger, so it was not confirmed: {note}")
        return made[alike]

    def noted(self, note: str) -> Exchange:
        """The exchange with this note. Raises NotTested when there is none."""
        return self.all_noted(note)[0]

    def all_noted(self, *notes: str) -> list[Exchange]:
        """The exchanges with these notes. Raises NotTested when there is none."""
        found = [exchange for exchanges in self.sent.values() for exchange in exchanges if exchange.note in notes]
        if not found:
            raise NotTested(f"not sent: {notes[0]}")
        return found


@dataclass(frozen=True, slots=True)
class Effect:
    """What a request did to a bystander: a `trace` of a cancel is proof; an `end` may be the operation's own."""

    trace: Complaint | None
    end: Complaint | None


def effect_on(iut: Iut, bystanders: Bystanders, bystander: Bystander, outgoing: Outgoing) -> Effect:
    """Send one request and look at a bystander, which is retired when anything happened to it."""
    cause = iut.send(outgoing)
    look = iut.get(bystander.name)
    effect = Effect(untouched(bystander.operation, look, cause), ended(bystander.operation, look, cause))
    if effect.trace is not None or effect.end is not None:
        bystanders.retire(bystander)
    return effect


COINCIDENCES = 3
"""An operation may end by itself at any moment. Three that end between two looks, after the same request, did not."""


def confirmed(iut: Iut, bystanders: Bystanders, make: Callable[[str], Outgoing]) -> Complaint | None:
    """What a request does to fresh bystanders, by their names: a trace of a cancel once, or an end every time."""
    end: Complaint | None = None
    for _ in range(COINCIDENCES):
        bystander = bystanders.new()
        effect = effect_on(iut, bystanders, bystander, make(bystander.name))
        if effect.trace is not None or effect.end is None:
            return effect.trace
        end = effect.end
    return end


def has_stopped(bystander: Bystander, look: Exchange, cause: Exchange) -> bool:
    """Whether a bystander does not run any more, or not as before."""
    return (
        untouched(bystander.operation, look, cause) is not None or ended(bystander.operation, look, cause) is not None
    )


def look_after(iut: Iut, bystanders: Bystanders, bystander: Bystander, cause: Exchange) -> Complaint | None:
    """Look at a bystander after a request that must not have touched it."""
    complaint = untouched(bystander.operation, iut.get(bystander.name), cause)
    if complaint is not None:
        bystanders.retire(bystander)
    return complaint
