"""Faults of clients: what a client gets wrong, one thing at a time. The files are by chapter, as the scenarios are."""

from collections.abc import Mapping

from conformance.sdk.faults import (
    answers,
    codes,
    consecutive,
    deadlines,
    framing,
    lists,
    looks,
    operations,
    overlap,
    reads,
    requests,
    retries,
    waits,
    wire,
)
from conformance.sdk.faults.registry import ClientFault, fault_named, registered_faults

_MODULES_WITH_FAULTS = (
    answers,
    codes,
    consecutive,
    deadlines,
    framing,
    lists,
    looks,
    operations,
    overlap,
    reads,
    requests,
    retries,
    waits,
    wire,
)


def client_faults() -> Mapping[str, ClientFault]:
    """Every client fault by its name."""
    return registered_faults()


__all__ = ["ClientFault", "client_faults", "fault_named"]
