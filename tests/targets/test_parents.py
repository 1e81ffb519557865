"""The parents of a run: what the spec tells where nothing is said, and how operations are started below each."""

from __future__ import annotations

from dataclasses import replace

import pytest

from conformance.server.target.configuration import (
    DEFAULT_START,
    Configuration,
    IutSection,
    LimitsSection,
    StartRequest,
    SupplyForm,
)
from conformance.server.target.parents import REQUESTS_EACH, form_below, with_parents, with_room
from conformance.spec.contract import Contract

CONTRACT = Contract.load("beyondcorp.v1")
FIRST, OTHER = "projects/p/locations/l", "organizations/1/locations/l"


def test_without_a_parent_it_is_the_examples_of_the_spec() -> None:
    assert with_parents(Configuration(), CONTRACT).iut.parent == "projects/demo/locations/us"
    assert with_parents(Configuration(), CONTRACT).iut.further_parents == ()
    every = with_parents(Configuration(), CONTRACT, all_bindings=True).iut
    assert every.further_parents == ("organizations/organizations-1/locations/us",)


@pytest.mark.parametrize("iut", [IutSection(parent=FIRST), IutSection(said=frozenset({"parent"}))])
def test_a_parent_that_is_said_stays(iut: IutSection) -> None:
    """Also the empty one, for operations that have none."""
    assert with_parents(Configuration(iut=iut), CONTRACT, all_bindings=True).iut == iut


def test_the_hook_is_where_the_spec_has_it() -> None:
    form = SupplyForm(start=DEFAULT_START)
    for parent in (FIRST, OTHER):
        below = form_below(form, CONTRACT, parent, is_first=parent == FIRST)
        assert below.start == replace(DEFAULT_START, path=f"/v1/{parent}/operations:start")


def test_a_start_that_names_the_parent_serves_them_all() -> None:
    form = SupplyForm(start=StartRequest("POST", "/v1/{parent}/things", {"in": ["{parent}"], "n": 1}))
    for parent in (FIRST, OTHER):
        start = form_below(form, CONTRACT, parent, is_first=parent == FIRST).start
        assert start == StartRequest("POST", f"/v1/{parent}/things", {"in": [parent], "n": 1})


def test_a_command_that_names_the_parent_serves_them_all() -> None:
    form = SupplyForm(command=("start", "--below={parent}"))
    for parent in (FIRST, OTHER):
        assert form_below(form, CONTRACT, parent, is_first=parent == FIRST).command == ("start", f"--below={parent}")


@pytest.mark.parametrize(
    "form",
    [
        SupplyForm(start=StartRequest("POST", "/v1/things", {"a": 1})),
        SupplyForm(command=("start",)),
        SupplyForm(python="my.module:start"),
    ],
    ids=["start", "command", "python"],
)
def test_what_names_no_parent_serves_the_first(form: SupplyForm) -> None:
    assert form_below(form, CONTRACT, FIRST) == form
    assert not form_below(form, CONTRACT, OTHER, is_first=False).is_given


def test_names_serve_the_parent_that_they_have() -> None:
    form = SupplyForm(names=(f"{FIRST}/operations/1", f"{OTHER}/operations/2"))
    assert form_below(form, CONTRACT, OTHER, is_first=False).names == (f"{OTHER}/operations/2",)


def test_further_parents_have_room_unless_the_file_says_how_much_there_is() -> None:
    iut = IutSection(parent=FIRST, further_parents=(OTHER, f"{OTHER}2"))
    limits = with_room(Configuration(iut=iut, limits=LimitsSection(10, 5))).limits
    assert (limits.requests, limits.operations) == (10 + 2 * REQUESTS_EACH, 7)
    said = LimitsSection(10, 5, said=frozenset({"requests", "operations"}))
    assert with_room(Configuration(iut=iut, limits=said)).limits == said
