"""The scripted server, and requests to it byte by byte."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager

from conformance.exchange import Exchange
from conformance.sdk.answers import EMPTY_OBJECT, Script
from conformance.sdk.server import ScriptedServer

from .in_process import CONTRACT

NAME = "projects/p/locations/l/operations/o"
PATH = f"/v1/{NAME}:cancel"
OK = Script((EMPTY_OBJECT,))


@contextmanager
def serving() -> Iterator[ScriptedServer]:
    with ScriptedServer(CONTRACT, time.monotonic) as server:
        yield server


@contextmanager
def wire(url: str) -> Iterator[socket.socket]:
    host, _, port = url.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=5) as connection:
        yield connection


def everything(connection: socket.socket) -> bytes:
    answer = b""
    while piece := connection.recv(65536):
        answer += piece
    return answer


def sent(url: str, request: bytes) -> bytes:
    """What comes back until the server closes; a request that is complete asks for that by `Connection: close`."""
    with wire(url) as connection:
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        return everything(connection)


def post(target: str = PATH, *fields: str, body: str = "") -> bytes:
    lines = [f"POST {target} HTTP/1.1", "Host: h", "Connection: close", *fields, "", body]
    return "\r\n".join(lines).encode("latin-1")


def recorded(server: ScriptedServer, turn: int = 0) -> tuple[Exchange, ...]:
    server.stop()
    return server.arrived(turn)
