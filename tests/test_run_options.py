"""What a run is configured to by its file and its options together."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from conformance.cli import main
from conformance.errors import UsageError
from conformance.server.configured import check_target
from conformance.server.options import Options
from conformance.server.run import configured_run
from conformance.server.run_suite import run_quietly

URL = '[iut]\nurl = "http://127.0.0.1:1"\n'
NAME = "projects/demo/locations/us/operations/op-1"


def written(tmp_path: Path, text: str) -> str:
    path = tmp_path / "conformance.toml"
    path.write_text(text, encoding="utf-8")
    return str(path)


@pytest.mark.parametrize("supply", ["", "[operations]\ncommand = []\n", "[operations]\nnames = []\n"])
def test_a_server_of_ones_own_needs_a_supply(tmp_path: Path, supply: str) -> None:
    file = written(tmp_path, URL + supply)
    with pytest.raises(UsageError) as caught:
        check_target(configured_run(Options(config=file)).configuration, file)
    assert caught.value.message == f"{file}: [operations] says nothing about where running operations come from"
    assert caught.value.remedy == "set exactly one of start, command, python and names, or give --operation"


@pytest.mark.parametrize("text", ["", '[iut]\nname = "my-prod"\n', f'[operations]\nnames = ["{NAME}"]\n'])
def test_a_file_that_names_no_server_is_not_about_the_embedded_one(tmp_path: Path, text: str) -> None:
    file = written(tmp_path, text)
    with pytest.raises(UsageError) as caught:
        check_target(configured_run(Options(config=file)).configuration, file)
    assert caught.value.message == f"{file}: [iut] has no url and no app, so nothing says what is under test"
    assert caught.value.remedy.startswith("set [iut] url or app, or give --url or --app")


def test_an_operation_on_the_command_line_is_a_supply(tmp_path: Path) -> None:
    run = configured_run(Options(config=written(tmp_path, URL), operation=(NAME,)))
    assert run.configuration.operations.running.names == (NAME,)


@pytest.mark.parametrize(
    ("limits", "profile", "requests", "operations"),
    [
        ("", "ci", 2000, 200),
        ("", "thorough", 20_000, 1000),
        ("[limits]\nrequests = 2000\n", "thorough", 2000, 1000),
        ("[limits]\noperations = 70\n", "thorough", 20_000, 70),
    ],
)
def test_a_profile_has_the_room_that_it_needs_unless_the_file_says_otherwise(
    tmp_path: Path, limits: str, profile: str, requests: int, operations: int
) -> None:
    file = written(tmp_path, f'{URL}[operations]\nnames = ["{NAME}"]\n{limits}')
    said = configured_run(Options(config=file, profile=profile)).configuration.limits
    assert (said.requests, said.operations) == (requests, operations)


def test_a_warning_fails_a_strict_run() -> None:
    """It is neither an error of ours nor something new: the verdict says so, and why."""
    options = Options(fault="redundant-name-is-refused")
    assert run_quietly(options)["verdict"] == "conformant"
    report = run_quietly(replace(options, strict=True))
    assert report["verdict"] == "not conformant"
    assert report["messages"] == ["--strict: 1 warning fails this run: body.redundant-name-is-accepted"]


def test_after_its_time_nothing_more_is_asked() -> None:
    report = run_quietly(Options(max_time="1ms"))
    assert report["verdict"] == "incomplete"
    assert "--max-time was over" in {entry["reason"] for entry in report["requirements"]}


@pytest.mark.parametrize("text", ["soon", "0", "-1s"])
def test_a_time_that_is_none(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        configured_run(Options(max_time=text))
    assert caught.value.message == f"--max-time: {text!r} is no time"


def test_one_requirement_is_shown_with_source_checks_and_faults(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["requirements", "target.query-name-never-redirects"]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("target.query-name-never-redirects  (MUST, server)\n")
    for words in ("source: google/api/http.proto", "test_query_name_never_redirects_the_cancel", "query-name-wins"):
        assert words in shown
    assert "routing." not in shown
    assert main(["requirements", "target.query-name-never-redirect"]) == 2
    assert "did you mean target.query-name-never-redirects?" in capsys.readouterr().err
