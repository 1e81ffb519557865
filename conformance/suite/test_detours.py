"""Paths that lead to the cancel of an operation by a detour, for a server that cleans them or has the verb twice."""

from __future__ import annotations

import pytest

from conformance.exchange import Exchange, Method
from conformance.rules import Complaint
from conformance.rules.server.routing import never_reached
from conformance.server.target.requests import JSON
from conformance.server.target.target import Outgoing
from conformance.suite.judging import verifies
from conformance.suite.last_look import LastLook
from conformance.suite.refusals import Refusal, Refusals, Situation, refusal
from conformance.suite.repeated_forms import RepeatedForms


@refusal
def waits(given: Situation) -> list[Outgoing]:
    """`:wait`, a method of the same service: it may be served, and says how long it lasts at most."""
    iut = given.iut
    verb = iut.contract.cancel_template(given.name).suffix
    path = f"{iut.contract.path(Method.CANCEL, given.name).removesuffix(verb)}:wait"
    body = b'{"timeout": "1s"}'
    request = iut.request("POST", path, body=body, content_type=JSON, note="wait for a second", may_be_unrouted=True)
    return [request] if verb else []


@verifies("routing.verb-is-exact", profile="ci")
def test_wait_is_not_cancel(last_look: LastLook, waits: Refusal) -> None:
    """Any answer is allowed: whoever binds it may wait, and shows the operation."""
    waits.require_no_effect()


@verifies("routing.encoded-separator-is-data", profile="ci")
@pytest.mark.parametrize("form", ["encoded-way-back", "encoded-dot"])
def test_encoded_slashes_lead_nowhere(repeated_forms: RepeatedForms, refusals: Refusals, form: str) -> None:
    """`x%2F..%2FO` is an id like any other, and none that an operation has; who accepts any says so elsewhere."""

    def reached(exchange: Exchange) -> Complaint | None:
        is_any_name = exchange.succeeded() and refusals.wrongly_accepted(exchange) is None
        return None if is_any_name else never_reached(exchange)

    repeated_forms.require_right(form, reached)


@verifies("routing.slashes-are-not-merged", profile="ci")
def test_slashes_are_not_merged(repeated_forms: RepeatedForms) -> None:
    for form in ("double-slash", "double-slash-first"):
        repeated_forms.require_right(form, never_reached)
