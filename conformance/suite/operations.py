"""The operations of a run, in the order in which they are started.

A careless server may cancel another operation with, or in place of, the one that is named: the oldest, the newest, the
one that was started before it or after it. So the oldest of all is a bystander, the next one (`older`) is started right
before all others, and `younger` right after them. The last before `younger` is one that is deleted, too; before it are
those below further parents.
None is started that no check of the run wants.
"""

from __future__ import annotations

from conformance.errors import NotApplicable, NotTested
from conformance.exchange import Method
from conformance.server.target.iut import Iut
from conformance.suite.bystanders import Bystanders
from conformance.suite.chosen_ids import EVERYTHING, Chosen
from conformance.suite.stimuli import stimulus


@stimulus
def oldest_name(iut: Iut) -> str:
    return iut.running(1)[0]


@stimulus
def older_name(iut: Iut, oldest_name: str) -> str:
    return iut.running(1)[0]


@stimulus
def first_name(iut: Iut, older_name: str, bystanders: Bystanders) -> str:
    """The one that is cancelled first."""
    return iut.running(1)[0]


@stimulus
def cancellation_names(iut: Iut, older_name: str, bystanders: Bystanders) -> list[str]:
    """Two more that are cancelled and followed to their end. Raises NotTested where operations end at once."""
    if iut.ends_at_once:
        raise NotTested(iut.ends_at_once)
    return iut.running(2)


@stimulus
def decoy_name(iut: Iut, older_name: str, bystanders: Bystanders) -> str:
    """The one that is cancelled where a bystander is named elsewhere."""
    return iut.running(1)[0]


@stimulus
def storm_name(iut: Iut, older_name: str, bystanders: Bystanders) -> str:
    """The one that is cancelled by cancels that overlap."""
    return iut.running(1)[0]


@stimulus
def completing_name(iut: Iut, older_name: str, bystanders: Bystanders) -> str:
    """The one that ends by itself, early so that it has ended when it is needed; empty where none can be had."""
    return iut.completed_supply.take(1)[0] if iut.completed_supply.is_given else ""


@stimulus
def same_request_id_name(
    iut: Iut, older_name: str, bystanders: Bystanders, unusual: dict[str, Chosen] | None = None
) -> str:
    """The one that is cancelled with the request id of another cancel.

    Where the suite may choose ids it is the one with an unusual id.
    """
    return (unusual[EVERYTHING].name if unusual is not None else "") or iut.running(1)[0]


@stimulus
def further_names(
    iut: Iut,
    first_name: str | None = None,
    cancellation_names: list[str] | None = None,
    decoy_name: str | None = None,
    storm_name: str | None = None,
    completing_name: str | None = None,
    same_request_id_name: str | None = None,
) -> dict[str, str]:
    """One operation below each further parent, by the parent.

    Raises NotApplicable without further parents, and NotTested when no operation can be started below one of them.
    """
    if not iut.further_supplies:
        raise NotApplicable("[iut] parent names one parent only")
    for parent, supply in iut.further_supplies.items():
        if not supply.is_given:
            raise NotTested(f"[operations] cannot start operations below {parent}: write {{parent}} where it stands")
    return {parent: supply.take(1)[0] for parent, supply in iut.further_supplies.items()}


@stimulus
def abandoned_name(
    iut: Iut,
    first_name: str,
    cancellation_names: list[str] | None = None,
    decoy_name: str | None = None,
    storm_name: str | None = None,
    completing_name: str | None = None,
    same_request_id_name: str | None = None,
) -> str:
    """The one that is deleted while its cancel is under way. Raises Unjudged where no delete is ours to send."""
    require_own_deletes(iut, first_name)
    return iut.running(1)[0]


@stimulus
def younger_name(
    iut: Iut,
    storm_name: str,
    first_name: str,
    cancellation_names: list[str] | None = None,
    decoy_name: str | None = None,
    completing_name: str | None = None,
    same_request_id_name: str | None = None,
    abandoned_name: str | None = None,
    further_names: dict[str, str] | None = None,
) -> str:
    return iut.running(1)[0]


def require_own_deletes(iut: Iut, like: str) -> None:
    """Raise NotApplicable where operations named `like` one cannot be deleted, NotTested where they are not ours."""
    if not iut.contract.binds(Method.DELETE, like):
        iut.statement.find("delete", False, f"{iut.contract.name} binds no delete of these operations")
        raise NotApplicable(f"{iut.contract.name} binds no delete of these operations")
    if iut.statement.value("delete") is False:
        raise NotApplicable("the conformance statement says delete = false")
    if not iut.supply.starts_operations or iut.configuration.operations.cleanup == "none":
        raise NotTested(
            'the run must not delete the operations ([operations] names, or cleanup = "none"); '
            "use start or command, or state delete = false"
        )
