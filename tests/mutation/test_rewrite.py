"""What is rewritten for mutation means the same, and has all its logic where mutmut looks for it."""

from __future__ import annotations

import ast
import tomllib
from pathlib import Path

import pytest

from tests.mutation.rewrite import reachable

ROOT = Path(__file__).resolve().parents[2]
CONFIGURATION = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["mutmut"]
FILES = sorted(file for pattern in CONFIGURATION["only_mutate"] for file in ROOT.glob(pattern))


def rewritten(source: str) -> str:
    return reachable(source).strip()


def test_a_decorator_becomes_a_call() -> None:
    assert rewritten('@rule("x", when=always)\ndef f():\n    return 1') == (
        "def f():\n    return 1\nf = rule('x', when=always)(f)"
    )


def test_the_lowest_decorator_is_called_first() -> None:
    assert rewritten("@a\n@b\ndef f():\n    return 1") == "def f():\n    return 1\nf = b(f)\nf = a(f)"


def test_so_does_one_in_a_class_but_what_mutmut_can_do_is_left_to_it() -> None:
    properties = "@dataclass\nclass A:\n\n    @property\n    def p(self):\n        return 1"
    assert rewritten(properties) == ("@dataclass\nclass A:\n\n    def p(self):\n        return 1\n    p = property(p)")
    factory = "class A:\n\n    @classmethod\n    def c(cls):\n        return 2"
    assert rewritten(factory) == factory


def test_a_lambda_becomes_a_function() -> None:
    assert rewritten("get = When(lambda call: call.is_get)") == (
        "def _lambda_1(call):\n    return call.is_get\nget = When(_lambda_1)"
    )


def test_a_condition_becomes_a_function_and_so_does_the_lambda_in_it() -> None:
    source = "from __future__ import annotations\nplain = bound & When(lambda call: call.is_plain)"
    assert rewritten(source) == (
        "from __future__ import annotations\nfrom conformance.rules.rule import When\n\n"
        "def _lambda_1(call):\n    return call.is_plain\n\n"
        "def _condition_1(exchange):\n    return (bound & When(_lambda_1))(exchange)\nplain = When(_condition_1)"
    )


def test_a_constant_becomes_a_function_where_functions_alone_read_it() -> None:
    assert rewritten("_A = 1\n_B = 2\nb = _B\n\ndef f():\n    return _A + _B") == (
        "def _A():\n    return 1\n_B = 2\nb = _B\n\ndef f():\n    return _A() + _B"
    )


def test_a_variable_stays_a_variable() -> None:
    source = "_SEEN: dict[str, int] = {}\n\ndef f():\n    return _SEEN"
    assert rewritten(source) == source


def test_a_wording_becomes_what_is_not_mutated() -> None:
    assert rewritten('def f():\n    """Says no."""\n    return "so it is" + "XX"') == (
        'def f():\n    """Says no."""\n    return f\'so it is\' + \'XX\''
    )


@pytest.mark.parametrize("file", FILES, ids=[str(file.relative_to(ROOT)) for file in FILES])
def test_what_is_mutated_has_its_logic_in_functions(file: Path) -> None:
    module = ast.parse(reachable(file.read_text(encoding="utf-8")))
    functions = [node for node in ast.walk(module) if isinstance(node, ast.FunctionDef)]
    decorators = {ast.unparse(decorator) for function in functions for decorator in function.decorator_list}
    outside = [statement for statement in module.body if not isinstance(statement, ast.FunctionDef | ast.ClassDef)]
    assert decorators <= {"classmethod", "staticmethod"}
    assert not [node for statement in outside for node in ast.walk(statement) if isinstance(node, ast.Lambda)]


def test_every_module_with_rules_is_mutated() -> None:
    assert set((ROOT / "conformance" / "rules").rglob("*.py")) <= set(FILES)
