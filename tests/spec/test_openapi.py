"""The spec of BeyondCorp as an OpenAPI document: valid, of one mind with its HTTP rules, and precise."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from conformance.exchange import Call
from conformance.lro.codes import Code
from conformance.spec.contract import RULE_KEY, Contract
from conformance.spec.files import read_yaml, spec_path

PATH = spec_path("beyondcorp.v1")
DOCUMENT: dict[str, Any] = read_yaml(PATH)
CONTRACT = Contract.load(PATH)
HTTP_METHODS = {"get", "put", "post", "delete", "patch"}

ANY = {"@type": "type.googleapis.com/google.protobuf.Empty"}
METADATA = {
    "@type": "type.googleapis.com/google.cloud.beyondcorp.appconnections.v1.AppConnectionOperationMetadata",
    "createTime": "2024-01-01T00:00:00.123456789Z",
    "target": "projects/p/locations/l/appConnections/c",
    "verb": "create",
    "requestedCancellation": True,
    "apiVersion": "v1",
}
NAME = {"name": "projects/p/locations/l/operations/o"}
CANCELLED = {"code": 1, "message": "The operation was cancelled.", "details": []}


def operations() -> list[tuple[str, str, dict[str, Any]]]:
    """Every operation with its path and HTTP method."""
    return [
        (path, http_method, operation)
        for path, item in DOCUMENT["paths"].items()
        for http_method, operation in item.items()
        if http_method in HTTP_METHODS
    ]


def accepts(schema: str, value: object) -> bool:
    validator = Draft202012Validator({**DOCUMENT, "$ref": f"#/components/schemas/{schema}"})
    return bool(validator.is_valid(value))


# The document


def test_it_is_valid_openapi() -> None:
    assert list(OpenAPIV31SpecValidator(DOCUMENT).iter_errors()) == []


def test_no_key_is_written_twice() -> None:
    """YAML readers keep the last one and say nothing."""

    class Strict(yaml.SafeLoader):
        def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
            keys = [key.value for key, _ in node.value if key.value != "<<"]
            assert len(keys) == len(set(keys)), f"line {node.start_mark.line + 1}: {keys}"
            return super().construct_mapping(node, deep)

    assert yaml.load(PATH.read_text("utf-8"), Loader=Strict) == DOCUMENT


def test_it_names_no_server_that_a_tool_could_call_unasked() -> None:
    assert "servers" not in DOCUMENT


def test_credentials_are_described_and_may_be_left_out() -> None:
    scope = "https://www.googleapis.com/auth/cloud-platform"
    assert DOCUMENT["security"] == [{"bearer": [scope]}, {}]
    assert scope in DOCUMENT["components"]["securitySchemes"]["bearer"]["description"]


def test_every_operation_declares_the_answers_of_the_contract() -> None:
    for path, http_method, operation in operations():
        declared = set(operation["responses"])
        assert declared == {"200", "400", "401", "403", "404", "429", "501", "503", "default"}, (http_method, path)


def test_a_cancel_links_to_the_get_of_the_same_operation() -> None:
    cancels = [operation for _, _, operation in operations() if operation["operationId"].endswith("cancel")]
    assert len(cancels) == 2
    for cancel in cancels:
        link = cancel["responses"]["200"]["links"]["read"]
        assert link["operationId"] == cancel["operationId"].replace("cancel", "get")
        assert all(value == f"$request.path.{name}" for name, value in link["parameters"].items())


def test_a_body_is_optional_and_empty() -> None:
    body = DOCUMENT["components"]["requestBodies"]["Cancel"]
    assert body["required"] is False
    assert accepts("CancelOperationRequest", {})
    others: list[object] = [[], None, "", {"foo": 1}]
    assert not any(accepts("CancelOperationRequest", value) for value in others)


# Paths and HTTP rules


def test_every_path_is_a_call_of_its_rule() -> None:
    for path, http_method, operation in operations():
        call = CONTRACT.identify(http_method.upper(), re.sub(r"\{\w+\}", "x", path))
        assert isinstance(call, Call), path
        assert (
            operation[RULE_KEY]["selector"]
            .removeprefix("google.longrunning.Operations.")
            .lower()
            .startswith(call.method.value)
        )


def test_every_binding_has_a_path() -> None:
    described = {(http_method.upper(), re.sub(r"\{\w+\}", "*", path)) for path, http_method, _ in operations()}
    bound = {
        (binding.http_method, re.sub(r"\{name=([^}]*)\}", r"\1", binding.template.text))
        for binding in CONTRACT.bindings
    }
    assert described == bound


# Schemas


@pytest.mark.parametrize(
    "members",
    [
        {},
        {"done": False},
        {"done": None, "metadata": None, "error": None, "response": None},
        {"metadata": METADATA},
        {"metadata": ANY | {"anything": [1]}},
        {"done": True},
        {"done": True, "error": CANCELLED},
        {"done": True, "error": {"code": 1}},
        {"done": True, "error": CANCELLED, "response": None},
        {"done": True, "response": ANY, "metadata": METADATA},
    ],
)
def test_an_operation_is(members: dict[str, Any]) -> None:
    assert accepts("Operation", NAME | members)


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ({}, "no name"),
        (NAME | {"name": ""}, "an empty name"),
        (NAME | {"done": "true"}, "done is a boolean"),
        (NAME | {"done": 1}, "done is a boolean"),
        (NAME | {"error": CANCELLED}, "an error before it is done"),
        (NAME | {"done": False, "response": ANY}, "a response before it is done"),
        (NAME | {"done": True, "error": CANCELLED, "response": ANY}, "both results"),
        (NAME | {"done": True, "error": CANCELLED | {"code": "CANCELLED"}}, "a code is a number"),
        (NAME | {"done": True, "error": {"message": "no code"}}, "an error has a code"),
        (NAME | {"done": True, "error": CANCELLED | {"details": {}}}, "details are a list"),
        (NAME | {"done": True, "error": {"code": 1, "details": [{}]}}, "a detail says its type"),
        (NAME | {"done": True, "response": {}}, "a response says its type"),
        (NAME | {"done": True, "response": {"@type": "Empty"}}, "a type is a URL"),
        (NAME | {"metadata": METADATA | {"requestedCancellation": "yes"}}, "a flag is a boolean"),
        ([NAME], "not an object"),
    ],
)
def test_an_operation_is_not(value: object, why: str) -> None:
    assert not accepts("Operation", value), why


def test_an_empty_answer_is_an_object_without_members() -> None:
    assert accepts("Empty", {})
    others: list[object] = [None, [], "", {"done": True}, {"@type": "x/y"}]
    assert not any(accepts("Empty", value) for value in others)


def test_a_page_is_operations_and_a_token() -> None:
    assert accepts("ListOperationsResponse", {})
    assert accepts("ListOperationsResponse", {"operations": [NAME], "nextPageToken": "t", "unreachable": []})
    assert not accepts("ListOperationsResponse", {"operations": [{}]})
    assert not accepts("ListOperationsResponse", {"operations": {}})


def test_an_error_names_status_and_canonical_code() -> None:
    error = {"code": 404, "message": "no such operation", "status": "NOT_FOUND", "details": [ANY]}
    assert accepts("Error", {"error": error})
    wrong: list[dict[str, Any]] = [
        {"code": 5},
        {"status": "NotFound"},
        {"status": "OK"},
        {"message": None},
        {"details": [{}]},
    ]
    assert not any(accepts("Error", {"error": error | change}) for change in wrong)
    assert not accepts("Error", error), "a bare status is not the envelope"


def test_the_codes_of_an_error_are_all_but_ok() -> None:
    enum = DOCUMENT["components"]["schemas"]["Error"]["properties"]["error"]["properties"]["status"]["enum"]
    assert enum == [code.name for code in Code if code is not Code.OK]


# Schemathesis


def test_schemathesis_reads_all_operations_and_links() -> None:
    import schemathesis
    from schemathesis.core.result import Ok

    schema = schemathesis.openapi.from_dict(DOCUMENT)
    labels = {result.ok().label for result in schema.get_all_operations() if isinstance(result, Ok)}
    assert labels == {f"{http_method.upper()} {path}" for path, http_method, _ in operations()}
    assert schema.statistic.transitions.total == 6
