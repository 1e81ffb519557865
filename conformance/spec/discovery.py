"""An OpenAPI spec with HTTP rules, made from a Google discovery document.

A discovery document says of each method its `path` (`v1/{+name}:cancel`) and of each path parameter a `pattern`
(`^projects/[^/]+/operations/[^/]+$`). Together they are a path template again:

    v1/{+name}:cancel  +  ^projects/[^/]+/operations/[^/]+$   =   /v1/{name=projects/*/operations/*}:cancel

What the answers look like is the same for every such API; those parts are taken over from the spec that is here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import Any

import yaml

from conformance.errors import UsageError
from conformance.spec.contract import RULE_KEY, SERVICE
from conformance.spec.files import read_yaml, spec_path
from conformance.spec.home import Home
from conformance.spec.template import PathTemplate, TemplateSyntaxError

_SELECTORS = {
    "cancel": f"{SERVICE}.CancelOperation",
    "get": f"{SERVICE}.GetOperation",
    "list": f"{SERVICE}.ListOperations",
    "delete": f"{SERVICE}.DeleteOperation",
}
_RESULTS = {"cancel": "Empty", "get": "Operation", "list": "ListOperationsResponse", "delete": "Empty"}
_ERRORS = {
    "400": "BadRequest",
    "401": "Unauthenticated",
    "403": "PermissionDenied",
    "404": "NotFound",
    "429": "ResourceExhausted",
    "501": "Unimplemented",
    "503": "Unavailable",
    "default": "Error",
}
_LIST_PARAMETERS = ("pageSize", "pageToken", "filter")
_PLACEHOLDER = re.compile(r"\{\+?([^}]+)\}")


@dataclass(frozen=True, slots=True)
class _Method:
    """A method of an `operations` resource, with its path as a template and as OpenAPI writes it."""

    kind: str
    id: str
    http_method: str
    template: str
    openapi_path: str
    body: bool
    scopes: tuple[str, ...]
    parameters: frozenset[str]


def spec_from_discovery(document: dict[str, Any], source: str) -> str:
    """The YAML text of an OpenAPI spec that `Contract.load` reads; `source` names the document in messages.

    Raises UsageError when it is not a discovery document, or when no resource `operations` has a method cancel that
    is one of google.longrunning: a path template with the variable `name`, and operations with a `done`.
    """
    if not isinstance(document, dict) or not isinstance(document.get("resources"), dict):
        raise UsageError(f"{source}: not a discovery document: it has no resources", "name a discovery document (JSON)")
    methods: list[_Method] = []
    refused: list[str] = []
    for kind, method in _operations_methods(document["resources"], document.get("schemas", {}), refused):
        try:
            methods.append(_read(kind, method, document.get("servicePath", "")))
        except UsageError as error:
            refused.append(f"{method.get('id', kind)}: {error.message}")
    if not any(method.kind == "cancel" for method in methods):
        raise UsageError(
            f"{source}: no resource `operations` has a method cancel of {SERVICE}"
            + "".join(f"\n  {reason}" for reason in refused),
            "take a document of an API whose operations can be cancelled over HTTP",
        )
    added = _gets_left_out(methods)
    methods += added
    made_from = (
        f"# Made from the discovery document {PurePath(source).name}, revision {document.get('revision', '?')}.\n"
    )
    left_out = "".join(f"# Left out: {reason}\n" for reason in refused)
    left_out += "".join(f"# Not in the document, and bound as operations.proto has it: {get.id}\n" for get in added)
    spec = _spec(document, methods)
    return made_from + left_out + yaml.safe_dump(spec, sort_keys=False, allow_unicode=True, width=120)


def _gets_left_out(methods: list[_Method]) -> list[_Method]:
    """A get for the operations of every cancel whose names no get of the document binds.

    Whoever returns operations has to serve all of `Operations` (AIP-151), and a cancel is looked at by get.
    """
    got = [PathTemplate.parse(method.template) for method in methods if method.kind == "get"]
    added = []
    for cancel in (method for method in methods if method.kind == "cancel"):
        home = Home.of(PathTemplate.parse(cancel.template))
        name = home.below(home.example, "1")
        if not any(template.variables[0].accepts(name) for template in got):
            template = PathTemplate.parse(cancel.template.rpartition(":")[0])
            got.append(template)
            added.append(
                replace(
                    cancel,
                    kind="get",
                    id=cancel.id.rpartition(".")[0] + ".get",
                    http_method="get",
                    template=template.text,
                    openapi_path=cancel.openapi_path.rpartition(":")[0],
                    body=False,
                )
            )
    return added


def _operations_methods(
    resources: dict[str, Any], schemas: dict[str, Any], refused: list[str]
) -> Iterator[tuple[str, dict[str, Any]]]:
    """The four methods of every resource of operations, at any depth, in the order of the document."""
    for name, resource in resources.items():
        methods = resource.get("methods", {}) if name.lower().endswith("operations") else {}
        if "get" in methods and not _has_done(methods["get"], schemas):
            refused.append(f"{methods['get'].get('id', 'get')}: its operations have no `done`")
        else:
            yield from ((kind, methods[kind]) for kind in _SELECTORS if kind in methods)
        yield from _operations_methods(resource.get("resources", {}), schemas, refused)


def _has_done(get: dict[str, Any], schemas: dict[str, Any]) -> bool:
    """Whether what a get answers with is a google.longrunning.Operation, and not a product's own."""
    schema = schemas.get(get.get("response", {}).get("$ref"), {})
    return "done" in schema.get("properties", {})


