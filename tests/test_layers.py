"""Arrows point down: which room may import which, imports inside functions and for types included; and no circle."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import conformance

PACKAGE = Path(conformance.__file__).parent

_GROUND = {"errors", "exchange", "lro", "secrets", "spec"}
_JUDGED = _GROUND | {"judging", "rules"}

MAY_IMPORT: dict[str, set[str]] = {
    "errors": set(),
    "lro": set(),
    "secrets": {"errors"},
    "exchange": {"errors", "lro", "secrets"},
    "spec": {"errors", "exchange"},
    # An oracle that shares the server's code could not catch it: rules and reference know nothing of each other.
    "rules": {"errors", "exchange", "lro", "secrets"},
    "server.reference": _GROUND,
    "judging": _GROUND | {"rules"},
    "reports": _JUDGED,
    "server.target": _GROUND | {"judging", "server.reference"},
    "suite": _JUDGED | {"server.target"},
    "server": _JUDGED | {"reports", "server.reference", "server.target", "suite"},
    "sdk": _JUDGED | {"reports", "server.reference"},
    "proof": _JUDGED | {"sdk", "server", "server.reference", "server.target", "suite"},
}
"""From the ground up. What is not here (`cli`, `commands`) is the roof: it may import all of this, and nothing of this
imports it. A room in a room, such as `server.target`, is a room of its own."""


def test_the_table_has_every_package_and_points_down() -> None:
    packages = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    assert packages - set(MAY_IMPORT) == {"commands"}
    below: set[str] = set()
    for room, imported in MAY_IMPORT.items():
        assert imported <= below, room
        below.add(room)


@pytest.mark.parametrize("room", MAY_IMPORT)
def test_a_room_imports_what_is_below_it(room: str) -> None:
    up = [
        f"{file.relative_to(PACKAGE)}, line {line}: {module}"
        for file in PACKAGE.rglob("*.py")
        if _room_of(_module(file)) == room
        for line, module in _imports(file)
        if _room_of(module) not in MAY_IMPORT[room] | {room}
    ]
    assert up == []


def test_no_module_imports_itself_by_way_of_others() -> None:
    """Imports inside functions and for types count, too: who reads one file should not need the whole circle."""
    files = {_module(file): file for file in PACKAGE.rglob("*.py")}
    graph = {
        module: {
            imported if imported in files else imported.rpartition(".")[0]
            for _, imported in _imports(file)
            if imported != module
        }
        for module, file in files.items()
        if file.name != "__init__.py"
    }
    try:
        tuple(TopologicalSorter(graph).static_order())
    except CycleError as error:
        pytest.fail(f"an import circle: {' → '.join(error.args[1])}")


def _module(file: Path) -> str:
    parts = file.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(("conformance", *(part for part in parts if part != "__init__")))


def _room_of(module: str) -> str:
    """The room of a module: the longest of the table that it stands in, or else its first name."""
    parts = module.split(".")[1:]
    for end in range(len(parts), 0, -1):
        if ".".join(parts[:end]) in MAY_IMPORT:
            return ".".join(parts[:end])
    return parts[0] if parts else "conformance"


def _imports(file: Path) -> Iterator[tuple[int, str]]:
    """The modules of this package that a file imports, each with its line; a name of a module counts as the module."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            modules = [name.name for name in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: imports are absolute"
            module = node.module or ""
            names = [f"{module}.{name.name}" for name in node.names if name.name != "__version__"]
            modules = [name if _is_module(name) else module for name in names]
        else:
            continue
        yield from ((node.lineno, module) for module in modules if module.startswith("conformance."))


def _is_module(name: str) -> bool:
    place = PACKAGE.parent.joinpath(*name.split("."))
    return place.is_dir() or place.with_suffix(".py").is_file()


def test_the_command_line_imports_nothing_that_one_command_alone_needs() -> None:
    """Every command pays for what is imported at the start: words and errors, no server and no oracle."""
    code = (
        "import importlib, sys, conformance.cli as cli\n"
        "for name in cli.COMMANDS: importlib.import_module(f'conformance.commands.{name}')\n"
        "print(*(name for name in sys.modules if name.startswith('conformance.')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert {module.split(".")[1] for module in loaded} == {"cli", "commands", "errors", "reports"}
    assert {module for module in loaded if ".reports." in module} == {"conformance.reports.earlier"}


def test_a_quick_run_in_process_imports_nothing_that_only_other_runs_need() -> None:
    """Most of such a run is its start."""
    heavy = ("httpcore", "h11", "hypothesis", "schemathesis", "jinja2", "grpc", "xdist", "conformance.sdk")
    code = f"import sys, conformance.cli as c; c.main(['run', '-q']); print(*{{*{heavy}}} & {{*sys.modules}}, sep='')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "", done.stdout
