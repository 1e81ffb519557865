"""The HTTP bindings of this server: which HTTP method and path call which method of the service.

The methods of google.longrunning.Operations are bound as the beyondcorp service configuration has it, with the
organizations bindings of its newer edition, or as another contract says (`bindings_for`). Operations are started by
`operations:start`, a hook for tests that takes the wanted behaviour, and by creating an app connection, as with the
real service.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Protocol

from conformance.exchange import Method
from conformance.spec.home import Home
from conformance.spec.template import Kind, PathTemplate


class Rpc(StrEnum):
    """The methods of this server."""

    CANCEL = "CancelOperation"
    GET = "GetOperation"
    LIST = "ListOperations"
    DELETE = "DeleteOperation"
    START = "StartOperation"
    CREATE = "CreateAppConnection"


class HttpForm(Protocol):
    """One HTTP form of a method of google.longrunning.Operations, as a contract has it."""

    @property
    def method(self) -> Method: ...
    @property
    def http_method(self) -> str: ...
    @property
    def template(self) -> PathTemplate: ...
    @property
    def body(self) -> str | None: ...


@dataclass(frozen=True, slots=True)
class Route:
    """One row of the table: an HTTP method and a path template for one method of the service.

    `query` names the method's own query parameters. `reads_body` is whether there is a request message in the body
    (`body: "*"`, or a resource); without it, content is ignored. `collection` is what an operation's id is below.
    """

    rpc: Rpc
    http_method: str
    template: PathTemplate
    query: frozenset[str] = frozenset()
    reads_body: bool = False
    collection: str = "operations"

    @property
    def permission(self) -> str:
        """What a caller needs; the names follow the pattern of other services' pages, beyondcorp has none."""
        return _PERMISSIONS[self.rpc]

    def name_in(self, path: str) -> str | None:
        """The name that a raw path binds, "" when the template binds none; None when the path does not fit."""
        variables = self.template.match(path)
        return None if variables is None else next(iter(variables.values()), "")


class Bindings:
    """A table of bindings, the more literal first, which so win over those with wildcards in the same place.

    What it makes of a path is remembered, because paths recur.
    """

    def __init__(self, rows: Iterable[Route]) -> None:
        self.rows = tuple(sorted(rows, key=_wildness))
        self.at = lru_cache(maxsize=4096)(self._at)

    def _at(self, path: str) -> tuple[tuple[Route, str], ...]:
        """The bindings of all HTTP methods that the raw path fits, each with the name that it binds.

        A custom verb that exists is a verb: `O:cancel` is no operation id that a GET could ask for.
        """
        bound = tuple((row, name) for row in self.rows if (name := row.name_in(path)) is not None)
        return tuple((row, name) for row, name in bound if row.template.verb) or bound


def bindings_for(forms: Iterable[HttpForm]) -> Bindings:
    """The bindings of a contract, and the hook that starts operations of every kind that can be cancelled."""
    forms = tuple(forms)
    rows = [_row(form.method, form.http_method, form.template, form.body is not None) for form in forms]
    hooks = {hook.template: hook for form in forms if form.method is Method.CANCEL for hook in [_hook(form.template)]}
    return Bindings([*rows, *hooks.values()])


def _wildness(row: Route) -> list[int]:
    return [(Kind.LITERAL, Kind.ONE, Kind.REST).index(segment.kind) for segment in row.template.segments]


_RPCS = {Method.CANCEL: Rpc.CANCEL, Method.GET: Rpc.GET, Method.LIST: Rpc.LIST, Method.DELETE: Rpc.DELETE}

_PERMISSIONS = {
    Rpc.CANCEL: "beyondcorp.operations.cancel",
    Rpc.GET: "beyondcorp.operations.get",
    Rpc.LIST: "beyondcorp.operations.list",
    Rpc.DELETE: "beyondcorp.operations.delete",
    Rpc.START: "beyondcorp.appConnections.create",
    Rpc.CREATE: "beyondcorp.appConnections.create",
}

_PAGING = frozenset({"filter", "pageSize", "pageToken", "returnPartialSuccess"})


def _row(method: Method, http_method: str, template: PathTemplate, reads_body: bool) -> Route:
    return Route(_RPCS[method], http_method, template, _PAGING if method is Method.LIST else frozenset(), reads_body)


def _hook(cancel: PathTemplate) -> Route:
    """The hook beside a cancel binding: `/v1/{name=projects/*/operations/*}:cancel` has
    `/v1/{parent=projects/*}/operations:start`, and `/v1/{name=operations/**}:cancel` has `/v1/operations:start`."""
    home = Home.of(cancel)
    return Route(Rpc.START, "POST", home.start, reads_body=True, collection=home.collection)


def _beyondcorp() -> Iterator[Route]:
    for collection in ("projects", "organizations"):
        location = f"{collection}/*/locations/*"
        operation = PathTemplate.parse(f"/v1/{{name={location}/operations/*}}")
        cancel = PathTemplate.parse(f"/v1/{{name={location}/operations/*}}:cancel")
        yield _row(Method.CANCEL, "POST", cancel, reads_body=True)
        yield _row(Method.GET, "GET", operation, reads_body=False)
        yield _row(Method.DELETE, "DELETE", operation, reads_body=False)
        yield _row(Method.LIST, "GET", PathTemplate.parse(f"/v1/{{name={location}}}/operations"), reads_body=False)
        yield _hook(cancel)
        connections = PathTemplate.parse(f"/v1/{{parent={location}}}/appConnections")
        yield Route(Rpc.CREATE, "POST", connections, frozenset({"appConnectionId", "requestId"}), reads_body=True)


BINDINGS = Bindings(_beyondcorp())
"""The bindings of beyondcorp."""
