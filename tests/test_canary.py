"""The canary: secrets are planted wherever a run can come by them, and no artefact sings."""

from __future__ import annotations

import base64
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.canary import PARENT, EchoServer, found_in, new_secret, spelled
from tests.command_line import Ended, command

ARTEFACTS = (
    "report.json",
    "report.html",
    "junit.xml",
    "traffic.har",
    "ledger.jsonl",
    "summary.md",
    "GITHUB_STEP_SUMMARY",
    "stdout",
    "stderr",
    "process arguments",
)
"""What is searched after a run. A new file in the report directory fails the test until it stands here."""

SDK_ARTEFACTS = (
    "report.json",
    "report.html",
    "junit.xml",
    "summary.md",
    "traffic.har",
    "timeline.txt",
    "driver-stderr.txt",
    "stdout",
    "stderr",
)

CONFIG = """
[iut]
url = "http://{authority}"
headers = {{X-Customer = {{env = "CANARY_CUSTOMER"}}, X-Api-Key = '{literal}', Proxy-Authorization = {{env = "BASIC"}}}}
[auth]
kind = "bearer"
token_command = ["./print-token"]
forbidden_token_env = "CANARY_WEAK"
[operations]
start = {{method = "POST", path = "/v1/{parent}/operations:start", json = {{mode = "run"}}, name = "/name"}}
settle = "10ms"
[statement]
cancel = "guaranteed"
list = true
delete = true
auth = true
[limits]
timeout = "5s"
"""

PRINT_TOKEN = """#!/bin/sh
echo x >> asked
if [ "$(wc -l < asked)" -eq 1 ]; then printf %s "$CANARY_FIRST"; else printf %s "$CANARY_SECOND"; fi
"""

CRASHES = """
import os
from conformance.server.target.transport import HttpTransport

exchange = HttpTransport.exchange
calls = 0


def crashing(self, request, *more, **named):
    global calls
    if calls or any(os.environ["CANARY_WEAK"] in value for _, value in request.headers):
        calls += 1
    if calls == {call}:
        raise RuntimeError(f"cannot send {{request.headers}}")
    return exchange(self, request, *more, **named)


HttpTransport.exchange = crashing
"""


SHORT = "k7Qz-2p"
"""A key of fewer characters than are looked for within other words."""


OF_TOKENS = ("-k", "test_auth")
"""The checks that send every token that there is, and those that are none."""


def basic(password: str) -> str:
    """Basic credentials, of which only a decoder sees the password (RFC 7617)."""
    return "Basic " + base64.b64encode(f"somebody:{password}".encode()).decode()


@pytest.fixture
def secrets() -> dict[str, str]:
    names = ("FIRST", "SECOND", "WEAK", "CUSTOMER", "PASSWORD")
    return {f"CANARY_{name}": new_secret(f"canary-{name.lower()}") for name in names}


def run(
    directory: Path, arguments: list[str], secrets: Mapping[str, str], **variables: str
) -> subprocess.CompletedProcess[bytes]:
    """`lro-conformance` in a process of its own, with the secrets in its environment."""
    told = {name: text for name, text in secrets.items() if name != "CANARY_PASSWORD"}
    if "CANARY_PASSWORD" in secrets:
        told["BASIC"] = basic(secrets["CANARY_PASSWORD"])
    environment = {**os.environ, **told, "PYTHONPATH": f"{Path(__file__).parent.parent}:{directory}", **variables}
    return subprocess.run(
        [sys.executable, "-m", "conformance", *arguments],
        capture_output=True,
        check=False,
        cwd=directory,
        env=environment,
        timeout=120,
    )


def leaks(artefacts: Mapping[str, bytes], secrets: Mapping[str, str]) -> dict[str, set[str]]:
    """Which secrets stand in which artefacts."""
    return {name: found for name, text in artefacts.items() if (found := found_in(text, secrets))}


def printed(ended: Ended) -> dict[str, bytes]:
    return {"stdout": ended.stdout.encode(), "stderr": ended.stderr.encode()}


def files_in(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in directory.iterdir()}


def configure(directory: Path, server: EchoServer, literal: str) -> None:
    (directory / "conformance.toml").write_text(
        CONFIG.format(authority=server.authority, parent=PARENT, literal=literal)
    )
    command = directory / "print-token"
    command.write_text(PRINT_TOKEN)
    command.chmod(0o700)


