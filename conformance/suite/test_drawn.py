"""What nobody thought of: requests drawn at random, judged as the requests that somebody thought of are."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

from conformance.errors import NotApplicable
from conformance.exchange import Exchange
from conformance.rules import Complaint
from conformance.rules.server.outcome import not_found
from conformance.server.target.iut import Iut
from conformance.server.target.target import Outgoing
from conformance.server.target.unknown import nonce
from conformance.suite.drawing import for_each_batch
from conformance.suite.families import harmless, posted
from conformance.suite.judging import disruptive, require, verifies
from conformance.suite.refusals import Refusals, look_after
from conformance.suite.stories import Bystanders, Stories

if TYPE_CHECKING:
    from conformance.spec.near_miss import Family, NearMiss

FAMILIES: dict[Family, str] = {
    "verb": "routing.verb-is-exact",
    "segments": "routing.segment-count-is-exact",
    "literals": "routing.literals-are-exact",
    "encoded-slash": "routing.encoded-slash-is-data",
}
"""The families with more members than the canonical ones, and the requirement that each is about."""


@disruptive
@pytest.mark.parametrize(
    "family",
    [pytest.param(family, marks=pytest.mark.requirement(named, "ci"), id=family) for family, named in FAMILIES.items()],
)
def test_drawn_near_miss_is_not_cancel(
    family: Family, iut: Iut, bystanders: Bystanders, refusals: Refusals, cancel_is_answered: None
) -> None:
    """Near misses of one family, at random places and with random letters, all aimed at one bystander."""
    from conformance.spec.strategies import near_misses_of

    def judge(drawn: list[NearMiss]) -> None:
        misses = harmless(iut, bystander.name, drawn)
        if not misses:
            return
        sent = iut.send_all([posted(iut, miss.path, f"{miss.label}: {miss.why}") for miss in misses])
        require(*(refusals.wrongly_accepted(exchange) for exchange in sent))
        if _touched(iut, bystanders, sent) is None:
            return
        # Something else may have touched it meanwhile. The same paths, at a bystander of their own:
        identifier, other = (one.name.rpartition("/")[2] for one in (bystander, bystanders.new()))
        moved = [dataclasses.replace(miss, path=miss.path.replace(identifier, other)) for miss in misses]
        moved = harmless(iut, bystanders.get()[0].name, moved)
        again = [posted(iut, miss.path, f"{miss.label}: {miss.why}") for miss in moved]
        require(_first_touch(iut, bystanders, again))

    bystander = bystanders.new()
    drawn = near_misses_of(iut.contract.cancel_template(bystander.name), bystander.name, family)
    if drawn.is_empty:
        raise NotApplicable("the path template of this contract has no such near miss")
    for_each_batch(iut.profile.shared_by(len(FAMILIES)), drawn, judge)


def _touched(iut: Iut, bystanders: Bystanders, sent: list[Exchange]) -> Complaint | None:
    return look_after(iut, bystanders, bystanders.get()[0], sent[-1])


def _first_touch(iut: Iut, bystanders: Bystanders, requests: list[Outgoing]) -> Complaint | None:
    """Send requests one by one, and look after each, so that the one that touched the newest bystander is blamed."""
    return next((one for one in (_touched(iut, bystanders, [iut.send(each)]) for each in requests) if one), None)


@verifies("unknown.cancel-is-not-found", profile="ci")
def test_drawn_name_is_not_found(iut: Iut, bystanders: Bystanders, cancel_works: Stories) -> None:
    """Any id that no operation has, plain ones and those that have broken routers."""
    from conformance.spec.strategies import ids

    parent = bystanders.get()[0].name.rpartition("/")[0]

    def judge(ids: list[str]) -> None:
        # Whatever a server cuts off, and wherever: what is left of it is nobody's id.
        names = [f"{parent}/{nonce(drawn, 'first')}{drawn}{nonce(drawn, 'last')}" for drawn in ids]
        requests = [iut.cancel_request(name, note="cancel of an unknown operation", is_odd=True) for name in names]
        sent = iut.send_all(requests)
        require(*(not_found(exchange, iut.knows_the_caller, may_be_no_name=True) for exchange in sent))

    for_each_batch(iut.profile, ids(max_size=60), judge)


@verifies("target.body-name-never-redirects", profile="ci")
def test_drawn_body_never_redirects(iut: Iut, bystanders: Bystanders, cancel_works: Stories) -> None:
    """JSON that mentions a bystander anywhere, in the body of a cancel of an operation that is cancelled already."""
    _mention_everywhere(
        iut,
        bystanders,
        lambda document, _: iut.cancel_request(
            cancel_works.plain.name,
            body=json.dumps(document).encode(),
            note="cancel whose body names another operation",
        ),
    )


@verifies("target.query-name-never-redirects", profile="ci")
def test_drawn_query_never_redirects(iut: Iut, bystanders: Bystanders, cancel_works: Stories) -> None:
    """A bystander's name under any key of the query."""
    keys = ("name", "Name", "name[]", "name.0", "operation", "operation.name", "id", "resource", "%6Eame", "$name")

    def make(document: object, position: int) -> Outgoing:
        key = keys[(position + len(json.dumps(document))) % len(keys)]
        query = f"{key}={quote(bystanders.get()[0].name, safe='/')}"
        return iut.cancel_request(
            cancel_works.plain.name, query=query, note="cancel whose query names another operation"
        )

    _mention_everywhere(iut, bystanders, make)


def _mention_everywhere(iut: Iut, bystanders: Bystanders, make: Callable[[object, int], Outgoing]) -> None:
    from hypothesis import strategies as st

    name = bystanders.get()[0].name
    keys = st.sampled_from(["name", "Name", "operation", "names", "target", "id", "request"])
    # No small number, and nothing that a server takes for one: it may be the id of a stranger's operation.
    leaves = st.sampled_from([name, name.rpartition("/")[2], "", None, 987654321987])
    values = st.recursive(
        leaves,
        lambda inner: st.lists(inner, max_size=2) | st.dictionaries(keys, inner, max_size=2),
        max_leaves=4,
    )
    documents = st.dictionaries(keys, values, min_size=1, max_size=3)

    def judge(drawn: list[Any]) -> None:
        sent = iut.send_all([make(document, position) for position, document in enumerate(drawn)])
        if _touched(iut, bystanders, sent) is None:
            return
        identifier, other = (one.rpartition("/")[2] for one in (name, bystanders.new().name))
        renamed = [json.loads(json.dumps(document).replace(identifier, other)) for document in drawn]
        again = [make(document, position) for position, document in enumerate(renamed)]
        require(_first_touch(iut, bystanders, again))

    for_each_batch(iut.profile.shared_by(2), documents, judge)
