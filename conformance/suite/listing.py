"""The catalogue as a listing: each requirement with its source, its checks and its faults."""

from __future__ import annotations

import importlib
import json
import pkgutil
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import conformance.suite
from conformance.reports.report import requirement_as_json
from conformance.spec.catalogue import catalogue


@cache
def checks_by_requirement() -> Mapping[str, tuple[str, ...]]:
    """The names of the checks that verify each requirement, read from the suite's own markers."""
    found: dict[str, list[str]] = {}
    for module in pkgutil.iter_modules(conformance.suite.__path__):
        if module.name.startswith("test_"):
            for requirement, check in _checks_in(module.name):
                found.setdefault(requirement, []).append(check)
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


def render_requirements(style: str, faults: Mapping[str, tuple[str, ...]]) -> str:
    """All requirements as text, json or markdown. `faults` maps a requirement to the faults that break it."""
    entries = [
        requirement_as_json(requirement)
        | {
            "when": {key: list(values) for key, values in requirement.when.items()},
            "condition": requirement.condition,
            "derived": requirement.derived,
            "contested": requirement.contested,
            "not_tested_reason": requirement.not_tested_reason,
            "checks": list(checks_by_requirement().get(requirement.id, ())),
            "faults": list(faults.get(requirement.id, ())),
        }
        for requirement in catalogue()
    ]
    if style == "json":
        return json.dumps({"requirements": entries}, indent=1, ensure_ascii=False) + "\n"
    return "".join(_markdown(entries) if style == "markdown" else _text(entries))


def _text(entries: list[dict[str, Any]]) -> Iterator[str]:
    for entry in entries:
        yield f"{entry['id']}  ({entry['level']}, {entry['actor']})\n  {entry['statement']}\n"
        yield f"  source: {entry['source']['title']}; {entry['source']['section']}\n"
        for key in ("derived", "contested"):
            if entry[key]:
                yield f"  {key}: {entry[key]}\n"
        if entry["not_tested_reason"]:
            yield f"  not tested: {entry['not_tested_reason']}\n"
        for key in ("checks", "faults"):
            if entry[key]:
                yield f"  {key}: {', '.join(entry[key])}\n"
        yield "\n"


def _markdown(entries: list[dict[str, Any]]) -> Iterator[str]:
    titles = catalogue().chapters
    chapter = ""
    yield "# The requirements\n\nWhat is asked of a server, as `lro-conformance requirements` has it.\n"
    for entry in entries:
        if entry["id"].partition(".")[0] != chapter:
            chapter = entry["id"].partition(".")[0]
            yield f"\n## {titles[chapter]}\n\n| requirement | level | statement | source | checks | faults |\n"
            yield "|---|---|---|---|---|---|\n"
        source = f"[{entry['source']['title']}]({entry['source']['url']}), {entry['source']['section']}"
        checks = "<br>".join(f"`{check}`" for check in entry["checks"]) or entry["not_tested_reason"]
        faults = "<br>".join(f"`{fault}`" for fault in entry["faults"])
        cells = (f"`{entry['id']}`", entry["level"], entry["statement"], source, checks, faults)
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"
