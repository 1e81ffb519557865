"""A server that serves one connection after another, as small development servers do: `[limits] concurrency = 1`."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from conformance.exchange import Request
from conformance.server.options import Options
from conformance.server.reference.build import reference_service
from conformance.server.reference.service import Service
from conformance.server.run_suite import run_quietly

PARENT = "projects/demo/locations/us"


@contextmanager
def served_one_by_one(service: Service) -> Iterator[str]:
    """The service where a connection is served when the one before it is closed; the URL."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            if self.headers.get("Transfer-Encoding") == "chunked":
                while size := int(self.rfile.readline(), 16):
                    body += self.rfile.read(size + 2)[:-2]
                self.rfile.readline()
            answer = service.handle(Request(self.command, self.path, tuple(self.headers.items()), body))
            self.send_response_only(answer.status)
            for name, value in answer.headers:
                if name.lower() not in ("content-length", "transfer-encoding"):
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)

        do_GET = do_POST = do_PUT = do_DELETE = do

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    file: Path = tmp_path_factory.mktemp("one") / "conformance.toml"
    with served_one_by_one(reference_service()) as url:
        start = f'{{method = "POST", path = "/v1/{PARENT}/operations:start", json = {{mode = "run"}}}}'
        limits = '[limits]\nconcurrency = 1\ntimeout = "5s"'
        file.write_text(f'[iut]\nurl = "{url}"\n[operations]\nstart = {start}\n{limits}\n')
        return run_quietly(Options(config=str(file)))


def test_it_is_conformant(report: dict[str, Any]) -> None:
    said = {entry["id"]: entry["reason"] for entry in report["requirements"] if entry["verdict"] in ("fail", "error")}
    assert said == {}
    assert report["totals"]["pass"] > 100


def test_what_needs_an_overlap_is_not_tested(report: dict[str, Any]) -> None:
    said = {entry["id"]: entry for entry in report["requirements"]}
    assert said["lifecycle.some-order-explains"]["verdict"] == "not-tested"
    assert "concurrency" in said["lifecycle.some-order-explains"]["reason"]
    assert said["target.other-operations-untouched"]["verdict"] == "pass"
