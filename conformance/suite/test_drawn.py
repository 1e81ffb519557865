"""What nobody thought of: requests drawn at random, judged as the requests that somebody thought of are."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import pytest

from conformance.errors import NotApplicable
from conformance.rules.server.outcome import not_found
from conformance.server.target.iut import Iut
from conformance.server.target.target import Outgoing
from conformance.server.target.unknown import nonce
from conformance.spec.good_path import Family, NearMiss
from conformance.suite.blame import Blame
from conformance.suite.bystanders import Bystanders
from conformance.suite.cancellations import Cancellations, FirstCancel
from conformance.suite.drawing import for_each_batch
from conformance.suite.drawn import Aimed
from conformance.suite.evidence import require_each
from conformance.suite.judging import disruptive, require, verifies
from conformance.suite.last_look import LastLook
from conformance.suite.near_misses import harmless, posted
from conformance.suite.refusals import Refusals
from conformance.suite.stimuli import stimulus

DRAWN_FAMILIES = {
    "verb": ("drawn_verbs", "routing.verb-is-exact"),
    "segments": ("drawn_segments", "routing.segment-count-is-exact"),
    "literals": ("drawn_literals", "routing.literals-are-exact"),
    "encoded-slash": ("drawn_encoded_slashes", "routing.encoded-slash-is-data"),
}
"""The families with more members than the canonical ones: what is sent, and the requirement that each is about."""

JUDGED_BY_EFFECT = frozenset({"drawn_verbs", "drawn_encoded_slashes"})
"""The families whose requirement speaks of what is done to an operation, not of the answer alone."""


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
    aimed.draw(strategy, judge, len(DRAWN_FAMILIES))
    return aimed


@stimulus
def drawn_verbs(iut: Iut, bystanders: Bystanders, refusals: Refusals, attempts: LastLook) -> Aimed:
    return draw_near_misses("verb", iut, bystanders, refusals, attempts)


@stimulus
def drawn_segments(iut: Iut, bystanders: Bystanders, refusals: Refusals, attempts: LastLook) -> Aimed:
    return draw_near_misses("segments", iut, bystanders, refusals, attempts)


@stimulus
def drawn_literals(iut: Iut, bystanders: Bystanders, refusals: Refusals, attempts: LastLook) -> Aimed:
    return draw_near_misses("literals", iut, bystanders, refusals, attempts)


@stimulus
def drawn_encoded_slashes(iut: Iut, bystanders: Bystanders, refusals: Refusals, attempts: LastLook) -> Aimed:
    return draw_near_misses("encoded-slash", iut, bystanders, refusals, attempts)


@disruptive
@pytest.mark.parametrize(
    "stimulus",
    [
        pytest.param(stimulus, marks=pytest.mark.requirement(named, "ci"), id=family)
        for family, (stimulus, named) in DRAWN_FAMILIES.items()
    ],
)
def test_drawn_near_miss_is_not_cancel(
    stimulus: str, last_look: LastLook, blame: Blame, request: pytest.FixtureRequest
) -> None:
    """Near misses of one family, at random places and with random letters, all aimed at one bystander."""
    aimed: Aimed = request.getfixturevalue(stimulus)
    aimed.require_no_effect(blame, needs_evidence=stimulus in JUDGED_BY_EFFECT)


@verifies("unknown.cancel-is-not-found", profile="ci")
def test_drawn_name_is_not_found(iut: Iut, oldest_name: str, cancel_is_heard: FirstCancel) -> None:
    """Any id that no operation has, plain ones and those that have broken routers."""
    from conformance.spec.strategies import ids

    parent = oldest_name.rpartition("/")[0]

    def judge(ids: list[str]) -> None:
        # Whatever a server cuts off, and wherever: what is left of it is nobody's id.
        names = [f"{parent}/{nonce(drawn, 'first')}{drawn}{nonce(drawn, 'last')}" for drawn in ids]
        requests = [
            iut.cancel_request(name, note="cancel of an unknown operation", may_be_unrouted=True) for name in names
        ]
        sent = iut.send_all(requests)
        require_each(lambda exchange: not_found(exchange, iut.knows_the_caller, may_be_no_name=True), sent)

    for_each_batch(iut.profile, ids(max_size=60), judge)


def _mention_everywhere(aimed: Aimed, make_one: Callable[[str, object, int], Outgoing]) -> Aimed:
    """Send cancels that are made for a name, of a document that mentions it, and a position."""
    from hypothesis import strategies as st

    attempt = aimed.bystander.name
    keys = st.sampled_from(["name", "Name", "operation", "names", "target", "id", "request"])
    # No small number, and nothing that a server takes for one: it may be the id of a stranger's operation.
    leaves = st.sampled_from([attempt, attempt.rpartition("/")[2], "", None, 987654321987])
    values = st.recursive(
        leaves,
        lambda inner: st.lists(inner, max_size=2) | st.dictionaries(keys, inner, max_size=2),
        max_leaves=4,
    )
    documents = st.dictionaries(keys, values, min_size=1, max_size=3)

    def judge(drawn: list[Any]) -> None:
        def make(name: str) -> list[Outgoing]:
            identifier, other = (one.rpartition("/")[2] for one in (attempt, name))
            renamed = [json.loads(json.dumps(document).replace(identifier, other)) for document in drawn]
            return [make_one(name, document, position) for position, document in enumerate(renamed)]

        aimed.send(make)

    aimed.draw(documents, judge, 2)
    return aimed


def draw_bodies(iut: Iut, bystanders: Bystanders, cancelled: str, last_look: LastLook) -> Aimed:
    """JSON that mentions a bystander anywhere, in the body of a cancel of an operation that is cancelled already."""

    def make(_name: str, document: object, _position: int) -> Outgoing:
        body = json.dumps(document).encode()
        return iut.cancel_request(cancelled, body=body, note="cancel whose body names another operation")

    return _mention_everywhere(Aimed(iut, "drawn body", bystanders.new(), last_look), make)


@stimulus
def drawn_bodies(iut: Iut, bystanders: Bystanders, cancel_works: Cancellations, attempts: LastLook) -> Aimed:
    """Cancels whose bodies mention a bystander."""
    return draw_bodies(iut, bystanders, cancel_works.plain.name, attempts)


@verifies("target.body-name-never-redirects", profile="ci")
def test_drawn_body_never_redirects(last_look: LastLook, drawn_bodies: Aimed, blame: Blame) -> None:
    drawn_bodies.require_no_effect(blame, by_good_cancels=True)


def draw_queries(iut: Iut, bystanders: Bystanders, cancelled: str, last_look: LastLook) -> Aimed:
    """A bystander's name under any key of the query."""
    keys = ("name", "Name", "name[]", "name.0", "operation", "operation.name", "id", "resource", "%6Eame", "$name")

    def make(name: str, document: object, position: int) -> Outgoing:
        key = keys[(position + len(json.dumps(document))) % len(keys)]
        query = f"{key}={quote(name, safe='/')}"
        return iut.cancel_request(cancelled, query=query, note="cancel whose query names another operation")

    return _mention_everywhere(Aimed(iut, "drawn query", bystanders.new(), last_look), make)


@stimulus
def drawn_queries(iut: Iut, bystanders: Bystanders, cancel_works: Cancellations, attempts: LastLook) -> Aimed:
    """Cancels whose queries mention a bystander."""
    return draw_queries(iut, bystanders, cancel_works.plain.name, attempts)


@verifies("target.query-name-never-redirects", profile="ci")
def test_drawn_query_never_redirects(last_look: LastLook, drawn_queries: Aimed, blame: Blame) -> None:
    drawn_queries.require_no_effect(blame, by_good_cancels=True)
