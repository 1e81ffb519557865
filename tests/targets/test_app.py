"""Applications in this process: what a server's software does for them is done, and their mistakes are told."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import httpx
import pytest
import respx

from conformance.errors import ConformanceError, TargetError, UsageError
from conformance.exchange import Failure, FailureKind, Request, Response
from conformance.lro import SystemClock
from conformance.reports.words import untested_musts
from conformance.server.options import Options
from conformance.server.run_suite import run_quietly
from conformance.server.target.app import ORIGIN, load_app, transport_to
from conformance.server.target.app_server import AppServer
from conformance.server.target.asgi import AsgiTransport
from conformance.server.target.transport import HttpTransport

REFERENCE = """
from conformance.lro import SystemClock
from conformance.server.reference.asgi import application
from conformance.server.reference.build import reference_service
{extra}

app = application({service})
"""


@pytest.fixture(autouse=True)
def _modules_of_their_own() -> Iterator[None]:
    """What a test writes is imported anew by the next one."""
    path, modules = list(sys.path), set(sys.modules)
    yield
    sys.path[:] = path
    for name in set(sys.modules) - modules:
        if not name.startswith("conformance"):
            del sys.modules[name]


def asked(found: object, request: Request, timeout: float = 5.0) -> Response | Failure:
    """What an application answers to one request."""
    transport = transport_to(found, "the application")
    client = HttpTransport(httpx.Client(transport=transport), ORIGIN, SystemClock())
    try:
        return client.exchange(request, timeout)
    finally:
        client.close()


def a_request(method: str = "POST", target: str = "/v1/a%2Fb:cancel?x=%20", body: bytes = b"{}") -> Request:
    headers = (("Host", "localhost"), ("X-Two", "1"), ("X-Two", "2"), ("Content-Length", str(len(body))))
    return Request(method, target, headers, body)


# --- what an application is told, and what becomes of its answer ---


def test_an_asgi_application_is_told_what_a_server_tells_it() -> None:
    seen: list[dict[str, Any]] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            raise RuntimeError("none")
        seen.append({**scope, "body": (await receive())["body"]})
        await send({"type": "http.response.start", "status": 201, "headers": [(b"X-A", b"1")]})
        await send({"type": "http.response.body", "body": b"{", "more_body": True})
        await send({"type": "http.response.body", "body": b"}"})

    answer = asked(app, a_request())
    assert answer == Response(201, (("X-A", "1"),), b"{}", "Created")
    (told,) = seen
    assert (told["method"], told["path"], told["raw_path"], told["query_string"], told["body"]) == (
        "POST",
        "/v1/a/b:cancel",
        b"/v1/a%2Fb:cancel",
        b"x=%20",
        b"{}",
    )
    assert (b"x-two", b"1") in told["headers"]
    assert (b"x-two", b"2") in told["headers"]


def test_a_wsgi_application_is_told_what_a_server_tells_it() -> None:
    seen: list[dict[str, Any]] = []

    def app(environ: Any, start_response: Any) -> list[bytes]:
        seen.append({**environ, "body": environ["wsgi.input"].read()})
        start_response("201 Made", [("X-A", "1")])
        return [b"{", b"}"]

    answer = asked(app, a_request())
    assert answer == Response(201, (("X-A", "1"),), b"{}", "Made")
    (told,) = seen
    assert (told["REQUEST_METHOD"], told["PATH_INFO"], told["QUERY_STRING"], told["body"]) == (
        "POST",
        "/v1/a/b:cancel",
        "x=%20",
        b"{}",
    )
    assert told["HTTP_X_TWO"] == "1,2"
    assert told["CONTENT_LENGTH"] == "2"


async def raises_at_once(scope: Any, receive: Any, send: Any) -> None:
    raise RuntimeError("a bug")


async def raises_in_the_middle(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": []})
    raise RuntimeError("a bug")


async def never_answers(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "http":
        await asyncio.Event().wait()


def raises(environ: Any, start_response: Any) -> list[bytes]:
    raise RuntimeError("a bug")


@pytest.mark.parametrize("app", [raises_at_once, raises])
def test_an_application_that_raises_is_a_server_error(app: object) -> None:
    answer = asked(app, a_request())
    assert isinstance(answer, Response)
    assert answer.status == 500


def answers_without_a_start(environ: Any, start_response: Any) -> list[bytes]:
    return [b"{}"]


def test_a_wsgi_application_that_starts_no_answer_is_a_server_error() -> None:
    answer = asked(answers_without_a_start, a_request())
    assert isinstance(answer, Response)
    assert answer.status == 500


@pytest.mark.parametrize("app", [raises_at_once, raises_in_the_middle, raises])
def test_a_traceback_is_printed_once_as_a_server_prints_it(app: object, capsys: pytest.CaptureFixture[str]) -> None:
    transport = transport_to(app, "the application 'x:app'", lambda text: text.replace("bug", "…"))
    client = HttpTransport(httpx.Client(transport=transport), ORIGIN, SystemClock())
    try:
        for target in ("/v1/a:cancel", "/v1/b:cancel"):
            client.exchange(a_request(target=target), 5.0)
    finally:
        client.close()
    said = capsys.readouterr().err
    assert said.startswith("the application 'x:app' raised for POST /v1/a:cancel\nTraceback (most recent call last):\n")
    assert "test_app.py" in said
    assert said.endswith("RuntimeError: a …\n")
    assert said.count("Traceback") == 1


@pytest.mark.parametrize(
    ("app", "kind"), [(raises_in_the_middle, FailureKind.RESET), (never_answers, FailureKind.TIMEOUT)]
)
def test_an_application_that_does_not_finish_has_not_answered(app: object, kind: FailureKind) -> None:
    answer = asked(app, a_request(), timeout=0.2)
    assert isinstance(answer, Failure)
    assert answer.kind is kind


def test_an_answer_to_head_has_no_content() -> None:
    def app(environ: Any, start_response: Any) -> list[bytes]:
        start_response("200 OK", [])
        return [b"{}"]

    answer = asked(app, a_request("HEAD", body=b""))
    assert isinstance(answer, Response)
    assert answer.body == b""


def test_the_lifespan_is_begun_and_ended_and_its_tasks_go_on() -> None:
    story: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            story.append((await receive())["type"])
            scope["state"]["database"] = "open"
            await send({"type": "lifespan.startup.complete"})
            story.append((await receive())["type"])
            await send({"type": "lifespan.shutdown.complete"})
            return
        story.append(scope["state"]["database"])
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body"})

    assert isinstance(asked(app, a_request()), Response)
    assert story == ["lifespan.startup", "open", "lifespan.shutdown"]


def test_a_lifespan_that_fails_is_told() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "lifespan.startup.failed", "message": "Traceback\n  …\nRuntimeError: no database"})

    with pytest.raises(TargetError) as caught:
        AsgiTransport(app, AppServer("the application 'x:app'"))
    assert caught.value.message == "the lifespan of the application 'x:app' fails: RuntimeError: no database"


# --- transports ---


def test_a_transport_a_router_and_a_function_are_asked_as_they_are() -> None:
    router = respx.MockRouter(assert_all_called=False)
    router.post(path="/v1/a/b:cancel", params={"x": " "}).respond(json={"by": "router"})

    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"by": request.url.raw_path.decode()})

    for found, by in ((router, "router"), (httpx.MockTransport(answer), None), (answer, None)):
        response = asked(found, a_request())
        assert isinstance(response, Response)
        assert response.json() == {"by": by or "/v1/a%2Fb:cancel?x=%20"}


def test_a_mock_that_does_not_answer_is_the_user_s_to_mend() -> None:
    router = respx.MockRouter(assert_all_called=False)
    with pytest.raises(TargetError, match="raised AllMockedAssertionError") as caught:
        asked(router, a_request())
    assert "such as with 404" in caught.value.remedy


@pytest.mark.parametrize("found", [{}, "app", 7, lambda: None])
def test_what_is_no_application(found: object) -> None:
    with pytest.raises(UsageError, match="which cannot be tested"):
        transport_to(found, "the application")


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("no_such_module:app", "ModuleNotFoundError"),
        ("broken_module:app", "RuntimeError: at import"),
        ("leaving_module:app", "SystemExit: 3"),
        ("whole_module:nothing", "AttributeError"),
        ("whole_module:fails()", "RuntimeError: no settings"),
        ("whole_module", "names no application"),
    ],
)
def test_an_application_that_cannot_be_had(tmp_path: Path, entry: str, said: str) -> None:
    (tmp_path / "broken_module.py").write_text('raise RuntimeError("at import")')
    (tmp_path / "leaving_module.py").write_text("import sys\nsys.exit(3)")
    (tmp_path / "whole_module.py").write_text('def fails():\n    raise RuntimeError("no settings")\n')
    with pytest.raises(ConformanceError, match=said) as caught:
        load_app(entry, tmp_path)
    assert caught.value.remedy


def test_what_an_application_imports_and_is_not_installed_is_told(tmp_path: Path) -> None:
    (tmp_path / "needing_module.py").write_text("import no_such_framework")
    with pytest.raises(ConformanceError) as caught:
        load_app("needing_module:app", tmp_path)
    assert caught.value.remedy.startswith("install no_such_framework")


# --- whole runs ---


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
