"""Runs against servers that see to their connections in their own way: what is not read, and an older HTTP."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from conformance.exchange import Request, Response
from conformance.server.options import Options
from conformance.server.reference.build import reference_service
from conformance.server.reference.service import Service
from conformance.server.run_suite import run_quietly

BODY, HTTP_1_0 = "liveness.refused-body-is-no-request", "liveness.old-http-is-served"
HEAD = "response.head-has-no-content"


@contextmanager
def served(
    service: Service,
    leaves_unread: bool = False,
    version: str = "1.1",
    forgets: bool = False,
    poisons: bool = False,
    shows_heads: bool = False,
) -> Iterator[str]:
    """The service behind a loop of bytes; it may refuse before it reads a body, and may answer in HTTP/1.0.

    It may send content in answer to HEAD.

    It may leave unread the body of whatever it does not find, and may repeat a 400 on the connection for ever.
    """

    def is_unknown(target: str) -> bool:
        name, cancel, _ = target.partition(":cancel")
        return bool(cancel) and service.handle(Request("GET", name)).status == 404

    listener = socket.create_server(("127.0.0.1", 0), backlog=64)

    def serve(connection: socket.socket) -> None:
        stream = connection.makefile("rwb")
        last: Response | None = None
        with connection, stream:
            while line := stream.readline().decode("latin-1"):
                method, _, rest = line.rstrip("\r\n").partition(" ")
                target, _, spoken = rest.rpartition(" HTTP/")
                if not target:
                    stream.write(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                    return
                headers = []
                while (field := stream.readline().decode("latin-1").rstrip("\r\n")) != "":
                    name, _, value = field.partition(":")
                    headers.append((name, value.strip()))
                length = int({name.lower(): value for name, value in headers}.get("content-length", "0"))
                is_early = (leaves_unread and length > 1000) or (forgets and is_unknown(target))
                body = b"" if is_early else stream.read(length)
                if last is None or last.status != 400 or not poisons:
                    last = service.handle(Request(method, target, tuple(headers), body, spoken))
                answer = last
                fields = "".join(f"{name}: {value}\r\n" for name, value in answer.headers)
                stream.write(f"HTTP/{version} {answer.status} Said\r\n{fields}\r\n".encode("latin-1"))
                stream.write(b"nothing here" if method == "HEAD" and shows_heads else answer.body)
                stream.flush()
                if version == "1.0" or spoken == "1.0" or ("Connection", "close") in headers:
                    return

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=serve, args=(connection,), daemon=True).start()

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(5)


def verdicts_of(url: str, tmp_path: Path) -> dict[str, Any]:
    file = tmp_path / "conformance.toml"
    file.write_text(f'[iut]\nurl = "{url}"\n[operations]\nstart = {START}\n', encoding="utf-8")
    report = run_quietly(Options(config=str(file)))
    return {entry["id"]: entry["verdict"] for entry in report["requirements"]}


START = '{method = "POST", path = "/v1/projects/demo/locations/us/operations:start", json = {mode = "run"}}'


@pytest.mark.parametrize(("leaves_unread", "verdict"), [(False, "pass"), (True, "fail")])
def test_what_is_left_unread_is_found_on_the_wire(leaves_unread: bool, verdict: str, tmp_path: Path) -> None:
    with served(reference_service(), leaves_unread) as url:
        assert verdicts_of(url, tmp_path)[BODY] == verdict


@pytest.mark.parametrize("lie", ["forgets", "poisons"])
def test_what_a_connection_does_is_charged_to_nothing_else(lie: str, tmp_path: Path) -> None:
    """What follows on such a connection gets a wrong answer, whatever it asks."""
    with served(reference_service(), forgets=lie == "forgets", poisons=lie == "poisons") as url:
        found = verdicts_of(url, tmp_path)
    assert [requirement for requirement, verdict in found.items() if verdict in ("fail", "warn")] == [BODY]


def test_content_in_answer_to_head_is_found_and_harms_nothing_else(tmp_path: Path) -> None:
    with served(reference_service(), shows_heads=True) as url:
        found = verdicts_of(url, tmp_path)
    assert [requirement for requirement, verdict in found.items() if verdict in ("fail", "warn")] == [HEAD]


def test_a_server_that_speaks_http_1_0_alone_keeps_both(tmp_path: Path) -> None:
    """It closes every connection, so that nothing is left on one."""
    with served(reference_service(), leaves_unread=True, version="1.0") as url:
        found = verdicts_of(url, tmp_path)
    assert (found[BODY], found[HTTP_1_0]) == ("pass", "pass")
    assert "fail" not in found.values()
