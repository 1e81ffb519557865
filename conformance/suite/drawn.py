"""What is drawn and aimed at a bystander: batch after batch is sent, and the last look shows whether one touched it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from conformance.errors import NotTested
from conformance.exchange import Exchange
from conformance.server.target.iut import Iut
from conformance.server.target.target import Outgoing
from conformance.suite.blame import Blame, Make
from conformance.suite.bystanders import Bystander
from conformance.suite.drawing import for_each_batch
from conformance.suite.evidence import require_untouched
from conformance.suite.judging import Violated, require
from conformance.suite.last_look import LastLook


@dataclass
class Aimed:
    """The batches that were drawn for one check, the bystander of all of them, and what was wrong with an answer."""

    iut: Iut
    key: str
    bystander: Bystander
    last_look: LastLook
    batches: list[Make] = field(default_factory=list)
    sent: list[Exchange] = field(default_factory=list)
    wrong: Violated | None = None

    def send(self, make: Make) -> list[Exchange]:
        """Send a batch; it is remembered how it is made, to be made again for another bystander."""
        answers = self.iut.send_all(make(self.bystander.name))
        self.batches.append(make)
        self.sent += answers
        self.last_look.note(self.key, self.bystander, self.sent, self._remake_all)
        return answers

    def _remake_all(self, name: str) -> list[Outgoing]:
        """The requests of all batches, at another bystander."""
        return [outgoing for make in self.batches for outgoing in make(name)]

    def draw(self, strategy: Any, judge: Callable[[list[Any]], None], checks: int) -> None:
        """Draw batches, as many as there are for one of so many checks, until the answers to one are wrong."""
        try:
            for_each_batch(self.iut.profile.shared_by(checks), strategy, judge)
        except Violated as violated:
            self.wrong = violated

    def require_no_effect(self, blame: Blame, by_good_cancels: bool = False, needs_evidence: bool = True) -> None:
        """Raise Violated for a wrong answer and for what touched the bystander, NotTested where evidence is missing.

        Where what was sent are good cancels of another operation, a plain one must not touch the bystander, too.
        """
        if self.wrong is not None:
            # It says who touched the bystander, if anybody did: what was answered with a success.
            self.last_look.accounted_for.add(self.bystander.name)
            raise self.wrong
        looked = self.last_look.at(self.key)
        if looked.touched is not None and not (by_good_cancels and blame.plain_cancel_touches_others):
            touched = blame.apart(self.batches)
            for batch in (batch for batch, has_touched in zip(self.batches, touched, strict=True) if has_touched):
                self.last_look.accounted_for.add(self.bystander.name)
                require(*blame.guilty(_one_by_one(batch, self.bystander.name)))
        if needs_evidence:
            require_untouched(self.iut, None, looked.look)
        elif not any(one.response is not None and not one.response.is_busy for one in self.sent):
            raise NotTested("nothing that was drawn was answered")


def _one_by_one(batch: Make, any_name: str) -> list[Make]:
    """The requests of a batch, each apart."""

    def only(position: int) -> Make:
        return lambda name: batch(name)[position : position + 1]

    return [only(position) for position in range(len(batch(any_name)))]
