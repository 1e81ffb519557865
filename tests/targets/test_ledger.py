"""The ledger: what was started is on disk before it is used, and what cannot be read is one clear error."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from conformance.errors import UsageError
from conformance.judging.leaks import earlier_messages
from conformance.server.target.ledger import (
    Entry,
    Ledger,
    LedgerState,
    is_temporary,
    left_by_earlier_runs,
    read_contents,
)

URL = "http://127.0.0.1:8080"
NAME = "projects/demo/locations/us/operations/op-1"


def ledger_at(path: Path | None) -> Ledger:
    return Ledger(URL, "beyondcorp.v1", path)


def test_a_line_is_on_disk_as_soon_as_it_is_noted(tmp_path: Path) -> None:
    file = tmp_path / "ledger.jsonl"
    ledger = ledger_at(file)
    ledger.note(NAME, "start", LedgerState.STARTED)
    (line,) = map(json.loads, file.read_text().splitlines())
    assert line.pop("at").endswith("Z")
    assert line == {"url": URL, "spec": "beyondcorp.v1", "supply": "start", "name": NAME, "state": "started"}


def test_the_last_line_about_an_operation_counts(tmp_path: Path) -> None:
    file = tmp_path / "ledger.jsonl"
    ledger = ledger_at(file)
    for name, state in [(NAME, LedgerState.STARTED), (NAME + "x", LedgerState.STARTED), (NAME, LedgerState.DELETED)]:
        ledger.note(name, "command", state)
    assert read_contents(file).entries == (
        Entry(NAME, URL, "beyondcorp.v1", "command", LedgerState.DELETED),
        Entry(NAME + "x", URL, "beyondcorp.v1", "command", LedgerState.STARTED),
    )


def test_a_second_run_forgets_nothing_of_the_first(tmp_path: Path) -> None:
    file = tmp_path / "ledger.jsonl"
    for name in (NAME, NAME + "x"):
        ledger_at(file).note(name, "start", LedgerState.STARTED)
    assert [entry.name for entry in read_contents(file).entries] == [NAME, NAME + "x"]


def test_a_line_that_was_cut_off_does_not_spoil_the_others(tmp_path: Path) -> None:
    file = tmp_path / "ledger.jsonl"
    ledger_at(file).note(NAME, "start", LedgerState.STARTED)
    with file.open("a") as end:
        end.write('{"at": "2026-01-01T00:0')
    assert [entry.name for entry in read_contents(file).entries] == [NAME]


def test_a_temporary_ledger_is_there_as_long_as_it_is_needed() -> None:
    ledger = ledger_at(None)
    assert ledger.path is None, "nothing started, no file"
    ledger.note(NAME, "start", LedgerState.STARTED)
    file = ledger.path
    assert file is not None
    assert file.stat().st_mode & 0o077 == 0, "nobody else reads it"
    ledger.close(is_anything_left=True)
    assert [entry.name for entry in read_contents(file).entries] == [NAME]
    ledger.close(is_anything_left=False)
    assert not file.exists()


def test_what_earlier_runs_left_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that was killed cannot say where its ledger is."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    killed = subprocess.Popen([sys.executable, "-c", ""])
    killed.wait()
    mine, other = NAME.replace("op-1", "op-2"), Ledger("http://127.0.0.1:9", "beyondcorp.v1")
    for number, ledger in ((killed.pid, ledger_at(None)), (os.getpid(), ledger_at(None)), (killed.pid, other)):
        monkeypatch.setattr(os, "getpid", lambda number=number: number)
        ledger.note(NAME, "start", LedgerState.STARTED)
    (tmp_path / f"lro-conformance-ledger-{killed.pid}-x.jsonl").write_text("{}\n")
    (tmp_path / "lro-conformance-ledger-old.jsonl").write_text("{}\n")
    os.mkfifo(tmp_path / f"lro-conformance-ledger-{killed.pid}-pipe.jsonl")  # whose end would be waited for
    named = ledger_at(tmp_path / "report.jsonl")
    named.note(mine, "start", LedgerState.STARTED)
    found = dict(left_by_earlier_runs(URL, named.path, ()))
    (abandoned,) = set(found) - {named.path}
    assert found == {named.path: 1, abandoned: 1}
    assert is_temporary(abandoned)
    assert not is_temporary(tmp_path / "report.jsonl")
    assert list(left_by_earlier_runs(URL, named.path, [NAME, mine])) == []
    (message, _) = earlier_messages(found.items())
    assert message.startswith("an earlier run left 1 operation behind\n  remedy: lro-conformance run --cleanup /")


def test_a_ledger_in_the_report_directory_stays(tmp_path: Path) -> None:
    ledger = ledger_at(tmp_path / "ledger.jsonl")
    ledger.note(NAME, "start", LedgerState.STARTED)
    ledger.close(is_anything_left=False)
    assert (tmp_path / "ledger.jsonl").exists()


def test_what_cannot_be_written_down_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be written") as caught:
        ledger_at(tmp_path / "no" / "ledger.jsonl").note(NAME, "start", LedgerState.STARTED)
    assert "--report-dir" in caught.value.remedy


GOOD = {"url": URL, "spec": "s", "supply": "start", "name": NAME, "state": "started"}


@pytest.mark.parametrize(
    "line",
    [
        "{",
        "[]",
        "null",
        "[" * 100_000,
        json.dumps({**GOOD, "supply": "names"}),
        json.dumps({**GOOD, "state": "lost"}),
        json.dumps({**GOOD, "name": ""}),
        json.dumps({key: GOOD[key] for key in GOOD if key != "url"}),
    ],
    ids=["no JSON", "a list", "null", "deep", "given by name", "no state", "no name", "no url"],
)
def test_a_line_that_is_no_entry_is_named(line: str, tmp_path: Path) -> None:
    """An operation that was given by name is not ours, whoever wrote it into the file."""
    file = tmp_path / "ledger.jsonl"
    file.write_text(json.dumps(GOOD) + "\n" + line + "\n")
    with pytest.raises(UsageError, match="line 2 is not an entry of a ledger"):
        read_contents(file)


@pytest.mark.parametrize("content", [None, b"", b"\n\n", b"\xff\xfe\n"], ids=["missing", "empty", "blank", "no text"])
def test_a_file_that_is_no_ledger(content: bytes | None, tmp_path: Path) -> None:
    file = tmp_path / "ledger.jsonl"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(UsageError, match=r"ledger\.jsonl: ") as caught:
        read_contents(file)
    assert "name a ledger.jsonl" in caught.value.remedy
