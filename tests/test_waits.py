"""Every wait is declared in one place."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import conformance
from conformance.server.target import waits

ROOT = Path(conformance.__file__).parent
WAITING = ("sleep", "wait", "join", "result", "timeout", "settle")


def _undeclared(source: str) -> Iterator[str]:
    """Numbers of seconds that stand in the code: an argument of a call that waits, or one that is called `timeout`."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        values = [argument.value for argument in node.keywords if argument.arg in WAITING]
        values += node.args if name in ("sleep", "wait") else []
        for value in values:
            if isinstance(value, ast.Constant) and type(value.value) in (int, float):
                yield f"line {node.lineno}: {ast.unparse(node)}"


def test_no_wait_stands_in_the_code() -> None:
    files = [*ROOT.glob("server/target/*.py"), *ROOT.glob("suite/*.py"), *ROOT.glob("server/*.py"), *ROOT.glob("*.py")]
    found = {
        f"{file.relative_to(ROOT)}: {undeclared}"
        for file in files
        for undeclared in _undeclared(file.read_text(encoding="utf-8"))
    }
    assert found == set()


def test_the_search_finds_what_it_is_for() -> None:
    code = "time.sleep(3)\nrun(x, timeout=60)\nclock.sleep(PAUSE)\nevent.wait(timeout=LIMIT)\n', '.join(3)"
    assert [line.partition(":")[0] for line in _undeclared(code)] == ["line 1", "line 2"]


def test_every_wait_has_a_limit_a_reason_and_a_word_about_slowness() -> None:
    for wait in waits.WAITS:
        assert wait.what
        assert wait.reason
        assert any(character.isdigit() for character in wait.limit) or "timeout" in wait.limit, wait
        assert wait.slowness.partition(" ")[0].strip(",:") in ("yes", "no", "only"), wait


def test_every_figure_is_used() -> None:
    figures = [name for name in vars(waits) if name.isupper() and isinstance(getattr(waits, name), float)]
    code = "".join(
        file.read_text(encoding="utf-8")
        for folder in ("server/target", "suite")
        for file in (ROOT / folder).glob("*.py")
        if file.name != "waits.py"
    )
    assert [name for name in figures if name not in code] == []