@pytest.mark.parametrize("crash_at", [None, 20], ids=["", "a check crashes"])
def test_no_artefact_of_a_run_shows_a_secret(tmp_path: Path, secrets: dict[str, str], crash_at: int | None) -> None:
    """The first token is refused, so that two are in use; the server repeats each in a dozen spellings.

    The crash comes so many requests after the weak token was sent first.
    """
    planted = {**secrets, "literal": new_secret("canary-literal")}
    summary = tmp_path / "job.md"
    options = ["--report-dir", "out", "--showlocals", "--tb=long"]
    if crash_at is not None:
        (tmp_path / "crashes.py").write_text(CRASHES.format(call=crash_at))
        options += ["-p", "crashes", *OF_TOKENS]
    with EchoServer(expired=[secrets["CANARY_FIRST"]]) as server:
        configure(tmp_path, server, planted["literal"])
        done = run(tmp_path, ["run", "conformance.toml", *options], secrets, GITHUB_STEP_SUMMARY=str(summary))
    assert done.returncode in (1, 2), done.stderr
    assert {secrets["CANARY_FIRST"], secrets["CANARY_SECOND"], secrets["CANARY_WEAK"]} <= server.tokens, "all were sent"
    artefacts = {
        **files_in(tmp_path / "out"),
        "GITHUB_STEP_SUMMARY": summary.read_bytes(),
        "stdout": done.stdout,
        "stderr": done.stderr,
        "process arguments": b"\n".join(server.arguments),
    }
    assert set(artefacts) == set(ARTEFACTS)
    assert leaks(artefacts, planted) == {}, f"searched: {', '.join(ARTEFACTS)}"
    assert b"[secret 1]" in artefacts["traffic.har"]
    assert b"$CANARY_CUSTOMER" in artefacts["traffic.har"]
    if crash_at is not None:
        assert b"RuntimeError: cannot send" in artefacts["junit.xml"]


def test_workers_share_no_secret_with_anybody(tmp_path: Path, secrets: dict[str, str]) -> None:
    with EchoServer() as server:
        configure(tmp_path, server, SHORT)
        done = run(
            tmp_path, ["run", "conformance.toml", "--report-dir", "out", "-n", "2", "--json", *OF_TOKENS], secrets
        )
    artefacts = {
        **files_in(tmp_path / "out"),
        "stdout": done.stdout,
        "stderr": done.stderr,
        "process arguments": b"\n".join(server.arguments),
    }
    assert done.returncode == 1, done.stderr
    assert leaks(artefacts, {**secrets, "short": SHORT}) == {}


def test_a_worker_shows_no_secret_of_another(tmp_path: Path, secrets: dict[str, str]) -> None:
    """Each worker asks for a token of its own, and knows that one only; the server tells everybody all of them."""
    with EchoServer(repeats_all_tokens=True) as server:
        configure(tmp_path, server, SHORT)
        (tmp_path / "print-token").write_text("#!/bin/sh\ntr -d - < /proc/sys/kernel/random/uuid | tee -a tokens\n")
        done = run(tmp_path, ["run", "conformance.toml", "--report-dir", "out", "-n", "2", "-rA"], secrets)
    assert done.returncode == 1, done.stderr
    artefacts = {**files_in(tmp_path / "out"), "stdout": done.stdout, "stderr": done.stderr}
    tokens = (tmp_path / "tokens").read_bytes().split()
    assert len(tokens) >= 2
    assert [name for name, text in artefacts.items() if any(token in text for token in tokens)] == []
    assert b"[secret 1]" in artefacts["report.json"]


class NamesNothing(EchoServer):
    """Answers a start without a name, so that the answer is what the run ends with."""

    def answer(self, method: str, path: str, echo: str) -> tuple[int, dict[str, object]]:
        return (200, {"echo": echo}) if path.endswith(":start") else super().answer(method, path, echo)


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "two workers"])
def test_an_answer_that_ends_the_run_is_shown_without_secrets(
    tmp_path: Path, secrets: dict[str, str], workers: tuple[str, ...]
) -> None:
    with NamesNothing(repeats_all_tokens=True) as server:
        configure(tmp_path, server, SHORT)
        done = run(tmp_path, ["run", "conformance.toml", "--report-dir", "out", *workers], secrets)
    assert done.returncode == 2
    artefacts = {**files_in(tmp_path / "out"), "stdout": done.stdout, "stderr": done.stderr}
    assert leaks(artefacts, {**secrets, "short": SHORT}) == {}
    assert b"[secret" in artefacts["stderr"]


