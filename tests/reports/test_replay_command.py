"""The command `replay`, on a server that has the fault still, and on one that has not."""

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
from conformance.exchange import Exchange
from conformance.judging.report import violation_as_json, write_report
from conformance.judging.verdict import CheckResult, Finding
from conformance.lro import Code
from conformance.rules import Complaint
from conformance.server.reference.build import reference_service
from conformance.server.reference.faults import fault_named
from conformance.server.target.configuration import Configuration
from conformance.server.target.connect import refuse_other_hosts
from conformance.spec.catalogue import catalogue
from tests.reports.making import report_of
from tests.rules.traffic import OPERATION, OTHER, Traffic, cancelled

RULE = "response.empty-object"
CHECKED = "target.body-name-never-redirects"


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
    assert f"> POST /v1/{name}:cancel" in said.replace("\n  >   ", "")
    assert max(len(line) for line in said.splitlines() if "(--operation)" not in line) <= 80
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


def test_the_remedy_of_a_host_that_is_not_allowed_works_here_too(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """`replay` named an option that it did not have."""
    asked: list[str] = []

    def connect(configuration: Configuration) -> Any:
        refuse_other_hosts(configuration)
        asked.append(configuration.iut.url)
        raise KeyboardInterrupt  # nothing is sent to another machine

    monkeypatch.setattr("conformance.server.target.connect.connect", connect)
    path = recorded(tmp_path, RULE, violating_cancel())
    main(["replay", path, RULE, "--url", "http://example.com", "--allow-host", "example.com"])
    assert asked == ["http://example.com"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["response.empty-objekt"], "did you mean response.empty-object?"),
        ([RULE, "--url", "http://example.com"], "neither this machine nor allowed"),
        ([RULE, "--url", "http://example.com", "--allow-host", "example.org"], "give --allow-host example.com"),
        ([RULE, "--allow-host", "http://example.com"], "--allow-host"),
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
