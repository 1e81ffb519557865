"""Ids of the suite's choice: what a server has taken for an id it must cancel; what it has not taken is said."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from conformance.server.options import Options
from conformance.server.reference.build import reference_service
from conformance.server.reference.faults import fault_named
from conformance.server.reference.serve import running_server
from conformance.server.reference.service import Service
from conformance.server.reference.variants import variant_named
from conformance.server.run_suite import run_quietly

START = '{method = "POST", path = "/v1/projects/p/locations/l/operations:start", json = {mode = "run"%s}}'
EVERY, ESCAPED, PLAIN = "routing.every-id-is-bound", "routing.escaped-colon-is-data", "routing.colon-in-identifier"


def entries_of(tmp_path: Path, service: Service, member: str = ', id = "{id}"') -> dict[str, dict[str, Any]]:
    file = tmp_path / "conformance.toml"
    with running_server(service) as url:
        iut = f'[iut]\nurl = "{url}"\nparent = "projects/p/locations/l"\n'
        file.write_text(f"{iut}[operations]\nstart = {START % member}\n", encoding="utf-8")
        report = run_quietly(Options(config=str(file)))
    return {entry["id"]: entry for entry in report["requirements"]} | {"report": report}


def test_operations_with_chosen_ids_are_cancelled_and_cleaned_up(tmp_path: Path) -> None:
    service = reference_service()
    entries = entries_of(tmp_path, service)
    assert {entries[each]["verdict"] for each in (EVERY, ESCAPED, PLAIN)} == {"pass"}
    assert service.store.list("projects/p/locations/l") == ()
    names = [name.rpartition("/")[2] for name in entries["report"]["operation_names"]]
    assert any(len(name) == 63 and name[0] == "9" for name in names)
    assert any(":" in name for name in names)


def test_where_the_start_names_no_id_there_is_none_to_choose(tmp_path: Path) -> None:
    entry = entries_of(tmp_path, reference_service(), "")[EVERY]
    assert entry["verdict"] == "not-applicable"
    assert "{id} stands nowhere in it" in entry["reason"]


@pytest.mark.parametrize(
    ("variant", "why"),
    [
        ("takes-ids-as-dns-has-them", "was answered with 400"),
        ("gives-ids-of-its-own", "the server gives ids of its own"),
    ],
)
def test_ids_that_are_not_taken_are_said_and_are_no_pass(tmp_path: Path, variant: str, why: str) -> None:
    entry = entries_of(tmp_path, variant_named(variant).apply(reference_service()))[EVERY]
    assert entry["verdict"] == "not-applicable"
    assert why in entry["reason"]


def test_of_the_ids_that_are_taken_one_that_cannot_be_cancelled_fails(tmp_path: Path) -> None:
    """A server that refuses every id with a period when it is started is judged by its others."""
    honest = fault_named("capitals-are-lowered").apply(reference_service())
    picky = variant_named("takes-ids-as-dns-has-them").apply(reference_service())

    def start(service: Service, call: Any) -> dict[str, Any]:
        refuses = "." in str(call.body.get("id"))
        return (picky if refuses else honest).start(service, call)

    entry = entries_of(tmp_path, replace(honest, start=start))[EVERY]
    assert entry["verdict"] == "fail"
    findings = {check["check"].partition("[")[2]: check["finding"] for check in entry["checks"]}
    assert findings == {"9-CAPITALS-63]": "violated", "_.~]": "not-applicable"}
