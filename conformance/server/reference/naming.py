"""The names of operations: their two parts, and services that give the ids another form."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from conformance.server.reference.invocation import Invocation, Message
from conformance.server.reference.service import Service


def id_of(name: str) -> str:
    """The last segment of a name."""
    return name.rpartition("/")[2]


def parent_of(name: str) -> str:
    """What stands before `/operations/` in a name."""
    return name.rpartition("/operations/")[0]


def with_ids(honest: Service, identifier: Callable[[int], str]) -> Service:
    """A service whose operations have such ids; `identifier` makes the id of the n-th operation."""

    def start(service: Service, call: Invocation) -> Message:
        message = honest.start(service, call)
        parent = message["name"].rpartition("/")[0]
        renamed = service.store.amend(message["name"], name=f"{parent}/{identifier(service.count('started'))}")
        return message | {"name": renamed.name}

    return replace(honest, start=start)
