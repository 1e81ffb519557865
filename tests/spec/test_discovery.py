"""From a discovery document to a spec: paths and patterns become path templates again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from openapi_spec_validator import OpenAPIV31SpecValidator

from conformance.errors import UsageError
from conformance.exchange import Call, Method
from conformance.spec.contract import Contract
from conformance.spec.discovery import spec_from_discovery

SCOPE = "https://www.googleapis.com/auth/cloud-platform"


def method(http_method: str, path: str, flat_path: str, pattern: str, **more: Any) -> dict[str, Any]:
    return {
        "id": f"widgets.{http_method}.{flat_path}",
        "httpMethod": http_method,
        "path": path,
        "flatPath": flat_path,
        "parameters": {"name": {"location": "path", "required": True, "type": "string", "pattern": pattern}},
        "scopes": [SCOPE],
        **more,
    }


def operations_of(root: str) -> dict[str, Any]:
    """The resource `operations` under `projects` or `folders`, as discovery documents have it."""
    name = f"^{root}/[^/]+/locations/[^/]+/operations/[^/]+$"
    flat = f"v1/{root}/{{{root}Id}}/locations/{{locationsId}}/operations"
    one = f"{flat}/{{operationsId}}"
    listing = method("GET", "v1/{+name}/operations", flat, f"^{root}/[^/]+/locations/[^/]+$")
    listing["parameters"] |= {"pageSize": {"location": "query"}, "pageToken": {"location": "query"}}
    return {
        "methods": {
            "cancel": method(
                "POST", "v1/{+name}:cancel", f"{one}:cancel", name, request={"$ref": "CancelOperationRequest"}
            ),
            "delete": method("DELETE", "v1/{+name}", one, name),
            "get": method("GET", "v1/{+name}", one, name, response={"$ref": "Operation"}),
            "list": listing,
            "wait": method("POST", "v1/{+name}:wait", f"{one}:wait", name),
        }
    }


def document(**resources: Any) -> dict[str, Any]:
    return {
        "kind": "discovery#restDescription",
        "title": "Widgets API",
        "version": "v1",
        "revision": "20240101",
        "servicePath": "",
        "resources": resources,
        "schemas": {
            "Operation": {"properties": {"name": {}, "done": {}, "error": {}, "response": {}, "metadata": {}}},
            "ProductOperation": {"properties": {"name": {}, "status": {}}},
        },
    }


def widgets() -> dict[str, Any]:
    return document(
        projects={"resources": {"locations": {"resources": {"operations": operations_of("projects")}}}},
        folders={"resources": {"locations": {"resources": {"operations": operations_of("folders")}}}},
    )


def contract_of(folder: Path, discovery: dict[str, Any]) -> Contract:
    path = folder / "made.yaml"
    path.write_text(spec_from_discovery(discovery, "widgets.json"), "utf-8")
    return Contract.load(path)


def test_every_operations_resource_is_a_binding_of_each_method(tmp_path: Path) -> None:
    contract = contract_of(tmp_path, widgets())
    assert [(binding.method, binding.template.text) for binding in contract.bindings] == [
        (found, f"/v1/{{name={root}/*/locations/*{rest}")
        for found, rest in [
            (Method.CANCEL, "/operations/*}:cancel"),
            (Method.GET, "/operations/*}"),
            (Method.DELETE, "/operations/*}"),
            (Method.LIST, "}/operations"),
        ]
        for root in ("projects", "folders")
    ]
    assert {binding.body for binding in contract.bindings_of(Method.CANCEL)} == {"*"}
    assert {binding.body for binding in contract.bindings_of(Method.GET)} == {None}
    assert (contract.title, contract.version) == ("Widgets API, long-running operations", "v1")


def test_the_spec_is_valid_openapi_and_says_where_it_comes_from() -> None:
    text = spec_from_discovery(widgets(), "/somewhere/widgets.json")
    spec = yaml.safe_load(text)
    assert list(OpenAPIV31SpecValidator(spec).iter_errors()) == []
    assert text.startswith("# Made from the discovery document widgets.json, revision 20240101.\n")
    assert spec["security"] == [{"bearer": [SCOPE]}, {}]
    listing = spec["paths"]["/v1/projects/{projectsId}/locations/{locationsId}/operations"]["get"]
    assert [parameter["$ref"].rpartition("/")[2] for parameter in listing["parameters"]] == ["pageSize", "pageToken"]


def test_the_same_document_makes_the_same_text() -> None:
    assert spec_from_discovery(widgets(), "w") == spec_from_discovery(widgets(), "w")


def test_a_pattern_with_any_rest_is_an_open_end(tmp_path: Path) -> None:
    cancel = method("POST", "v1/{+name}:cancel", "v1/operations/{operationsId}:cancel", "^operations/.*$")
    contract = contract_of(tmp_path, document(operations={"methods": {"cancel": cancel}}))
    binding, get = contract.bindings
    assert (get.http_method, get.template.text) == ("GET", "/v1/{name=operations/**}"), "what cancels can be looked at"
    assert binding.template.text == "/v1/{name=operations/**}:cancel"
    assert binding.body is None
    assert contract.identify("POST", "/v1/operations/a/b:cancel") == Call(Method.CANCEL, "operations/a/b")


def test_a_service_path_comes_before_the_path(tmp_path: Path) -> None:
    cancel = method("POST", "{+name}:cancel", "operations/{operationsId}:cancel", "^operations/[^/]+$")
    discovery = document(operations={"methods": {"cancel": cancel}}) | {"servicePath": "widgets/v1/"}
    assert contract_of(tmp_path, discovery).path(Method.CANCEL, "operations/o") == "/widgets/v1/operations/o:cancel"


def test_other_resources_whose_names_end_in_operations_count(tmp_path: Path) -> None:
    cancel = method("POST", "v1/{+name}:cancel", "v1/transferOperations/{id}:cancel", "^transferOperations/[^/]+$")
    contract = contract_of(tmp_path, document(transferOperations={"methods": {"cancel": cancel}}))
    assert contract.path(Method.CANCEL, "transferOperations/o") == "/v1/transferOperations/o:cancel"


def test_what_has_no_template_is_left_out_and_said() -> None:
    resource = operations_of("projects")
    resource["methods"]["list"] = method("GET", "v1/operations", "v1/operations", "") | {"id": "widgets.list"}
    text = spec_from_discovery(document(operations=resource), "widgets.json")
    assert "# Left out: widgets.list: the variable of /v1/operations is not just `name`\n" in text
    assert "ListOperations" not in str(yaml.safe_load(text)["paths"])


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"path": "v1/{+operation}:cancel"}, "not just `name`"),
        ({"parameters": {"name": {"pattern": "^operations/[a-z]+$"}}}, r"not one of whole segments"),
    ],
)
def test_without_a_usable_cancel_the_reason_is_told(change: dict[str, Any], why: str) -> None:
    resource = operations_of("projects")
    resource["methods"]["cancel"] |= change
    with pytest.raises(UsageError, match=why) as refused:
        spec_from_discovery(document(operations=resource), "widgets.json")
    assert refused.value.message.startswith("widgets.json: no resource `operations` has a method cancel")
    assert refused.value.remedy


def test_a_products_own_operations_are_not_long_running_ones() -> None:
    """They have a status of the product instead of `done`, and their cancel is another method."""
    resource = operations_of("projects")
    resource["methods"]["get"]["response"] = {"$ref": "ProductOperation"}
    with pytest.raises(UsageError, match="its operations have no `done`"):
        spec_from_discovery(document(operations=resource), "widgets.json")


def test_a_document_without_operations_has_no_cancel() -> None:
    with pytest.raises(UsageError, match="no resource `operations` has a method cancel"):
        spec_from_discovery(document(jobs={"methods": {"cancel": {}}}), "widgets.json")


@pytest.mark.parametrize("other", [{}, {"resources": []}, {"openapi": "3.1.0", "paths": {}}])
def test_another_document_is_refused(other: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match=r"^widgets\.json: not a discovery document"):
        spec_from_discovery(other, "widgets.json")
