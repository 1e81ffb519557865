"""The names of operations: their two parts, and services that give the ids another form."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from conformance.server.reference.api_error import invalid_argument
from conformance.server.reference.invocation import Invocation, Message
from conformance.server.reference.service import Service

_NAME_IN_DNS = re.compile("[a-z]([a-z0-9-]{0,61}[a-z0-9])?")


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


def takes_names_of_dns(honest: Service) -> Service:
    """A service that refuses to start an operation whose id is no name of DNS."""

    def start(service: Service, call: Invocation) -> Message:
        if not _NAME_IN_DNS.fullmatch(str(call.body.get("id") or "id")):
            raise invalid_argument("The id is no name of RFC 1034.", reason="INVALID_FIELD", field="id")
        return honest.start(service, call)

    return replace(honest, start=start)
