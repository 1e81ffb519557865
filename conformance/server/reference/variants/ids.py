"""Correct variants that have their own opinion of the ids that a start may ask for."""

from __future__ import annotations

import re
from dataclasses import replace

from conformance.server.reference.api_error import invalid_argument
from conformance.server.reference.invocation import Invocation, Message
from conformance.server.reference.service import Service
from conformance.server.reference.variants.registry import variant

_NAME_IN_DNS = re.compile("[a-z]([a-z0-9-]{0,61}[a-z0-9])?")


@variant()
def takes_ids_as_dns_has_them(honest: Service) -> Service:
    """AIP-122 wants ids of small letters, digits and hyphens; a service may refuse every other when it is asked for."""

    def start(service: Service, call: Invocation) -> Message:
        if not _NAME_IN_DNS.fullmatch(str(call.body.get("id") or "id")):
            raise invalid_argument("The id is no name of RFC 1034.", reason="INVALID_FIELD", field="id")
        return honest.start(service, call)

    return replace(honest, start=start)


@variant()
def gives_ids_of_its_own(honest: Service) -> Service:
    """Most services name their operations themselves, whatever a request says."""

    def start(service: Service, call: Invocation) -> Message:
        body = {member: value for member, value in call.body.items() if member != "id"}
        return honest.start(service, replace(call, body=body))

    return replace(honest, start=start)
