"""Cancels of one operation that name another one in a second place: the body, the query, or a header.

The operation in the path is a decoy, or none at all: a server may look elsewhere only when it finds nothing there.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Literal
from urllib.parse import quote

from conformance.suite.refusals import Aim, MakeFamily
from conformance.targets.target import Outgoing
from conformance.targets.unknown import unknown_name

Place = Literal["body", "query", "header"]


def named_elsewhere(place: Place) -> MakeFamily:
    """The family of cancels that name the bystander in a place; the larger profiles name it in more ways."""

    def make(aim: Aim) -> list[Outgoing]:
        requests = [_naming(aim, place, {"name": aim.name})]
        if not aim.iut.is_quick:
            identifier = aim.name.rpartition("/")[2]
            requests.append(_naming(aim, place, {"name": identifier}))
            requests.append(_naming(aim, place, {"operationsId": identifier, "operation": aim.name}))
            requests.append(_naming(replace(aim, decoy=unknown_name(aim.name, "decoy")), place, {"name": aim.name}))
        return requests

    return make


def _naming(aim: Aim, place: Place, members: dict[str, str]) -> Outgoing:
    note = f"cancel whose {place} names another operation"
    if place == "body":
        return aim.iut.cancel_request(aim.decoy, body=json.dumps(members).encode(), note=note)
    written = "&".join(f"{key}={quote(value, safe='/')}" for key, value in members.items())
    if place == "query":
        return aim.iut.cancel_request(aim.decoy, query=written, note=note)
    return aim.iut.cancel_request(aim.decoy, headers=[("x-goog-request-params", written)], note=note)
