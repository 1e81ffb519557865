"""Names and a parent that the spec has no path for: the user's file or option is named, never the spec."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from conformance.cli import main
from conformance.errors import TargetError, UsageError
from conformance.server.options import Options
from conformance.server.reference.build import reference_service
from conformance.server.reference.serve import running_server
from conformance.server.run import configured_run
from conformance.server.run_suite import run_quietly
from conformance.server.target.connect import connect

PARENT = "projects/demo/locations/us"
GOOD = f'names = ["{PARENT}/operations/op-1"]'


@pytest.fixture
def url() -> Iterator[str]:
    with running_server(reference_service()) as served:
        yield served


def written(directory: Path, url: str, operations: str, iut: str = "") -> str:
    path = directory / "conformance.toml"
    path.write_text(f'[iut]\nurl = "{url}"\n{iut}\n[operations]\n{operations}\n', encoding="utf-8")
    return str(path)


@pytest.mark.parametrize(
    ("operations", "section", "name"),
    [
        ('names = ["bad name"]', "operations.names", "bad name"),
        (f'{GOOD}\ncompleted = {{names = ["op-2"]}}', "operations.completed.names", "op-2"),
    ],
)
def test_a_name_in_the_file(tmp_path: Path, operations: str, section: str, name: str) -> None:
    file = written(tmp_path, "http://127.0.0.1:1", operations)
    with pytest.raises(TargetError) as caught:
        connect(configured_run(Options(config=file)).configuration)
    assert caught.value.message == f"{file}: {section}: {name!r} is no name that the spec binds a cancel to"
    assert "iut.spec" in caught.value.remedy


def test_a_name_on_the_command_line() -> None:
    options = Options(url="http://127.0.0.1:1", operation=("x/operations/1",))
    with pytest.raises(TargetError, match=r"^--operation: 'x/operations/1' is no name"):
        connect(configured_run(options).configuration)


def test_a_name_that_a_command_prints(tmp_path: Path, url: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The operation may well have been started, so it is told as one that nobody can clean up."""
    file = written(tmp_path, url, 'command = ["echo", "garbage and more"]')
    assert main(["run", file]) == 2
    errors = capsys.readouterr().err
    assert f"{file}: operations.command: 'garbage and more' is no name that the spec binds a cancel to" in errors
    assert "beyondcorp.v1.yaml" not in errors
    report = run_quietly(Options(config=file))
    assert any("nobody can clean up by name" in message for message in report["messages"]), report["messages"]


def test_a_parent_of_the_file(tmp_path: Path) -> None:
    start = f'start = {{method = "POST", path = "/v1/{PARENT}/operations:start"}}'
    file = written(tmp_path, "http://127.0.0.1:1", start, 'parent = "demo"')
    with pytest.raises(UsageError) as caught:
        connect(configured_run(Options(config=file)).configuration)
    assert caught.value.message == f"{file}: iut.parent 'demo' has no operations in beyondcorp.v1"
    assert "/v1/{name=projects/*/locations/*/operations/*}:cancel" in caught.value.remedy


def test_a_name_that_the_server_does_not_have_accuses_nobody(tmp_path: Path, url: str) -> None:
    file = written(tmp_path, url, f'names = ["{PARENT}/operations/none"]')
    report = run_quietly(Options(config=file))
    entry = next(entry for entry in report["requirements"] if entry["id"] == "operation.get-returns-it")
    assert entry["verdict"] == "not-tested"
    assert f"{file}: operations.names: a get of {PARENT}/operations/none is answered with 404" in entry["reason"]
    assert report["verdict"] == "incomplete"
