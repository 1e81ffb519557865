"""A disk that is full keeps no operation running: what was started is cancelled and deleted, and told on stderr."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from conformance.cli import main
from conformance.errors import UsageError
from conformance.server.reference.build import reference_service
from conformance.server.reference.serve import running_server
from conformance.server.target.ledger import Ledger, LedgerState

PARENT = "projects/demo/locations/us"


@pytest.fixture
def url() -> Iterator[str]:
    with running_server(reference_service()) as served:
        yield served


def running(url: str) -> list[str]:
    operations = httpx.get(f"{url}/v1/{PARENT}/operations").json().get("operations", [])
    return [operation["name"] for operation in operations if not operation.get("done")]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_nothing_is_started_that_cannot_be_written_down(
    url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "ledger.jsonl").symlink_to("/dev/full")
    assert main(["run", "--url", url, "--report-dir", str(tmp_path)]) == 2
    assert "ledger.jsonl cannot be written" in capsys.readouterr().err
    assert httpx.get(f"{url}/v1/{PARENT}/operations").json().get("operations", []) == []


@pytest.mark.parametrize("lines", [1, 8, 14], ids=["at the first operation", "in the middle", "at the clean-up"])
def test_a_disk_that_fills_up_leaves_nothing_running(
    lines: int, url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    noted: list[tuple[str, LedgerState]] = []
    note = Ledger.note

    def until_it_is_full(ledger: Ledger, name: str, supply: str, state: LedgerState, start: str = "") -> None:
        if len(noted) >= lines:
            raise UsageError(f"the ledger {ledger.path} cannot be written: {os.strerror(errno.ENOSPC)}", "make room")
        noted.append((name, state))
        note(ledger, name, supply, state, start)

    monkeypatch.setattr(Ledger, "note", until_it_is_full)
    assert main(["run", "--url", url, "--report-dir", str(tmp_path)]) == 2
    said = capsys.readouterr().err
    assert "No space left on device" in said
    assert running(url) == []
    for name, state in noted:
        if state is LedgerState.STARTED:
            assert f": {name}\n" in said
