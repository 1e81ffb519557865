"""Whole runs, as a user starts them: the embedded server, a served one, and everything that can go wrong on the way."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from conformance.cli import main
from conformance.reports.console import print_report
from conformance.server.options import Options
from conformance.server.reference.build import reference_service
from conformance.server.reference.serve import running_server
from conformance.server.run_suite import run_quietly
from conformance.spec.catalogue import catalogue
from tests.command_line import command
from tests.plain_pytest import plain_pytest

PROGRAM = [sys.executable, "-m", "conformance"]
FEW = ("-k", "test_outcome")
"""Checks enough for a report."""


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with running_server(reference_service()) as served:
        yield served


def test_the_newcomers_first_command_is_conformant(tmp_path: Path) -> None:
    done = subprocess.run([*PROGRAM, "run"], capture_output=True, text=True, cwd=tmp_path, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "verdict: CONFORMANT" in done.stdout
    assert list(tmp_path.iterdir()) == [], "a run without --report-dir leaves nothing behind"


@pytest.fixture(scope="module")
def embedded() -> dict[str, Any]:
    """The report of a run without a word more."""
    return run_quietly(Options())


def test_every_must_of_the_server_is_tested_on_the_embedded_server(embedded: dict[str, Any]) -> None:
    untested = [
        entry["id"]
        for entry in embedded["requirements"]
        if entry["level"] == "MUST" and entry["verdict"] == "not-tested"
    ]
    assert untested == []
    assert {entry["id"] for entry in embedded["requirements"]} == {entry.id for entry in catalogue().of("server")}


def test_a_run_over_a_socket_is_small(url: str, tmp_path: Path) -> None:
    report = run_quietly(Options(url=url, report_dir=str(tmp_path)))
    assert report["exit_status"] == 0
    assert json.loads((tmp_path / "report.json").read_text())["complete"] is True
    assert report["complete"] is True
    # It sends 186. 50 of them start 16 operations, look at them at the end and clean them up. Four of these operations
    # are for an id of the suite's choice or for a request id: nothing that they find is found by the others.
    assert report["requests"] <= 190
    assert report["operations"] <= 16


def test_the_quick_profile_sends_the_same_requests_every_time(embedded: dict[str, Any]) -> None:
    again = run_quietly(Options())
    assert again["requests"] == embedded["requests"]
    assert [entry["verdict"] for entry in again["requirements"]] == [
        entry["verdict"] for entry in embedded["requirements"]
    ]


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.proof) for seed in range(1, 20))])
def test_no_seed_accuses_a_correct_server(seed: int) -> None:
    report = run_quietly(Options(profile="ci", seed=seed))
    assert report["verdict"] == "conformant", [
        (entry["id"], entry["reason"])
        for entry in report["requirements"]
        if entry["verdict"] in ("fail", "warn", "error")
    ]


@pytest.mark.parametrize("fault", ["every-name-is-cancelled", pytest.param("delete-keeps", marks=pytest.mark.proof)])
def test_what_does_not_work_alone_is_no_race_and_no_routing(fault: str) -> None:
    """A cancel of any name succeeds, or deletes remove nothing: found for that, and not again in other chapters."""
    report = run_quietly(Options(profile="ci", fault=fault))
    wrong = [entry["id"] for entry in report["requirements"] if entry["verdict"] in ("fail", "warn", "error")]
    assert len(wrong) == 1, wrong


@pytest.mark.proof
def test_a_distributed_run_says_the_same_and_leaves_nothing_behind(tmp_path: Path) -> None:
    """pytest keeps a directory for worker processes, as `pytest-of-…`."""
    done = subprocess.run(
        [*PROGRAM, "run", "-n", "2"],
        capture_output=True, text=True, timeout=60, check=False, env={**os.environ, "TMPDIR": str(tmp_path)},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert list(tmp_path.iterdir()) == []


def test_output_of_another_encoding_has_escapes_and_the_same_exit_status() -> None:
    """Of an error in the middle of the table, Python would make status 1: "not conformant"."""
    done = subprocess.run(
        [*PROGRAM, "run", "-v", *FEW],
        capture_output=True, timeout=60, check=False, env={**os.environ, "PYTHONIOENCODING": "ascii"},
    )  # fmt: skip
    assert done.returncode == 3, done.stderr
    assert rb"\u2713 pass" in done.stdout


@pytest.mark.parametrize("options", [[], ["--json"]], ids=["table", "json"])
def test_output_that_cannot_be_written_is_no_verdict(options: list[str]) -> None:
    """Of Python's own error status 1 would come: "not conformant"."""
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [*PROGRAM, "run", *options, *FEW],
            stdout=full, stderr=subprocess.PIPE, text=True, timeout=60, check=False,
        )  # fmt: skip
    assert done.returncode == 2
    said = done.stderr[done.stderr.index("lro-conformance: ") :]
    assert said.startswith("lro-conformance: the output cannot be written: No space left on device\n  remedy: ")
    assert "Traceback" not in said


