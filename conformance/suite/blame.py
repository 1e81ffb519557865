"""Finds out which request touched a bystander: the suspects are repeated, each aimed at a bystander of its own.

All are sent at once, and one wait of the same length serves all of them. First it is found out whether a plain cancel
touches other operations; if so, no suspect whose request is a valid cancel can be blamed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from enum import Enum, auto

from conformance.exchange import Exchange
from conformance.exchange.history import operation_in
from conformance.rules import Complaint
from conformance.server.target.iut import Iut
from conformance.server.target.target import Outgoing
from conformance.suite.bystanders import Bystander, Bystanders
from conformance.suite.evidence import is_gone, looked_again
from conformance.suite.last_look import Looked, deleted
from conformance.suite.latency import Latency
from conformance.suite.stimuli import stimulus

Make = Callable[[str], list[Outgoing]]
"""Makes the requests of a suspect, aimed at the operation of that name."""

COINCIDENCES = 3
"""An operation may end by itself at any time. If three end after the same request while another runs on, they did
not."""


class _Counts(Enum):
    """What of the bystanders of a round says something about the suspects."""

    ENDS = auto()
    """That one is touched, and that it ended, for one that was left alone runs on."""
    TRACES = auto()
    """That one is touched, and still there: what is gone may have ended by itself, and be forgotten by now."""
    NOTHING = auto()
    """Nothing: who is only looked at is touched, too."""


class Blame:
    """Repeats the requests of suspects."""

    def __init__(self, iut: Iut, bystanders: Bystanders, older: Bystander, latency: Latency) -> None:
        self._iut = iut
        self._bystanders = bystanders
        self._older = older
        self._latency = latency
        self._touches_others: bool | None = None
        self._delete_touches_others: bool | None = None
        self._alone: Looked | None = None
        self.asked: set[str] = set()
        """The operations at which something was aimed to find out who is to blame."""

    @property
    def touches_others(self) -> bool:
        """Whether it was found out that a plain cancel touches others, or a delete does."""
        return bool(self._touches_others or self._delete_touches_others)

    @property
    def plain_cancel_touches_others(self) -> bool:
        """Whether a plain cancel of an operation touches another: started before it, after it, the oldest, or one of
        the last parent."""
        if self._touches_others is None:
            self._touches_others = self._find_out()
        return self._touches_others

    def _find_out(self) -> bool:
        with self.for_all():
            older = self._bystanders.new()
            cancelled = self._iut.running(1)[0]
            others = [*self._early()[:1], older, self._bystanders.new(), *self._elsewhere()]
            cancel = self._iut.cancel(cancelled, note="plain cancel of another operation")
            looked = self._looked([(other, [cancel]) for other in others])
            return self._is_any_touched(looked)

    def _early(self) -> list[Bystander]:
        """The oldest bystanders that run: what was touched already cannot be touched any more."""
        early = [self._older, self._bystanders.oldest]
        looks = self._iut.get_all([each.name for each in early])
        return [each for each, look in zip(early, looks, strict=True) if not Looked(each, (look,), look).has_stopped]

    def _elsewhere(self) -> list[Bystander]:
        """A fresh one below the last of the further parents, if there are any."""
        supplies = list(self._iut.further_supplies.values())
        return [self._bystanders.met(name) for supply in supplies[-1:] for name in supply.take(1)]

    def for_all(self) -> AbstractContextManager[None]:
        """Within the context, what is sent is recorded as this stimulus' own, whichever check asked first."""
        return self._iut.target.sending_for("blame")

    @property
    def delete_touches_others(self) -> bool:
        """Whether the delete of an ended operation touches one that was started right before it, after it, or first.

        Only where a delete of this run succeeded: else none is ours to send, or none did anything.
        """
        if self._delete_touches_others is None:
            self._delete_touches_others = bool(deleted(self._iut)) and self._find_out_about_deletes()
        return self._delete_touches_others

    def _find_out_about_deletes(self) -> bool:
        before = self._bystanders.new()
        ended = self._iut.running(1)[0]
        others = [*self._early(), before, self._bystanders.new()]
        self._iut.cancel(ended, note="cancel of an operation that is deleted next")
        self._iut.await_end([ended])
        delete = self._iut.delete(ended)
        return self._is_any_touched(self._looked([(other, [delete]) for other in others]))

    def is_nobodys(self, looked: Looked) -> bool:
        """Whether what befell a bystander befalls an operation, too, with which nothing is done but to look at it.

        A get may cancel what it shows: then every suspect would seem to be guilty, for its bystander is looked at.
        Or operations end by themselves, and are gone a moment later.
        """
        if self._alone is None:
            with self.for_all():
                only_read = self._bystanders.new()
                [self._alone] = self._looked([(only_read, [only_read.exchange])])
        return self._alone.has_stopped if is_gone(looked.look) else self._alone.touched is not None

    def _is_any_touched(self, looked: Sequence[Looked]) -> bool:
        return any(each.touched is not None and not self.is_nobodys(each) for each in looked)

    def apart(self, suspects: Sequence[Make]) -> list[bool]:
        """Which of the suspects, each with all its requests, touched the bystander that it was aimed at."""
        return [has_touched for has_touched, _ in self.looked_apart(suspects)]

    def looked_apart(self, suspects: Sequence[Make]) -> list[tuple[bool, Exchange | None]]:
        """The same, with the look at each bystander; None for a suspect that sent nothing."""
        looked, counts = self._round(suspects)
        return [(False, None) if each is None else (_touched(each, counts) is not None, each.look) for each in looked]

    def guilty(self, suspects: Sequence[Make], may_be_looks: bool = False) -> list[Complaint | None]:
        """What the one request of each suspect did to bystanders of its own; None when it did nothing.

        Where suspects `may_be_looks`, that who is only looked at is touched, too, does not speak for them.
        """
        looked, counts = self._round(suspects, may_be_looks)
        found = [_touched(each, counts) if each is not None else None for each in looked]
        unsure = [
            position
            for position, each in enumerate(looked)
            if each is not None and found[position] and not _trace(each)
        ]
        again = [suspects[each] for each in unsure for _ in range(COINCIDENCES - 1)]
        repeated, counts = self._round(again, may_be_looks)
        for turn, position in enumerate(unsure):
            more = repeated[turn * (COINCIDENCES - 1) : (turn + 1) * (COINCIDENCES - 1)]
            traced = next((trace for each in more if each is not None and (trace := _trace(each)) is not None), None)
            always = all(each is not None and _touched(each, counts) is not None for each in more)
            found[position] = traced or (found[position] if always else None)
        return found

    def _round(self, suspects: Sequence[Make], may_be_looks: bool = False) -> tuple[list[Looked | None], _Counts]:
        """Ask suspects at once and look when an effect would have shown; and what of that says something.

        That one ended does not where one that was left alone has ended, too.
        """
        if not suspects:
            return [], _Counts.NOTHING
        *fresh, idle = self._bystanders.some(len(suspects) + 1)
        made = [make(bystander.name) for make, bystander in zip(suspects, fresh, strict=True)]
        answers = iter(self._iut.send_all([request for requests in made for request in requests]))
        sent = [[next(answers) for _ in requests] for requests in made]
        asked = [(bystander, exchanges) for bystander, exchanges in zip(fresh, sent, strict=True) if exchanges]
        looked = iter(self._looked(asked))
        counts = self._what_counts(Looked(idle, (idle.exchange,), self._iut.get(idle.name)), may_be_looks)
        return [next(looked) if exchanges else None for exchanges in sent], counts

    def _what_counts(self, left_alone: Looked, may_be_looks: bool) -> _Counts:
        if left_alone.touched is not None and not may_be_looks and self.is_nobodys(left_alone):
            return _Counts.NOTHING
        operation = operation_in(left_alone.look)
        return _Counts.ENDS if operation is not None and not operation.done else _Counts.TRACES

    def _looked(self, asked: Sequence[tuple[Bystander, Sequence[Exchange]]]) -> list[Looked]:
        self._latency.wait_since(self._iut.target.clock.now())
        self.asked.update(bystander.name for bystander, _ in asked)
        names = [bystander.name for bystander, _ in asked]
        looks = dict(zip(names, self._iut.get_all(names), strict=True))
        looks.update(looked_again(self._iut, looks))
        return [Looked(bystander, tuple(sent), looks[bystander.name]) for bystander, sent in asked]


@stimulus
def blame(iut: Iut, bystanders: Bystanders, older: Bystander, latency: Latency) -> Blame:
    """What finds out who touched a bystander."""
    return Blame(iut, bystanders, older, latency)


def _trace(looked: Looked) -> Complaint | None:
    """What can have no other reason."""
    return None if is_gone(looked.look) else looked.touched


def _touched(looked: Looked, counts: _Counts) -> Complaint | None:
    if counts is _Counts.NOTHING:
        return None
    return _trace(looked) if counts is _Counts.TRACES else looked.touched or looked.ended
