"""Commands of the user's: they have ended when their process has, whoever holds their outputs open."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from conformance.server.target.command import run_command
from conformance.server.target.configuration import AuthSection, SupplyForm
from conformance.server.target.credentials import read_credentials
from tests.targets.supplying import PARENT, supply_of

LEAVES_A_CHILD = "sleep 30 & echo {}; echo said >&2"
LONG = 20.0


def test_a_child_that_holds_the_outputs_open_is_not_waited_for() -> None:
    began = time.monotonic()
    done = run_command(("sh", "-c", LEAVES_A_CHILD.format("name")), LONG)
    assert (done.status, done.stdout, done.stderr) == (0, b"name\n", b"said\n")
    assert time.monotonic() - began < LONG


def test_all_that_was_written_before_the_end_is_there() -> None:
    size = 300_000
    done = run_command((sys.executable, "-c", f"print('x' * {size})"), LONG)
    assert len(done.stdout) == size + 1


def test_a_command_that_does_not_end_is_killed() -> None:
    with pytest.raises(subprocess.TimeoutExpired):
        run_command(("sh", "-c", "exec sleep 30"), 0.2)
    with pytest.raises(subprocess.TimeoutExpired):
        run_command(("sh", "-c", "exec >&- 2>&-; exec sleep 30"), 0.2)


def test_the_exit_status_and_the_directory(tmp_path: Path) -> None:
    done = run_command(("sh", "-c", "pwd; exit 3"), LONG, tmp_path)
    assert (done.status, done.stdout.decode().strip()) == (3, str(tmp_path.resolve()))


def test_a_supply_and_a_token_that_leave_a_child_behind() -> None:
    name = f"{PARENT}/operations/op-1"
    form = SupplyForm(command=("sh", "-c", LEAVES_A_CHILD.format(name)))
    assert supply_of(form).take(1) == [name]
    section = AuthSection(kind="bearer", token_command=("sh", "-c", LEAVES_A_CHILD.format("a-token")))
    token = read_credentials(section).main
    assert token is not None
    assert token.current().reveal() == "a-token"
