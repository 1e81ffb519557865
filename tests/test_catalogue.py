"""The catalogue, the rules and the checks agree: nothing is promised that is not checked, nothing checked unlisted."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import jsonschema
import pytest

from conformance.rules.server import all_rules
from conformance.spec.catalogue import Level, Requirement, catalogue, client_catalogue
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


GUIDE = "docs/adding-a-requirement.md shows how"


@pytest.mark.parametrize("requirement", catalogue().of("server"), ids=lambda requirement: requirement.id)
def test_a_requirement_is_checked_or_says_why_not(requirement: Requirement) -> None:
    if requirement.not_tested_reason:
        assert requirement.id not in checks_by_requirement(), (
            f"{requirement.id} is checked and has a not_tested_reason: take that out of specs/requirements.yaml, "
            f"or the check out of conformance/suite; {GUIDE}"
        )
    else:
        assert requirement.id in checks_by_requirement(), (
            f'nothing checks {requirement.id}: write @exchange_rule("{requirement.id}", when=...) in conformance/rules '
            f'or @verifies("{requirement.id}") in conformance/suite, or give it a not_tested_reason; {GUIDE}'
        )


def test_a_may_is_never_judged() -> None:
    mays = {requirement.id for requirement in catalogue() if requirement.level is Level.MAY}
    judged = mays & set(checks_by_requirement())
    assert not judged, (
        f"{_listed(judged)} is a MAY and is judged: take its rule or check out, or make it a SHOULD; {GUIDE}"
    )


def test_rules_and_checks_speak_only_for_requirements_of_the_catalogue() -> None:
    unknown = (set(all_rules()) | set(checks_by_requirement())) - {requirement.id for requirement in catalogue()}
    assert not unknown, (
        f"a rule or check speaks for {_listed(unknown)}, which the catalogue does not have: "
        f"write its entry in specs/requirements.yaml, or correct the id in the decorator; {GUIDE}"
    )


def test_every_rule_is_applied_to_all_traffic() -> None:
    applied = {
        requirement
        for requirement, checks in checks_by_requirement().items()
        if any("test_all_traffic_keeps" in check for check in checks)
    }
    differs = applied ^ set(all_rules())
    assert not differs, (
        f"test_all_traffic_keeps of conformance/suite/test_traffic.py and the rules disagree about {_listed(differs)}: "
        f"its parameters have to be all_rules()"
    )


def _listed(requirements: set[str]) -> str:
    return ", ".join(sorted(requirements))


def _suite_files() -> Iterator[Path]:
    import conformance.suite

    return Path(conformance.suite.__file__).parent.glob("test_*.py")


def test_a_chapter_of_checks_can_be_read_in_one_sitting() -> None:
    for path in _suite_files():
        assert len(path.read_text(encoding="utf-8").splitlines()) <= 250, path.name


WITH_ANCHORS = (
    "https://google.aip.dev/",
    "https://www.rfc-editor.org/rfc/",
    "https://protobuf.dev/",
    "https://docs.python.org/",
)
"""Sites whose pages have an anchor for every heading; files of a repository have none."""


@pytest.mark.parametrize("requirement", [*catalogue(), *client_catalogue()], ids=lambda requirement: requirement.id)
def test_a_source_leads_to_its_section(requirement: Requirement) -> None:
    """A document whose headings have anchors is cited with one, in the form that its site gives them."""
    source = requirement.source
    if source.page.startswith(WITH_ANCHORS):
        assert source.anchor, f"{requirement.id}: give its source the anchor of {source.section!r} in {source.page}"
    if source.page.startswith("https://www.rfc-editor.org/rfc/"):
        number = source.section.partition(" ")[0]
        assert source.anchor == f"section-{number}", f"{requirement.id}: the anchor is not that of section {number}"
    if source.page.startswith("https://github.com/"):
        assert not source.anchor, f"{requirement.id}: a file of a repository has no anchor that lasts"
    assert source.url == (f"{source.page}#{source.anchor}" if source.anchor else source.page)


def test_no_document_is_cited_by_an_address_with_an_anchor() -> None:
    """The anchor is the requirement's: a document has many."""
    for name in ("requirements", "client-requirements"):
        for source in read_yaml(spec_path(name))["sources"].values():
            assert "#" not in source["url"], source["url"]
