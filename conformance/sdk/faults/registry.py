"""The registry of client faults.

A fault is a named defect: the honest client with one part exchanged, and the requirements which that makes false. As
with the faults of the reference server, the sentence of a requirement decides, and what merely cannot be tested any
more is not broken.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from conformance.errors import named
from conformance.sdk.honest_driver import Client

Apply = Callable[[Client], Client]


@dataclass(frozen=True, slots=True)
class ClientFault:
    """One defect: `breaks` are the requirements that it makes false and no others, `lie` says how."""

    name: str
    breaks: tuple[str, ...]
    lie: str
    apply: Apply


_FAULTS: dict[str, ClientFault] = {}


def fault(*breaks: str) -> Callable[[Apply], Apply]:
    """Register a function that makes a liar of the honest client; its name and docstring are the fault's."""

    def register(apply: Apply) -> Apply:
        name = apply.__name__.replace("_", "-")
        if name in _FAULTS:
            raise ValueError(f"two faults are called {name}")
        _FAULTS[name] = ClientFault(name, breaks, " ".join((apply.__doc__ or "").split()), apply)
        return apply

    return register


def registered_faults() -> Mapping[str, ClientFault]:
    """Every fault by its name; `conformance.sdk.faults.client_faults` makes sure that they are loaded."""
    return dict(_FAULTS)


def fault_named(name: str) -> ClientFault:
    """The fault of this name. Raises UsageError, which names the nearest one."""
    return named(name, _FAULTS, "client fault", f"There are {', '.join(_FAULTS)}")