def _read(kind: str, method: dict[str, Any], service_path: str) -> _Method:
    """One method. Raises UsageError when its path is not a path template with the one variable `name`."""
    parameters = method.get("parameters", {})
    path = f"/{service_path}{method['path']}"
    template = PathTemplate.parse(_PLACEHOLDER.sub(lambda found: _variable(found, parameters), path))
    if [variable.name for variable in template.variables] != ["name"]:
        raise UsageError(f"the variable of {template} is not just `name`")
    return _Method(
        kind=kind,
        id=method.get("id", kind),
        http_method=method["httpMethod"].lower(),
        template=template.text,
        openapi_path=f"/{service_path}{method.get('flatPath', method['path'])}".replace("{+", "{"),
        body="request" in method,
        scopes=tuple(method.get("scopes", ())),
        parameters=frozenset(parameters),
    )


def _variable(found: re.Match[str], parameters: dict[str, Any]) -> str:
    """`{+name}` and the pattern of `name` as a variable of a path template."""
    name = found.group(1)
    pattern = parameters.get(name, {}).get("pattern")
    if pattern is None:
        return f"{{{name}=**}}" if "+" in found.group() else f"{{{name}}}"
    segments = pattern.removeprefix("^").removesuffix("$").replace("[^/]+", "*").replace("[^/]*", "*")
    segments = re.sub(r"\.[*+]$", "**", segments)
    if re.search(r"[\[\]()\\^$|?+]", segments):
        raise TemplateSyntaxError(f"the pattern {pattern} of {name} is not one of whole segments")
    return f"{{{name}={segments}}}"


def _spec(document: dict[str, Any], methods: list[_Method]) -> dict[str, Any]:
    """The OpenAPI document of some methods."""
    title = document.get("title") or document.get("name") or "API"
    return {
        "openapi": "3.1.0",
        "info": {
            "title": f"{title}, long-running operations",
            "version": document.get("version", ""),
            **({"description": document["description"]} if document.get("description") else {}),
        },
        "security": [{"bearer": sorted({scope for method in methods for scope in method.scopes})}, {}],
        "paths": _paths(methods),
        "components": _components(methods),
    }


def _paths(methods: list[_Method]) -> dict[str, Any]:
    rules = {kind: _rule(kind, methods) for kind in _SELECTORS}
    paths: dict[str, Any] = {}
    for method in methods:
        item = paths.setdefault(method.openapi_path, {"parameters": _path_parameters(method.openapi_path)})
        item[method.http_method] = _operation(method, rules[method.kind])
    return paths


def _rule(kind: str, methods: list[_Method]) -> dict[str, Any]:
    """The rule of one selector: its first binding, and the others as additional ones."""
    bindings: list[dict[str, str]] = []
    for method in methods:
        binding = {method.http_method: method.template, **({"body": "*"} if method.body else {})}
        if method.kind == kind and binding not in bindings:
            bindings.append(binding)
    first, additional = bindings[:1], bindings[1:]
    rule: dict[str, Any] = {"selector": _SELECTORS[kind]}
    for binding in first:
        rule |= binding
    return rule | ({"additional_bindings": additional} if additional else {})


def _operation(method: _Method, rule: dict[str, Any]) -> dict[str, Any]:
    operation: dict[str, Any] = {"operationId": method.id, RULE_KEY: rule}
    if method.kind == "list":
        operation["parameters"] = [
            {"$ref": f"#/components/parameters/{name}"} for name in _LIST_PARAMETERS if name in method.parameters
        ]
    if method.kind == "cancel" and method.body:
        operation["requestBody"] = {"$ref": "#/components/requestBodies/Cancel"}
    schema = {"$ref": f"#/components/schemas/{_RESULTS[method.kind]}"}
    operation["responses"] = {
        "200": {"description": "Success.", "content": {"application/json": {"schema": schema}}},
        **{status: {"$ref": f"#/components/responses/{name}"} for status, name in _ERRORS.items()},
    }
    return operation


def _path_parameters(path: str) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True, "schema": {"$ref": "#/components/schemas/Id"}}
        for name in _PLACEHOLDER.findall(path)
    ]


def _components(methods: list[_Method]) -> dict[str, Any]:
    """The parts that all APIs share. Metadata is any type: its fields differ from API to API."""
    shared = read_yaml(spec_path("beyondcorp.v1"))["components"]
    schemas = {name: schema for name, schema in shared["schemas"].items() if name != "OperationMetadata"}
    metadata = schemas["Operation"]["properties"]["metadata"]
    schemas["Operation"]["properties"]["metadata"] = {
        **metadata,
        "anyOf": [{"$ref": "#/components/schemas/Any"}, {"type": "null"}],
    }
    listed = any(method.kind == "list" for method in methods)
    return {
        "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
        "parameters": {name: shared["parameters"][name] for name in _LIST_PARAMETERS} if listed else {},
        "requestBodies": shared["requestBodies"],
        "responses": shared["responses"],
        "schemas": schemas,
    }
