"""Where the generated requests are aimed: at the operation under test, whatever its name looks like."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.spec.contract import Contract
from conformance.suite.test_schema import parameters_of

SHOWCASE = Path(__file__).parents[1] / "examples" / "showcase" / "showcase.v1beta1.yaml"


def test_a_name_of_the_beyondcorp_kind_is_taken_apart_by_its_segments() -> None:
    contract = Contract.load("beyondcorp.v1")
    name = "projects/p/locations/l/operations/o"
    path = "/v1/projects/{project}/locations/{location}/operations/{operation}:cancel"
    assert parameters_of(path, contract, name) == {"project": "p", "location": "l", "operation": "o"}


def test_the_path_of_list_means_the_parent() -> None:
    contract = Contract.load("beyondcorp.v1")
    name = "projects/p/locations/l/operations/o"
    path = "/v1/projects/{project}/locations/{location}/operations"
    assert parameters_of(path, contract, name) == {"project": "p", "location": "l"}


@pytest.mark.parametrize("rest", ["Echo/Wait/CgIIAQ==", "Echo/Wait/Cg+I/5vw==", "plain"])
@pytest.mark.parametrize("verb", ["", ":cancel"])
def test_a_name_that_takes_the_rest_of_the_path_is_the_last_parameter_as_it_is(rest: str, verb: str) -> None:
    """Showcase writes base64 into its names; now and then that has a slash or a plus in it."""
    contract = Contract.load(SHOWCASE)
    path = "/v1beta1/operations/{operation}" + verb
    assert parameters_of(path, contract, f"operations/{rest}") == {"operation": rest}


def test_a_path_of_another_resource_means_nothing() -> None:
    contract = Contract.load("beyondcorp.v1")
    assert parameters_of("/v1/organizations/{organization}", contract, "projects/p/locations/l/operations/o") is None
