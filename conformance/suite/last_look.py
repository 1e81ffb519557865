"""The last look: operations that must be untouched are read when a wrong effect would have shown.

A stimulus that must not touch an operation notes that. One wait and one round of gets serve all of them. At
the same time every operation is read whose cancel succeeded, to see how it ended, or that was deleted.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from conformance.errors import NotTested
from conformance.exchange import Exchange, Method
from conformance.rules import Complaint
from conformance.rules.server.outcome import ended, untouched
from conformance.server.target.iut import Iut
from conformance.server.target.target import Outgoing
from conformance.suite.bystanders import Bystander
from conformance.suite.evidence import looked_again, note, require_untouched
from conformance.suite.latency import Latency
from conformance.suite.stimuli import last_stimulus, stimulus


@dataclass(frozen=True, slots=True)
class Attempt:
    """What was sent, an operation that it must not touch, and how to `remake` the same for another one."""

    bystander: Bystander
    sent: tuple[Exchange, ...]
    remake: Callable[[str], list[Outgoing]] | None = None


@dataclass(frozen=True, slots=True)
class Looked:
    """An attempt, and the look at its bystander when an effect would have shown."""

    bystander: Bystander
    sent: tuple[Exchange, ...]
    look: Exchange
    remake: Callable[[str], list[Outgoing]] | None = None

    @property
    def touched(self) -> Complaint | None:
        """What is wrong with the bystander, charged to the last of what was sent."""
        return untouched(self.bystander.operation, self.look, self.sent[-1])

    @property
    def ended(self) -> Complaint | None:
        """That the bystander is done, for which there may be another reason."""
        return ended(self.bystander.operation, self.look, self.sent[-1])

    @property
    def has_stopped(self) -> bool:
        """Whether the bystander does not run any more, or not as before."""
        return self.touched is not None or self.ended is not None


class LastLook:
    """Everything that was aimed at in this process, and how it looked in the end."""

    def __init__(self, iut: Iut, latency: Latency) -> None:
        self._iut = iut
        self._latency = latency
        self._pending: dict[str, Attempt] = {}
        self._looked: dict[str, Looked] = {}
        self._followed: list[str] = []
        self.ends: dict[str, Exchange] = {}
        """The last look at every operation whose cancel was acknowledged or that was deleted, by its name."""
        self.accounted_for: set[str] = set()
        """The operations of which it has been said who touched them, or that nobody can be found out."""

    def note(
        self,
        key: str,
        bystander: Bystander,
        sent: Sequence[Exchange],
        remake: Callable[[str], list[Outgoing]] | None = None,
    ) -> None:
        """Note what was sent and must not touch a bystander."""
        if sent:
            self._pending[key] = Attempt(bystander, tuple(sent), remake)

    def follow(self, name: str) -> None:
        """Look at an operation, too, that was done when something was sent to it: rules say what must not change."""
        self._followed.append(name)

    def require_untouched(self, key: str, of_it: str = "") -> None:
        """Raise Violated where the bystander is touched, by what was sent or by another cancel of the run.

        What is to be said of it, `of_it`, ends the message.
        """
        looked = self.at(key)
        complaint = looked.touched
        if complaint is not None:
            self.accounted_for.add(looked.bystander.name)
            complaint = replace(complaint, message=f"{complaint.message}; {of_it}") if of_it else complaint
        note(looked.sent[-1])
        require_untouched(self._iut, complaint, looked.look)

    def is_later_ones(self, key: str, look: Exchange) -> bool:
        """Whether a bystander is touched, was not at an earlier look, and something was aimed at it after that."""
        looked = self.at(key)
        others = (other for other in self._looked.values() if other.bystander is looked.bystander)
        has_later = any(look.precedes(other.sent[-1]) for other in others)
        return looked.touched is not None and untouched(looked.bystander.operation, look) is None and has_later

    @property
    def names(self) -> list[str]:
        """The names of all operations at which something was aimed that must not touch them, or change their result."""
        return list(dict.fromkeys([*(looked.bystander.name for looked in self._looked.values()), *self._followed]))

    def attempts_at(self, name: str) -> list[Looked]:
        """All that was aimed at the operation of this name, and how it looked."""
        return [looked for looked in self._looked.values() if looked.bystander.name == name]

    def at(self, key: str) -> Looked:
        """How a bystander looked when an effect would have shown: waits if need be, once for all that wait.

        Raises NotTested when nothing was aimed at it in this process.
        """
        if key in self._pending:
            self.look()
        if key not in self._looked:
            raise NotTested("nothing was sent that could have touched an operation")
        return self._looked[key]

    def end_of(self, name: str) -> Exchange:
        """The last look at an operation that was cancelled or deleted in this process.

        Raises NotTested when it was deleted and another one has its name by now.
        """
        if name not in self.ends:
            self.look()
        if name not in self.ends:
            raise NotTested(f"{name} was deleted and is the name of another operation by now")
        return self.ends[name]

    def wait(self) -> None:
        """Wait until an effect of whatever was aimed would have shown."""
        sent = [exchange.received_at for attempt in self._pending.values() for exchange in attempt.sent]
        if sent:
            self._latency.wait_since(max(sent))

    def look(self) -> None:
        """Wait, and look at all that was aimed at."""
        self.wait()
        attempts, self._pending = self._pending, {}
        names = list(dict.fromkeys(attempt.bystander.name for attempt in attempts.values()))
        others = [*acknowledged(self._iut), *deleted(self._iut), *self._followed]
        others = [name for name in dict.fromkeys(others) if name not in names]
        looks = dict(zip([*names, *others], self._iut.get_all([*names, *others]), strict=True))
        looks.update(looked_again(self._iut, {name: looks[name] for name in names}))
        self.ends.update({name: looks[name] for name in others})
        self._looked.update(
            {
                key: Looked(attempt.bystander, attempt.sent, looks[attempt.bystander.name], attempt.remake)
                for key, attempt in attempts.items()
            }
        )
        for looked in (self._looked[key] for key in attempts):
            if looked.has_stopped:
                self._latency.found_by(looked.look, looked.sent[0])


@stimulus
def attempts(iut: Iut, latency: Latency) -> LastLook:
    """Where a stimulus notes what it must not have touched."""
    return LastLook(iut, latency)


@last_stimulus
def last_look(attempts: LastLook) -> LastLook:
    """What was aimed at, and how it looked when an effect would have shown. Its checks come after all others."""
    attempts.look()
    return attempts


def acknowledged(iut: Iut) -> dict[str, Exchange]:
    """The first successful cancel of each operation of ours that has one and was not deleted, by its name."""
    ours = set(iut.supply.handed_out)
    found: dict[str, Exchange] = {}
    for exchange in iut.target.exchanges:
        if exchange.call is None or exchange.call.name not in ours or not exchange.succeeded():
            continue
        if exchange.calls(Method.DELETE):
            found.pop(exchange.call.name, None)
            ours.discard(exchange.call.name)
        elif exchange.calls(Method.CANCEL):
            found.setdefault(exchange.call.name, exchange)
    return found


def deleted(iut: Iut) -> list[str]:
    """The operations of ours that a delete has removed, and whose names no other ones have by now."""
    deletes = [
        one.call.name for one in iut.target.exchanges if one.call and one.calls(Method.DELETE) and one.succeeded()
    ]
    return [name for name in iut.supply.handed_out if name in deletes and name not in iut.given_anew]


def times_cancelled(iut: Iut, cancel: Exchange) -> int:
    """How many cancels of the same operation were sent; also one that was refused may have done something."""
    return sum(exchange.call == cancel.call for exchange in iut.target.exchanges if exchange.calls(Method.CANCEL))
