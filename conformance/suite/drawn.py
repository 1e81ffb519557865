"""What is drawn and aimed at a bystander: batch after batch is sent, and the last look shows whether one touched it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from conformance.errors import NotApplicable
from conformance.exchange import Exchange
from conformance.server.target.iut import Iut
from conformance.server.target.target import Outgoing
from conformance.suite.blame import Blame, Make
from conformance.suite.bystanders import Bystander, Bystanders
from conformance.suite.drawing import for_each_batch
from conformance.suite.evidence import require_untouched
from conformance.suite.judging import Violated, require
from conformance.suite.last_look import LastLook
from conformance.suite.near_misses import harmless, posted
from conformance.suite.refusals import Refusals
from conformance.suite.stimuli import stimulus
from conformance.suite.stories import Stories

if TYPE_CHECKING:
    from conformance.spec.good_path import Family, NearMiss

NEAR_MISSES: tuple[Family, ...] = ("verb", "segments", "literals", "encoded-slash")
"""The families of near misses that have more members than the canonical ones."""


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
        self.last_look.aim(self.key, self.bystander, self.sent)
        return answers

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
            raise self.wrong
        looked = self.last_look.at(self.key)
        if looked.touched is not None and not (by_good_cancels and blame.plain_cancel_touches_others):
            touched = blame.apart(self.batches)
            for batch in (batch for batch, has_touched in zip(self.batches, touched, strict=True) if has_touched):
                self.last_look.accounted_for.add(self.bystander.name)
                require(*blame.guilty(_one_by_one(batch, self.bystander.name)))
        if needs_evidence:
            require_untouched(self.iut, None, looked.look)


def _one_by_one(batch: Make, any_name: str) -> list[Make]:
    """The requests of a batch, each apart."""

    def only(position: int) -> Make:
        return lambda name: batch(name)[position : position + 1]

    return [only(position) for position in range(len(batch(any_name)))]


def draw_near_misses(
    family: Family, iut: Iut, bystanders: Bystanders, refusals: Refusals, last_look: LastLook
) -> Aimed:
    """Near misses of one family, at random places and with random letters."""
    from conformance.spec.strategies import near_misses_of

    def judge(misses: list[NearMiss]) -> None:
        def make(name: str) -> list[Outgoing]:
            identifier, other = (one.rpartition("/")[2] for one in (aimed.bystander.name, name))
            moved = [replace(miss, path=miss.path.replace(identifier, other)) for miss in misses]
            return [posted(iut, miss.path, f"{miss.label}: {miss.why}") for miss in harmless(iut, name, moved)]

        require(*(refusals.wrongly_accepted(exchange) for exchange in aimed.send(make)))

    aimed = Aimed(iut, f"drawn {family}", bystanders.new(), last_look)
    name = aimed.bystander.name
    strategy = near_misses_of(iut.contract.cancel_template(name), name, family)
    if strategy.is_empty:
        raise NotApplicable("the path template of this contract has no such near miss")
    aimed.draw(strategy, judge, len(NEAR_MISSES))
    return aimed


def draw_bodies(iut: Iut, bystanders: Bystanders, cancelled: str, last_look: LastLook) -> Aimed:
    """JSON that mentions a bystander anywhere, in the body of a cancel of an operation that is cancelled already."""

    def make(_name: str, document: object, _position: int) -> Outgoing:
        body = json.dumps(document).encode()
        return iut.cancel_request(cancelled, body=body, note="cancel whose body names another operation")

    return _mention_everywhere(Aimed(iut, "drawn body", bystanders.new(), last_look), make)


def draw_queries(iut: Iut, bystanders: Bystanders, cancelled: str, last_look: LastLook) -> Aimed:
    """A bystander's name under any key of the query."""
    keys = ("name", "Name", "name[]", "name.0", "operation", "operation.name", "id", "resource", "%6Eame", "$name")

    def make(name: str, document: object, position: int) -> Outgoing:
        key = keys[(position + len(json.dumps(document))) % len(keys)]
        query = f"{key}={quote(name, safe='/')}"
        return iut.cancel_request(cancelled, query=query, note="cancel whose query names another operation")

    return _mention_everywhere(Aimed(iut, "drawn query", bystanders.new(), last_look), make)


def _mention_everywhere(aimed: Aimed, make_one: Callable[[str, object, int], Outgoing]) -> Aimed:
    """Send cancels that are made for a name, of a document that mentions it, and a position."""
    from hypothesis import strategies as st

    aim = aimed.bystander.name
    keys = st.sampled_from(["name", "Name", "operation", "names", "target", "id", "request"])
    # No small number, and nothing that a server takes for one: it may be the id of a stranger's operation.
    leaves = st.sampled_from([aim, aim.rpartition("/")[2], "", None, 987654321987])
    values = st.recursive(
        leaves,
        lambda inner: st.lists(inner, max_size=2) | st.dictionaries(keys, inner, max_size=2),
        max_leaves=4,
    )
    documents = st.dictionaries(keys, values, min_size=1, max_size=3)

    def judge(drawn: list[Any]) -> None:
        def make(name: str) -> list[Outgoing]:
            identifier, other = (one.rpartition("/")[2] for one in (aim, name))
            renamed = [json.loads(json.dumps(document).replace(identifier, other)) for document in drawn]
            return [make_one(name, document, position) for position, document in enumerate(renamed)]

        aimed.send(make)

    aimed.draw(documents, judge, 2)
    return aimed


@stimulus
def drawn_verbs(iut: Iut, bystanders: Bystanders, refusals: Refusals, aims: LastLook) -> Aimed:
    return draw_near_misses("verb", iut, bystanders, refusals, aims)


@stimulus
def drawn_segments(iut: Iut, bystanders: Bystanders, refusals: Refusals, aims: LastLook) -> Aimed:
    return draw_near_misses("segments", iut, bystanders, refusals, aims)


@stimulus
def drawn_literals(iut: Iut, bystanders: Bystanders, refusals: Refusals, aims: LastLook) -> Aimed:
    return draw_near_misses("literals", iut, bystanders, refusals, aims)


@stimulus
def drawn_encoded_slashes(iut: Iut, bystanders: Bystanders, refusals: Refusals, aims: LastLook) -> Aimed:
    return draw_near_misses("encoded-slash", iut, bystanders, refusals, aims)


@stimulus
def drawn_bodies(iut: Iut, bystanders: Bystanders, cancel_works: Stories, aims: LastLook) -> Aimed:
    """Cancels whose bodies mention a bystander."""
    return draw_bodies(iut, bystanders, cancel_works.plain.name, aims)


@stimulus
def drawn_queries(iut: Iut, bystanders: Bystanders, cancel_works: Stories, aims: LastLook) -> Aimed:
    """Cancels whose queries mention a bystander."""
    return draw_queries(iut, bystanders, cancel_works.plain.name, aims)
