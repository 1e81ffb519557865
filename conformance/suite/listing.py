"""The catalogue as a listing: each requirement with its source, its checks and its faults."""

from __future__ import annotations

import importlib
import json
import pkgutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import conformance.suite
from conformance.exchange.printable import wrapped
from conformance.judging.report import requirement_as_json
from conformance.judging.traffic import traffic_check_of
from conformance.rules.server import all_rules
from conformance.spec.catalogue import Catalogue


@cache
def checks_by_requirement() -> Mapping[str, tuple[str, ...]]:
    """The names of the checks that verify each requirement: the suite's own, by their markers, and the rules."""
    found: dict[str, list[str]] = {}
    for module in pkgutil.iter_modules(conformance.suite.__path__):
        if module.name.startswith("test_"):
            for requirement, check in _checks_in(module.name):
                found.setdefault(requirement, []).append(check)
    for requirement in all_rules():
        found.setdefault(requirement, []).append(traffic_check_of(requirement))
    return {requirement: tuple(checks) for requirement, checks in found.items()}


def _checks_in(module_name: str) -> Iterator[tuple[str, str]]:
    """Requirement and check of every marked function; a parametrised one carries its markers on its parameters."""
    module = importlib.import_module(f"conformance.suite.{module_name}")
    for name, value in vars(module).items():
        if not name.startswith("test_"):
            continue
        for mark in getattr(value, "pytestmark", ()):
            if mark.name == "requirement":
                yield mark.args[0], f"{module_name}.py::{name}"
            elif mark.name == "parametrize":
                for parameter in mark.args[1]:
                    for inner in getattr(parameter, "marks", ()):
                        if inner.name == "requirement":
                            yield inner.args[0], f"{module_name}.py::{name}[{parameter.id}]"


@dataclass(frozen=True, slots=True)
class Half:
    """What is asked of one side of the wire; `checks` and `faults` map a requirement to what speaks for it."""

    title: str
    catalogue: Catalogue
    checks: Mapping[str, tuple[str, ...]]
    faults: Mapping[str, tuple[str, ...]]

    def of_one(self, requirement: str) -> Half:
        """The same with one requirement."""
        one = Catalogue({requirement: self.catalogue[requirement]}, self.catalogue.chapters)
        return replace(self, catalogue=one)

    def entries(self) -> list[dict[str, Any]]:
        """The requirements as JSON values."""
        return [
            requirement_as_json(requirement)
            | {
                "when": {key: list(values) for key, values in requirement.when.items()},
                "condition": requirement.condition,
                "derived": requirement.derived,
                "contested": requirement.contested,
                "not_tested_reason": requirement.not_tested_reason,
                "checks": list(self.checks.get(requirement.id, ())),
                "faults": list(self.faults.get(requirement.id, ())),
            }
            for requirement in self.catalogue
        ]


def render_requirements(style: str, halves: Sequence[Half]) -> str:
    """All requirements as text, json or markdown."""
    if style == "json":
        entries = [entry for half in halves for entry in half.entries()]
        return json.dumps({"requirements": entries}, indent=1) + "\n"
    if style == "markdown":
        return "".join(_markdown(halves))
    return "".join(f"{line}\n" for half in halves for entry in half.entries() for line in _text(entry))


def _text(entry: Mapping[str, Any]) -> Iterator[str]:
    yield f"{entry['id']}  ({entry['level']}, {entry['actor']})"
    yield from wrapped(entry["statement"], "  ")
    yield from wrapped(f"{entry['source']['title']}; {entry['source']['section']}", "  source: ")
    yield f"          {entry['source']['url']}"
    for key, said in (
        ("derived", entry["derived"]),
        ("contested", entry["contested"]),
        ("not tested", entry["not_tested_reason"]),
        ("checks", ", ".join(entry["checks"])),
        ("faults", ", ".join(entry["faults"])),
    ):
        if said:
            yield from wrapped(f"{key}: {said}", "  ")
    yield ""


def _markdown(halves: Sequence[Half]) -> Iterator[str]:
    yield "# The requirements\n\nAs `lro-conformance requirements` lists them: the server's, then the client's.\n"
    for half in halves:
        yield f"\n## {half.title}\n"
        yield from _chapters(half)


def _chapters(half: Half) -> Iterator[str]:
    chapter = ""
    for entry in half.entries():
        if entry["id"].partition(".")[0] != chapter:
            chapter = entry["id"].partition(".")[0]
            yield f"\n### {half.catalogue.chapters[chapter]}\n\n"
            yield "| requirement | level | statement | source | checks | faults |\n|---|---|---|---|---|---|\n"
        source = f"[{entry['source']['title']}]({entry['source']['url']}), {entry['source']['section']}"
        checks = "<br>".join(f"`{check}`" for check in entry["checks"]) or entry["not_tested_reason"]
        faults = "<br>".join(f"`{fault}`" for fault in entry["faults"])
        cells = (f"`{entry['id']}`", entry["level"], entry["statement"], source, checks, faults)
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"
