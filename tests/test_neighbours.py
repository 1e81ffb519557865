"""A correct server whose ids are small integers, full of operations of somebody else: a run touches none of them."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock, Thread
from typing import Any

import pytest

from conformance.cli import main

PARENT = "projects/demo/locations/us"
STRANGERS = 140


@dataclass
class Office:
    """The operations, by number; `first_start` is what the first start is answered with, in place of a new one."""

    first_start: int | None = None
    gives_free_numbers: bool = False
    touched: list[int] = field(default_factory=list)
    lock: Lock = field(default_factory=Lock)
    operations: dict[int, dict[str, Any]] = field(
        default_factory=lambda: {number: _operation(number) for number in range(1, STRANGERS + 1)}
    )

    def answer(self, method: str, path: str, body: bytes) -> tuple[int, Any]:
        if (method, path) == ("POST", "/start"):
            number, self.first_start = self.first_start or self.next_number(), None
            self.operations.setdefault(number, _operation(number))
            return 200, self.operations[number]
        if (method, path) == ("GET", f"/v1/{PARENT}/operations"):
            return 200, {"operations": list(self.operations.values())}
        match = re.fullmatch(rf"/v1/{PARENT}/operations/([1-9][0-9]*)(:cancel)?", re.sub("%3([0-9])", r"\1", path))
        number = int(match[1]) if match else 0
        if match is None or number not in self.operations:
            return _error(404, "NOT_FOUND")
        if method not in (("POST",) if match[2] else ("GET", "DELETE")):
            return _error(405, "UNIMPLEMENTED")
        if method == "GET":
            return 200, self.operations[number]
        if match[2] and body.strip() and not _is_fine(body):
            return _error(400, "INVALID_ARGUMENT")
        if number <= STRANGERS:
            self.touched.append(number)
        if method == "DELETE":
            del self.operations[number]
        elif not self.operations[number]["done"]:
            self.operations[number].update(done=True, error={"code": 1, "message": "cancelled"})
        return 200, {}

    def next_number(self) -> int:
        """The lowest that nobody has, which one that was deleted may have had; or one more than the highest."""
        free = (number for number in itertools.count(STRANGERS + 1) if number not in self.operations)
        return next(free) if self.gives_free_numbers else max(self.operations) + 1


def _operation(number: int) -> dict[str, Any]:
    return {"name": f"{PARENT}/operations/{number}", "done": False}


def _error(code: int, status: str) -> tuple[int, Any]:
    return code, {"error": {"code": code, "message": "refused", "status": status}}


def _is_fine(body: bytes) -> bool:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return False
    return isinstance(value, dict) and not set(value) - {"name"}


def handler(office: Office) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            """Nothing is to be seen of it."""

        def body(self) -> bytes:
            if "chunked" not in self.headers.get("Transfer-Encoding", "").lower():
                return self.rfile.read(int(self.headers.get("Content-Length") or 0))
            whole = b""
            while size := int(self.rfile.readline(), 16):
                whole += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            return whole

        def answer(self) -> None:
            sent = self.body()
            with office.lock:
                code, value = office.answer(self.command, self.path.partition("?")[0], sent)
                content = json.dumps(value).encode()
            self.send_response(code)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            if code == 405:
                self.send_header("Allow", "POST" if ":cancel" in self.path else "GET, DELETE")
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = do_HEAD = do_OPTIONS = answer

    return Handler


@pytest.fixture
def office() -> Office:
    return Office()


@pytest.fixture
def config(office: Office, tmp_path: Path) -> Iterator[str]:
    class Server(ThreadingHTTPServer):
        request_queue_size = 128

    with Server(("127.0.0.1", 0), handler(office)) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        file = tmp_path / "conformance.toml"
        file.write_text(
            f'[iut]\nurl = "http://127.0.0.1:{server.server_port}"\nparent = "{PARENT}"\n'
            '[operations]\nstart = {method = "POST", path = "/start", json = {}}\n'
        )
        yield str(file)
        server.shutdown()


@pytest.mark.parametrize(
    ("profile", "gives_free_numbers"),
    [
        ("quick", False),
        ("ci", True),
        *(pytest.param(*each, marks=pytest.mark.proof) for each in [("quick", True), ("ci", False)]),
    ],
)
def test_a_run_touches_no_neighbour_and_accuses_nobody(
    profile: str, gives_free_numbers: bool, office: Office, config: str
) -> None:
    office.gives_free_numbers = gives_free_numbers
    assert main(["run", config, "--profile", profile]) == 0
    assert office.touched == []
    assert sorted(office.operations) == list(range(1, STRANGERS + 1)), "and what was ours is gone"


def test_a_start_that_is_answered_with_an_operation_of_somebody_else(
    office: Office, config: str, capsys: pytest.CaptureFixture[str]
) -> None:
    office.first_start = 14
    assert main(["run", config]) == 2
    said = capsys.readouterr().err
    assert f"{PARENT}/operations/14' that existed before this run started any" in said
    assert said.count("remedy:") == 1
    assert office.touched == []
    assert len(office.operations) == STRANGERS
