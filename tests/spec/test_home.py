"""Where operations live, by the path template of their cancel: parent, collection, and the place that starts them."""

from __future__ import annotations

import pytest

from conformance.errors import UsageError
from conformance.spec.contract import Contract
from conformance.spec.home import Home, home_below, homes
from conformance.spec.template import PathTemplate

CASES = [
    (
        "/v1/{name=projects/*/locations/*/operations/*}:cancel",
        "projects/demo/locations/us",
        "/v1/projects/demo/locations/us/operations:start",
        "projects/demo/locations/us/operations/1",
    ),
    ("/v2/{name=operations/**}:cancel", "", "/v2/operations:start", "operations/1"),
    (
        "/v1/{name=projects/*/locations/global/operations/*}:cancel",
        "projects/demo/locations/global",
        "/v1/projects/demo/locations/global/operations:start",
        "projects/demo/locations/global/operations/1",
    ),
    (
        "/dns/v1/{name=organizations/*/operations/*}:cancel",
        "organizations/organizations-1",
        "/dns/v1/organizations/organizations-1/operations:start",
        "organizations/organizations-1/operations/1",
    ),
    (
        "/v1/{name=transferOperations/**}:cancel",
        "",
        "/v1/transferOperations:start",
        "transferOperations/1",
    ),
    ("/v1/{name=**}:cancel", "", "/v1/operations:start", "operations/1"),
    ("/v1/{name=*/operations/*}:cancel", "demo", "/v1/demo/operations:start", "demo/operations/1"),
]


@pytest.mark.parametrize(("template", "parent", "start", "name"), CASES, ids=[case[0] for case in CASES])
def test_a_home(template: str, parent: str, start: str, name: str) -> None:
    cancel = PathTemplate.parse(template)
    home = Home.of(cancel)
    assert (home.example, home.start_path(parent), home.below(parent, "1")) == (parent, start, name)
    assert cancel.variable("name").accepts(name)
    assert home.start.match(start) == ({"parent": parent} if parent else {})


def test_a_parent_has_the_first_home_that_fits_it() -> None:
    contract = Contract.load("beyondcorp.v1")
    projects, organizations = homes(contract)
    assert home_below(contract, "projects/p/locations/l") == projects
    assert home_below(contract, "organizations/1/locations/l") == organizations


@pytest.mark.parametrize("parent", ["", "projects/p", "folders/1/locations/l", "projects/p/locations/l/keys/k"])
def test_a_parent_without_a_home(parent: str) -> None:
    with pytest.raises(UsageError, match="have no cancel"):
        home_below(Contract.load("beyondcorp.v1"), parent)
