"""Fixtures of a team's own conftest.py, in the root or in tests/, in one process and in two."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import httpx
import pytest

from conformance.errors import UsageError
from conformance.server.fixtures import load_conftests, refuse_misspelt, with_fixtures
from conformance.server.target.configuration import Configuration
from conformance.server.target.connect import connect
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
        with open("served", "a") as served:
            print(url, file=served)
        yield url
"""

FEW = ("-k", "test_outcome")
"""Checks enough to see that what a fixture gives is tested."""


def ran(directory: Path, *options: str) -> tuple[subprocess.CompletedProcess[str], dict[str, Any]]:
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


def test_a_transport_is_judged_as_a_server_is(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(TRANSPORT)
    done, report = ran(tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert report["iut"]["name"] == "iut_transport"
    assert report["verdict"] == "conformant"


def test_a_server_that_a_fixture_starts_has_a_port_for_each_worker(tmp_path: Path) -> None:
    pytest.importorskip("xdist")
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "conftest.py").write_text(URL)
    done, report = ran(tmp_path, "-n", "2", *FEW)
    assert done.returncode == 3, done.stdout + done.stderr
    served = set((tmp_path / "served").read_text().splitlines())
    assert len(served) == 2
    assert report["iut"]["url"] in served
    assert set(report["totals"]) <= {"pass", "not-applicable", "not-tested"}


@pytest.mark.proof
@pytest.mark.parametrize("workers", [(), ("-n", "2")])
@pytest.mark.parametrize("place", ["conftest.py", "tests/conftest.py"])
@pytest.mark.parametrize("content", [TRANSPORT, URL], ids=["iut_transport", "iut_url"])
def test_whatever_a_fixture_gives_is_judged_wherever_it_is(
    tmp_path: Path, content: str, place: str, workers: tuple[str, ...]
) -> None:
    (tmp_path / place).parent.mkdir(exist_ok=True)
    (tmp_path / place).write_text(content)
    done, report = ran(tmp_path, *workers)
    assert done.returncode == 0, done.stdout + done.stderr
    assert report["verdict"] == "conformant"


def test_where_fixtures_were_looked_for_is_told_when_there_was_none(tmp_path: Path) -> None:
    done, _ = ran(tmp_path, *FEW)
    told = "".join(done.stdout.split())  # lines are as long as the terminal is wide
    assert f"lookedforin{tmp_path / 'conftest.py'},{tmp_path / 'tests' / 'conftest.py'}" in told
    (tmp_path / "conformance.toml").write_text('[iut]\nurl = "http://127.0.0.1:1"\n')
    done, _ = ran(tmp_path, "--iut", "conformance.toml", *FEW)
    assert done.returncode != 0
    assert "[operations] says nothing" in done.stdout
    assert f"fixtures were looked for in {tmp_path / 'conftest.py'}" in done.stdout


def test_a_mock_that_is_made_for_a_base_url_is_asked_at_it() -> None:
    asked: list[httpx.URL] = []

    def answers(request: httpx.Request) -> httpx.Response:
        asked.append(request.url)
        return httpx.Response(404)

    given = with_fixtures(Configuration(), "https://mock.test/api", answers, None)
    iut = connect(given)
    iut.get("projects/demo/locations/us/operations/1")
    assert str(asked[0]) == "https://mock.test/api/v1/projects/demo/locations/us/operations/1"
    (exchange,) = iut.target.exchanges
    assert exchange.call is not None, "it is known whose call it is"
    assert (given.is_in_process, given.iut.url) == (True, ""), "there is no server at that URL"


@pytest.mark.parametrize(
    ("fixture", "said"),
    [
        ("@pytest.fixture\ndef iut_trasport():\n    return 7", "fixture iut_trasport did you mean iut_transport?"),
        ("@pytest.fixture\ndef iutUrl():\n    return 7", "fixture iutUrl did you mean iut_url?"),
        ("@pytest.fixture\ndef start_operation():\n    return 7", "start_operation did you mean iut_operations?"),
        ("def iut_transport():\n    return 7", "iut_transport is no fixture write @pytest.fixture("),
    ],
)
@pytest.mark.parametrize("place", ["conftest.py", "tests/conftest.py"])
def test_a_misspelt_fixture_is_no_verdict_about_the_embedded_server(
    tmp_path: Path, place: str, fixture: str, said: str
) -> None:
    (tmp_path / place).parent.mkdir(exist_ok=True)
    (tmp_path / place).write_text(f"import pytest\n{fixture}\n")
    with pytest.raises(UsageError) as raised:
        refuse_misspelt(configured(tmp_path))
    assert said in f"{raised.value.message} {raised.value.remedy}"
    assert str(tmp_path / place) in raised.value.message


def configured(directory: Path) -> pytest.Config:
    """pytest as it is started there, with the fixtures of its conftest.py files."""
    config = pytest.Config.fromdictargs({}, [])
    config.invocation_params = pytest.Config.InvocationParams(args=(), plugins=None, dir=directory)
    load_conftests(config)
    return config


def test_a_misspelt_fixture_ends_the_run_unless_the_embedded_server_was_asked_for(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(TRANSPORT.replace("iut_transport", "iut_trasport"))
    done, _ = ran(tmp_path, *FEW)
    assert (done.returncode, "did you mean iut_transport?" in done.stdout) == (2, True), done.stdout
    done, report = ran(tmp_path, "--iut-world", "late", *FEW)
    assert (done.returncode, report["iut"]["name"]) == (3, "embedded reference server"), done.stdout


def test_a_fixture_of_another_kind_is_nobodys_mistake(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text("import pytest\n@pytest.fixture\ndef base_url():\n    return 7\n")
    refuse_misspelt(configured(tmp_path))


def test_a_conftest_that_cannot_be_imported_is_told(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text("raise RuntimeError('no settings')")
    done, _ = ran(tmp_path)
    assert done.returncode != 0
    assert "RuntimeError: no settings" in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"iut_url": 7}, "the fixture iut_url gives 7, which is no URL"),
        ({"iut_operations": 7}, "the fixture iut_operations gives no function"),
        ({"iut_url": "http://mock.test/?q", "iut_transport": 7}, "the fixture iut_url: url .* is not an http URL"),
        ({"iut_transport": httpx.HTTPTransport()}, "the fixture iut_transport gives a way to the network"),
    ],
)
def test_a_fixture_that_gives_nothing_of_use_is_told(given: dict[str, object], said: str) -> None:
    with pytest.raises(UsageError, match=said) as raised:
        with_fixtures(Configuration(), **{"iut_url": None, "iut_transport": None, "iut_operations": None, **given})
    assert raised.value.remedy


@pytest.mark.parametrize(
    ("fixture", "said"),
    [
        ("@pytest.fixture(scope='session')\ndef iut_transport():\n    return 7", "is int, which cannot be tested"),
        ("@pytest.fixture\ndef iut_transport():\n    return 7", "cannot be used: ScopeMismatch"),
        ("@pytest.fixture(scope='session')\ndef iut_transport():\n    pass", "gives None"),
        ("@pytest.fixture(scope='session')\ndef iut_transport():\n    {}['x']", "raised KeyError: 'x'"),
    ],
    ids=["of no use", "for each test", "nothing", "raises"],
)
def test_what_a_fixture_gives_wrongly_ends_the_run_with_the_reason(tmp_path: Path, fixture: str, said: str) -> None:
    (tmp_path / "conftest.py").write_text(f"import pytest\n{fixture}\n")
    done, _ = ran(tmp_path, *FEW)
    assert done.returncode == 2
    assert f"the fixture iut_transport {said}" in done.stdout
