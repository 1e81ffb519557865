"""Cancels of one operation that name another one in a second place: the body, the query, or a header.

The operation in the path is a decoy or does not exist: a server may look elsewhere only if the path finds nothing.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Literal
from urllib.parse import quote

from conformance.exchange import Header, Method
from conformance.server.target.target import Outgoing
from conformance.server.target.unknown import unknown_name
from conformance.suite.refusals import MakeFamily, Situation

Place = Literal["body", "query", "header"]

FORM = "application/x-www-form-urlencoded"


def named_elsewhere(given: Situation, place: Place) -> list[Outgoing]:
    """Cancels of the decoy that name the bystander in a place; the larger profiles name it in more ways."""
    if place == "header" and given.iut.is_quick:  # no header is refused for another one beside it
        return [
            given.iut.cancel_request(given.decoy, headers=[*_routing(given), *_rewriting(given)], note=_note(place))
        ]
    identifier = given.name.rpartition("/")[2]
    requests = [_naming(given, place, {"name": given.name}), *_IN_OTHER_PLACES[place](given)]
    if not given.iut.is_quick:
        requests.append(_naming(given, place, {"name": identifier, "operation": given.name}))
        requests.append(_naming(replace(given, decoy=unknown_name(given.name, "decoy")), place, {"name": given.name}))
        requests += _IN_OTHER_FORMS[place](given)
    return requests


def _naming(given: Situation, place: Place, members: dict[str, str]) -> Outgoing:
    note = _note(place)
    if place == "body":
        return given.iut.cancel_request(given.decoy, body=json.dumps(members).encode(), note=note)
    written = "&".join(f"{key}={quote(value, safe='/')}" for key, value in members.items())
    if place == "query":
        return given.iut.cancel_request(given.decoy, query=written, note=note)
    return given.iut.cancel_request(given.decoy, headers=[("x-goog-request-params", written)], note=note)


def _note(place: str) -> str:
    return f"cancel whose {place} names another operation"


def _body_in_other_places(given: Situation) -> list[Outgoing]:
    """In members of other names, all at once, and in a form, which frameworks mix with the query."""
    identifier = given.name.rpartition("/")[2]
    members = {**dict.fromkeys(_IDS, identifier), "names": [given.name], "operations": [given.name]}
    form = f"name={quote(given.name, safe='')}".encode()
    return [
        given.iut.cancel_request(given.decoy, body=json.dumps(members).encode(), note=_note("body")),
        given.iut.cancel_request(given.decoy, body=form, content_type=FORM, note=_note("body")),
    ]


def _query_in_other_places(given: Situation) -> list[Outgoing]:
    """In parameters of other names, all at once."""
    identifier = given.name.rpartition("/")[2]
    return [
        _naming(
            given,
            "query",
            {"operation.name": given.name, **dict.fromkeys(_IDS, identifier)},
        )
    ]


def _header_in_other_places(given: Situation) -> list[Outgoing]:
    """In the headers of rewriting proxies, all at once."""
    return [given.iut.cancel_request(given.decoy, headers=_rewriting(given), note=_note("header"))]


def _rewriting(given: Situation) -> list[Header]:
    path = given.iut.contract.path(Method.CANCEL, given.name)
    return [(header, path) for header in _REWRITING]


def _routing(given: Situation) -> list[Header]:
    return [("x-goog-request-params", f"name={quote(given.name, safe='/')}")]


_IDS = ("operationsId", "operationId", "operation_id", "operation", "id")
"""What the last part of the path is called: `operation`, where a router has a pattern `/operations/:operation`."""
_REWRITING = ("X-Original-URL", "X-Rewrite-URL")

_IN_OTHER_PLACES: dict[Place, MakeFamily] = {
    "body": _body_in_other_places,
    "query": _query_in_other_places,
    "header": _header_in_other_places,
}


def _body_in_other_forms(given: Situation) -> list[Outgoing]:
    """Twice, without a label, and in messages of their own, as other methods have them."""
    iut, note = given.iut, _note("body")
    decoy, other = json.dumps(given.decoy), json.dumps(given.name)
    twice = f'{{"name": {decoy}, "name": {other}}}'.encode()
    nested = json.dumps({key: {"name": given.name} for key in ("operation", "request", "resource")}).encode()
    return [
        iut.cancel_request(given.decoy, body=nested, note=note),
        iut.cancel_request(given.decoy, body=twice, note=note),
        iut.cancel_request(given.decoy, body=json.dumps({"name": given.name}).encode(), content_type=None, note=note),
    ]


def _query_in_other_forms(given: Situation) -> list[Outgoing]:
    """With its slashes escaped, and as the second of two."""
    escaped = f"name={quote(given.name, safe='')}"
    second = f"name={quote(given.decoy, safe='/')}&name={quote(given.name, safe='/')}"
    return [given.iut.cancel_request(given.decoy, query=query, note=_note("query")) for query in (escaped, second)]


def _header_in_other_forms(given: Situation) -> list[Outgoing]:
    """With its slashes escaped, as Google's clients send it, and by the id alone."""
    written = [f"name={quote(given.name, safe='')}", f"operationsId={given.name.rpartition('/')[2]}"]
    headers = [("x-goog-request-params", each) for each in written]
    return [given.iut.cancel_request(given.decoy, headers=[header], note=_note("header")) for header in headers]


_IN_OTHER_FORMS: dict[Place, MakeFamily] = {
    "body": _body_in_other_forms,
    "query": _query_in_other_forms,
    "header": _header_in_other_forms,
}
