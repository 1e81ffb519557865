"""Calls as real clients send them: with their header fields, and as they put them on the wire."""

from __future__ import annotations

import gzip
from dataclasses import replace
from urllib.parse import quote

from conformance.exchange import Header
from conformance.server.target.iut import Iut
from conformance.server.target.target import Outgoing

ALL_TOGETHER = "client-headers"

_AGENTS = (
    "google-api-python-client/2.202.0 (gzip)",
    "google-api-go-client/0.5",
    "google-api-nodejs-client/8.0.0 (gzip)",
    "Google-API-Java-Client/2.7.2 Google-HTTP-Java-Client/1.45.0 (gzip)",
    "google-cloud-sdk gcloud/528.0.0 command/gcloud.operations.cancel",
    "google-api-ruby-client/0.50.0 Linux (gzip)",
    "curl/8.5.0",
)
_CLIENTS = (
    "gl-python/3.12.1 rest/2.32.0 gapic/1.0.0",
    "gl-java/21 gapic/2.5.0 gax/2.50.0 rest/",
    "gl-node/20 gapic/5.1.0 gax/4.3 rest/",
    "gl-go/1.26.5 gdcl/0.291.0",
    "google-cloud-sdk vscode_cloudshelleditor/0.1",
)


def in_http_1_0(outgoing: Outgoing) -> Outgoing:
    """The request as a proxy sends it that speaks HTTP/1.0 to the servers behind it, as nginx does by default."""
    request = outgoing.request
    headers = (*request.headers, ("Connection", "close"))
    return replace(outgoing, request=replace(request, headers=headers, version="1.0"))


def in_capitals(outgoing: Outgoing) -> Outgoing:
    """The request with the names of its header fields in capitals, as some proxies write them."""
    request = outgoing.request
    return replace(
        outgoing, request=replace(request, headers=tuple((name.upper(), value) for name, value in request.headers))
    )


def as_a_client(outgoing: Outgoing, name: str) -> Outgoing:
    """The request with the header fields of a generated client that names an operation, or a parent of some."""
    request, together = outgoing.request, _fields(name)
    taken = {field.lower() for field, _ in together}
    kept = tuple(each for each in request.headers if each[0].lower() not in taken)
    note = f"{outgoing.note}, with the headers of a generated client"
    return replace(outgoing, request=replace(request, headers=(*kept, *together)), note=note)


def _fields(name: str) -> list[Header]:
    return [
        ("Accept", "application/json"),
        ("Accept-Encoding", "gzip"),
        ("User-Agent", _AGENTS[0]),
        ("x-goog-api-client", _CLIENTS[0]),
        ("x-goog-request-params", f"name={quote(name, safe='')}"),
    ]


CLOSING = (("Connection", "close"),)
"""Some servers send content in answer to HEAD; on the same connection it would be taken for the next answer."""


def is_one_field(form: str) -> bool:
    """Whether a form is a cancel with one of the fields that clients send, or without one."""
    return form.startswith(f"{ALL_TOGETHER} ")


def client_forms(iut: Iut, name: str) -> dict[str, Outgoing]:
    """The cancel as official clients send it, by the key of the form; the larger profiles send each field apart."""
    together = _fields(name)
    forms = {
        ALL_TOGETHER: iut.cancel_request(name, headers=together, note="cancel with the headers of a generated client"),
        "gzip": iut.cancel_request(
            name,
            body=gzip.compress(iut.plain_body, mtime=0),
            headers=[("Content-Encoding", "gzip")],
            note="cancel with a gzip-coded body",
        ),
        "http-1.0": in_http_1_0(iut.cancel_request(name, note="cancel in HTTP/1.0")),
        # On a connection of its own: what does not read `CONTENT-LENGTH` takes the body for the next request.
        "capitals": in_capitals(
            iut.cancel_request(name, headers=[("Connection", "close")], note="cancel with header names in capitals")
        ),
        "expectation": iut.cancel_request(
            name, headers=[("Expect", "100-continue")], note="cancel that expects 100-continue"
        ),
    }
    if not iut.is_quick:
        # Who configures a field says what the target wants to have in it, as a server for one kind of clients does.
        stated = {field.lower() for field in iut.configuration.iut.headers}
        others: list[Header] = [
            *together,
            ("x-goog-request-params", f"name={quote(name, safe='/')}"),
            ("Accept", "application/json, text/plain;q=0.5, */*;q=0.1"),
            ("Accept-Encoding", "gzip, deflate, br"),
            *(("User-Agent", agent) for agent in _AGENTS[1:]),
            *(("x-goog-api-client", client) for client in _CLIENTS[1:]),
        ]
        for at, field in enumerate(each for each in others if each[0].lower() not in stated):
            note = f"cancel with {field[0]}: {field[1]}"
            forms[f"{ALL_TOGETHER} {at}"] = iut.cancel_request(name, headers=[field], note=note)
        plain = iut.cancel_request(name, note="cancel without Accept")
        kept = tuple(each for each in plain.request.headers if each[0].lower() != "accept")
        forms[f"{ALL_TOGETHER} without Accept"] = replace(plain, request=replace(plain.request, headers=kept))
        # A service may ask whether the caller may use that project's quota, and refuse.
        quota = [("X-Goog-User-Project", name.split("/")[1])]
        forms["quota-project"] = iut.cancel_request(name, headers=quota, note="cancel with X-Goog-User-Project")
    return forms
