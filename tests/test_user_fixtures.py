"""Fixtures of a team's own conftest.py, in the root or in tests/, in one process and in two."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.plain_pytest import plain_pytest

TRANSPORT = """
import pytest
from conformance.lro import SystemClock
from conformance.server.reference.build import reference_service
from conformance.server.reference.in_process import transport

@pytest.fixture(scope="session")
def service():
    return reference_service(clock=SystemClock(), seed=0)

@pytest.fixture(scope="session")
def iut_transport(service):
    return transport(service)
"""

URL = """
import pytest
from conformance.lro import SystemClock
from conformance.server.reference.build import reference_service
from conformance.server.reference.serve import running_server

@pytest.fixture(scope="session")
def iut_url():
    with running_server(reference_service(clock=SystemClock(), seed=0)) as url:
        yield url
"""


def ran(directory: Path, *options: str) -> tuple[subprocess.CompletedProcess[str], dict[str, object]]:
    done = subprocess.run(
        plain_pytest("--iut-statement=auth=false", "--iut-report-dir=report", *options),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        cwd=directory,
    )
    report = directory / "report" / "report.json"
    return done, json.loads(report.read_text("utf-8")) if report.exists() else {}


@pytest.mark.parametrize(
    ("place", "workers"),
    [
        ("conftest.py", ()),
        pytest.param("tests/conftest.py", ("-n", "2"), marks=pytest.mark.proof),
        pytest.param("conftest.py", ("-n", "2"), marks=pytest.mark.proof),
        pytest.param("tests/conftest.py", (), marks=pytest.mark.proof),
    ],
)
def test_a_transport_is_judged_as_a_server_is(tmp_path: Path, place: str, workers: tuple[str, ...]) -> None:
    if workers:
        pytest.importorskip("xdist")
    (tmp_path / place).parent.mkdir(exist_ok=True)
    (tmp_path / place).write_text(TRANSPORT)
    done, report = ran(tmp_path, *workers)
    assert done.returncode == 0, done.stdout + done.stderr
    assert report["iut"]["name"] == "iut_transport"  # type: ignore[index]
    assert report["verdict"] == "conformant"


def test_a_server_that_a_fixture_starts_has_a_port_for_each_worker(tmp_path: Path) -> None:
    pytest.importorskip("xdist")
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "conftest.py").write_text(URL)
    done, report = ran(tmp_path, "-n", "2")
    assert done.returncode == 0, done.stdout + done.stderr
    assert report["verdict"] == "conformant"


def test_where_fixtures_were_looked_for_is_told_when_there_was_none(tmp_path: Path) -> None:
    done, _ = ran(tmp_path)
    told = "".join(done.stdout.split())  # lines are as long as the terminal is wide
    assert f"lookedforin{tmp_path / 'conftest.py'},{tmp_path / 'tests' / 'conftest.py'}" in told
    (tmp_path / "conformance.toml").write_text('[iut]\nurl = "http://127.0.0.1:1"\n')
    done, _ = ran(tmp_path, "--iut", "conformance.toml")
    assert done.returncode != 0
    assert "[operations] says nothing" in done.stdout
    assert f"fixtures were looked for in {tmp_path / 'conftest.py'}" in done.stdout


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("raise RuntimeError('no settings')", "RuntimeError: no settings"),
        ("import pytest\n@pytest.fixture(scope='session')\ndef iut_url():\n    return 7", "gives 7, which is no URL"),
        (
            "import pytest\n@pytest.fixture(scope='session')\ndef iut_transport():\n    return 7",
            "the fixture iut_transport is int, which cannot be tested",
        ),
    ],
)
def test_a_fixture_that_gives_nothing_of_use_is_told(tmp_path: Path, content: str, said: str) -> None:
    (tmp_path / "conftest.py").write_text(content)
    done, _ = ran(tmp_path)
    assert done.returncode != 0
    assert said in done.stdout + done.stderr
