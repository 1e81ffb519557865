"""Arrows point down: who may import whom in this package, imports inside functions and for types included."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import conformance

PACKAGE = Path(conformance.__file__).parent

MAY_IMPORT = {
    "errors": set(),
    "lro": set(),
    "exchange": {"errors", "lro"},
    "spec": {"errors", "exchange"},
    # An oracle that shares the server's code could not catch it: rules and reference know nothing of each other.
    "rules": {"errors", "exchange", "lro"},
    "reference": {"errors", "exchange", "lro", "spec"},
    "targets": {"errors", "exchange", "lro", "reference", "spec"},
    "reports": {"errors", "exchange", "lro", "rules", "spec", "targets"},
    "suite": {"errors", "exchange", "lro", "reports", "rules", "spec", "targets"},
    "sdk": {"errors", "exchange", "lro", "reference", "reports", "rules", "spec"},
}
"""From the ground up. Everything else is the roof: it may import all of this, and nothing of this imports it."""


def test_the_table_has_every_package_and_points_down() -> None:
    packages = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    assert packages - set(MAY_IMPORT) == {"commands"}
    below: set[str] = set()
    for part, imported in MAY_IMPORT.items():
        assert imported <= below, part
        below.add(part)


@pytest.mark.parametrize("part", MAY_IMPORT)
def test_a_part_imports_what_is_below_it(part: str) -> None:
    files = list((PACKAGE / part).rglob("*.py")) or [PACKAGE / f"{part}.py"]
    up = [
        f"{file.relative_to(PACKAGE)}, line {line}: {imported}"
        for file in files
        for line, imported in _imports(file)
        if imported not in MAY_IMPORT[part] | {part}
    ]
    assert up == []


def _imports(file: Path) -> Iterator[tuple[int, str]]:
    """The parts of this package that a file imports, each with its line."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            modules = [name.name for name in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module == "conformance":
            modules = [f"conformance.{name.name}" for name in node.names if name.name != "__version__"]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: imports are absolute"
            modules = [node.module or ""]
        else:
            continue
        yield from ((node.lineno, module.split(".")[1]) for module in modules if module.startswith("conformance."))
