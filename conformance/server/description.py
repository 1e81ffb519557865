"""The OpenAPI description that many frameworks serve at /openapi.json: what it says of a service's operations.

    paths with a cancel            → the parent of the operations, and whether the contract has that path
    POST paths beside them         → requests that may start an operation, with a body that has every required member

It is read for `init`, so it is only believed where it is whole: what cannot be read is left out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from conformance.exchange import Method
from conformance.spec.contract import Contract

_PARAMETER = re.compile(r"([^/]*)/\{[^}/]+\}")
_EXAMPLES = {"projects": "demo", "locations": "us"}
_IDENTIFIER = re.compile(r"(?:^id|_id|Id)$")
_VERBS = (":cancel", ":wait")
_OF_TYPE: dict[str, Any] = {"string": "example", "integer": 1, "number": 1, "boolean": False, "array": []}
_DEEPEST = 5

Described = dict[str, dict[str, Any]]
"""Of each path, what stands at each of its HTTP methods."""


@dataclass(frozen=True, slots=True)
class Start:
    """A request that may start an operation: its path, and an example of its body."""

    path: str
    body: dict[str, Any]


def described_paths(document: dict[str, Any]) -> Described:
    """The paths of a description."""
    paths = document.get("paths")
    return {str(path): at for path, at in paths.items() if isinstance(at, dict)} if isinstance(paths, dict) else {}


def starts(document: dict[str, Any]) -> Iterator[Start]:
    """POST requests that may start an operation; those to a collection beside the operations come first."""
    posts = {
        path: at["post"]
        for path, at in described_paths(document).items()
        if "post" in at and not path.endswith(_VERBS) and "/operations" not in path
    }
    beside = [path for path in posts if "/locations/" in path or "/projects/" in path]
    for path in dict.fromkeys([*beside, *posts]):
        yield Start(_filled(path), _body(posts[path], document))


def parents(document: dict[str, Any], contract: Contract) -> Iterator[str]:
    """The parents of the operations that the description has a cancel for, with example ids."""
    for path in _cancels(described_paths(document)):
        call = contract.identify("POST", _filled(path))
        if call is not None and call.method is Method.CANCEL and call.name is not None:
            yield "/".join(call.name.split("/")[:-2])


def gaps(document: dict[str, Any], contract: Contract) -> Iterator[str]:
    """What an implementation of the contract has, and the description has not, as sentences."""
    described = described_paths(document)
    if not described:
        return
    cancels = list(_cancels(described))
    if cancels and not any(parents(document, contract)):
        templates = ", ".join(binding.template.text for binding in contract.bindings_of(Method.CANCEL))
        yield (
            f"/openapi.json has POST {cancels[0]}, which is no cancel of {contract.name} ({templates}): what stands "
            "before /v1 belongs to [iut] url; for another API give its own description as [iut] spec"
        )
    if not cancels:
        yield "/openapi.json has no POST …/operations/{operation}:cancel"
    for what, end in (("GET …/operations/{operation}", "}"), ("GET …/operations, the list", "/operations")):
        if not any(path.endswith(end) and "operations" in path and "get" in at for path, at in described.items()):
            yield f"/openapi.json has no {what}"


def _cancels(described: Described) -> Iterator[str]:
    yield from (path for path, at in described.items() if path.endswith(":cancel") and "post" in at)


def _filled(path: str) -> str:
    """The path with an example in the place of each parameter, by the segment before it: /projects/{p} is demo."""
    return _PARAMETER.sub(lambda found: f"{found[1]}/{_EXAMPLES.get(found[1].lower(), 'example')}", path)


def _body(operation: Any, document: dict[str, Any]) -> dict[str, Any]:
    """An example of the JSON body: the required members, by their schema."""
    schema = _at(operation, "requestBody", "content", "application/json", "schema")
    example = _example(schema, document, 0)
    return example if isinstance(example, dict) else {}


def _example(schema: Any, document: dict[str, Any], depth: int) -> Any:
    if not isinstance(schema, dict) or depth > _DEEPEST:
        return None
    reference = schema.get("$ref")
    if isinstance(reference, str):
        return _example(_at(document, *reference.removeprefix("#/").split("/")), document, depth + 1)
    for given in ("example", "default", "const"):
        if given in schema:
            return schema[given]
    for given in ("examples", "enum"):
        if isinstance(schema.get(given), list) and schema[given]:
            return schema[given][0]
    for several in ("allOf", "anyOf", "oneOf"):
        if isinstance(schema.get(several), list) and schema[several]:
            return _example(schema[several][0], document, depth + 1)
    properties, required = schema.get("properties"), schema.get("required", [])
    if isinstance(properties, dict):
        names = required if isinstance(required, list) else []  # OpenAPI 2 has `required: true` beside a parameter
        return {
            name: _identifier(name) or _example(member, document, depth + 1)
            for name, member in properties.items()
            if name in names
        }
    return _OF_TYPE.get(str(schema.get("type")), {})


def _identifier(member: str) -> str:
    """What stands for the id that a member wants, by its name; empty when it wants none."""
    if member.lower().replace("_", "") == "operationid":
        return "{id}"
    return "{unique}" if _IDENTIFIER.search(member) else ""


def _at(value: Any, *steps: str) -> Any:
    """What stands in JSON objects at these names, one in the other; None where nothing does."""
    for step in steps:
        value = value.get(step) if isinstance(value, dict) else None
    return value


def inline_toml(value: Any) -> str:
    """A JSON value as an inline value of TOML, which has no null: such members are left out."""
    if isinstance(value, dict):
        members = ", ".join(f"{_key(key)} = {inline_toml(of)}" for key, of in value.items() if of is not None)
        return f"{{{members}}}"
    if isinstance(value, list):
        return "[" + ", ".join(inline_toml(of) for of in value if of is not None) + "]"
    return json.dumps(value, ensure_ascii=False)


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else json.dumps(name, ensure_ascii=False)