def test_a_reader_that_goes_away_is_no_traceback() -> None:
    run = subprocess.Popen([*PROGRAM, "run", *FEW], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert run.stdout is not None
    assert run.stderr is not None
    run.stdout.close()
    errors = run.stderr.read()
    run.stderr.close()
    assert run.wait(timeout=60) == 2
    assert "Traceback" not in errors
    assert "Exception ignored" not in errors


def test_json_can_be_read_whatever_the_encoding(monkeypatch: pytest.MonkeyPatch) -> None:
    output = io.TextIOWrapper(io.BytesIO(), "ascii")
    monkeypatch.setattr(sys, "stdout", output)
    told = {"é": "\U0001f600 \ud800"}
    print_report(told, catalogue(), as_json=True)
    output.seek(0)
    assert json.loads(output.read()) == told


def test_worker_processes_without_pytest_xdist(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "xdist", None)
    assert main(["run", "-n", "2"]) == 2
    assert capsys.readouterr().err == (
        "lro-conformance: -n needs pytest-xdist, which is not installed\n"
        "  remedy: pip install 'lro-conformance[parallel]'\n"
    )


def test_a_selection_is_incomplete_and_not_green(tmp_path: Path) -> None:
    done = command("run", "-k", "test_routing", cwd=tmp_path)
    assert done.status == 3
    assert "verdict: INCOMPLETE" in done.stdout


def test_an_empty_selection_says_what_a_selection_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "-k", "no_such_check"]) == 3
    said = capsys.readouterr().err
    assert "the selection leaves no check to run\n  remedy: -k takes a part of the name of a check" in said


def test_a_check_of_the_last_look_alone_sees_what_was_cancelled_after_it() -> None:
    """As a worker may run it that has no other check of the same operations."""
    name = "test_guaranteed_cancel_ends_an_operation_whatever_its_id_has"
    report = run_quietly(Options(), ["-k", name])
    found = {check["check"].partition("::")[2]: check for entry in report["requirements"] for check in entry["checks"]}
    assert found[name]["finding"] == "kept", found[name]["reason"]


def test_a_violation_is_shown_with_all_that_is_needed(tmp_path: Path) -> None:
    report = run_quietly(Options(fault="query-name-wins"))
    entry = next(entry for entry in report["requirements"] if entry["id"] == "target.query-name-never-redirects")
    assert entry["verdict"] == "fail"
    assert entry["source"]["url"].startswith("https://")
    cause, look = entry["evidence"][0]["exchanges"]
    assert "?name=" in cause["request"]["target"]
    assert cause["check"] == "blame", "it serves all families of refusals, whichever check asked first"
    assert '"code":1' in look["response"]["body"]
    assert entry["reproduction"] == {
        "curl": "",
        "replay": f"lro-conformance replay REPORT.json {entry['id']} --url URL",
    }


def test_plain_pytest_runs_the_suite(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "--pyargs", "conformance.suite", "-q", "-p", "no:cacheprovider"],
        capture_output=True, text=True, cwd=tmp_path, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    assert "verdict: CONFORMANT" in done.stdout


