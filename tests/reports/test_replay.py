"""`replay`: the evidence of one requirement again, on a server that has the fault still, and on one that has not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from conformance.cli import main
from conformance.exchange import Call, Exchange, Failure, FailureKind, Method, Request, Response
from conformance.judging.replay import (
    Adaptation,
    Evidence,
    Recurrence,
    judge_again,
    recorded_names,
    renamed,
)
from conformance.judging.report import violation_as_json, write_report
from conformance.judging.verdict import CheckResult, Finding
from conformance.lro import Code
from conformance.rules import Complaint
from conformance.rules.server import all_rules
from conformance.server.reference.build import reference_service
from conformance.server.reference.faults import fault_named
from conformance.spec.catalogue import catalogue
from tests.reports.making import report_of
from tests.rules.traffic import OPERATION, OTHER, Traffic, cancelled, running

RULE = "response.empty-object"
CHECKED = "target.body-name-never-redirects"


# --- what is sent -----------------------------------------------------------------------------------------------------

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


# --- what the answers say ---------------------------------------------------------------------------------------------


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
    assert judge_again(None, [old], [new], [OPERATION]).outcome is outcome


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
    assert judge_again(all_rules()[RULE], [old], [new], [OPERATION]).outcome is outcome


def test_a_rule_that_is_kept_because_the_operation_is_gone_shows_nothing() -> None:
    old = answered(500)
    new = answered(404, {"error": {"code": 404, "message": "no", "status": "NOT_FOUND"}})
    assert (
        judge_again(all_rules()["errors.have-a-message"], [old], [new], [OPERATION]).outcome
        is Recurrence.CANNOT_BE_TOLD
    )
    assert judge_again(all_rules()["errors.have-a-message"], [old], [new], []).outcome is Recurrence.GONE


# --- the command, on a socket -----------------------------------------------------------------------------------------


@contextmanager
def serving(fault: str = "") -> Iterator[str]:
    """The URL of a reference server in this process, with a fault if one is named."""
    from conformance.server.reference.serve import running_server

    service = reference_service()
    with running_server(fault_named(fault).apply(service) if fault else service) as url:
        yield url


def started(url: str) -> str:
    answer = httpx.post(f"{url}/v1/projects/demo/locations/us/operations:start", json={"mode": "run"})
    return str(answer.json()["name"])


def recorded(tmp_path: Path, requirement: str, *exchanges: Exchange, operations: tuple[str, ...] = (OPERATION,)) -> str:
    found = CheckResult(
        requirement,
        "test_x.py::test_x",
        Finding.VIOLATED,
        violations=(violation_as_json(Complaint("it is not so", exchanges)),),
    )
    iut = {"name": "emulator", "url": "http://127.0.0.1:1", "statement": {"declared": {}, "found": {}}}
    report = report_of((catalogue()[requirement], [found]), iut=iut, operation_names=operations)
    return str(write_report(report, tmp_path))


def violating_cancel() -> Exchange:
    traffic = Traffic()
    exchange = traffic.cancel(answer={"name": OPERATION, "done": False})
    headers = (("Host", "127.0.0.1:1"), ("Content-Type", "application/json"), ("Content-Length", "2"))
    return replace(exchange, request=replace(exchange.request, headers=headers), origin="http://127.0.0.1:1")


def test_a_fault_that_is_still_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = recorded(tmp_path, RULE, violating_cancel())
    with serving("answers-the-operation") as url:
        name = started(url)
        assert main(["replay", path, RULE, "--url", url, "--operation", name]) == 1
    said = capsys.readouterr().out
    assert f"operation {OPERATION}\n         now {name} (--operation)" in said
    assert "recorded " in said
    assert f"> POST /v1/{name}:cancel" in said
    assert f"{RULE}: still there" in said


def test_a_fault_that_is_gone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = recorded(tmp_path, RULE, violating_cancel())
    with serving() as url:
        assert main(["replay", path, RULE, "--url", url, "--operation", started(url)]) == 0
    assert f"{RULE}: gone" in capsys.readouterr().out


def test_an_operation_that_is_gone_shows_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = recorded(tmp_path, RULE, violating_cancel())
    with serving() as url:
        assert main(["replay", path, RULE, "--url", url]) == 3
    said = capsys.readouterr().out
    assert "as recorded; if it is gone, give --operation NAME" in said
    assert f"cannot be told: {OPERATION} is not there" in said


def test_what_a_check_judged_is_compared_and_the_check_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The body of a cancel names a bystander, and the bystander is cancelled: here no more."""
    traffic = Traffic()
    traffic.cancel(OTHER, sends=json.dumps({"name": OPERATION}).encode())
    traffic.get(cancelled())
    path = recorded(tmp_path, CHECKED, *traffic.exchanges, operations=(OPERATION, OTHER))
    with serving() as url:
        names = [word for _ in range(2) for word in ("--operation", started(url))]
        assert main(["replay", path, CHECKED, "--url", url, *names]) == 0
    said = capsys.readouterr().out
    assert f"lro-conformance run --url {url} -k 'test_x'" in said
    assert Code.CANCELLED.name not in said.partition("recorded")[0]


