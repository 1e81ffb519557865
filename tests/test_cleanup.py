"""Clean hands: what a run started is written down, told when it is left over, and `run --cleanup` finishes the rest."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from conformance.cli import main
from conformance.server.options import Options
from conformance.server.reference.api_error import unimplemented
from conformance.server.reference.build import reference_service
from conformance.server.reference.serve import running_server
from conformance.server.reference.service import Service
from conformance.server.run_suite import run_quietly
from conformance.server.target.ledger import Ledger, LedgerState, read_contents

PARENT = "projects/demo/locations/us"


def start(url: str, ledger: Path, count: int) -> list[str]:
    """Operations of a run that was killed: started, in the ledger, and never cleaned up."""
    written = Ledger(url, "beyondcorp.v1", ledger)
    names = []
    for _ in range(count):
        name = httpx.post(f"{url}/v1/{PARENT}/operations:start", json={"mode": "run"}).json()["name"]
        written.note(name, "start", LedgerState.STARTED)
        names.append(name)
    return names


def status(url: str, name: str) -> int:
    return httpx.get(f"{url}/v1/{name}").status_code


def is_running(url: str, name: str) -> bool:
    answer = httpx.get(f"{url}/v1/{name}")
    return answer.status_code == 200 and not answer.json().get("done")


@pytest.fixture
def service() -> Service:
    return reference_service()


@pytest.fixture
def url(service: Service) -> Iterator[str]:
    with running_server(service) as served:
        yield served


def test_a_run_writes_down_what_it_starts_and_leaves_nothing(url: str, tmp_path: Path) -> None:
    report = run_quietly(Options(url=url, report_dir=str(tmp_path)))
    entries = read_contents(tmp_path / "ledger.jsonl").entries
    assert sorted(entry.name for entry in entries) == sorted(report["operation_names"])
    assert {entry.state for entry in entries} == {LedgerState.DELETED}
    assert {status(url, entry.name) for entry in entries} == {404}
    assert (report["left_over"], report["messages"]) == ([], [])


def test_a_run_that_does_not_clean_up_says_what_it_leaves(url: str, tmp_path: Path) -> None:
    report = run_quietly(Options(config=_config(tmp_path, url, 'cleanup = "none"'), report_dir=str(tmp_path)))
    running = [name for name in report["operation_names"] if is_running(url, name)]
    assert running
    assert {entry["name"] for entry in report["left_over"]} >= set(running)
    ((message, remedy),) = (message.split("\n") for message in report["messages"])
    assert "not seen ended or deleted" in message
    assert remedy == f"  remedy: lro-conformance run --cleanup {tmp_path}/ledger.jsonl [CONFIG.toml]"
    again = run_quietly(Options(url=url, report_dir=str(tmp_path)), ["-k", "test_done"])
    left = f"an earlier run left {len(report['left_over'])} operations behind\n{remedy}"
    assert left in again["messages"], "the same ledger goes on, and so does what it says"


def test_a_start_that_failed_and_named_an_operation_is_told_where_nothing_was_judged(
    url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    script = tmp_path / "start.py"
    script.write_text(
        "import httpx, sys\n"
        f"print(httpx.post('{url}/v1/{PARENT}/operations:start', json={{'mode': 'run'}}).json()['name'])\n"
        "sys.exit('the network went')\n"
    )
    config = tmp_path / "conformance.toml"
    config.write_text(f'[iut]\nurl = "{url}"\n[operations]\ncommand = ["{sys.executable}", "{script}"]\n')
    assert main(["run", str(config), "--report-dir", str(tmp_path)]) == 2
    left = json.loads((tmp_path / "report.json").read_text())["left_over"]
    assert {entry["state"] for entry in left} == {"unclear"}
    assert f"look whether it is yours to end: {left[0]['name']}" in capsys.readouterr().err
    assert main(["run", "--cleanup", str(tmp_path / "ledger.jsonl")]) == 0
    assert left[0]["name"] in capsys.readouterr().out
    assert all(is_running(url, entry["name"]) for entry in left), "whose they are nobody knows"


def test_an_interrupted_clean_up_is_finished(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    ledger = Path(tempfile.gettempdir()) / f"lro-conformance-ledger-{os.getpid()}-x.jsonl"
    ours = start(url, ledger, 3)
    theirs = httpx.post(f"{url}/v1/{PARENT}/operations:start", json={"mode": "run"}).json()["name"]
    assert main(["run", "--cleanup", str(ledger)]) == 0
    assert [status(url, name) for name in ours] == [404] * 3
    assert is_running(url, theirs), "what is not in the ledger is not touched"
    printed = capsys.readouterr().out
    assert printed.count("deleted    ") == 3
    assert "3 left over in the ledger, 3 cleaned up, 0 still left" in printed
    assert not ledger.exists(), "nobody else removes a temporary ledger"


def test_only_what_is_left_over_is_asked_for(service: Service, url: str, tmp_path: Path) -> None:
    ledger = tmp_path / "ledger.jsonl"
    first, second = start(url, ledger, 2)
    Ledger(url, "beyondcorp.v1", ledger).note(first, "start", LedgerState.ENDED)
    before = len(service.log)
    assert main(["run", "--cleanup", str(ledger)]) == 0
    targets = [str(entry) for entry in service.log[before:]]
    assert targets
    assert not any(first in target for target in targets)
    assert (status(url, first), status(url, second)) == (200, 404)


def test_what_cannot_be_deleted_is_cleaned_up_when_it_has_ended(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def no_delete(service: Service, call: Any) -> Any:
        raise unimplemented("DeleteOperation", "operations")

    with running_server(replace(reference_service(), delete=no_delete)) as url:
        ledger = tmp_path / "ledger.jsonl"
        (name,) = start(url, ledger, 1)
        assert main(["run", "--cleanup", str(ledger)]) == 0
        assert read_contents(ledger).entries[0].state is LedgerState.ENDED
        assert httpx.get(f"{url}/v1/{name}").json()["error"]["code"] == 1
        capsys.readouterr()
        assert main(["run", "--cleanup", str(ledger)]) == 0
        assert capsys.readouterr().out == f"{ledger}: nothing is left over\n"


def test_a_server_that_is_gone_leaves_everything(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ledger = tmp_path / "ledger.jsonl"
    with running_server(reference_service()) as url:
        start(url, ledger, 2)
    assert main(["run", "--cleanup", str(ledger)]) == 2
    assert "nobody listens" in capsys.readouterr().err
    assert {entry.state for entry in read_contents(ledger).entries} == {LedgerState.STARTED}


def test_a_server_that_has_forgotten_has_nothing_left(tmp_path: Path) -> None:
    """It was started again with an empty store: what is not there need not be cleaned up."""
    ledger = tmp_path / "ledger.jsonl"
    with running_server(reference_service()) as url:
        start(url, ledger, 2)
    with running_server(reference_service(), port=int(url.rpartition(":")[2])) as again:
        assert again == url
        assert main(["run", "--cleanup", str(ledger)]) == 0
    assert {entry.state for entry in read_contents(ledger).entries} == {LedgerState.GONE}


def test_another_url_is_refused_and_gets_no_request(
    service: Service, url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ledger = tmp_path / "ledger.jsonl"
    Ledger("http://127.0.0.1:1", "beyondcorp.v1", ledger).note(f"{PARENT}/operations/op", "start", LedgerState.STARTED)
    assert main(["run", "--cleanup", str(ledger), "--url", url]) == 2
    assert "has operations of http://127.0.0.1:1, not of " + url in capsys.readouterr().err
    assert len(service.log) == 0


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ({"url": "http://example.com"}, "allow_hosts"),
        ({"supply": "names"}, "line 1 is not an entry of a ledger"),
        ({"url": "file:///etc"}, "is not an http URL"),
    ],
    ids=["host not allowed", "given by name", "no URL"],
)
def test_a_ledger_does_not_widen_what_may_be_touched(
    line: dict[str, str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    entry = {"url": "http://127.0.0.1:1", "spec": "beyondcorp.v1", "supply": "start", "name": "op", "state": "started"}
    ledger = tmp_path / "ledger.jsonl"
    ledger.write_text(json.dumps({**entry, **line}) + "\n")
    assert main(["run", "--cleanup", str(ledger)]) == 2
    assert said in capsys.readouterr().err


def _config(directory: Path, url: str, operations: str = "") -> str:
    file = directory / "conformance.toml"
    file.write_text(
        f'[iut]\nurl = "{url}"\n[operations]\n{operations}\n'
        f'start = {{method = "POST", path = "/v1/{PARENT}/operations:start", json = {{mode = "run"}}}}\n'
    )
    return str(file)