def test_plain_pytest_fails_on_a_server_that_lies(tmp_path: Path) -> None:
    done = subprocess.run(
        plain_pytest("--iut-fault", "answers-nothing", *FEW),
        capture_output=True, text=True, cwd=tmp_path, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "again        lro-conformance replay REPORT.json response.empty-object --url URL" in done.stdout
    assert "beyondcorp" in done.stdout


USAGE_ERRORS = {
    "no such file": (["run", "nofile.toml"], ["nofile.toml", "remedy"]),
    "nobody listens": (["run", "--url", "http://127.0.0.1:1"], ["nobody listens at http://127.0.0.1:1"]),
    "host not allowed": (["run", "--url", "http://example.com"], ["example.com", "allow_hosts"]),
    "no url": (["run", "--url", "example"], ["--url", "http://127.0.0.1:8080"]),
    "unknown statement": (["run", "--statement", "cancl=guaranteed"], ["cancl", "did you mean cancel"]),
    "statement without value": (["run", "--statement", "cancel"], ["KEY=VALUE"]),
    "a folder": (["run", "."], [".: cannot be read: Is a directory", "remedy: name a file that can be read"]),
    "a baseline in YAML": (["run", "--baseline", "known.yaml"], ["known.yaml: is YAML", "a baseline is TOML"]),
    "no such spec": (["run", "--spec", "nothing"], ["nothing", "beyondcorp.v1"]),
    "no operation name": (["run", "--operation", "op-1"], ["op-1", "/operations/"]),
    "unknown option": (["run", "--frobnicate"], ["unrecognized arguments: --frobnicate", "run --help` lists"]),
    "an option cut off": (["audit", "--report", "x", "y"], ["no option --report\n", "did you mean --report-dir?"]),
    "unknown option, value": (["run", "--frobnicate", "x"], ["no file x", "no option --frobnicate", "--frobnicate=x"]),
    "option of another": (
        ["run", "--world", "late"],
        ["`run` has no option --world\n", "`serve` and `faults` have --world"],
    ),
    "option of one, =": (["run", "--verify=x"], ["`run` has no option --verify\n", "remedy: `faults` has --verify"]),
    "nearly of another": (
        ["run", "--wrld=late"],
        ["no option --wrld", "did you mean --world? `serve` and `faults` have"],
    ),
    "nearly an option": (["run", "--reportdir", "x"], ["no option --reportdir", "remedy: did you mean --report-dir?"]),
    "nearly one of serve's": (["serve", "--prot=1"], ["no option --prot", "remedy: did you mean --port?"]),
    "port too large": (["serve", "--port", "99999"], ["--port: there is no port 99999", "remedy: give 1 to 65535"]),
    "port too small": (["serve", "--port", "-1"], ["--port: there is no port -1", "remedy: give 1 to 65535"]),
    "no number": (["serve", "--port", "x"], ["--port", "remedy: `lro-conformance serve --help`"]),
    "negative latency": (["serve", "--latency", "-1"], ["--latency: an answer cannot be -1 ms late", "0 or more"]),
    "a URL as a host": (["run", "--allow-host", "http://x"], ["--allow-host: 'http://x' is not the name of a host"]),
    "two targets": (["run", "--url", "http://127.0.0.1:1", "--app", "a:b"], ["--url and --app name two targets"]),
    "no expression": (["run", "-k", "("], ["-k ( was handed, says: Wrong expression", "-k and -m take"]),
    "no count": (["run", "-n", "many"], ["-n many: this is no number of processes", "write -n 2, or -n auto"]),
    "a negative count": (["run", "-n", "-1"], ["-n -1: this is no number of processes"]),
    "no file for pytest": (["run", "--junitxml"], ["says: --junitxml must be a filename"]),
    "an app that raises": (
        ["run", "--app", "raises:app"],
        ["ZeroDivisionError", 'fix what it raises; `python -c "import'],
    ),
    "a factory": (
        ["run", "--app", "factory:app"],
        ["is function, which cannot be tested", "package.module:create_app()"],
    ),
    "unknown command": (["frobnicate"], ["frobnicate"]),
    "no such fault": (["serve", "--fault", "answers-nothin"], ["answers-nothing"]),
}


@pytest.mark.parametrize(("arguments", "said"), USAGE_ERRORS.values(), ids=USAGE_ERRORS.keys())
def test_bad_input_is_one_clear_message(arguments: list[str], said: list[str], tmp_path: Path) -> None:
    (tmp_path / "known.yaml").write_text("- requirement: response.empty-object\n")
    (tmp_path / "raises.py").write_text("1 / 0\n")
    (tmp_path / "factory.py").write_text("def app():\n    return None\n")
    done = command(*arguments, cwd=tmp_path)
    output = done.stdout + done.stderr
    assert done.status == 2, output
    assert "client-requirements" not in output
    assert "Traceback" not in output
    assert "usage:" not in output
    assert "remedy: " in output
    for words in said:
        assert words in output


BAD_CONFIGURATIONS: dict[str, tuple[str, list[str]]] = {
    "typo": ("[iut]\nulr = 'x'", ["ulr", "did you mean url"]),
    "not TOML": ("[iut", ["is not TOML"]),
    "no server": ("[iut]\nname = 'my-prod'", ["conformance.toml: [iut] has no url", "remedy: set [iut] url"]),
    "no supply": ("[iut]\nurl = 'http://127.0.0.1:1'", ["[operations]", "start, command, python and names"]),
    "two supplies": ("[operations]\ncommand = ['x']\nnames = ['y']", ["keep exactly one"]),
    "every host": ("[iut]\nallow_hosts = ['*']", ["allow_hosts", "'*'", "name every host"]),
    "no host": ("[iut]\nurl = 'http://no-such-host.invalid'\nallow_hosts = ['no-such-host.invalid']\n"
                "[operations]\nstart = {path = '/x'}", ["no-such-host.invalid: its host has no address"]),
    "no method": (
        "[operations]\nstart = {path = '/x', method = 'FETCH IT'}",
        ["operations.start.method must be an HTTP method such as POST, got 'FETCH IT'"],
    ),
    "no such port": ("[iut]\nurl = 'http://127.0.0.1:99999/x'", ["there is no port 99999; write it as http://127.0.0.1:8080"]),
    "a host with a port": ("[iut]\nallow_hosts = ['x:80']", ["iut.allow_hosts: 'x:80' is not the name of a host"]),
    "bad duration": ("[operations]\nsettle = 'soon'", ["operations.settle", "soon"]),
    "bad choice": ("[statement]\ncancel = 'perhaps'", ["statement.cancel", "best-effort"]),
    "no token": ("[auth]\nkind = 'bearer'\ntoken_env = 'NO_SUCH_VARIABLE_HERE'\n[iut]\nurl = 'http://127.0.0.1:1'\n"
                 "[operations]\nnames = ['projects/p/locations/l/operations/o']", ["NO_SUCH_VARIABLE_HERE"]),
}  # fmt: skip


@pytest.mark.parametrize(("text", "said"), BAD_CONFIGURATIONS.values(), ids=BAD_CONFIGURATIONS.keys())
def test_a_bad_configuration_names_file_key_and_remedy(text: str, said: list[str], tmp_path: Path) -> None:
    (tmp_path / "conformance.toml").write_text(text)
    done = command("run", "conformance.toml", cwd=tmp_path)
    assert done.status == 2, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    for words in said:
        assert words in done.stderr


BAD_SUPPLIES: dict[str, tuple[dict[str, Any], str]] = {
    "no such path": ({"path": "/v1/nothing"}, "was answered with 404"),
    "no name": ({"path": "/v1/projects/demo/locations/us/operations:start", "name": "/nothing"}, "no name at /nothing"),
}


@pytest.mark.parametrize(("change", "said"), BAD_SUPPLIES.values(), ids=BAD_SUPPLIES.keys())
def test_a_supply_that_starts_nothing_is_an_error_of_the_environment(
    change: dict[str, Any], said: str, url: str, tmp_path: Path
) -> None:
    start = {"method": "POST", "json": {"mode": "run"}, **change}
    inline = json.dumps(start).replace('":', '" =')
    (tmp_path / "conformance.toml").write_text(f'[iut]\nurl = "{url}"\n[operations]\nstart = {inline}\n')
    done = command("run", "conformance.toml", cwd=tmp_path)
    assert done.status == 2, done.stdout + done.stderr
    assert said in done.stderr


def test_a_file_that_is_no_text_is_told(tmp_path: Path) -> None:
    (tmp_path / "conformance.toml").write_bytes("[iut]\nname = 'é'\n".encode("latin-1"))
    done = command("run", "conformance.toml", cwd=tmp_path)
    assert done.status == 2
    assert "conformance.toml: cannot be read: it is not UTF-8" in done.stderr
    assert "remedy: save it as a text in UTF-8" in done.stderr


def test_a_supply_of_done_operations_is_not_tested_and_not_green(url: str, tmp_path: Path) -> None:
    path = "/v1/projects/demo/locations/us/operations:start"
    (tmp_path / "conformance.toml").write_text(
        f'[iut]\nurl = "{url}"\n[operations]\nstart = {{method = "POST", path = "{path}", json = {{mode = "done"}}}}\n'
    )
    done = command("run", "conformance.toml", cwd=tmp_path)
    assert done.status == 3, done.stdout + done.stderr
    assert "already done" in done.stdout


def test_junit_says_what_the_report_says(tmp_path: Path) -> None:
    report = run_quietly(Options(fault="answers-nothing", report_dir=str(tmp_path)))
    junit = (tmp_path / "junit.xml").read_text()
    failed = [entry["id"] for entry in report["requirements"] if entry["verdict"] == "fail"]
    assert failed == ["response.empty-object"]
    assert junit.count("<failure") == 2, "the check, and the verdict of the run"
    assert "<error" not in junit
