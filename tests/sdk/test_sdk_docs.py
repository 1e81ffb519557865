"""docs/sdk.md says what is so: its driver drives, its words are those of the protocol, its workflow calls the gate."""

from __future__ import annotations

import re
import shlex
import shutil
import sys
from pathlib import Path

import pytest
import yaml

from conformance.cli import _parser, main
from conformance.judging.baseline import read_baseline
from conformance.rules.client.turn import Outcome
from conformance.sdk.checks import checks_by_requirement
from conformance.sdk.credentials import TOKEN_VARIABLE
from conformance.sdk.faults import client_faults
from conformance.spec.catalogue import client_catalogue

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "sdk.md").read_text(encoding="utf-8")
SDK = '''
"""An SDK as the page imagines it, around the honest client."""

from types import SimpleNamespace

from conformance.sdk.honest_driver import Client as Honest


class ApiError(Exception):
    def __init__(self, reply):
        super().__init__(reply["message"])
        self.code, self.http_status = reply["code"], reply["http_status"]


class ConnectionFailed(Exception):
    pass


class CannotDecode(Exception):
    pass


class Client:
    def __init__(self, endpoint):
        self.endpoint = endpoint

    def _call(self, method, name, timeout):
        reply = Honest().call(method, self.endpoint, name, timeout)
        if reply["outcome"] == "rpc_error":
            raise ApiError(reply)
        if reply["outcome"] != "ok":
            errors = {"transport_error": ConnectionFailed, "decode_error": CannotDecode, "client_error": ValueError}
            raise errors[reply["outcome"]](reply["message"])
        return reply.get("operation")

    def cancel_operation(self, name, timeout):
        self._call("cancel", name, timeout)

    def get_operation(self, name, timeout):
        shown = self._call("get", name, timeout)
        error = SimpleNamespace(**shown["error"]) if shown["error"] else None
        return SimpleNamespace(**{**shown, "error": error, "response": {} if shown["response"] else None})
'''


def block(language: str) -> str:
    found = re.search(f"```{language}\n(.*?)```", PAGE, re.DOTALL)
    assert found is not None
    return found[1]


def test_the_driver_of_the_page_drives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    program = block("python")
    assert len([line for line in program.splitlines() if line.strip()]) <= 25
    (tmp_path / "driver.py").write_text(program, encoding="utf-8")
    (tmp_path / "your_sdk.py").write_text(SDK, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    assert main(["sdk", "--", sys.executable, str(tmp_path / "driver.py")]) == 0, capsys.readouterr().out


@pytest.mark.skipif(
    not (shutil.which("jq") and shutil.which("curl")), reason="the driver of the page is of curl and jq"
)
def test_the_shell_driver_of_the_page_drives(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    driver = tmp_path / "driver.sh"
    driver.write_text(block("sh"), encoding="utf-8")
    driver.chmod(0o755)
    chosen = ("plain-cancel", "cancelled", "not-found", "page-404", "non-ascii-in-id", "nul-in-id", "lost-answer")
    options = [word for name in chosen for word in ("--scenario", name)]
    assert main(["sdk", *options, "--", str(driver)]) in (0, 3), capsys.readouterr().out
    assert "FAIL" not in capsys.readouterr().out


def test_the_words_of_the_protocol_are_all_there() -> None:
    for outcome in Outcome:
        assert f"| `{outcome.value}` |" in PAGE
    for key in ("id", "method", "endpoint", "name", "timeout_ms", "transport"):
        assert f"| `{key}` |" in PAGE
    assert TOKEN_VARIABLE in PAGE
    for chapter in client_catalogue().chapters:
        assert f"| `{chapter}` |" in PAGE


def test_the_baseline_of_the_page_can_be_read(tmp_path: Path) -> None:
    (tmp_path / "baseline.toml").write_text(block("toml"), encoding="utf-8")
    (entry,) = read_baseline(tmp_path / "baseline.toml").entries
    assert entry.check in checks_by_requirement()[entry.requirement]


def test_the_command_lines_of_the_page_are_understood() -> None:
    lines = re.findall(r"^    lro-conformance (sdk .*)$", PAGE, re.MULTILINE)
    assert len(lines) >= 4
    for line in lines:
        if "[" not in line:
            options = _parser().parse_args(shlex.split(line))
            assert "--fault" not in options.driver or options.driver[-1] in client_faults()


def test_the_workflow_calls_the_gate() -> None:
    workflow = yaml.safe_load((ROOT / "examples" / "ci" / "sdk-gate.yml").read_text(encoding="utf-8"))
    job = workflow["jobs"]["sdk-gate"]
    (gate,) = [step for step in job["steps"] if step.get("name") == "Gate"]
    words = shlex.split(gate["run"])
    options = _parser().parse_args(words[words.index("sdk") :])
    assert (options.baseline, options.driver) == ("$BASELINE", ["$DRIVER"])
