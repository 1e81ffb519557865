"""The Python drivers keep the protocol: against a server of four answers, one line out for each line in."""

from __future__ import annotations

import http.server
import importlib.util
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from clients.run import CLIENTS, set_up_already

MODULES = {
    "python-api-core": ("google.api_core.operations_v1", "grpc", "requests"),
    "python-appconnections": ("google.cloud.beyondcorp_appconnections_v1", "grpc"),
    "python-discovery": ("googleapiclient.discovery", "google_auth_httplib2"),
}
PARENT = "projects/p/locations/l/operations"
CANCELLED = {"code": 1, "message": "cancelled by the caller"}
ANSWERS: dict[str, tuple[int, Any]] = {
    "accepted:cancel": (200, {}),
    "unknown:cancel": (404, {"error": {"code": 404, "message": "no such operation", "status": "NOT_FOUND"}}),
    "cancelled": (200, {"name": f"{PARENT}/cancelled", "done": True, "error": CANCELLED}),
    "running": (200, {"name": f"{PARENT}/running"}),
}


def python_for(client: str) -> str:
    """A Python that has the SDK: that of clients/run.py, when it was used before, or ours; skips without."""
    driver = set_up_already(client)
    if driver is not None:
        return driver.command[0]
    for module in MODULES[client]:
        try:
            found = importlib.util.find_spec(module)
        except ImportError:
            found = None
        if found is None:
            pytest.skip(f"{module} is not installed; `python clients/run.py {client}` installs it")
    return sys.executable


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers by the last segment of the path, and keeps what arrived."""

    protocol_version = "HTTP/1.1"
    arrived: list[tuple[str, str, str | None]]

    def answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path = self.path.partition("?")[0]
        self.arrived.append((self.command, path, self.headers.get("Authorization")))
        status, message = ANSWERS[path.rpartition("/")[2]]
        body = json.dumps(message).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = answer

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def server() -> Iterator[tuple[str, list[tuple[str, str, str | None]]]]:
    """The URL of the server, and what has arrived there."""
    arrived: list[tuple[str, str, str | None]] = []
    handler = type("Recording", (Handler,), {"arrived": arrived})
    listening = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    listening.daemon_threads = True
    threading.Thread(target=listening.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{listening.server_port}", arrived
    listening.shutdown()
    listening.server_close()


def replies(client: str, endpoint: str, *calls: tuple[str, str], transport: str = "rest") -> list[dict[str, Any]]:
    """What the driver replies to these calls, each a method and a name; it has to end as it should."""
    lines = [
        {"id": number, "method": method, "endpoint": endpoint, "name": name, "timeout_ms": 5000, "transport": transport}
        for number, (method, name) in enumerate(calls, 7)
    ]
    done = subprocess.run(
        [python_for(client), str(CLIENTS / client / "driver.py")],
        input="".join(json.dumps(line) + "\n" for line in lines),
        env={**os.environ, "LRO_CONFORMANCE_TOKEN": "of-the-test", "PYTHONPATH": ""},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    written = [json.loads(line) for line in done.stdout.splitlines()]
    assert [reply.pop("id") for reply in written] == [line["id"] for line in lines]
    return written


@pytest.mark.parametrize("client", MODULES)
def test_a_driver_says_what_became_of_each_call(client: str, server: tuple[str, list[Any]]) -> None:
    url, arrived = server
    calls = [("cancel", f"{PARENT}/{name}") for name in ("accepted", "unknown")]
    calls += [("get", f"{PARENT}/{name}") for name in ("cancelled", "running")]
    accepted, unknown, cancelled, running = replies(client, url, *calls, ("cancel", "no-name"))[:4]
    assert accepted == {"outcome": "ok"}
    assert (unknown["outcome"], unknown["http_status"]) == ("rpc_error", 404)
    assert unknown["code"] in ("NOT_FOUND", None)
    assert "no such operation" in unknown["message"]
    assert cancelled["outcome"] == running["outcome"] == "ok"
    assert cancelled["operation"]["name"] == f"{PARENT}/cancelled"
    assert (cancelled["operation"]["done"], cancelled["operation"]["response"]) == (True, False)
    assert cancelled["operation"]["error"] == CANCELLED
    assert (running["operation"]["done"], running["operation"].get("error")) == (False, None)
    assert [(method, path) for method, path, _ in arrived] == [
        ("POST", f"/v1/{PARENT}/accepted:cancel"),
        ("POST", f"/v1/{PARENT}/unknown:cancel"),
        ("GET", f"/v1/{PARENT}/cancelled"),
        ("GET", f"/v1/{PARENT}/running"),
    ]
    assert {authorization for *_, authorization in arrived} == {"Bearer of-the-test"}


@pytest.mark.parametrize("client", MODULES)
def test_a_name_that_the_sdk_refuses_is_a_client_error(client: str, server: tuple[str, list[Any]]) -> None:
    url, arrived = server
    (reply,) = replies(client, url, ("cancel", "not-the-name-of-an-operation"))
    assert reply["outcome"] == "client_error"
    assert arrived == []


@pytest.mark.parametrize("client", MODULES)
def test_a_server_that_is_not_there_is_a_transport_error(client: str) -> None:
    (reply,) = replies(client, "http://127.0.0.1:9", ("cancel", f"{PARENT}/x"))
    assert reply["outcome"] == "transport_error"


def test_a_client_without_grpc_says_so() -> None:
    (reply,) = replies("python-discovery", "http://127.0.0.1:9", ("cancel", f"{PARENT}/x"), transport="grpc")
    assert reply == {"outcome": "unsupported"}


@pytest.mark.parametrize("client", ["python-api-core", "python-appconnections"])
def test_over_grpc_too_a_driver_says_what_became_of_each_call(client: str) -> None:
    pytest.importorskip("grpc", reason="grpcio, for the server, is not installed")
    from conformance.server.reference.build import reference_service
    from conformance.server.reference.grpc_server import running_grpc_server

    service = reference_service()
    name = service.store.start("projects/p/locations/l").name
    with running_grpc_server(service) as url:
        calls = (("get", name), ("cancel", name), ("get", name), ("cancel", f"{name}-unknown"))
        running, accepted, cancelled, unknown = replies(client, url, *calls, transport="grpc")
    assert (running["operation"]["name"], running["operation"]["done"]) == (name, False)
    assert accepted == {"outcome": "ok"}
    assert (cancelled["operation"]["done"], cancelled["operation"]["error"]["code"]) == (True, 1)
    assert (unknown["outcome"], unknown["code"], unknown["http_status"]) == ("rpc_error", "NOT_FOUND", None)
