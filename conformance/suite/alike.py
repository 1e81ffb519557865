"""Operations with ids alike, of which one is cancelled: ids that begin, end or read like its own are those of others.

A name that only the cancel has says nothing to a store that looks for all that is like it, and finds but one. Here
there are more.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from conformance.errors import NotTested
from conformance.exchange import Exchange
from conformance.server.target.iut import Iut
from conformance.suite.bystanders import Bystander, Bystanders
from conformance.suite.chosen_ids import NONE_CHOSEN, Chosen, start_called
from conformance.suite.last_look import LastLook
from conformance.suite.stimuli import stimulus

ALMOST_THE_LONGEST = 61
"""Characters of an id that leave room for one more: few columns and keys are longer."""

CANCELLED = "cancelled"
LONGER, LATER = "the first begins with the second", "the first begins with the second, and was started later"


@dataclass(frozen=True, slots=True)
class Alike:
    """The cancel of an operation, and those that run beside it, by what their ids have in common with its own."""

    cancel: Exchange
    others: dict[str, Bystander]

    def key(self, kind: str) -> str:
        """The key under which one is looked at in the end."""
        return f"alike: {kind}"


@stimulus
def alike(iut: Iut, older_name: str, bystanders: Bystanders, cancel_is_answered: None, attempts: LastLook) -> Alike:
    """The cancel, once. Raises NotTested where no two operations are alike."""
    found = cancelled_among_alike(iut, bystanders)
    for kind, other in found.others.items():
        attempts.note(found.key(kind), other, [found.cancel])
    return found


def cancelled_among_alike(iut: Iut, bystanders: Bystanders) -> Alike:
    """Start operations whose ids are alike, and cancel one of them.

    What finds the first or the last that is like an id is caught at it: others are started before it, and one after.
    That no id can be chosen does not rule the requirement out: other checks of it need none.
    """
    if not iut.supply.takes_ids:
        raise NotTested(NONE_CHOSEN)
    for identifier in _identifiers(iut.fresh_id()):
        others = start_called(iut, _like(identifier))
        if others[LONGER].name:
            break
    chosen = start_called(iut, {CANCELLED: identifier})[CANCELLED]
    others |= start_called(iut, {LATER: f"{identifier}c"})
    names = {kind: one.name for kind, one in others.items() if one.name}
    if not chosen.name or not names:
        raise NotTested(f"no two operations have ids that are alike: {_why(chosen, others)}")
    met = dict(zip(names, bystanders.all_met(list(names.values())), strict=True))
    return Alike(iut.cancel(chosen.name, note="cancel beside operations whose ids are alike"), met)


def _identifiers(fresh: str) -> Iterator[str]:
    """The ids that are tried in turn: a server may take no underscore, or only short ones."""
    yield f"{fresh}_a".ljust(ALMOST_THE_LONGEST, "x")
    yield f"{fresh}_a"
    yield f"{fresh}-a"


def _like(identifier: str) -> dict[str, str]:
    """Other ids, by what each has in common with one."""
    like = {
        LONGER: f"{identifier}b",
        "the first ends with the second": f"x{identifier}",
        "they differ in the last character": f"{identifier[:-1]}y",
        "they differ in the case of their letters": identifier.swapcase(),
    }
    if "_" in identifier:
        like["they differ where the second has an underscore, a wildcard of SQL"] = identifier.replace("_", "x")
    return like


def _why(chosen: Chosen, others: dict[str, Chosen]) -> str:
    return str(next(one.why_not for one in (chosen, *others.values()) if one.why_not is not None))
