"""The plan: every call that a run may make, and not one of them made."""

from __future__ import annotations

import itertools
import json
import socket
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from conformance.cli import main
from conformance.server import plugin
from conformance.server.reference.build import reference_service
from conformance.server.reference.serve import running_server
from conformance.server.reference.service import Service

PARENT = "projects/demo/locations/us"
START = f'start = {{method = "POST", path = "/v1/{PARENT}/operations:start", json = {{mode = "run"}}}}'


class Listener:
    """Counts connections, and answers none."""

    def __init__(self) -> None:
        self.connections = 0
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _listen(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self.connections += 1
            connection.close()

    def close(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join()


@contextmanager
def listening() -> Iterator[Listener]:
    listener = Listener()
    try:
        yield listener
    finally:
        listener.close()


def config(directory: Path, iut: str, operations: str = START, more: str = "") -> str:
    file = directory / "conformance.toml"
    file.write_text(f"[iut]\n{iut}\n[operations]\n{operations}\n{more}\n")
    return str(file)


def planned(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    assert main(["run", "--plan", "--json", *arguments]) == 0
    plan: dict[str, Any] = json.loads(capsys.readouterr().out)
    return plan


def test_nothing_is_sent_and_nothing_is_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither the target hears of it, nor the supply's command, nor the one that prints tokens; the listener is heard
    of by a real run, so that it is the plan that sends nothing.
    """
    monkeypatch.setenv("WEAK", "weak-secret")
    touch = f'["touch", "{tmp_path}/ran"]'
    auth = f'[auth]\nkind = "bearer"\ntoken_command = {touch}\nforbidden_token_env = "WEAK"'
    with listening() as listener:
        file = config(tmp_path, f'url = "{listener.url}"', f"command = {touch}", auth)
        assert main(["run", "--plan", file]) == 0
        printed = capsys.readouterr().out
        assert "nothing was sent" in printed
        assert listener.connections == 0
        assert not (tmp_path / "ran").exists()
        assert main(["run", config(tmp_path, f'url = "{listener.url}"')]) == 2
        assert listener.connections > 0
    assert "run  touch   [starts; main]" in printed
    assert "weak-secret" not in printed
    assert {path.name for path in tmp_path.iterdir()} == {"conformance.toml"}


def test_the_plan_has_every_call_that_the_run_makes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Counted where they arrive: of each method no more than planned, and no start, cancel or delete more."""
    service = reference_service()
    with running_server(service) as url:
        file = config(tmp_path, f'url = "{url}"')
        plan = planned(capsys, file)
        assert main(["run", file]) == 0
    most: Counter[str] = Counter()
    for call in plan["calls"]:
        most[call["method"]] += call["at_most"]
    made = Counter(entry.request.method for entry in service.log)
    assert made <= most
    for effect, made_of_it in _effects(service).items():
        assert made_of_it <= sum(call["at_most"] for call in plan["calls"] if call["effect"] == effect), effect


def _effects(service: Service) -> Counter[str]:
    ends = {":start": "starts", ":cancel": "cancels"}
    return Counter(
        "deletes"
        if entry.request.method == "DELETE"
        else next((what for end, what in ends.items() if entry.request.path.endswith(end)), "reads")
        for entry in service.log
        if entry.response is not None and entry.response.is_success
    )


def test_every_call_says_who_makes_it_and_what_it_does(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = config(
        tmp_path,
        'url = "http://127.0.0.1:1/gateway"',
        'start = {method = "PUT", path = "/v1/jobs/{unique}"}',
        '[auth]\nkind = "bearer"\ntoken_env = "NOT_SET_ANYWHERE"',
    )
    calls = planned(capsys, file)["calls"]
    assert {call["check"] for call in calls} >= {"oldest_name", "query_names", "cancellations", "clean-up"}
    assert {call["effect"] for call in calls} == {"starts", "cancels", "deletes", "reads", "must be refused"}
    assert {call["credential"] for call in calls} == {"main", "none", "invalid"}
    assert {(call["method"], call["path"]) for call in calls if call["effect"] == "starts"} == {
        ("PUT", "/gateway/v1/jobs/{unique}")
    }
    assert all(call["path"].startswith(("/gateway/", "http://")) for call in calls)
    cancels = {call["path"] for call in calls if call["effect"] == "cancels"}
    assert f"/gateway/v1/{PARENT}/operations/{{operation}}:cancel" in cancels


def test_operations_that_are_given_by_name_are_never_deleted(capsys: pytest.CaptureFixture[str]) -> None:
    names = [f"{PARENT}/operations/{letter * 3}" for letter in "abcdefghijkl"]
    options = [word for name in names for word in ("--operation", name)]
    calls = planned(capsys, "--url", "http://127.0.0.1:1", *options)["calls"]
    effects = {call["effect"] for call in calls}
    assert "cancels" in effects
    assert not effects & {"starts", "deletes"}
    cancelled = {call["path"] for call in calls if call["effect"] == "cancels" and call["path"].endswith(":cancel")}
    assert f"/v1/{names[2]}:cancel" in cancelled
    assert not any("{operation}" in call["path"] for call in calls)


def test_a_host_that_is_not_allowed_is_shown_as_such(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    few = ("-k", "test_outcome")
    assert main(["run", "--plan", config(tmp_path, 'url = "https://lro.example.com"'), *few]) == 0
    assert "https://lro.example.com   NOT ALLOWED" in capsys.readouterr().out
    allowed = 'url = "https://lro.example.com"\nallow_hosts = ["lro.example.com"]'
    assert main(["run", "--plan", config(tmp_path, allowed), *few]) == 0
    assert "NOT ALLOWED" not in capsys.readouterr().out


def test_a_statement_and_a_selection_make_it_smaller(capsys: pytest.CaptureFixture[str]) -> None:
    both = planned(capsys, "-k", "test_delete or test_query")
    without = planned(capsys, "-k", "test_delete or test_query", "--statement", "delete=false")
    assert "deletes" in {call["effect"] for call in both["calls"]}
    assert "deletes" not in {call["effect"] for call in without["calls"]}
    assert len(planned(capsys, "-k", "test_query")["calls"]) < len(both["calls"])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["-k", "no_such_check"], "leaves no check that sends anything"),
        (["--url", "http://127.0.0.1:1", "--spec", "nothing"], "there is no spec nothing"),
    ],
    ids=["no check", "no spec"],
)
def test_what_cannot_be_planned_is_one_clear_error(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", "--plan", *arguments]) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("when", [1, 40], ids=["before anything was sent", "in the middle"])
def test_a_plan_that_is_interrupted_is_not_printed(
    when: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    turns = itertools.count(1)
    setup = plugin.pytest_runtest_setup

    @pytest.hookimpl(tryfirst=True)
    def interrupted(item: pytest.Item) -> None:
        if next(turns) == when:
            raise KeyboardInterrupt
        setup(item)

    monkeypatch.setattr(plugin, "pytest_runtest_setup", interrupted)
    assert main(["run", "--plan"]) == 2
    said = capsys.readouterr()
    assert (said.out, said.err.strip()) == ("", "lro-conformance: interrupted")
