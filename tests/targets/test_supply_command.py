"""Operations that are started by a command."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.errors import TargetError
from conformance.exchange import Method
from conformance.server.target.configuration import (
    SupplyForm,
)
from conformance.server.target.ledger import LedgerState
from conformance.server.target.starts import MayHaveStarted, Starts
from conformance.server.target.supply import Supply
from conformance.spec.contract import Contract
from tests.targets.memory import MemoryTransport, target_of
from tests.targets.supplying import NAMES, PARENT, Noted, command, make, starting, supply_of


def test_each_operation_is_started_by_a_command(tmp_path: Path) -> None:
    (tmp_path / "parent").write_text(PARENT)
    script = command(
        "import uuid, pathlib", 'print(pathlib.Path("parent").read_text() + f"/operations/{uuid.uuid4()}")'
    )
    supply = supply_of(script, directory=tmp_path)
    names = supply.take(2)
    assert supply.starts_operations
    assert sorted(supply.handed_out) == sorted(names)
    assert len(set(names)) == 2
    assert all(name.startswith(f"{PARENT}/operations/") for name in names)


def test_a_relative_command_is_relative_to_the_configuration(tmp_path: Path) -> None:
    script = tmp_path / "start"
    script.write_text(f"#!/bin/sh\necho {NAMES[0]}\n")
    script.chmod(0o755)
    assert supply_of(SupplyForm(command=("./start",)), directory=tmp_path).take(1) == [NAMES[0]]


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        (["pass"], "printed nothing (exit status 0): no message"),
        (["print()"], "printed nothing (exit status 0): no message"),
        (["print('a')", "print('b')"], "printed no name (exit status 0): no message; it printed 2 lines: a | b"),
        (["import sys", "print('a')", "sys.exit('the cluster is down')"], "(exit status 1): the cluster is down"),
        (["import sys", "sys.stdout.buffer.write(bytes([255, 254]))"], "printed"),
    ],
    ids=["nothing", "an empty line", "two lines", "failed", "no text"],
)
def test_a_command_that_gives_no_name(lines: list[str], says: str) -> None:
    with pytest.raises(TargetError) as caught:
        supply_of(command(*lines)).take(1)
    assert "operations.command" in caught.value.message
    assert says in caught.value.message
    assert caught.value.remedy


FAILS = ["import sys", f"print('{NAMES[0]}')", "sys.exit('the network went')"]
ELSEWHERE = [line.replace("/us/", "/eu/") for line in FAILS]
CHATS = ["print('hello')", f"print('{NAMES[0]}')", "print('bye')"]


@pytest.mark.parametrize(
    ("lines", "state"),
    [
        (FAILS, LedgerState.UNCLEAR),
        (CHATS, LedgerState.UNCLEAR),
        (ELSEWHERE, LedgerState.FOREIGN),
    ],
    ids=["failed", "three lines", "below another parent"],
)
def test_what_a_command_printed_that_went_wrong_is_told_and_not_used(lines: list[str], state: LedgerState) -> None:
    """It may have failed after the start, or have named what was there before."""
    noted = Noted()
    contract = Contract.load("beyondcorp.v1")

    def is_bound(name: str) -> bool:
        return contract.binds(Method.CANCEL, name)

    target = target_of(MemoryTransport(starting()))
    supply = Supply(command(*lines), target, make, Path(), Starts((PARENT,), note=noted), is_bound)
    with pytest.raises(MayHaveStarted, match="it printed"):
        supply.take(1)
    assert (noted.lines[-1][3], supply.handed_out, supply.unnamed) == (state, [], 0)


def test_a_command_that_fails_without_a_word_may_have_started_something() -> None:
    supply = supply_of(command("import sys", "sys.exit(1)"))
    with pytest.raises(MayHaveStarted, match=r"failed \(exit status 1\)"):
        supply.take(1)
    assert supply.unnamed == 1


def test_a_command_that_is_not_there() -> None:
    with pytest.raises(TargetError, match=r"operations\.command '\./no-such-command' cannot be run") as caught:
        supply_of(SupplyForm(command=("./no-such-command",))).take(1)
    assert caught.value.remedy == "fix [operations] command"