@pytest.mark.parametrize(
    "url",
    ["http://user:{}@127.0.0.1:1", "http://{}@h", "http://h/?key={}", "http://h#{}", "me:{}@h:1", "http://[{}@h:x?{}"],
)
def test_a_url_with_a_secret_is_refused_without_it(tmp_path: Path, url: str) -> None:
    secret = {"url": f"canary-{new_secret('url')[:30]}"}
    ended = command("run", "--url", url.replace("{}", secret["url"]), cwd=tmp_path)
    assert ended.status == 2
    assert "remedy" in ended.stderr
    assert leaks(printed(ended), secret) == {}


@pytest.mark.parametrize("key", ["token_command", "command"])
def test_a_command_that_fails_with_a_secret_on_its_lips(
    tmp_path: Path, secrets: dict[str, str], key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CANARY_FIRST", secrets["CANARY_FIRST"])
    script = 'echo "< Authorization: Bearer $CANARY_FIRST" >&2; echo "$CANARY_FIRST" >&2; exit 7'
    failing = f"""["sh", "-c", '{script}']"""
    good = """["printenv", "CANARY_FIRST"]"""
    with EchoServer() as server:
        (tmp_path / "conformance.toml").write_text(
            f"""
        [iut]
        url = "http://{server.authority}"
        [auth]
        kind = "bearer"
        token_command = {failing if key == "token_command" else good}
        [operations]
        command = {failing}
        """
        )
        ended = command("run", "conformance.toml", "--report-dir", "out", cwd=tmp_path)
    assert ended.status == 2
    assert "exit status 7" in ended.stderr
    assert leaks({**files_in(tmp_path / "out"), **printed(ended)}, secrets) == {}


DRIVER = """
import dataclasses, os, sys
from conformance.sdk import honest_driver

sys.path.insert(0, {tests!r})
from tests.canary import spelled

said = spelled(os.environ["CANARY_FIRST_TOKEN"]) + " " + spelled(os.environ["BASIC"])
print("sending Authorization: Bearer", os.environ["CANARY_FIRST_TOKEN"], file=sys.stderr)
print(said, file=sys.stderr, flush=True)
{then}
"""

HONEST = """
def headers(method, name):
    return {"Authorization": os.environ["BASIC"], "X-Api-Key": os.environ["SHORT"], "X-Said": said, "X-Key": "%s" % 1}


def understand(method, answer):
    return {**honest_driver.understand(method, answer), "message": said + " key=" + os.environ["SHORT"]}


honest_driver.main(honest_driver.Client(headers=headers, understand=understand))
"""


@pytest.mark.parametrize("then", [HONEST, "print(said, flush=True)"], ids=["in requests and replies", "as a line"])
def test_no_artefact_of_the_sdk_gate_shows_what_a_driver_tells(tmp_path: Path, then: str) -> None:
    secrets = {"CANARY_FIRST_TOKEN": new_secret("canary-driver"), "CANARY_PASSWORD": new_secret("canary-password")}
    (tmp_path / "driver.py").write_text(DRIVER.format(tests=str(Path(__file__).parent.parent), then=then))
    arguments = ["sdk", "--report-dir", "out", "--scenario", "canc*", "--", sys.executable, "driver.py"]
    done = run(tmp_path, [*arguments, f"--password={secrets['CANARY_PASSWORD']}"], secrets, SHORT=SHORT)
    assert b"Traceback" not in done.stderr
    written = files_in(tmp_path / "out") if (tmp_path / "out").is_dir() else {}
    artefacts = {**written, "stdout": done.stdout, "stderr": done.stderr}
    assert set(artefacts) <= set(SDK_ARTEFACTS)
    assert leaks(artefacts, {**secrets, "short": SHORT}) == {}, f"searched: {', '.join(artefacts)}"
    if then == HONEST:
        assert b"Basic [secret" in artefacts["traffic.har"]
        assert b"[secret" in artefacts["timeline.txt"]


def test_the_search_finds_what_it_looks_for() -> None:
    secret = new_secret("canary")
    assert f" somebody:{secret} {secret} " in spelled(basic(secret))
    for text in spelled(secret).split(" "):
        assert found_in(f"before {text} after".encode(), {"it": secret}) == {"it"}, text
    assert found_in(b"nothing here", {"it": secret}) == set()
