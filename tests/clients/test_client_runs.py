"""The runner of real SDKs, and the folders it runs: complete, pinned, and free of what belongs to one machine."""

from __future__ import annotations

import json
import re
import shutil
import sys
import tomllib
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
import yaml

from clients import run
from clients.run import (
    AS_BASELINE,
    CHECKOUT,
    CLIENTS,
    DIFFERENT,
    FAILED,
    KNOWN,
    TOOLCHAINS,
    TRANSPORTS,
    Driver,
    Outcome,
    overall,
)
from conformance.judging.baseline import read_baseline
from conformance.spec.catalogue import client_catalogue


def test_every_folder_is_a_client() -> None:
    folders = {folder.name for folder in CLIENTS.iterdir() if folder.is_dir() and "-" in folder.name}
    assert set(KNOWN) == folders
    assert len(KNOWN) >= 12


@pytest.mark.parametrize("name", KNOWN)
def test_a_client_has_a_driver_its_versions_and_a_line_in_the_readme(name: str) -> None:
    toolchain = TOOLCHAINS[name.partition("-")[0]]
    assert all((CLIENTS / name / file).exists() for file in toolchain.inputs)
    assert f"| `{name}` |" in (CLIENTS / "README.md").read_text("utf-8")


def test_ci_requires_the_clients_of_python_and_node() -> None:
    workflow = yaml.safe_load((CHECKOUT / ".github" / "workflows" / "clients.yml").read_text("utf-8"))
    (command,) = [step["run"] for step in workflow["jobs"]["clients"]["steps"] if step.get("name") == "Gate"]
    required = command.partition("--require")[2].split()
    assert sorted(required) == [name for name in KNOWN if name.startswith(("bash-", "python-", "node-"))]


@pytest.mark.parametrize(
    "file", [file for name in KNOWN for file in sorted((CLIENTS / name).glob("baseline*.toml"))], ids=str
)
def test_a_baseline_speaks_of_requirements_that_exist(file: Path) -> None:
    assert file.name in TRANSPORTS.values()
    known = {requirement.id for requirement in client_catalogue()}
    for entry in read_baseline(file).entries:
        assert entry.requirement in known
        assert entry.reason.strip().endswith((".", ")"))


@pytest.mark.parametrize("name", [name for name in KNOWN if name.startswith("python-")])
def test_every_python_package_is_pinned(name: str) -> None:
    lines = (CLIENTS / name / "requirements.txt").read_text("utf-8").splitlines()
    assert lines
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+==[0-9][0-9A-Za-z.]*", line) for line in lines)


@pytest.mark.parametrize("name", [name for name in KNOWN if name.startswith("rust-")])
def test_every_crate_of_the_sdk_is_pinned(name: str) -> None:
    dependencies = tomllib.loads((CLIENTS / name / "Cargo.toml").read_text("utf-8"))["dependencies"]
    versions = [wanted if isinstance(wanted, str) else wanted["version"] for wanted in dependencies.values()]
    assert versions
    assert all(version.startswith("=") for version in versions)


def test_the_driver_around_curl_is_that_of_the_page() -> None:
    page = (CHECKOUT / "docs" / "sdk.md").read_text("utf-8")
    assert f"```sh\n{(CLIENTS / 'bash-curl' / 'driver.sh').read_text('utf-8')}```" in page


@pytest.mark.parametrize("name", [name for name in KNOWN if name.startswith("node-")])
def test_a_lock_of_npm_names_no_registry(name: str) -> None:
    lock = json.loads((CLIENTS / name / "package-lock.json").read_text("utf-8"))
    packages = {path: package for path, package in lock["packages"].items() if path}
    assert packages
    assert all("integrity" in package and "resolved" not in package for package in packages.values())
    wanted = json.loads((CLIENTS / name / "package.json").read_text("utf-8"))["dependencies"]
    assert {package: packages[f"node_modules/{package}"]["version"] for package in wanted} == wanted


@pytest.mark.parametrize(
    ("statuses", "status"),
    [
        ([], FAILED),
        ([None, None], FAILED),
        ([AS_BASELINE, None], AS_BASELINE),
        ([AS_BASELINE, DIFFERENT, None], DIFFERENT),
        ([DIFFERENT, FAILED, AS_BASELINE], FAILED),
    ],
)
def test_what_a_run_of_some_clients_amounts_to(statuses: Sequence[int | None], status: int) -> None:
    assert overall(statuses) == status


def test_a_missing_toolchain_is_said_and_counts_when_it_is_required(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(shutil, "which", lambda program: None if program == "go" else program)
    monkeypatch.setattr(run, "gate", passes)
    monkeypatch.setattr(run, "set_up", only_go_is_really_set_up(run.set_up))
    arguments = ["go-discovery", "python-discovery", "--report-dir", str(tmp_path)]
    assert run.main(arguments) == AS_BASELINE
    assert "this machine has no go" in capsys.readouterr().out
    assert run.main([*arguments, "--require", "go-discovery"]) == FAILED
    assert run.main(["go-discovery", "--report-dir", str(tmp_path)]) == FAILED  # for then nothing was run


def test_what_cannot_be_set_up_is_a_failure(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def breaks(name: str) -> Driver:
        raise run.CannotSetUp("npm ci … ended with status 1")

    monkeypatch.setattr(run, "set_up", breaks)
    assert run.main(["node-gax"]) == FAILED
    assert "npm ci … ended with status 1" in capsys.readouterr().out


def test_a_name_that_is_none_is_refused_with_those_that_are(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        run.main(["node-gaxx"])
    assert ended.value.code == 2
    assert "node-googleapis" in capsys.readouterr().err


def test_the_gate_is_run_against_the_baseline_of_the_transport(tmp_path: Path) -> None:
    """The model driver of the gate, in place of an SDK: conformant, so as an empty baseline has it."""
    driver = Driver([sys.executable, "-m", "conformance.sdk.honest_driver"])
    (tmp_path / "baseline.toml").write_text("")
    outcome = run.gate("honest", "rest", driver, tmp_path / "report", tmp_path / "baseline.toml")
    assert (outcome.verdict, outcome.status) == ("conformant", AS_BASELINE)


def test_a_run_that_does_not_end_is_a_failure(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(run, "RUN_SECONDS", 0.0)
    outcome = run.gate("slow", "rest", Driver(["true"]), tmp_path / "report", tmp_path / "baseline.toml")
    assert (outcome.verdict, outcome.failed, outcome.status) == ("failed", "took longer than 0 s", FAILED)


def passes(name: str, transport: str, *_: object) -> Outcome:
    return Outcome(name, transport, "conformant", "", 0.0, AS_BASELINE)


def only_go_is_really_set_up(really: Callable[[str], Driver]) -> Callable[[str], Driver]:
    return lambda name: really(name) if name.startswith("go-") else Driver(["true"])
