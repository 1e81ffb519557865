"""Requests with a body that is refused, and after each another one on the same connection.

A server that refuses a request before it has read the body must read the rest, or close the connection. A request uses
the connection that was free last, and nothing else is sent meanwhile.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from conformance.exchange import Exchange, Method
from conformance.server.target.credentials import Credential
from conformance.server.target.iut import Iut
from conformance.server.target.requests import JSON
from conformance.server.target.target import Outgoing
from conformance.server.target.unknown import unknown_name
from conformance.suite.clients import in_capitals

BODY = b'{"foo": "' + b"x" * 2000 + b'"}'
"""Content that no server has read by the way, with the head of its request."""
EXPECT = (("Expect", "100-continue"),)
"""With it some servers answer at once, and forget the content that comes all the same."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A refused request, what was sent after it, and the same once more on a connection of its own, where it failed."""

    refused: Exchange
    after: Exchange
    control: Exchange | None = None


def refused_then_served(iut: Iut, running: str) -> list[Pair]:
    """Each request that must be refused, and then a get of an operation."""
    after = iut.get_request(running, note="get after a refusal")
    return [_pair(iut, refusal, after) for refusal in _to_be_refused(iut, running)]


def _pair(iut: Iut, refusal: Outgoing, after: Outgoing) -> Pair:
    # What a server takes for a request here is none: only this requirement judges its answer.
    refused, answer = iut.send(replace(refusal, keeps=True)), iut.send(replace(after, may_be_unrouted=True))
    failed = answer.response is not None and not answer.succeeded()
    return Pair(refused, answer, _control(iut, after) if failed else None)


def _control(iut: Iut, after: Outgoing) -> Exchange:
    """The same on a connection of its own, twice: it may fail now and then, and then a refusal is not why."""
    first = iut.send(replace(after, once=True))
    return iut.send(replace(after, once=True)) if first.succeeded() else first


def _to_be_refused(iut: Iut, name: str) -> list[Outgoing]:
    """What is refused before anybody needs its body: who asks, what for, and by which method; it names nobody's.

    In quick two requests have all that the larger profiles send apart: a service refuses the first one, and a router,
    or who asks for credentials, the second one.
    """
    unknown = unknown_name(name, "connection")
    first = iut.cancel_request(
        unknown, body=BODY, note="cancel of an unknown operation with a body", may_be_unrouted=True
    )
    capitals = replace(in_capitals(first), note=f"{first.note} and header names in capitals")
    asks_who_calls = iut.statement.value("auth") is True and not iut.configuration.auth.client_certificate
    if iut.is_quick:
        return [capitals, _expecting(iut, unknown, Credential.NONE) if asks_who_calls else _unrouted(iut, unknown)]
    requests = [first, capitals, _expecting(iut, unknown, Credential.MAIN)]
    if asks_who_calls:
        note = "cancel without credentials and with a body"
        requests.append(
            iut.cancel_request(unknown, body=BODY, credential=Credential.NONE, note=note, may_be_unrouted=True)
        )
    path = iut.contract.path(Method.CANCEL, unknown)
    for method, target, label, framing, what in (
        ("PUT", path, JSON, "length", "PUT on the cancel path"),
        ("POST", f"{path}x", JSON, "length", "another verb"),
        ("POST", path, "text/plain", "length", "another label"),
        ("POST", f"{path}x", JSON, "chunked", "another verb, in chunks"),
    ):
        note = f"{what}, with a body"
        requests.append(
            iut.request(method, target, body=BODY, content_type=label, framing=framing, note=note, may_be_unrouted=True)
        )
    return requests


def _unrouted(iut: Iut, name: str) -> Outgoing:
    """Many servers of a few lines answer what they have no route for before they read anything of it."""
    path = f"{iut.contract.path(Method.CANCEL, name)}x"
    note = "another verb with Expect and a body that is not whole"
    return iut.request("POST", path, body=BODY[:-1], content_type=JSON, headers=EXPECT, note=note, may_be_unrouted=True)


def _expecting(iut: Iut, name: str, credential: Credential) -> Outgoing:
    note = "cancel with Expect and a body that is not whole"
    if credential is Credential.NONE:
        note += ", without credentials"
    return iut.cancel_request(
        name, body=BODY[:-1], headers=EXPECT, credential=credential, note=note, may_be_unrouted=True
    )
