"""How evidence is sent again: what is changed for another server, and what the new answers say."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from conformance.exchange import Call, Exchange, Failure, FailureKind, Method, Request, Response
from conformance.exchange.masking import Masking
from conformance.judging.replay import (
    Adaptation,
    Evidence,
    Recurrence,
    judge_replay,
    recorded_names,
    renamed,
)
from conformance.rules.server import all_rules
from conformance.secrets.secret import Secret
from tests.rules.traffic import OPERATION, OTHER, Traffic, cancelled, running

RULE = "response.empty-object"
NOTHING_SECRET = Masking()


NEW = "projects/p/locations/l/operations/fresh-1"


def adapted(request: Request, names: dict[str, str] | None = None, new: str = "https://b.example/gate") -> Request:
    return Adaptation("http://a.example:1/base", new, names or {}).adapted(request)


def request(target: str, body: bytes = b"", *headers: tuple[str, str]) -> Request:
    return Request("POST", target, headers, body)


def test_only_the_server_changes() -> None:
    headers = (("Content-Length", "1"), ("X", "1"))
    sent = adapted(request("/base/v1/x%2Fy:cancel?a=%zz", b"\xff", ("Host", "a.example:1"), *headers))
    assert sent == request("/gate/v1/x%2Fy:cancel?a=%zz", b"\xff", ("Host", "b.example"), *headers)


def test_what_http_2_does_not_record_is_added() -> None:
    sent = adapted(request("/base/v1/x", b"{}", ("accept-encoding", "gzip, br"), ("accept", "*/*")))
    assert sent.headers == (("Host", "b.example"), ("Content-Length", "2"), ("accept", "*/*"))
    chunked = (("host", "a.example:1"), ("transfer-encoding", "chunked"), ("accept-encoding", "gzip"))
    assert [name for name, _ in adapted(request("/base/v1/x", b"{}", *chunked)).headers] == [
        name for name, _ in chunked
    ]


def test_an_absolute_target_names_the_new_server() -> None:
    assert adapted(request("http://a.example:1/base/v1/x")).target == "https://b.example/gate/v1/x"
    assert adapted(request("*")).target == "*"


def test_a_name_is_replaced_in_every_spelling() -> None:
    body = json.dumps({"name": OPERATION, "other": OTHER}).encode()
    sent = adapted(
        request(
            f"/base/v1/{OPERATION}:cancel?name={OPERATION.replace('/', '%2F')}",
            body,
            ("X-Goog-Request-Params", f"name={OPERATION.replace('/', '%2F')}"),
            ("Content-Length", str(len(body))),
        ),
        {OPERATION: NEW, OTHER: OTHER},
    )
    assert sent.target == f"/gate/v1/{NEW}:cancel?name={NEW.replace('/', '%2F')}"
    assert json.loads(sent.body) == {"name": NEW, "other": OTHER}, "another operation stays itself"
    assert dict(sent.headers) == {
        "Host": "b.example",
        "X-Goog-Request-Params": f"name={NEW.replace('/', '%2F')}",
        "Content-Length": str(len(sent.body)),
    }


def test_a_near_miss_of_a_name_becomes_a_near_miss_of_the_other() -> None:
    long = "projects/demo/locations/us/operations/operation-0123456789"
    names = {long: NEW}
    elsewhere = adapted(request("/base/v1/projects/other/locations/us/operations/operation-0123456789:cancel"), names)
    assert elsewhere.target == "/gate/v1/projects/other/locations/us/operations/fresh-1:cancel"
    assert adapted(request(f"/base/v1/{long}x:cancel"), names).target == f"/gate/v1/{NEW}x:cancel"


def test_an_unknown_operation_moves_to_the_parent_of_the_others() -> None:
    unknown = f"{OPERATION.rpartition('/')[0]}/no-such-get00"
    assert adapted(request(f"/base/v1/{unknown}"), {OPERATION: NEW}).target == (
        "/gate/v1/projects/p/locations/l/operations/no-such-get00"
    )


def test_a_name_that_begins_with_another_is_not_half_replaced() -> None:
    names = renamed([OPERATION], [NEW], [OPERATION, f"{OPERATION}0"])
    assert adapted(request(f"/base/v1/{OPERATION}0:cancel"), names).target == f"/gate/v1/{OPERATION}0:cancel"


def evidence(*exchanges: Exchange) -> Evidence:
    return Evidence("it is not so", exchanges)


def test_names_come_in_the_order_of_the_requests() -> None:
    traffic = Traffic()
    traffic.cancel(OTHER, sends=json.dumps({"name": OPERATION}).encode())
    traffic.get(cancelled())
    traffic.get({}, name=f"{OPERATION}x")
    told = evidence(*traffic.exchanges)
    assert recorded_names(told, [OPERATION, OTHER, "projects/never/used"]) == [OTHER, OPERATION]
    assert recorded_names(told, []) == [OTHER, OPERATION, f"{OPERATION}x"], "without a list every call names one"


def answered(status: int, body: Any = None, name: str = OPERATION, method: Method = Method.CANCEL) -> Exchange:
    return Exchange(
        1,
        Request("POST" if method is Method.CANCEL else "GET", f"/v1/{name}"),
        Response(status, (("Content-Type", "application/json"),), json.dumps({} if body is None else body).encode()),
        0,
        1,
        Call(method, name),
    )


UNANSWERED = replace(answered(200), outcome=Failure(FailureKind.RESET))


@pytest.mark.parametrize(
    ("old", "new", "outcome"),
    [
        (answered(400), answered(400), Recurrence.STILL_THERE),
        (answered(400), answered(200), Recurrence.GONE),
        (answered(200), answered(404), Recurrence.CANNOT_BE_TOLD),
        (answered(404), answered(404), Recurrence.STILL_THERE),
        (answered(200, name="no/such"), answered(404, name="no/such"), Recurrence.GONE),
        (answered(200), answered(401), Recurrence.CANNOT_BE_TOLD),
        (answered(200), answered(403), Recurrence.CANNOT_BE_TOLD),
        (answered(401), answered(403), Recurrence.CANNOT_BE_TOLD),
        (answered(200), answered(503), Recurrence.CANNOT_BE_TOLD),
        (answered(200), UNANSWERED, Recurrence.CANNOT_BE_TOLD),
        (UNANSWERED, UNANSWERED, Recurrence.STILL_THERE),
        (UNANSWERED, answered(200), Recurrence.GONE),
        (
            answered(200, cancelled(), method=Method.GET),
            answered(200, running(), method=Method.GET),
            Recurrence.GONE,
        ),
        (
            answered(200, {**running(), "name": "x"}, method=Method.GET),
            answered(200, running(), method=Method.GET),
            Recurrence.STILL_THERE,
        ),
        (
            answered(400, {"error": {"code": 400, "status": "FAILED_PRECONDITION"}}),
            answered(400, {"error": {"code": 400, "status": "INVALID_ARGUMENT"}}),
            Recurrence.GONE,
        ),
    ],
)
def test_answers_are_compared_by_what_counts(old: Exchange, new: Exchange, outcome: Recurrence) -> None:
    assert judge_replay(None, [old], [new], [OPERATION], NOTHING_SECRET).outcome is outcome


@pytest.mark.parametrize(
    ("new", "outcome"),
    [
        (answered(200, {"name": OPERATION}), Recurrence.STILL_THERE),
        (answered(200), Recurrence.GONE),
        (answered(404), Recurrence.CANNOT_BE_TOLD),
        (answered(409), Recurrence.CANNOT_BE_TOLD),
    ],
)
def test_a_rule_judges_where_there_is_one(new: Exchange, outcome: Recurrence) -> None:
    old = answered(200, {"name": OPERATION, "done": True})
    assert judge_replay(all_rules()[RULE], [old], [new], [OPERATION], NOTHING_SECRET).outcome is outcome


def test_what_the_rule_finds_is_masked() -> None:
    """An answer may repeat the credentials that it was sent, and the complaint about it shows the answer."""
    old, new = answered(200, ["no object"]), answered(200, ["sesame-open-sesame"])
    found = judge_replay(all_rules()[RULE], [old], [new], [OPERATION], Masking([Secret("sesame-open-sesame")]))
    assert found.outcome is Recurrence.STILL_THERE
    assert "sesame" not in found.reason


def test_a_rule_that_is_kept_because_the_operation_is_gone_shows_nothing() -> None:
    old = answered(500)
    new = answered(404, {"error": {"code": 404, "message": "no", "status": "NOT_FOUND"}})
    rule = all_rules()["errors.have-a-message"]
    for real, outcome in (([OPERATION], Recurrence.CANNOT_BE_TOLD), ([], Recurrence.GONE)):
        assert judge_replay(rule, [old], [new], real, NOTHING_SECRET).outcome is outcome
