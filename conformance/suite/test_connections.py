"""Connections: an older version of HTTP, and what follows a refusal."""

from __future__ import annotations

from collections.abc import Sequence

from conformance.errors import NotTested
from conformance.rules.server.liveness import body_is_no_request
from conformance.server.target.iut import Iut
from conformance.suite.bystanders import Bystanders
from conformance.suite.cancellations import Cancellations
from conformance.suite.connections import Pair, refused_then_served
from conformance.suite.evidence import require_answers
from conformance.suite.judging import require, verifies
from conformance.suite.repeated_forms import RepeatedForms


@verifies("liveness.old-http-is-served")
def test_http_1_0_is_served(repeated_forms: RepeatedForms) -> None:
    """Envoy wants another version, and says so."""
    repeated_forms.require_as_good("http-1.0", also=frozenset({426, 505}))


@verifies("liveness.header-names-have-no-case")
def test_header_names_in_capitals_are_read(repeated_forms: RepeatedForms) -> None:
    repeated_forms.require_as_good("capitals")


@verifies("liveness.refused-body-is-no-request")
def test_body_of_a_refused_request_is_not_the_next_one(
    iut: Iut, bystanders: Bystanders, cancel_works: Cancellations
) -> None:
    """What fails after a refusal must succeed on a connection of its own: else the refusal is not why it fails.

    Where nothing does, the operation that was read may be gone, and a fresh one is read.
    """
    pairs = _telling(refused_then_served(iut, bystanders.name))
    pairs = pairs or _telling(refused_then_served(iut, bystanders.new().name))
    require(*(body_is_no_request(pair.refused, pair.after) for pair in pairs))
    if not pairs:
        raise NotTested("no request with a body was refused")
    for pair in pairs:
        require_answers(pair.refused, pair.after)


def _telling(pairs: Sequence[Pair]) -> list[Pair]:
    """Those of a refused request and of one that succeeds at least by itself."""
    return [
        pair for pair in pairs if not pair.refused.succeeded() and (pair.control is None or pair.control.succeeded())
    ]
