"""Requests that must leave an operation alone, sent together, and judged family by family.

A family is what one requirement speaks about, and stands beside its check: a function marked with `@refusal` gets the
name of a bystander and makes requests that must not touch it. All of them aim at one bystander at the same time, and
the last look shows that it is untouched: cheap, and the usual case. Only when it was touched is each family sent again
at a bystander of its own, to find the one to blame.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from conformance.errors import NotApplicable, NotTested
from conformance.exchange import Exchange, Method
from conformance.rules import Complaint
from conformance.rules.server.routing import not_a_success
from conformance.server.target.iut import Iut
from conformance.server.target.target import Outgoing
from conformance.server.target.unknown import unknown_name
from conformance.suite.blame import Blame, Make
from conformance.suite.bystanders import Bystanders, shows_the_end
from conformance.suite.cancellations import Cancellations
from conformance.suite.evidence import note, require_answers, require_untouched
from conformance.suite.judging import require
from conformance.suite.last_look import LastLook
from conformance.suite.stimuli import stimulus


@dataclass(frozen=True, slots=True)
class Situation:
    """What the requests of a family meet: the operation called `name`, which they must not touch, and a decoy.

    `ended` is one that was cancelled and is done; the first one again where there is none.
    """

    iut: Iut
    name: str
    decoy: str
    ended: str


MakeFamily = Callable[[Situation], list[Outgoing]]
"""Makes the requests of one family."""

FAMILIES: dict[str, MakeFamily] = {}
"""Every family, by the name of the function that makes its requests."""

CANCEL_A_DECOY: set[str] = set()
"""The families whose requests are good cancels, of another operation than the one they must not touch."""

SHOULD_BE_REFUSED: set[str] = set()
"""The families that no MUST refuses: what they touch, a warning says, and nothing else."""

_KEY = "refusals"

TURNS = 3
"""How often it is asked who touched a bystander: one of several servers behind a balancer may have done it."""


def refusal(make: MakeFamily) -> Any:
    """Declare a family of requests that must leave an operation alone, by the function that makes them.

    It is a stimulus with the name of the function. All families aim at the oldest bystander, and are sent together.
    """
    return named_refusal(make.__name__, make)


def refusal_by_decoy(make: MakeFamily) -> Any:
    """The same of requests that are good cancels, of the decoy."""
    CANCEL_A_DECOY.add(make.__name__)
    return refusal(make)


def advised_refusal(make: MakeFamily) -> Any:
    """The same of requests that should be refused, and need not."""
    SHOULD_BE_REFUSED.add(make.__name__)
    return refusal(make)


def named_refusal(name: str, make: MakeFamily) -> Any:
    """Declare a family of that name."""
    FAMILIES[name] = make

    def sent(refusals: Refusals) -> Refusal:
        return refusals.send(name)

    sent.__name__, sent.__doc__ = name, make.__doc__
    return stimulus(sent)


@dataclass(frozen=True, slots=True)
class Refusal:
    """The answers to the requests of one family, and access to what they did to the bystander."""

    family: str
    sent: list[Exchange]
    refusals: Refusals

    def accepted(self) -> list[Complaint | None]:
        """What is wrong with the answers: successes."""
        if not self.sent:
            raise NotApplicable("the path template of this contract has no such near miss")
        return [self.refusals.wrongly_accepted(exchange) for exchange in self.sent]

    def effect(self) -> Complaint | None:
        """What the requests did to the bystander; None when they did nothing.

        Raises NotTested when they did something and cannot be sent again.
        """
        return self.refusals.effect_of(self.family)

    def require_no_effect(self, *answers: Complaint | None) -> None:
        """Raise Violated for wrong answers and for effects of the requests, NotTested if the effects are not known."""
        require(*answers, self.effect())
        note(*self.sent[-1:])
        self.refusals.require_untouched(self.family)

    def require_no_match(self) -> None:
        """The path is not in the contract: the answer is enough to judge it; an effect would be a violation, too."""
        require(*self.accepted(), self.effect())
        require_answers(*self.sent)

    def require_harmless(self) -> None:
        """Any answer is allowed. No cancel with a visible effect is needed to see that nothing is gone."""
        require(self.effect())
        require_answers(*self.sent)

    def noted(self, *notes: str) -> list[Exchange]:
        """The exchanges with these notes. Raises NotTested when there is none."""
        found = [exchange for exchange in self.sent if exchange.note in notes]
        if not found:
            raise NotTested(f"not sent: {notes[0]}")
        return found


class Refusals:
    """The traffic of all families, and who touched the bystander if anybody did."""

    def __init__(
        self, iut: Iut, bystanders: Bystanders, decoy: str, ended: str, last_look: LastLook, blame: Blame
    ) -> None:
        self._iut = iut
        self._bystanders = bystanders
        self._decoy = decoy
        self._ended = ended
        self._last_look = last_look
        self._blame = blame
        self._sent: dict[str, list[Exchange]] = {}
        self._effects: dict[str, Complaint | NotTested | None] | None = None
        self._acquitted: set[str] = set()
        """The families whose checks were told that they did nothing."""
        self._looks_apart: dict[str, Exchange] = {}
        """The looks at bystanders of their own of the families that were not to blame for what one of them did."""
        self._accepts_unknown: bool | None = None

    def send(self, family: str) -> Refusal:
        """Send the requests of one family."""
        bystander = self._bystanders.oldest
        sent = self._iut.send_all(
            FAMILIES[family](Situation(self._iut, bystander.name, self._decoy, self._ended or bystander.name))
        )
        self._sent[family] = sent
        self._effects = None
        everything = [exchange for exchanges in self._sent.values() for exchange in exchanges]
        self._last_look.note(_KEY, bystander, everything, self._remake_all)
        return Refusal(family, sent, self)

    def effect_of(self, family: str) -> Complaint | None:
        """What the requests of one family did to a bystander; None when they did nothing.

        Raises NotTested when they did something and cannot be sent again.
        """
        if self._effects is None:
            self._effects = self._found() if self._last_look.at(_KEY).has_stopped else {}
            self._account(touched={name for name, effect in self._effects.items() if effect is not None})
        effect = self._effects.get(family)
        if effect is None:
            self._acquitted.add(family)
        if isinstance(effect, NotTested):
            raise effect
        return effect

    def _account(self, touched: set[str]) -> None:
        """Note that the bystander needs no judgement of its own: each family that touched it is judged by its check.

        So it is not where the check has come before the effect was seen. A check may be another worker's.
        """
        is_judged = bool(touched) and not (touched & self._acquitted) - SHOULD_BE_REFUSED
        if is_judged or self._blame.touches_others:
            self._last_look.accounted_for.add(self._bystanders.oldest.name)

    def require_untouched(self, family: str) -> None:
        """Raise NotTested if it is not known whether the family touched a bystander: of another one, it may be gone."""
        look = self._looks_apart.get(family)
        require_untouched(self._iut, None, self._last_look.at(_KEY).look if look is None else look)

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
            for family, exchanges in self._sent.items()
            if exchanges and not (family in CANCEL_A_DECOY and self._blame.plain_cancel_touches_others)
        ]
        with self._blame.for_all():
            found = dict(zip(suspects, self._looked_apart(suspects), strict=True))
            touched = [family for family, (has_touched, _) in found.items() if has_touched]
            self._looks_apart = {
                family: look for family, (has_touched, look) in found.items() if look is not None and not has_touched
            }
            return {family: self._effect_of_one(family) for family in touched}

    def _looked_apart(self, suspects: Sequence[str]) -> list[tuple[bool, Exchange | None]]:
        """Whether each family touches a bystander of its own.

        Where none does it at once, good cancels are sent again: which operation they hit may be a matter of the server.
        An operation that was cancelled was not so by itself.
        """
        apart = self._blame.looked_apart([self._remake(family) for family in suspects])
        cancels = [at for at, family in enumerate(suspects) if family in CANCEL_A_DECOY]
        turns = TURNS - 1 if cancels and self._last_look.at(_KEY).touched is not None else 0
        for _ in range(turns):
            if any(has_touched for has_touched, _ in apart):
                break
            again = self._blame.looked_apart([self._remake(suspects[at]) for at in cancels])
            for at, found in zip(cancels, again, strict=True):
                apart[at] = found
        return apart

    def _effect_of_one(self, family: str) -> Complaint | NotTested | None:
        notes = [exchange.note for exchange in self._sent[family]]
        one_by_one = [self._remake_one(family, note, notes[:at].count(note)) for at, note in enumerate(notes)]
        try:
            guilty = (found for _ in range(TURNS) for found in self._blame.guilty(one_by_one))
            return next((found for found in guilty if found is not None), None)
        except NotTested as reason:
            return reason

    def _remake(self, family: str) -> Make:
        """What makes the requests of a family at another bystander and by way of another decoy."""

        def make(name: str) -> list[Outgoing]:
            decoy = self._iut.running(1)[0] if family in CANCEL_A_DECOY else ""
            return FAMILIES[family](Situation(self._iut, name, decoy, self._ended or name))

        return make

    def _remake_all(self, name: str) -> list[Outgoing]:
        """The requests of all families, at another bystander."""
        return [outgoing for family in self._sent for outgoing in self._remake(family)(name)]

    def _remake_one(self, family: str, note: str, alike: int) -> Make:
        """What makes one request of a family: the one with a note that follows so many `alike`, and these before it.

        Making it raises NotTested where it is left out for another bystander, whose neighbours are others.
        """
        make_all = self._remake(family)

        def make(name: str) -> list[Outgoing]:
            made = [outgoing for outgoing in make_all(name) if outgoing.note == note]
            if len(made) <= alike:
                raise NotTested(f"it was not repeated, because it might hit an operation of somebody else: {note}")
            return made[: alike + 1]

        return make


@stimulus
def refusals(
    iut: Iut,
    bystanders: Bystanders,
    decoy_name: str,
    cancel_is_answered: None,
    attempts: LastLook,
    blame: Blame,
    looked_first: None = None,
    known_auth: None = None,
    cancellations: Cancellations | None = None,
) -> Refusals:
    """Whoever sends the families; the cancellations come first where there are any: they show how late an effect is."""
    ended = cancellations.plain.name if cancellations is not None and shows_the_end(cancellations.plain.end) else ""
    return Refusals(iut, bystanders, decoy_name, ended, attempts, blame)
