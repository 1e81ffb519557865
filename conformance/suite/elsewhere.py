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
from conformance.suite.refusals import Aim, MakeFamily

Place = Literal["body", "query", "header"]

FORM = "application/x-www-form-urlencoded"


def named_elsewhere(aim: Aim, place: Place) -> list[Outgoing]:
    """Cancels of the decoy that name the bystander in a place; the larger profiles name it in more ways."""
    if place == "header" and aim.iut.is_quick:  # no header is refused for another one beside it
        return [aim.iut.cancel_request(aim.decoy, headers=[*_routing(aim), *_rewriting(aim)], note=_note(place))]
    identifier = aim.name.rpartition("/")[2]
    requests = [_naming(aim, place, {"name": aim.name}), *_IN_OTHER_PLACES[place](aim)]
    if not aim.iut.is_quick:
        requests.append(_naming(aim, place, {"name": identifier}))
        requests.append(_naming(replace(aim, decoy=unknown_name(aim.name, "decoy")), place, {"name": aim.name}))
        requests += _IN_OTHER_FORMS[place](aim)
    return requests


def _naming(aim: Aim, place: Place, members: dict[str, str]) -> Outgoing:
    note = _note(place)
    if place == "body":
        return aim.iut.cancel_request(aim.decoy, body=json.dumps(members).encode(), note=note)
    written = "&".join(f"{key}={quote(value, safe='/')}" for key, value in members.items())
    if place == "query":
        return aim.iut.cancel_request(aim.decoy, query=written, note=note)
    return aim.iut.cancel_request(aim.decoy, headers=[("x-goog-request-params", written)], note=note)


def _note(place: str) -> str:
    return f"cancel whose {place} names another operation"


def _body_in_other_places(aim: Aim) -> list[Outgoing]:
    """In members of other names, all at once, and in a form, which frameworks mix with the query."""
    identifier = aim.name.rpartition("/")[2]
    ids = dict.fromkeys(_IDS, identifier)
    members = {"operation": aim.name, **ids, "names": [aim.name], "operations": [aim.name]}
    form = f"name={quote(aim.name, safe='')}".encode()
    return [
        aim.iut.cancel_request(aim.decoy, body=json.dumps(members).encode(), note=_note("body")),
        aim.iut.cancel_request(aim.decoy, body=form, content_type=FORM, note=_note("body")),
    ]


def _query_in_other_places(aim: Aim) -> list[Outgoing]:
    """In parameters of other names, all at once."""
    identifier = aim.name.rpartition("/")[2]
    return [
        _naming(aim, "query", {"operation": aim.name, "operation.name": aim.name, **dict.fromkeys(_IDS, identifier)})
    ]


def _header_in_other_places(aim: Aim) -> list[Outgoing]:
    """In the headers of rewriting proxies, all at once."""
    return [aim.iut.cancel_request(aim.decoy, headers=_rewriting(aim), note=_note("header"))]


def _rewriting(aim: Aim) -> list[Header]:
    path = aim.iut.contract.path(Method.CANCEL, aim.name)
    return [(header, path) for header in _REWRITING]


def _routing(aim: Aim) -> list[Header]:
    return [("x-goog-request-params", f"name={quote(aim.name, safe='/')}")]


_IDS = ("operationsId", "operationId", "operation_id", "id")
_REWRITING = ("X-Original-URL", "X-Rewrite-URL")

_IN_OTHER_PLACES: dict[Place, MakeFamily] = {
    "body": _body_in_other_places,
    "query": _query_in_other_places,
    "header": _header_in_other_places,
}


def _body_in_other_forms(aim: Aim) -> list[Outgoing]:
    """Twice, and without a label."""
    iut, note = aim.iut, _note("body")
    decoy, other = json.dumps(aim.decoy), json.dumps(aim.name)
    twice = f'{{"name": {decoy}, "name": {other}}}'.encode()
    return [
        iut.cancel_request(aim.decoy, body=twice, note=note),
        iut.cancel_request(aim.decoy, body=json.dumps({"name": aim.name}).encode(), content_type=None, note=note),
    ]


def _query_in_other_forms(aim: Aim) -> list[Outgoing]:
    """With its slashes escaped, and as the second of two."""
    escaped = f"name={quote(aim.name, safe='')}"
    second = f"name={quote(aim.decoy, safe='/')}&name={quote(aim.name, safe='/')}"
    return [aim.iut.cancel_request(aim.decoy, query=query, note=_note("query")) for query in (escaped, second)]


def _header_in_other_forms(aim: Aim) -> list[Outgoing]:
    """With its slashes escaped, as Google's clients send it, and by the id alone."""
    written = [f"name={quote(aim.name, safe='')}", f"operationsId={aim.name.rpartition('/')[2]}"]
    headers = [("x-goog-request-params", each) for each in written]
    return [aim.iut.cancel_request(aim.decoy, headers=[header], note=_note("header")) for header in headers]


_IN_OTHER_FORMS: dict[Place, MakeFamily] = {
    "body": _body_in_other_forms,
    "query": _query_in_other_forms,
    "header": _header_in_other_forms,
}
