"""Whole runs on applications in this process."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from conformance.reports.words import untested_musts
from conformance.server.options import Options
from conformance.server.run_suite import run_quietly

pytestmark = pytest.mark.usefixtures("modules_of_its_own")

REFERENCE = """
from conformance.lro import SystemClock
from conformance.server.reference.asgi import application
from conformance.server.reference.build import reference_service
{extra}

app = application({service})
"""


def run_on(tmp_path: Path, service: str, extra: str = "", more: str = "") -> dict[str, Any]:
    (tmp_path / "service.py").write_text(REFERENCE.format(service=service, extra=extra))
    (tmp_path / "conformance.toml").write_text(FILE.format(more=more))
    return run_quietly(Options(config=str(tmp_path / "conformance.toml")))


FILE = """
[iut]
app = "service:app"
{more}
[operations]
start = {{method = "POST", path = "/v1/projects/demo/locations/us/operations:start", json = {{mode = "run"}}}}
"""
HONEST = "reference_service(clock=SystemClock(), seed=0)"


def test_the_suite_of_junit_is_named_after_the_application(tmp_path: Path) -> None:
    (tmp_path / "service.py").write_text(REFERENCE.format(service=HONEST, extra=""))
    (tmp_path / "conformance.toml").write_text(FILE.format(more=""))
    options = Options(config=str(tmp_path / "conformance.toml"), report_dir=str(tmp_path / "report"))
    run_quietly(options, ["-k", "test_connections"])
    (suite,) = ElementTree.parse(tmp_path / "report" / "junit.xml").getroot()
    assert suite.get("name") == "service:app"


def test_an_honest_application_conforms_and_what_needs_a_socket_is_no_gap(tmp_path: Path) -> None:
    report = run_on(tmp_path, HONEST)
    verdicts = {entry["id"]: (entry["verdict"], entry["reason"]) for entry in report["requirements"]}
    assert report["verdict"] == "conformant", {id: why for id, why in verdicts.items() if why[0] not in ("pass",)}
    verdict, reason = verdicts["body.chunked-is-accepted"]
    assert verdict == "not-tested"
    assert reason.startswith("it needs a socket")
    assert report["iut"]["name"] == "service:app"


MOCK = """
import re
import uuid

import httpx

operations = {}
NAME = re.compile(r"/v1/(projects/[^/:]+/locations/[^/:]+/operations/[^/:]+)(:cancel)?")


def answer(request):
    path = request.url.path
    if (request.method, path) == ("POST", "/v1/projects/demo/locations/us/operations:start"):
        name = f"projects/demo/locations/us/operations/{uuid.uuid4().hex}"
        operations[name] = {"name": name, "done": False}
        return httpx.Response(200, json=operations[name])
    found = NAME.fullmatch(path)
    operation = operations.get(found[1]) if found else None
    if operation is None or request.method != ("POST" if found[2] else "GET"):
        return httpx.Response(404, json={"error": {"code": 404, "message": "none", "status": "NOT_FOUND"}})
    if not found[2]:
        return httpx.Response(200, json=operation)
    operation |= {"done": True, "error": {"code": 1, "message": "cancelled"}}
    return httpx.Response(200, json={})
"""


def test_a_mock_with_nothing_but_names_conforms(tmp_path: Path) -> None:
    """It has no list, no delete and no metadata: what speaks about these is not applicable, and no gap."""
    (tmp_path / "mock.py").write_text(MOCK)
    (tmp_path / "conformance.toml").write_text(FILE.replace("service:app", "mock:answer").format(more=""))
    report = run_quietly(Options(config=str(tmp_path / "conformance.toml")))
    gaps = [entry["id"] for entry in untested_musts(report["requirements"])]
    assert (report["verdict"], gaps) == ("conformant", [])


def test_a_lying_application_is_found_out(tmp_path: Path) -> None:
    report = run_on(
        tmp_path,
        f"fault_named('query-name-wins').apply({HONEST})",
        "from conformance.server.reference.faults import fault_named",
    )
    assert [entry["id"] for entry in report["requirements"] if entry["verdict"] == "fail"] == [
        "target.query-name-never-redirects"
    ]


def test_the_traceback_of_an_application_shows_no_credential(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOKEN_OF_APP", "canary-of-app-8c1f")
    (tmp_path / "service.py").write_text(RAISING)
    (tmp_path / "conformance.toml").write_text(
        FILE.format(more="") + '[auth]\nkind = "bearer"\ntoken_env = "TOKEN_OF_APP"\n'
    )
    run_quietly(Options(config=str(tmp_path / "conformance.toml")))
    said = capsys.readouterr().err
    assert said.count("RuntimeError: no session for Bearer ") == 1
    assert "service.py" in said
    assert "canary" not in said


def test_what_an_application_logs_of_its_errors_is_printed(tmp_path: Path) -> None:
    """Flask answers an exception itself, and logs the traceback to `wsgi.errors`."""
    (tmp_path / "service.py").write_text(LOGGING)
    (tmp_path / "conformance.toml").write_text(FILE.format(more=""))
    words = [sys.executable, "-m", "conformance", "run", str(tmp_path / "conformance.toml"), "-q"]
    said = subprocess.run(words, capture_output=True, text=True, check=False).stderr
    assert said.count("RuntimeError: a bug") == 1, "once, though it is logged for every request"
    assert "a warning" in said


LOGGING = """
import logging
import traceback


def app(environ, start_response):
    logging.getLogger("service").warning("a warning")
    try:
        raise RuntimeError("a bug")
    except RuntimeError:
        environ["wsgi.errors"].write(f"Exception on {environ['PATH_INFO']}\\n{traceback.format_exc()}")
    start_response("500 Internal Server Error", [])
    return [b""]
"""
RAISING = """
def app(environ, start_response):
    raise RuntimeError("no session for " + environ["HTTP_AUTHORIZATION"])
"""


def test_every_request_can_carry_an_id_of_its_own(tmp_path: Path) -> None:
    report = run_on(tmp_path, HONEST, more='request_id_header = "X-Request-Id"')
    shown = [exchange for entry in report["requirements"] for exchange in entry.get("decided_by", ())]
    ids = {exchange["number"]: dict(exchange["request"]["headers"])["X-Request-Id"] for exchange in shown}
    assert len(set(ids.values())) == len(ids) > 9
    assert all(text.endswith(f"-{number}") for number, text in ids.items())
