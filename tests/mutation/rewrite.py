"""Python source rewritten, with the same meaning, so that mutmut reaches all of it.

mutmut mutates the bodies of undecorated functions and nothing else. Our oracles are decorated, their conditions are
lambdas and `&` at the top of a module, their tables are constants there. In the copy that is mutated

* a decorator becomes a call after the function:        `@rule("x") def f` is `def f`, then `f = rule("x")(f)`;
* a lambda at the top of a module becomes a function:   `When(lambda e: …)` is `When(_lambda_1)`;
* so does a condition that is put together of others:   `cancel & get` is `When(_condition_1)`;
* so does a private constant that only functions read:  `_LIMIT = 63` is `def _LIMIT(): return 63`, read as `_LIMIT()`.

An annotated assignment is left alone: it is how this project writes a variable that is not constant.

What is not logic is taken out of its reach: a text with words in it becomes an f-string, which mutmut does not mutate,
for no test should hold the wording of a message.
"""

from __future__ import annotations

import ast
import re
from typing import cast

_CONSTANT = re.compile(r"_[A-Z][A-Z0-9_]*")
_WORDING = re.compile(r"\w.* | .*\w")
_LEFT_TO_MUTMUT = {"classmethod", "staticmethod"}
_IMPORT_OF_WHEN = "from conformance.rules.rule import When"


def reachable(source: str) -> str:
    """The source of a module with the same meaning, all of whose logic stands in undecorated functions."""
    module = ast.parse(source)
    module.body = _undecorated(module.body)
    module.body = _hoisted(module.body)
    _constants_as_functions(module)
    module = _WordingAsFString().visit(module)
    return ast.unparse(ast.fix_missing_locations(module)) + "\n"


def _undecorated(body: list[ast.stmt]) -> list[ast.stmt]:
    """The statements of a module or a class with each decorator as a call after its function."""
    result: list[ast.stmt] = []
    for statement in body:
        result.append(statement)
        if isinstance(statement, ast.ClassDef):
            statement.body = _undecorated(statement.body)
        elif isinstance(statement, ast.FunctionDef):
            decorators, statement.decorator_list = statement.decorator_list, []
            for decorator in reversed(decorators):
                if isinstance(decorator, ast.Name) and decorator.id in _LEFT_TO_MUTMUT:
                    statement.decorator_list.append(decorator)
                    continue
                call = ast.Call(decorator, [ast.Name(statement.name, ast.Load())], [])
                result.append(ast.Assign([ast.Name(statement.name, ast.Store())], call))
    return result


def _hoisted(body: list[ast.stmt]) -> list[ast.stmt]:
    """The statements of a module, its lambdas and its composed conditions as functions before their statements."""
    result: list[ast.stmt] = []
    hoist = _Hoist()
    for statement in body:
        if isinstance(statement, ast.Assign | ast.Expr):
            statement = hoist.visit(statement)
            result += hoist.functions
            hoist.functions = []
        result.append(statement)
    if hoist.conditions:
        after_future = next(index for index, found in enumerate(result) if _is_future_import(found)) + 1
        result.insert(after_future, ast.parse(_IMPORT_OF_WHEN).body[0])
    return result


def _is_future_import(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.ImportFrom) and statement.module == "__future__"


class _Hoist(ast.NodeTransformer):
    """Takes lambdas and conditions out of a statement and collects them as functions."""

    def __init__(self) -> None:
        self.functions: list[ast.stmt] = []
        self.lambdas = 0
        self.conditions = 0

    def visit_Lambda(self, node: ast.Lambda) -> ast.expr:
        self.lambdas += 1
        return self._function(f"_lambda_{self.lambdas}", node.args, node.body)

    def visit_Assign(self, node: ast.Assign) -> ast.Assign:
        target = node.targets[0]
        if isinstance(target, ast.Name) and target.id.islower():
            node.value = self._condition(node.value)
        self.generic_visit(node)
        return node

    def visit_keyword(self, node: ast.keyword) -> ast.keyword:
        if node.arg == "when":
            node.value = self._condition(node.value)
        self.generic_visit(node)
        return node

    def _condition(self, value: ast.expr) -> ast.expr:
        """`a & b` as `When(…)` of a function that puts it together anew for each exchange."""
        if not isinstance(value, ast.BinOp | ast.UnaryOp):
            return value
        self.generic_visit(value)
        self.conditions += 1
        exchange = ast.arguments([], [ast.arg("exchange")], None, [], [], None, [])
        holds = ast.Call(value, [ast.Name("exchange", ast.Load())], [])
        function = self._function(f"_condition_{self.conditions}", exchange, holds)
        return ast.Call(ast.Name("When", ast.Load()), [function], [])

    def _function(self, name: str, arguments: ast.arguments, body: ast.expr) -> ast.expr:
        self.functions.append(_function(name, arguments, body))
        return ast.Name(name, ast.Load())


def _constants_as_functions(module: ast.Module) -> None:
    """Private constants that are read in functions alone become functions without parameters."""
    constants = {
        statement.targets[0].id: statement
        for statement in module.body
        if isinstance(statement, ast.Assign)
        and isinstance(statement.targets[0], ast.Name)
        and _CONSTANT.fullmatch(statement.targets[0].id)
    }
    read_in_functions: set[str] = set()
    read_elsewhere: set[str] = set()
    for statement in module.body:
        if isinstance(statement, ast.FunctionDef | ast.ClassDef) or statement in constants.values():
            read_in_functions |= _names_read_in(statement)
        else:
            read_elsewhere |= _names_read_in(statement)
    calls = _ReadByCall(constants.keys() & read_in_functions - read_elsewhere)
    for index, statement in enumerate(module.body):
        read = calls.visit(statement)
        for name in calls.names:
            if statement is constants[name]:
                nothing = ast.arguments([], [], None, [], [], None, [])
                read = _function(name, nothing, read.value)
        module.body[index] = read


def _function(name: str, arguments: ast.arguments, value: ast.expr) -> ast.FunctionDef:
    # Parsed, not put together: which fields a function must have differs between versions of Python.
    function = ast.parse(f"def {name}(): ...").body[0]
    assert isinstance(function, ast.FunctionDef)
    function.args, function.body = arguments, [ast.Return(value)]
    return function


class _WordingAsFString(ast.NodeTransformer):
    def visit_Expr(self, node: ast.Expr) -> ast.Expr:
        is_docstring = isinstance(node.value, ast.Constant)
        return node if is_docstring else cast(ast.Expr, self.generic_visit(node))

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.JoinedStr:
        for part in node.values:
            if isinstance(part, ast.FormattedValue):
                self.visit(part)
        return node

    def visit_Constant(self, node: ast.Constant) -> ast.expr:
        is_wording = isinstance(node.value, str) and _WORDING.search(node.value) is not None
        return ast.JoinedStr([node]) if is_wording else node


def _names_read_in(tree: ast.AST) -> set[str]:
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}


class _ReadByCall(ast.NodeTransformer):
    def __init__(self, names: set[str]) -> None:
        self.names = names

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if node.id in self.names and isinstance(node.ctx, ast.Load):
            return ast.Call(node, [], [])
        return node
