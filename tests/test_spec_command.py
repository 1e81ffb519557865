"""`spec from-discovery`: a contract from a discovery document, or one clear message."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from conformance.cli import main
from conformance.exchange import Method
from conformance.spec.contract import Contract

CANCEL = {
    "id": "example.projects.locations.operations.cancel",
    "path": "v1/{+name}:cancel",
    "httpMethod": "POST",
    "parameters": {
        "name": {
            "location": "path",
            "required": True,
            "type": "string",
            "pattern": "^projects/[^/]+/locations/[^/]+/operations/[^/]+$",
        }
    },
    "parameterOrder": ["name"],
    "request": {"$ref": "CancelOperationRequest"},
    "response": {"$ref": "Empty"},
}


def _document(methods: dict[str, object]) -> dict[str, object]:
    operations = {"operations": {"methods": methods}}
    resources = {"projects": {"resources": {"locations": {"resources": operations}}}}
    return {
        "kind": "discovery#restDescription",
        "name": "example",
        "version": "v1",
        "title": "Example",
        "resources": resources,
    }


def test_the_written_contract_can_be_used(tmp_path: Path) -> None:
    (tmp_path / "example.json").write_text(json.dumps(_document({"cancel": CANCEL})))
    assert main(["spec", "from-discovery", str(tmp_path / "example.json"), "-o", str(tmp_path / "example.yaml")]) == 0
    contract = Contract.load(tmp_path / "example.yaml")
    name = "projects/p/locations/l/operations/o"
    assert contract.path(Method.CANCEL, name) == f"/v1/{name}:cancel"


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", json.dumps(_document({}))], ids=["empty", "list", "object", "no cancel"]
)
def test_what_is_no_such_document_is_one_message(text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "example.json").write_text(text)
    assert main(["spec", "from-discovery", str(tmp_path / "example.json")]) == 2
    message = capsys.readouterr().err
    assert "example.json" in message
    assert "remedy" in message


def test_a_url_is_told_how_to_become_a_file(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["spec", "from-discovery", "https://api.example/$discovery"]) == 2
    assert capsys.readouterr().err.splitlines() == [
        "lro-conformance: https://api.example/$discovery: is a URL",
        "  remedy: fetch it, `curl -o discovery.json URL`, and name the file",
    ]
