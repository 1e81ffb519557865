"""The catalogue, the rules and the checks agree: nothing is promised that is not checked, nothing checked unlisted."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import jsonschema
import pytest

from conformance.rules import all_rules
from conformance.spec.catalogue import Level, catalogue
from conformance.spec.files import read_yaml, spec_path
from conformance.suite.listing import checks_by_requirement

SPECS = spec_path("requirements").parent


def test_the_file_has_the_shape_its_schema_asks_for() -> None:
    schema = json.loads((SPECS / "requirements.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(read_yaml(spec_path("requirements")), schema)


def test_ids_are_unique_and_belong_to_a_chapter() -> None:
    document = read_yaml(spec_path("requirements"))
    ids = [entry["id"] for entry in document["requirements"]]
    assert sorted(set(ids)) == sorted(ids)
    assert {requirement.chapter for requirement in catalogue()} <= catalogue().chapters.keys()


def test_every_chapter_and_every_source_is_used() -> None:
    document = read_yaml(spec_path("requirements"))
    assert {requirement.chapter for requirement in catalogue()} == set(document["chapters"])
    assert {requirement.source.document for requirement in catalogue()} == set(document["sources"])


@pytest.mark.parametrize("requirement", catalogue().of("server"), ids=lambda requirement: requirement.id)
def test_a_requirement_is_checked_or_says_why_not(requirement: object) -> None:
    checked = set(checks_by_requirement())
    entry = catalogue()[requirement.id]  # type: ignore[attr-defined]
    assert (entry.id in checked) != bool(entry.not_tested_reason)


def test_a_may_is_never_judged() -> None:
    checked = set(checks_by_requirement())
    assert not [
        requirement.id for requirement in catalogue() if requirement.level is Level.MAY and requirement.id in checked
    ]


def test_rules_and_checks_speak_only_for_requirements_of_the_catalogue() -> None:
    known = {requirement.id for requirement in catalogue()}
    assert set(all_rules()) <= known
    assert set(checks_by_requirement()) <= known


def test_every_rule_is_applied_to_all_traffic() -> None:
    applied = {
        requirement
        for requirement, checks in checks_by_requirement().items()
        if any("test_all_traffic_keeps" in check for check in checks)
    }
    assert applied == set(all_rules())


def _suite_files() -> Iterator[Path]:
    import conformance.suite

    return Path(conformance.suite.__file__).parent.glob("test_*.py")


def test_a_chapter_of_checks_can_be_read_in_one_sitting() -> None:
    for path in _suite_files():
        assert len(path.read_text(encoding="utf-8").splitlines()) < 200, path.name
