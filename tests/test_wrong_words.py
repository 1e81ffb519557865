"""Names, files and addresses that a command is given: what is near is told, and what is meant is taken."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.cli import main
from tests.test_wrong_inputs import refused


@pytest.mark.parametrize("command", [("audit",), ("diff", "{}"), ("replay", "{}")])
def test_json_in_another_encoding(tmp_path: Path, capsys: pytest.CaptureFixture[str], command: tuple[str, ...]) -> None:
    path = tmp_path / "traffic.har"
    path.write_text('{"log": {"entries": []}}', "utf-16")
    assert refused(capsys, command[0], str(path), *command[1:])[0] == f"{path}: cannot be read: it is not UTF-8"


def test_a_directory_means_the_recording_in_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert refused(capsys, "audit", str(tmp_path))[0].startswith(f"{tmp_path / 'traffic.har'}: cannot be read")
    (tmp_path / "traffic.har").write_text('{"log": {"entries": []}}')
    assert main(["audit", str(tmp_path)]) == 3


def test_a_fault_that_is_named_is_shown_alone(capsys: pytest.CaptureFixture[str]) -> None:
    """All of them were listed, whatever was named."""
    assert main(["faults", "query-name-wins"]) == 0
    assert capsys.readouterr().out.startswith("query-name-wins  (server)\n  Cancels the operation that `?name=` says")
    message, remedy = refused(capsys, "faults", "query-name-win")
    assert (message, remedy) == ("no fault or variant is named query-name-win", "did you mean query-name-wins?")
    assert refused(capsys, "faults", "--world", "late")[1] == "give --verify, too, or leave it out"


def test_an_address_of_another_machine_is_no_place_to_listen(capsys: pytest.CaptureFixture[str]) -> None:
    message, remedy = refused(capsys, "serve", "--host", "192.0.2.1")
    assert message.startswith("cannot listen on 192.0.2.1:0")
    assert remedy == "give a host of this machine"


@pytest.mark.parametrize(
    ("words", "meant"),
    [(("rnu",), "run"), (("requirement",), "requirements"), (("requirements", "--format", "jsno"), "json")],
)
def test_a_misspelt_command_or_choice_is_told(
    capsys: pytest.CaptureFixture[str], words: tuple[str, ...], meant: str
) -> None:
    assert refused(capsys, *words)[1].startswith(f"did you mean {meant}? `lro-conformance ")
    assert refused(capsys, "something-else")[1] == "`lro-conformance --help` lists what it takes"


def test_a_mistake_of_ours_is_no_verdict(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Of Python's own ending status 1 would come: "not conformant"."""
    monkeypatch.setattr("conformance.cli._parser", lambda: 1 / 0)
    assert main([]) == 2
    said = capsys.readouterr().err
    assert said.startswith("Traceback ")
    assert said.endswith(
        "lro-conformance: this is a mistake of lro-conformance\n  remedy: report it, with the lines above\n"
    )
