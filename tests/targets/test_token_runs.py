"""Whole runs against a real server whose tokens run out, and against one that refuses good ones."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from conformance.cli import main
from conformance.lro import SystemClock
from conformance.server.options import Options
from conformance.server.reference.auth import CLOUD_PLATFORM, Auth
from conformance.server.reference.build import reference_service
from conformance.server.reference.faults import fault_named
from conformance.server.reference.serve import running_server
from conformance.server.run_suite import run_quietly

CONFIG = """
[iut]
url = "{url}"
[auth]
kind = "bearer"
token_command = ["sh", "-c", "echo x >> {asked}; printf token-; wc -l < {asked}"]
forbidden_token_command = ["printf", "weak"]
[operations]
start = {{method = "POST", path = "/v1/projects/demo/locations/us/operations:start", json = {{mode = "run"}}}}
[statement]
cancel = "guaranteed"
list = true
delete = true
auth = true
errors = "aip-193"
"""


class Tokens(Mapping[str, frozenset[str]]):
    """token-1 is good for so many requests, then token-2 is; `weak` is always good, and may do nothing."""

    def __init__(self, uses: int, then: str = "token-2") -> None:
        self._left = uses
        self._then = then

    def __contains__(self, token: object) -> bool:
        if token == "token-1":
            self._left -= 1
            return self._left >= 0
        return token in ("weak", self._then)

    def __getitem__(self, token: str) -> frozenset[str]:
        return frozenset() if token == "weak" else frozenset({CLOUD_PLATFORM})

    def __iter__(self) -> Iterator[str]:
        return iter(("token-1", "weak", self._then))

    def __len__(self) -> int:
        return 3


def run_against(tokens: Tokens, directory: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """The report of a quick run, and its traffic."""
    service = reference_service(clock=SystemClock(), auth=Auth(tokens), seed=0)
    with running_server(service) as url:
        config = directory / "conformance.toml"
        config.write_text(CONFIG.format(url=url, asked=directory / "asked"))
        report = run_quietly(Options(config=str(config), report_dir=str(directory / "out")))
    return report, json.loads((directory / "out" / "traffic.har").read_text(encoding="utf-8"))


@pytest.mark.parametrize("uses", [0, pytest.param(1, marks=pytest.mark.proof), 60])
def test_a_token_that_runs_out_in_a_run_is_not_charged_to_the_server(tmp_path: Path, uses: int) -> None:
    report, traffic = run_against(Tokens(uses), tmp_path)
    failed = {entry["id"]: entry["reason"] for entry in report["requirements"] if entry["verdict"] in ("fail", "error")}
    assert failed == {}
    assert report["verdict"] == "conformant", report["messages"]
    refused = [entry for entry in traffic["log"]["entries"] if "with a renewed token" in entry["comment"]]
    assert refused, "the refusals are on record"
    assert {entry["response"]["status"] for entry in refused} == {401}
    assert (tmp_path / "asked").read_text().count("x") == 2, "however many requests were refused at once"


def test_a_server_that_begins_to_refuse_good_tokens_is_no_pass(tmp_path: Path) -> None:
    """What was refused was not tested."""
    report, _ = run_against(Tokens(60, then="nobody's"), tmp_path)
    assert report["verdict"] == "incomplete"
    assert (tmp_path / "asked").read_text().count("x") == 2


def test_a_replay_asks_the_command_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What was recorded is the command itself, of several words."""
    service = reference_service(clock=SystemClock(), auth=Auth(Tokens(10**6)), seed=0)
    with running_server(fault_named("query-name-wins").apply(service)) as url:
        config = tmp_path / "conformance.toml"
        config.write_text(CONFIG.format(url=url, asked=tmp_path / "asked"))
        run_quietly(Options(config=str(config), report_dir=str(tmp_path / "out")))
        (tmp_path / "asked").unlink()
        report = str(tmp_path / "out" / "report.json")
        status = main(["replay", report, "target.query-name-never-redirects", "--config", str(config)])
    printed = capsys.readouterr()
    assert status in (1, 3), printed.err
    assert "> Authorization: Bearer $(sh -c 'echo x" in printed.out
    assert "< 401" not in printed.out
    assert "token-1" not in printed.out
