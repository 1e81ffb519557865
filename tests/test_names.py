"""One name, one thing: no two public classes of the package share a name without a reason."""

from __future__ import annotations

import ast
from pathlib import Path

import conformance

PACKAGE = Path(conformance.__file__).parent

TWICE = {
    "Answer": "of the model client, a program of its own that imports nothing, and of a script of the gate",
}
"""Names that stand for two things, each with the reason."""


def test_no_two_public_classes_share_a_name() -> None:
    places: dict[str, list[str]] = {}
    for file in sorted(PACKAGE.rglob("*.py")):
        for node in ast.parse(file.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places.setdefault(node.name, []).append(file.relative_to(PACKAGE).as_posix())
    shared = {name: files for name, files in places.items() if len(files) > 1}
    unexplained = {name: files for name, files in shared.items() if name not in TWICE}
    assert unexplained == {}, "rename one of them, or say why both are called so"
    assert set(TWICE) <= set(shared), "an explanation that nothing needs any more"
