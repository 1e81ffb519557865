"""Applications in this process: what a server's software does for them is done, and their mistakes are told."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from typing import Any

import httpx
import pytest
import respx

from conformance.errors import ConformanceError, TargetError, UsageError
from conformance.exchange import Failure, FailureKind, Request, Response
from conformance.lro import SystemClock
from conformance.server.target.app import ORIGIN, load_app, transport_to
from conformance.server.target.app_server import AppServer
from conformance.server.target.asgi import AsgiTransport
from conformance.server.target.transport import HttpTransport

pytestmark = pytest.mark.usefixtures("modules_of_its_own")


def asked(found: object, request: Request, timeout: float = 5.0) -> Response | Failure:
    """What an application answers to one request."""
    transport = transport_to(found, "the application")
    client = HttpTransport(transport, ORIGIN, SystemClock())
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
    client = HttpTransport(transport, ORIGIN, SystemClock())
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


def test_what_our_library_logs_of_each_request_is_not_the_application_s(caplog: pytest.LogCaptureFixture) -> None:
    """Litestar logs at INFO, and so does who calls basicConfig: a run printed two thousand lines."""

    def answer(_: httpx.Request) -> httpx.Response:
        logging.getLogger("httpx").info("HTTP Request: %s", "one of the application's own")
        return httpx.Response(200)

    with caplog.at_level(logging.INFO):
        asked(answer, a_request())
    assert caplog.messages == ["HTTP Request: one of the application's own"]


@pytest.mark.parametrize("location", ["http://[::1", "http://x:port/", "mailto:somebody", "//", "\x7f"])
def test_a_redirect_is_an_answer_wherever_it_leads(location: str) -> None:
    """It is not followed, so whether its Location is a URL is nobody's business here."""

    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(303, headers={"Location": location})

    redirected = asked(answer, a_request())
    assert isinstance(redirected, Response)
    assert (redirected.status, redirected.header("location")) == (303, location)


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
