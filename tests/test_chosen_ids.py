"""Ids of the suite's choice: what a server has taken for an id it must cancel; what it has not taken is said."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from conformance.errors import NotTested
from conformance.server.options import Options
from conformance.server.reference.build import reference_service
from conformance.server.reference.faults import fault_named
from conformance.server.reference.serve import running_server
from conformance.server.reference.service import Service
from conformance.server.reference.variants import variant_named
from conformance.server.run_suite import run_quietly
from conformance.suite.alike import cancelled_among_alike

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


def test_where_no_id_can_be_chosen_the_whole_name_counts_all_the_same() -> None:
    """Of a requirement with other checks, that would rule out what they could not test."""
    iut: Any = SimpleNamespace(supply=SimpleNamespace(takes_ids=False))
    with pytest.raises(NotTested, match="does not choose an id"):
        cancelled_among_alike(iut, bystanders=iut)


def findings_of(entry: dict[str, Any]) -> dict[str, str]:
    return {check["check"].partition("[")[2].rstrip("]"): check["finding"] for check in entry["checks"]}


def test_ids_that_the_server_replaces_are_said_and_are_no_pass(tmp_path: Path) -> None:
    entry = entries_of(tmp_path, variant_named("gives-ids-of-its-own").apply(reference_service()))[EVERY]
    assert entry["verdict"] == "not-applicable"
    assert "the server gives ids of its own" in entry["reason"]


def test_what_is_refused_together_is_asked_for_apart(tmp_path: Path) -> None:
    """A name of DNS may have 63 characters, and nothing else of all that."""
    entry = entries_of(tmp_path, variant_named("takes-ids-as-dns-has-them").apply(reference_service()))[EVERY]
    assert entry["verdict"] == "pass"
    assert {kind for kind, finding in findings_of(entry).items() if finding == "kept"} == {"long"}
    assert all("was answered with 400" in each["reason"] for each in entry["checks"] if each["finding"] != "kept")


def test_of_the_ids_that_are_taken_one_that_cannot_be_cancelled_fails(tmp_path: Path) -> None:
    """A server that refuses every id with a period when it is started is judged by its others."""
    honest = fault_named("capitals-are-lowered").apply(reference_service())
    picky = variant_named("takes-ids-as-dns-has-them").apply(reference_service())

    def start(service: Service, call: Any) -> dict[str, Any]:
        refuses = "." in str(call.body.get("id"))
        return (picky if refuses else honest).start(service, call)

    entry = entries_of(tmp_path, replace(honest, start=start))[EVERY]
    assert entry["verdict"] == "fail"
    findings = findings_of(entry)
    assert findings["9-CAPITALS-63"] == "violated"
    assert findings["_.~"] == "not-applicable"
    assert (findings["underscore"], findings["tilde"], findings["period"]) == ("kept", "kept", "not-applicable")
