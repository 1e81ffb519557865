"""Correct variants with other ids and names: the form of an id, and the id or the number of a project."""

from __future__ import annotations

import uuid
from dataclasses import replace

from conformance.server.reference.invocation import Invocation, Message
from conformance.server.reference.naming import takes_names_of_dns, with_ids
from conformance.server.reference.service import Service
from conformance.server.reference.store import Snapshot, UnknownOperation
from conformance.server.reference.variants.registry import (
    variant,
)


@variant()
def takes_ids_as_dns_has_them(honest: Service) -> Service:
    """AIP-122 wants ids of small letters, digits and hyphens; a start that asks for another one may be refused."""
    return takes_names_of_dns(honest)


@variant()
def gives_ids_of_its_own(honest: Service) -> Service:
    """Most services name their operations themselves, whatever a request says."""

    def start(service: Service, call: Invocation) -> Message:
        body = {member: value for member, value in call.body.items() if member != "id"}
        return honest.start(service, replace(call, body=body))

    return replace(honest, start=start)


@variant()
def ids_are_uuids(honest: Service) -> Service:
    """No document gives the form of an id for this API; many servers use UUIDs."""
    return with_ids(honest, lambda number: str(uuid.uuid5(uuid.NAMESPACE_URL, f"operation-{number}")))


@variant()
def ids_are_long(honest: Service) -> Service:
    """No document limits the length of an id for this API."""
    return with_ids(honest, lambda number: f"operation-{number}-" + "0123456789abcdef" * 10)


@variant()
def ids_have_capitals_and_marks(honest: Service) -> Service:
    """An id may be any segment: letters of both cases, digits and unreserved marks need no escape."""
    return with_ids(honest, lambda number: f"Operation_{number}.v1~Xy-Z")


@variant()
def ids_are_numbers(honest: Service) -> Service:
    """Older services number their operations."""
    return with_ids(honest, lambda number: str(1767225600000 + 7919 * number))


@variant()
def ids_have_a_colon(honest: Service) -> Service:
    """A colon in an id is data: the verb is what is after the last one."""
    return with_ids(honest, lambda number: f"job:{number}")


@variant()
def project_number_is_an_alias(honest: Service) -> Service:
    """A project can be named by its id or its number; the answer has the form of the request (AIP-2510)."""

    def look_up(service: Service, name: str) -> Snapshot:
        return honest.look_up(service, name.replace("projects/481516234200/", "projects/demo/", 1))

    def get(service: Service, call: Invocation) -> Message:
        try:
            return honest.get(service, call) | {"name": call.target}
        except UnknownOperation:
            raise UnknownOperation(call.target) from None

    def cancel(service: Service, call: Invocation) -> Message:
        try:
            return honest.cancel(service, call)
        except UnknownOperation:
            raise UnknownOperation(call.target) from None

    return replace(honest, look_up=look_up, get=get, cancel=cancel)


@variant()
def name_has_the_project_number(honest: Service) -> Service:
    """Get answers with the number of the project although the request has its id: both are valid (AIP-2510)."""

    def get(service: Service, call: Invocation) -> Message:
        message = honest.get(service, call)
        collection, _, *below = str(message["name"]).split("/")
        return (
            message | {"name": "/".join([collection, "481516234200", *below])} if collection == "projects" else message
        )

    return replace(honest, get=get)
