"""The client half of the catalogue agrees with the rules, the scenarios and the faults."""

from __future__ import annotations

import json

import jsonschema
import pytest

from conformance.exchange import Method
from conformance.sdk.checks import checks_by_requirement
from conformance.sdk.faults import client_faults
from conformance.sdk.scenarios import SCENARIOS
from conformance.spec.catalogue import Level, Requirement, catalogue, client_catalogue
from conformance.spec.files import read_yaml, spec_path

from .in_process import NAMING


def test_the_file_has_the_shape_its_schema_asks_for() -> None:
    schema = json.loads((spec_path("requirements").parent / "requirements.schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(read_yaml(spec_path("client-requirements")), schema)


def test_ids_are_unique_and_no_server_requirement_has_one() -> None:
    ids = [entry["id"] for entry in read_yaml(spec_path("client-requirements"))["requirements"]]
    assert len(ids) == len(set(ids))
    assert not set(ids) & set(catalogue().requirements)


def test_chapters_and_sources_are_used_and_speak_of_clients() -> None:
    document = read_yaml(spec_path("client-requirements"))
    assert {requirement.chapter for requirement in client_catalogue()} == set(document["chapters"])
    assert {requirement.source.document for requirement in client_catalogue()} == set(document["sources"])
    assert {requirement.actor for requirement in client_catalogue()} == {"client"}


def test_a_source_is_called_the_same_in_both_halves() -> None:
    server, client = (read_yaml(spec_path(name))["sources"] for name in ("requirements", "client-requirements"))
    assert {key: client[key] for key in client if key in server} == {
        key: server[key] for key in server if key in client
    }


@pytest.mark.parametrize("requirement", list(client_catalogue()), ids=lambda requirement: requirement.id)
def test_a_requirement_is_checked_and_can_be_broken_or_says_why_not(requirement: Requirement) -> None:
    broken_by = [fault.name for fault in client_faults().values() if requirement.id in fault.breaks]
    is_judged = requirement.id in checks_by_requirement()
    assert is_judged == bool(broken_by) == (not requirement.not_tested_reason)
    assert (requirement.level is Level.MAY) == bool(requirement.not_tested_reason)


def test_rules_scenarios_and_faults_speak_only_for_requirements_of_the_catalogue() -> None:
    assert set(checks_by_requirement()) <= set(client_catalogue().requirements)
    for fault in client_faults().values():
        assert set(fault.breaks) <= set(client_catalogue().requirements), fault.name
        assert fault.lie.endswith("."), fault.name


def test_every_scenario_has_names_of_its_own_and_a_control() -> None:
    assert len({scenario.name for scenario in SCENARIOS}) == len(SCENARIOS)
    request = [
        call
        for scenario in SCENARIOS
        for call in {
            (step.asks_for, NAMING.named(scenario, step.name))
            for step in (scenario.control.step, *scenario.steps)
            if step.method is not Method.LIST  # it is of a parent, which all have in common
        }
    ]
    assert len(request) == len(set(request)), "a call belongs to one scenario, which may repeat it"


def test_the_client_half_is_not_read_by_a_run() -> None:
    """`run` need not pay for it; who reads it is the gate."""
    assert not any(requirement.actor == "client" for requirement in catalogue())
