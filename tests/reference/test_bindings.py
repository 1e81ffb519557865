"""The table of bindings: beyondcorp's own, and those of other contracts."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from conformance.exchange import Method
from conformance.lro.clock import VirtualClock
from conformance.server.reference.bindings import BINDINGS, Route, Rpc, bindings_for
from conformance.server.reference.build import reference_service
from conformance.spec.contract import Contract
from conformance.spec.template import PathTemplate

from .caller import Caller, json_of


@dataclass(frozen=True)
class Form:
    method: Method
    http_method: str
    template: PathTemplate
    body: str | None = None


def rows(bindings: tuple[Route, ...], *rpcs: Rpc) -> set[tuple[str, ...]]:
    return {(row.rpc, row.http_method, str(row.template), str(row.reads_body)) for row in bindings if row.rpc in rpcs}


def test_beyondcorp_is_bound_as_its_contract_says() -> None:
    contract = bindings_for(Contract.load("beyondcorp.v1").bindings)
    shared = (Rpc.CANCEL, Rpc.GET, Rpc.LIST, Rpc.DELETE, Rpc.START)
    assert rows(BINDINGS.rows, *shared) == rows(contract.rows, *shared)
    assert len(rows(BINDINGS.rows, Rpc.CREATE)) == 2


@pytest.mark.parametrize(
    ("names", "parents", "parent", "start"),
    [
        ("projects/*/operations/*", "{name=projects/*}/operations", "projects/p", "projects/p/operations:start"),
        ("operations/**", "{name=operations}", "operations", "operations:start"),
        (
            "projects/*/jobs/*/tasks/*",
            "{name=projects/*/jobs/*}/tasks",
            "projects/p/jobs/j",
            "projects/p/jobs/j/tasks:start",
        ),
        ("**", "{name=*}/operations", "p", "operations:start"),
    ],
)
def test_another_contract_is_served_from_start_to_end(names: str, parents: str, parent: str, start: str) -> None:
    listed = PathTemplate.parse(f"/v2/{parents}")
    caller = Caller(
        reference_service(
            VirtualClock(),
            seed=1,
            bindings=bindings_for(
                [
                    Form(Method.CANCEL, "POST", PathTemplate.parse(f"/v2/{{name={names}}}:cancel")),
                    Form(Method.GET, "GET", PathTemplate.parse(f"/v2/{{name={names}}}")),
                    Form(Method.LIST, "GET", listed),
                ]
            ),
        )
    )
    name = json_of(caller.send("POST", f"/v2/{start}", {"mode": "run"}))["name"]
    assert PathTemplate.parse(f"/{{name={names}}}").match(f"/{name}")
    assert caller.send("POST", f"/v2/{name}:cancel", b"ignored: there is no body here").json() == {}
    operation = json_of(caller.send("GET", f"/v2/{name}"))
    assert operation["error"]["code"] == 1
    if names != "**":
        assert json_of(caller.send("GET", listed.expand(name=parent)))["operations"] == [operation]
    assert caller.send("DELETE", f"/v2/{name}").status == 404
    assert caller.send("POST", f"/v1/{name}:cancel").status == 404


def test_the_hook_of_a_contract_is_bound_once() -> None:
    forms = [Form(Method.CANCEL, "POST", PathTemplate.parse(f"/v1/{{name=operations/*}}:{verb}")) for verb in "ab"]
    assert [str(row.template) for row in bindings_for(forms).rows if row.rpc is Rpc.START] == ["/v1/operations:start"]
