"""The supply of operations: a list of names, and what holds for every form."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.errors import BudgetExhausted, NotTested, TargetError
from conformance.server.target.configuration import (
    Configuration,
    LimitsSection,
    OperationsSection,
    SupplyForm,
)
from conformance.server.target.credentials import Credentials
from conformance.server.target.iut import Iut
from conformance.server.target.supply import Supply
from conformance.spec.contract import Contract
from tests.targets.memory import Answers, MemoryTransport, json_response, target_of
from tests.targets.supplying import NAMES, PARENT, START, command, make, starting, supply_of


def test_names_are_handed_out_in_their_order() -> None:
    supply = supply_of(SupplyForm(names=NAMES))
    assert not supply.starts_operations
    assert supply.take(1) == [NAMES[0]]
    assert supply.take(2) == [NAMES[1], NAMES[2]]
    assert supply.handed_out == list(NAMES)


def test_names_that_are_used_up() -> None:
    supply = supply_of(SupplyForm(names=NAMES))
    supply.take(3)
    with pytest.raises(NotTested) as caught:
        supply.take(1)
    assert "names has 3 operations, and all are used; add more names" in caught.value.reason


def test_a_check_that_asks_for_too_many_leaves_the_rest_to_others() -> None:
    supply = supply_of(SupplyForm(names=NAMES))
    supply.take(1)
    with pytest.raises(NotTested):
        supply.take(3)
    assert supply.take(2) == [NAMES[1], NAMES[2]]


@pytest.mark.parametrize(
    ("form", "answers"),
    [
        (SupplyForm(names=(NAMES[0], NAMES[0])), None),
        (command(f"print({NAMES[0]!r})"), None),
        (SupplyForm(start=START), lambda _: json_response({"name": NAMES[0]})),
    ],
    ids=["names", "command", "start"],
)
def test_no_operation_is_handed_out_twice(form: SupplyForm, answers: Answers | None) -> None:
    """Two checks that share an operation without knowing accuse the server of each other's work."""
    supply = supply_of(form, answers)
    supply.take(1)
    with pytest.raises((TargetError, NotTested)) as caught:
        supply.take(1)
    assert NAMES[0] in str(caught.value)


@pytest.mark.parametrize(
    "form", [SupplyForm(start=START), SupplyForm(names=NAMES), command("print('x')")], ids=["start", "names", "command"]
)
def test_nothing_is_asked_for(form: SupplyForm) -> None:
    supply = supply_of(form)
    assert supply.take(0) == []
    assert supply.handed_out == []


def test_no_form_is_no_supply() -> None:
    supply = supply_of(SupplyForm())
    assert not supply.is_given
    with pytest.raises(NotTested):
        supply.take(1)


@pytest.mark.parametrize("form", [SupplyForm(start=START), SupplyForm(names=NAMES)], ids=["start", "names"])
def test_the_limit_of_operations_holds(form: SupplyForm) -> None:
    supply = supply_of(form, operations=2)
    supply.take(2)
    with pytest.raises(BudgetExhausted, match=r"the limit of 2 operations is used up \(\[limits\] operations\)"):
        supply.take(1)


def test_what_was_not_started_does_not_count() -> None:
    transport = MemoryTransport(starting())
    target = target_of(transport, LimitsSection(operations=3))
    supply = Supply(SupplyForm(start=START), target, make, Path())
    supply.take(1)
    with pytest.raises(BudgetExhausted):
        supply.take(3)
    assert (target.operations_used, len(transport.wire)) == (1, 1)
    assert len(supply.take(2)) == 2


def test_an_operation_that_is_done_already_is_handed_out_and_shows_it_at_the_first_look() -> None:
    """The supply of completed operations lives on it; whether a running one runs, the first look tells."""
    name = f"{PARENT}/operations/quick"
    contract = Contract.load("beyondcorp.v1")
    configuration = Configuration(operations=OperationsSection(completed=SupplyForm(start=START)))
    transport = MemoryTransport(lambda _: json_response({"name": name, "done": True, "response": {"@type": "x/y"}}))
    iut = Iut(configuration, contract, target_of(transport, identify=contract.identify), Credentials())
    assert iut.completed_supply.take(1) == [name]
    _, operation = iut.look(name)
    assert operation.done
