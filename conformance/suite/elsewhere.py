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


def named_elsewhere(situation: Situation, place: Place) -> list[Outgoing]:
    """Cancels of the decoy that name the bystander in a place; the larger profiles name it in more ways."""
    if place == "header" and situation.iut.is_quick:  # no header is refused for another one beside it
        return [
            situation.iut.cancel_request(
                situation.decoy, headers=[*_routing(situation), *_rewriting(situation)], note=_note(place)
            )
        ]
    identifier = situation.name.rpartition("/")[2]
    requests = [_naming(situation, place, {"name": situation.name}), *_IN_OTHER_PLACES[place](situation)]
    if not situation.iut.is_quick:
        requests.append(_naming(situation, place, {"name": identifier}))
        requests.append(
            _naming(replace(situation, decoy=unknown_name(situation.name, "decoy")), place, {"name": situation.name})
        )
        requests += _IN_OTHER_FORMS[place](situation)
    return requests


def _naming(situation: Situation, place: Place, members: dict[str, str]) -> Outgoing:
    note = _note(place)
    if place == "body":
        return situation.iut.cancel_request(situation.decoy, body=json.dumps(members).encode(), note=note)
    written = "&".join(f"{key}={quote(value, safe='/')}" for key, value in members.items())
    if place == "query":
        return situation.iut.cancel_request(situation.decoy, query=written, note=note)
    return situation.iut.cancel_request(situation.decoy, headers=[("x-goog-request-params", written)], note=note)


def _note(place: str) -> str:
    return f"cancel whose {place} names another operation"


def _body_in_other_places(situation: Situation) -> list[Outgoing]:
    """In members of other names, all at once, and in a form, which frameworks mix with the query."""
    identifier = situation.name.rpartition("/")[2]
    ids = dict.fromkeys(_IDS, identifier)
    members = {"operation": situation.name, **ids, "names": [situation.name], "operations": [situation.name]}
    form = f"name={quote(situation.name, safe='')}".encode()
    return [
        situation.iut.cancel_request(situation.decoy, body=json.dumps(members).encode(), note=_note("body")),
        situation.iut.cancel_request(situation.decoy, body=form, content_type=FORM, note=_note("body")),
    ]


def _query_in_other_places(situation: Situation) -> list[Outgoing]:
    """In parameters of other names, all at once."""
    identifier = situation.name.rpartition("/")[2]
    return [
        _naming(
            situation,
            "query",
            {"operation": situation.name, "operation.name": situation.name, **dict.fromkeys(_IDS, identifier)},
        )
    ]


def _header_in_other_places(situation: Situation) -> list[Outgoing]:
    """In the headers of rewriting proxies, all at once."""
    return [situation.iut.cancel_request(situation.decoy, headers=_rewriting(situation), note=_note("header"))]


def _rewriting(situation: Situation) -> list[Header]:
    path = situation.iut.contract.path(Method.CANCEL, situation.name)
    return [(header, path) for header in _REWRITING]


def _routing(situation: Situation) -> list[Header]:
    return [("x-goog-request-params", f"name={quote(situation.name, safe='/')}")]


_IDS = ("operationsId", "operationId", "operation_id", "id")
_REWRITING = ("X-Original-URL", "X-Rewrite-URL")

_IN_OTHER_PLACES: dict[Place, MakeFamily] = {
    "body": _body_in_other_places,
    "query": _query_in_other_places,
    "header": _header_in_other_places,
}


def _body_in_other_forms(situation: Situation) -> list[Outgoing]:
    """Twice, and without a label."""
    iut, note = situation.iut, _note("body")
    decoy, other = json.dumps(situation.decoy), json.dumps(situation.name)
    twice = f'{{"name": {decoy}, "name": {other}}}'.encode()
    return [
        iut.cancel_request(situation.decoy, body=twice, note=note),
        iut.cancel_request(
            situation.decoy, body=json.dumps({"name": situation.name}).encode(), content_type=None, note=note
        ),
    ]


def _query_in_other_forms(situation: Situation) -> list[Outgoing]:
    """With its slashes escaped, and as the second of two."""
    escaped = f"name={quote(situation.name, safe='')}"
    second = f"name={quote(situation.decoy, safe='/')}&name={quote(situation.name, safe='/')}"
    return [
        situation.iut.cancel_request(situation.decoy, query=query, note=_note("query")) for query in (escaped, second)
    ]


def _header_in_other_forms(situation: Situation) -> list[Outgoing]:
    """With its slashes escaped, as Google's clients send it, and by the id alone."""
    written = [f"name={quote(situation.name, safe='')}", f"operationsId={situation.name.rpartition('/')[2]}"]
    headers = [("x-goog-request-params", each) for each in written]
    return [situation.iut.cancel_request(situation.decoy, headers=[header], note=_note("header")) for header in headers]


_IN_OTHER_FORMS: dict[Place, MakeFamily] = {
    "body": _body_in_other_forms,
    "query": _query_in_other_forms,
    "header": _header_in_other_forms,
}
