"""What a worker found arrives whole, and is masked by who knows the secrets of all."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from conformance.exchange import Exchange, Request, Response
from conformance.exchange.masking import Masking
from conformance.judging.transit import complaint_as_json, complaint_from_json, masked
from conformance.judging.verdict import CheckResult, Finding
from conformance.rules import Complaint
from conformance.rules.rule import TimedCall
from conformance.secrets.secret import Secret
from tests.exchange.test_serial import EXCHANGES

COMPLAINTS = st.builds(
    Complaint,
    st.text(max_size=8),
    st.lists(EXCHANGES, max_size=2).map(tuple),
    st.lists(st.builds(TimedCall, EXCHANGES, st.text(max_size=8)), max_size=2).map(tuple),
)


@given(COMPLAINTS)
def test_a_complaint_that_was_sent_is_the_one_that_arrives(complaint: Complaint) -> None:
    assert repr(complaint_from_json(json.loads(json.dumps(complaint_as_json(complaint))))) == repr(complaint)


def test_a_secret_of_another_worker_is_masked_when_the_result_has_arrived() -> None:
    """Also in what is long: bodies are cut for reports after they were masked, not before."""
    token = "of-somebody-else-5309"
    answer = Response(200, (("X-Echo", token),), f'{{"echo": "{token}"}}'.encode())
    exchange = Exchange(1, Request("GET", "/v1/a"), answer, 0.0, 1.0)
    found = Complaint(f"it says {token}", (exchange,))
    result = CheckResult("a.b", "t.py::t", Finding.VIOLATED, f"so says {token}", violations=(complaint_as_json(found),))
    shown = masked(result, Masking([Secret("another-one-1234"), Secret(token)]))
    assert token not in json.dumps(shown.as_json())
    assert shown.reason == "so says [secret 2]"
    assert shown.violations[0]["message"] == "it says [secret 2]"
