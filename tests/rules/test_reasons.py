"""The oracle about reasons: one of them is one error's, over all the traffic of a run."""

from __future__ import annotations

import pytest

from conformance.rules.server.errors import reason_is_of_one_error
from tests.rules.traffic import ERROR_INFO, INVALID, NOT_FOUND, Traffic, bare, envelope

OTHER_REASON = {**ERROR_INFO, "reason": "SOMETHING_ELSE"}
OTHER_DOMAIN = {**ERROR_INFO, "domain": "example.org"}


def test_one_error_has_one_reason_as_often_as_it_comes() -> None:
    traffic = Traffic()
    traffic.cancel(status=404, answer=NOT_FOUND)
    traffic.get(NOT_FOUND, 404)
    said = list(reason_is_of_one_error(traffic.exchanges))
    assert said
    assert set(said) == {None}


@pytest.mark.parametrize("info", [OTHER_REASON, OTHER_DOMAIN])
def test_another_error_has_another_reason_or_another_domain(info: dict[str, object]) -> None:
    traffic = Traffic()
    traffic.cancel(status=404, answer=envelope(404, "NOT_FOUND", details=[ERROR_INFO]))
    traffic.cancel(status=400, answer=envelope(400, "INVALID_ARGUMENT", details=[info]))
    said = list(reason_is_of_one_error(traffic.exchanges))
    assert said
    assert set(said) == {None}


def test_two_errors_do_not_share_a_reason() -> None:
    traffic = Traffic()
    first = traffic.cancel(status=404, answer=envelope(404, "NOT_FOUND", details=[ERROR_INFO]))
    traffic.cancel()
    second = traffic.cancel(status=400, answer=envelope(400, "FAILED_PRECONDITION", details=[ERROR_INFO]))
    (complaint,) = (said for said in reason_is_of_one_error(traffic.exchanges) if said is not None)
    assert complaint.exchanges == (first, second)
    assert "NOT_FOUND and FAILED_PRECONDITION" in complaint.message


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        (404, bare(5, details=[ERROR_INFO])),
        (405, {"error": {"code": 405, "message": "no", "details": [ERROR_INFO]}}),
        (404, envelope(404, "NOT_FOUND", details=[{**ERROR_INFO, "reason": None}])),
        (404, envelope(404, "NOT_FOUND", details=["text"])),
        (400, INVALID | {"error": "text"}),
    ],
    ids=["a bare Status", "no canonical code", "no reason", "details of text", "no envelope"],
)
def test_what_names_no_reason_says_nothing(status: int, answer: dict[str, object]) -> None:
    traffic = Traffic()
    traffic.cancel(status=status, answer=answer)
    assert list(reason_is_of_one_error(traffic.exchanges)) == []
