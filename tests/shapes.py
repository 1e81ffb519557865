"""Discovery documents in the shapes that published APIs have, each made here and as small as it can be.

Which shapes there are was counted over the documents that google-api-python-client carries; each is named after an API
that has it. `tests/test_documents.py` runs the suite on every one, and `-m proof` on the documents themselves.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

_FOUR = ("cancel", "get", "list", "delete")
_PLAIN = "projects/*/locations/*/operations/*"


@dataclass(frozen=True, slots=True)
class Shape:
    """One document: its version, the names of its operations as templates, and which methods each of them has.

    `lists` and `deletes` are templates that replace those which follow from the names.
    """

    names: tuple[str, ...]
    version: str = "v1"
    prefix: str = ""
    methods: tuple[str, ...] = _FOUR
    has_body: bool = True
    cancel_by: str = "POST"
    lists: str = ""
    deletes: str = ""


SHAPES = {
    "beyondcorp, another version": Shape((_PLAIN,), version="v1alpha"),
    "accesscontextmanager, any rest": Shape(("operations/**",)),
    "cloudbuild, any rest and no list": Shape(("operations/**", _PLAIN), methods=("cancel", "get")),
    "auditmanager, organizations": Shape(("organizations/*/locations/*/operations/*",)),
    "observability, folders and more": Shape(
        ("folders/*/locations/*/operations/*", "organizations/*/locations/*/operations/*", _PLAIN)
    ),
    "managedidentities, a literal location": Shape(("projects/*/locations/global/operations/*",)),
    "artifactregistry, no list": Shape((_PLAIN,), methods=("cancel", "get")),
    "documentai, another template for delete": Shape((_PLAIN,), deletes="operations/**"),
    "ml, two forms and one list": Shape((_PLAIN, "projects/*/operations/*"), lists="projects/*"),
    "alloydb, no body": Shape((_PLAIN,), version="v1beta", has_body=False),
    "datalabeling, a GET": Shape(("projects/*/operations/*",), version="v1beta1", has_body=False, cancel_by="GET"),
    "firebasehosting, no get": Shape(("operations/**",), methods=("cancel", "list", "delete")),
    "dns, a prefix": Shape((_PLAIN,), version="v2", prefix="dns/"),
    "storagetransfer, another collection": Shape(("transferOperations/**",), methods=("cancel", "get", "list")),
}


def document_of(shape: Shape) -> dict[str, Any]:
    """The discovery document of a shape."""
    resources = {
        f"kind{number}": {"resources": {"operations": {"methods": _methods(shape, name)}}}
        for number, name in enumerate(shape.names)
    }
    operation: dict[str, Any] = {"properties": {"name": {}, "done": {}, "error": {}, "response": {}, "metadata": {}}}
    return {
        "title": "Made API",
        "version": shape.version,
        "revision": "1",
        "servicePath": shape.prefix,
        "resources": resources,
        "schemas": {"Operation": operation},
    }


def _methods(shape: Shape, name: str) -> dict[str, Any]:
    collection = name.rpartition("/")[0]
    parent = collection.rpartition("/")[0]
    path = f"{shape.version}/{{+name}}"
    made = {
        "cancel": _method(shape.cancel_by, f"{path}:cancel", name, shape.version),
        "get": _method("GET", path, name, shape.version) | {"response": {"$ref": "Operation"}},
        "list": _method("GET", f"{path}/operations", shape.lists or parent, shape.version)
        if parent
        else _method("GET", path, collection, shape.version),
        "delete": _method("DELETE", path, shape.deletes or name, shape.version),
    }
    if shape.has_body:
        made["cancel"]["request"] = {"$ref": "CancelOperationRequest"}
    return {method: made[method] for method in shape.methods}


def _method(http_method: str, path: str, name: str, version: str) -> dict[str, Any]:
    pattern = name.replace("**", ".<").replace("*", "[^/]+").replace(".<", ".*")
    segments = (f"{{p{number}}}" if "*" in part else part for number, part in enumerate(name.split("/")))
    flat = f"{version}/{'/'.join(segments)}{path.removeprefix(f'{version}/{{+name}}')}"
    return {
        "id": f"made.{http_method}.{flat}",
        "httpMethod": http_method,
        "path": path,
        "flatPath": flat,
        "parameters": {"name": {"location": "path", "required": True, "pattern": f"^{pattern}$"}},
        "scopes": ["https://www.googleapis.com/auth/cloud-platform"],
    }
