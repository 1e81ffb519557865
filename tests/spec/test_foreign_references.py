"""A description decides nothing about what this machine asks for: a reference stays in its file."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.cli import main
from conformance.errors import UsageError
from conformance.spec.contract import Contract
from conformance.spec.files import spec_path


def spec_with(text: str, directory: Path) -> Path:
    file = directory / "spec.yaml"
    file.write_text(spec_path("beyondcorp.v1").read_text() + f"\nx-more:\n{text}\n")
    return file


@pytest.mark.parametrize(
    "reference",
    [
        "http://127.0.0.1:1/evil.json",
        "https://user:canary@example.com/x?key=canary",
        "//example.com/x",
        "file:///etc/passwd",
        "other.yaml#/components/schemas/X",
        "../x.json",
    ],
)
@pytest.mark.parametrize("key", ["$ref", "$dynamicRef", "operationRef"])
def test_a_reference_to_elsewhere_is_refused_when_the_spec_is_read(key: str, reference: str, tmp_path: Path) -> None:
    file = spec_with(f"  deep: [{{anyOf: [{{'{key}': '{reference}'}}]}}]", tmp_path)
    with pytest.raises(UsageError, match="which is not in this file") as caught:
        Contract.load(file)
    assert f"x-more/deep/0/anyOf/0/{key}" in str(caught.value)
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize("words", [["--plan"], []])
def test_no_run_and_no_plan_begins(words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = spec_with("  $ref: http://127.0.0.1:1/evil.json", tmp_path)
    assert main(["run", "--spec", str(file), *words]) == 2
    said = capsys.readouterr().err
    assert said.count("which is not in this file") == 1
    assert "Traceback" not in said


def test_what_refers_to_itself_or_only_looks_like_a_reference_is_read(tmp_path: Path) -> None:
    text = "  a: &a {b: *a, $ref: '#/x-more/c'}\n  c: {properties: {$ref: {type: string}}}"
    assert Contract.load(spec_with(text, tmp_path)).bindings
