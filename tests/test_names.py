"""One name, one thing: no two public classes or types of the package share a name without a reason."""

from __future__ import annotations

import ast
from pathlib import Path

import conformance

PACKAGE = Path(conformance.__file__).parent

TWICE = {
    "Answer": "of the model client, a program of its own that imports nothing, and of a script of the gate",
    "Apply": "what a fault does: to a service, and to a client",
    "Event": "of ASGI, for our server and for the application of a user; of an operation's life; of a time line",
    "Fields": "header fields, for two files of client faults",
    "Wire": "the socket of the model client, a program of its own; what carries calls, HTTP or gRPC",
}
"""Names that stand for two things, each with the reason."""


def _named(node: ast.stmt) -> str:
    """The name of a class or of another name for a type; nothing for any other statement."""
    if isinstance(node, ast.ClassDef):
        return node.name
    if not isinstance(node, ast.Assign) or not isinstance(node.targets[0], ast.Name):
        return ""
    is_variable = isinstance(node.value, ast.Call) and ast.unparse(node.value.func) in ("TypeVar", "ParamSpec")
    name = node.targets[0].id
    return "" if is_variable or name.isupper() or not name[0].isupper() else name


def test_no_two_public_classes_or_types_share_a_name() -> None:
    places: dict[str, list[str]] = {}
    for file in sorted(PACKAGE.rglob("*.py")):
        for node in ast.parse(file.read_text(encoding="utf-8")).body:
            name = _named(node)
            if name and not name.startswith("_"):
                places.setdefault(name, []).append(file.relative_to(PACKAGE).as_posix())
    shared = {name: files for name, files in places.items() if len(files) > 1}
    unexplained = {name: files for name, files in shared.items() if name not in TWICE}
    assert unexplained == {}, "rename one of them, or say why both are called so"
    assert set(TWICE) <= set(shared), "an explanation that nothing needs any more"
