"""What nobody thought of: requests drawn at random, judged as the requests that somebody thought of are."""

from __future__ import annotations

import pytest

from conformance.rules.server.outcome import not_found
from conformance.server.target.iut import Iut
from conformance.server.target.unknown import nonce
from conformance.suite.blame import Blame
from conformance.suite.drawing import for_each_batch
from conformance.suite.drawn import Aimed
from conformance.suite.evidence import require_each
from conformance.suite.judging import disruptive, verifies
from conformance.suite.last_look import LastLook
from conformance.suite.stories import FirstCancel

FAMILIES = {
    "verb": ("drawn_verbs", "routing.verb-is-exact"),
    "segments": ("drawn_segments", "routing.segment-count-is-exact"),
    "literals": ("drawn_literals", "routing.literals-are-exact"),
    "encoded-slash": ("drawn_encoded_slashes", "routing.encoded-slash-is-data"),
}
"""The families with more members than the canonical ones: what is sent, and the requirement that each is about."""

JUDGED_BY_EFFECT = frozenset({"drawn_verbs", "drawn_encoded_slashes"})
"""The families whose requirement speaks of what is done to an operation, not of the answer alone."""


@disruptive
@pytest.mark.parametrize(
    "stimulus",
    [
        pytest.param(stimulus, marks=pytest.mark.requirement(named, "ci"), id=family)
        for family, (stimulus, named) in FAMILIES.items()
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
        requests = [iut.cancel_request(name, note="cancel of an unknown operation", is_odd=True) for name in names]
        sent = iut.send_all(requests)
        require_each(lambda exchange: not_found(exchange, iut.knows_the_caller, may_be_no_name=True), sent)

    for_each_batch(iut.profile, ids(max_size=60), judge)


@verifies("target.body-name-never-redirects", profile="ci")
def test_drawn_body_never_redirects(last_look: LastLook, drawn_bodies: Aimed, blame: Blame) -> None:
    drawn_bodies.require_no_effect(blame, by_good_cancels=True)


@verifies("target.query-name-never-redirects", profile="ci")
def test_drawn_query_never_redirects(last_look: LastLook, drawn_queries: Aimed, blame: Blame) -> None:
    drawn_queries.require_no_effect(blame, by_good_cancels=True)
