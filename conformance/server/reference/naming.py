"""The ids of operations, for services that give them another form."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from conformance.server.reference.invocation import Invocation, Message
from conformance.server.reference.service import Service


def with_ids(honest: Service, identifier: Callable[[int], str]) -> Service:
    """A service whose operations have such ids; `identifier` makes the id of the n-th operation."""

    def start(service: Service, call: Invocation) -> Message:
        message = honest.start(service, call)
        parent = message["name"].rpartition("/")[0]
        renamed = service.store.amend(message["name"], name=f"{parent}/{identifier(service.count('started'))}")
        return message | {"name": renamed.name}

    return replace(honest, start=start)