def test_nobody_listens(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = recorded(tmp_path, RULE, violating_cancel())
    assert main(["replay", path, RULE, "--url", "http://127.0.0.1:9"]) == 2
    assert "nobody listens at http://127.0.0.1:9" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["response.empty-objekt"], "did you mean response.empty-object?"),
        ([RULE, "--url", "http://example.com"], "neither this machine nor allowed"),
        ([RULE, "--url", "ftp://127.0.0.1"], "is not an http URL"),
        ([RULE, "--operation", "op-1"], "is not the name of an operation"),
        ([RULE, "--operation", OPERATION, "--operation", OTHER], "no violation is about more than 1 operations"),
        ([RULE, "--spec", "beyondcorp.v9"], "there is no spec"),
        ([RULE, "--config", "nowhere.toml"], "cannot be read"),
    ],
)
def test_bad_options_are_one_message(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str], said: str
) -> None:
    path = recorded(tmp_path, RULE, violating_cancel())
    assert main(["replay", path, *options]) == 2
    assert said in capsys.readouterr().err


def test_what_was_not_violated_has_nothing_to_replay(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kept = CheckResult(RULE, "test_x.py::test_x", Finding.KEPT)
    path = write_report(report_of((catalogue()[RULE], [kept])), tmp_path)
    assert main(["replay", str(path), RULE]) == 2
    assert "has no evidence" in capsys.readouterr().err


def test_a_damaged_exchange_is_one_message(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = Path(recorded(tmp_path, RULE, violating_cancel()))
    whole = json.loads(path.read_text("utf-8"))
    damages: list[dict[str, Any]] = [
        {"request": {}},
        {"request": None},
        {"call": {"method": "x", "name": "y"}},
        {"sent_at": None},
    ]
    for damage in damages:
        document = json.loads(json.dumps(whole))
        document["requirements"][0]["evidence"][0]["exchanges"][0].update(damage)
        path.write_text(json.dumps(document), "utf-8")
        assert main(["replay", str(path), RULE, "--url", "http://127.0.0.1:9"]) == 2
        assert capsys.readouterr().err.startswith("lro-conformance: ")


# --- credentials ------------------------------------------------------------------------------------------------------


def configured(tmp_path: Path, url: str, auth: str) -> str:
    path = tmp_path / "conformance.toml"
    path.write_text(f'[iut]\nurl = "{url}"\n[operations]\nnames = ["{OPERATION}"]\n{auth}', "utf-8")
    return str(path)


@pytest.mark.parametrize("recorded_as", ["Bearer $IUT_TOKEN", "Bearer $OTHER_TOKEN", "Bearer [secret]"])
def test_a_placeholder_is_filled_from_the_configuration_and_not_printed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, recorded_as: str
) -> None:
    from conformance.server.reference.auth import CLOUD_PLATFORM, Auth
    from conformance.server.reference.serve import running_server

    monkeypatch.setenv("IUT_TOKEN", "hunter2-canary")
    exchange = violating_cancel()
    headers = (*exchange.request.headers, ("Authorization", recorded_as))
    path = recorded(tmp_path, RULE, replace(exchange, request=replace(exchange.request, headers=headers)))
    service = reference_service(auth=Auth({"hunter2-canary": frozenset({CLOUD_PLATFORM})}))
    with running_server(service) as url:
        assert main(["replay", path, RULE, "--url", url]) == 2
        assert "give --config" in capsys.readouterr().err
        config = configured(tmp_path, url, '[auth]\nkind = "bearer"\ntoken_env = "IUT_TOKEN"\n')
        assert main(["replay", path, RULE, "--config", config]) == 3, "refused it would be, too, without the token"
    printed = capsys.readouterr()
    assert "404" in printed.out
    assert "hunter2" not in printed.out + printed.err


def test_an_altered_token_is_altered_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The right one in its place would be another request."""
    from conformance.server.reference.auth import CLOUD_PLATFORM, Auth
    from conformance.server.reference.serve import running_server

    monkeypatch.setenv("IUT_TOKEN", "hunter2-canary")
    exchange = violating_cancel()
    headers = (*exchange.request.headers, ("Authorization", "Bearer $IUT_TOKEN-x"))
    path = recorded(tmp_path, RULE, replace(exchange, request=replace(exchange.request, headers=headers)))
    service = reference_service(auth=Auth({"hunter2-canary": frozenset({CLOUD_PLATFORM})}))
    with running_server(service) as url:
        config = configured(tmp_path, url, '[auth]\nkind = "bearer"\ntoken_env = "IUT_TOKEN"\n')
        main(["replay", path, RULE, "--config", config])
    assert "401" in capsys.readouterr().out


def test_a_header_of_the_configuration_is_filled_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    exchange = violating_cancel()
    headers = (*exchange.request.headers, ("X-Api-Key", "[secret]"))
    path = recorded(tmp_path, RULE, replace(exchange, request=replace(exchange.request, headers=headers)))
    with serving() as url:
        assert main(["replay", path, RULE, "--url", url]) == 2
        assert "credentials (X-Api-Key: [secret])" in capsys.readouterr().err
        config = Path(configured(tmp_path, url, ""))
        config.write_text(
            config.read_text("utf-8").replace("[operations]", '[iut.headers]\nX-Api-Key = "hunter2-key"\n[operations]')
        )
        assert main(["replay", path, RULE, "--config", str(config)]) == 3
    printed = capsys.readouterr()
    assert "hunter2" not in printed.out + printed.err


def test_a_secret_that_was_taken_out_of_a_url_is_missed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    exchange = violating_cancel()
    target = f"{exchange.request.target}?key=[secret]"
    path = recorded(tmp_path, RULE, replace(exchange, request=replace(exchange.request, target=target)))
    with serving() as url:
        assert main(["replay", path, RULE, "--url", url]) == 2
    assert "a secret in its URL" in capsys.readouterr().err
