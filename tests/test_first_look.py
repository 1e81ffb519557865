"""What a first look reads off a description: the parent, a start request that is accepted, and what is missing."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from conformance.cli import main
from conformance.exchange import Response
from conformance.server.first_look import Seen, first_look, operations_table
from conformance.spec.contract import Contract

CONTRACT = Contract.load("beyondcorp.v1")
CANCEL = "/v1/projects/{p}/locations/{l}/operations/{o}:cancel"
SCHEMAS = {
    "Export": {
        "required": ["table", "exportId", "operation_id", "format", "target"],
        "properties": {
            "table": {"type": "string"},
            "exportId": {"type": "string"},
            "operation_id": {"type": "string"},
            "rows": {"type": "integer"},
            "format": {"enum": ["csv", "json"]},
            "target": {"$ref": "#/components/schemas/Target"},
        },
    },
    "Target": {"required": ["bucket"], "properties": {"bucket": {"type": "string", "example": "my bucket"}}},
}


def looked(paths: dict[str, Any], answers: dict[str, Any] | None = None) -> Seen:
    """A first look at a service with these paths, of which only the given ones are answered."""
    document = {"paths": paths, "components": {"schemas": SCHEMAS}}
    known = {"/openapi.json": document, **(answers or {})}

    def ask(path: str) -> Response:
        found = known.get(path)
        return Response(200 if found is not None else 404, (), json.dumps(found).encode())

    return first_look(ask, CONTRACT)


def test_the_parent_is_that_of_the_cancel_whatever_its_parameters_are_called() -> None:
    assert looked({CANCEL: {"post": {}}}).parent == "projects/demo/locations/us"
    assert looked({"/v1/organizations/{x}/locations/{l}/operations/{o}:cancel": {"post": {}}}).parent == (
        "organizations/example/locations/us"
    )


def test_without_a_description_the_parent_is_one_of_the_contract() -> None:
    assert looked({}).parent == "projects/demo/locations/us"


def test_the_start_request_has_every_required_member_and_can_be_read_back() -> None:
    body = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Export"}}}}
    exports = "/v1/projects/{p}/locations/{l}/exports"
    seen = looked({"/jobs": {"post": {}}, CANCEL: {"post": {}}, exports: {"post": {"requestBody": body}}})
    table = tomllib.loads(operations_table(seen))
    assert table["operations"]["start"] == {
        "method": "POST",
        "path": "/v1/projects/demo/locations/us/exports",
        "json": {
            "table": "example",
            "exportId": "{unique}",
            "operation_id": "{id}",
            "format": "csv",
            "target": {"bucket": "my bucket"},
        },
        "name": "/name",
    }
    assert [start.path for start in seen.starts] == ["/v1/projects/demo/locations/us/exports", "/jobs"]


def test_a_schema_that_names_itself_has_an_end() -> None:
    body = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Loop"}}}}
    endless = {"Loop": {"required": ["next"], "properties": {"next": {"$ref": "#/components/schemas/Loop"}}}}
    document = {"paths": {"/jobs": {"post": {"requestBody": body}}}, "components": {"schemas": endless}}
    seen = first_look(lambda _: Response(200, (), json.dumps(document).encode()), CONTRACT)
    tomllib.loads(operations_table(seen))


@pytest.mark.parametrize(
    "odd", [{"required": True, "properties": {"a": {}}}, {"required": ["a"], "properties": []}, {"required": None}, 7]
)
def test_a_schema_that_is_none_is_left_out(odd: object) -> None:
    """`required: true` is written by many hands that remember parameters."""
    schema = {"required": ["job"], "properties": {"job": odd}}
    body = {"content": {"application/json": {"schema": schema}}}
    seen = looked({"/jobs": {"post": {"requestBody": body}}})
    assert tomllib.loads(operations_table(seen))["operations"]["start"]["path"] == "/jobs"


@pytest.mark.parametrize("prefix", ["/api/v1", "/v2"])
def test_a_cancel_that_is_none_of_the_contract_is_said(prefix: str) -> None:
    missing = looked({CANCEL.replace("/v1", prefix, 1): {"post": {}}}).missing
    assert "which is no cancel of beyondcorp.v1" in missing[0]


def test_init_where_nobody_listens_writes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init", "--url", "http://127.0.0.1:1", "--directory", str(tmp_path)]) == 2
    assert "nobody listens at http://127.0.0.1:1" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("answers", [[], [""]])
def test_init_without_an_answer_is_one_message(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], answers: list[str]
) -> None:
    """Ctrl-D was a traceback and status 1, "not conformant"."""
    typed = iter(answers)

    def answer(_: str) -> str:
        try:
            return next(typed)
        except StopIteration:
            raise EOFError from None

    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("builtins.input", answer)
    assert main(["init"]) == 2
    assert "nothing says what is to be tested" in capsys.readouterr().err


def test_init_refuses_a_url_that_ends_as_the_paths_begin(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init", "--url", "http://127.0.0.1:1/v1", "--directory", str(tmp_path)]) == 2
    assert "leave /v1 out of the url" in capsys.readouterr().err
