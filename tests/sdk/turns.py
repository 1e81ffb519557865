"""Turns for tests of the rules about clients: what a driver was told and said, and what arrived, made by hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from conformance.exchange import Exchange, Failure, Method, Request, Response
from conformance.rules.client import (
    client_rules,
)
from conformance.rules.client.turn import DriverRequest, Outcome, Said, Turn

from .in_process import CONTRACT

HERE = "http://127.0.0.1:1"
PARENT = "projects/p1/locations/us-central1/operations"
JSON = ("Content-Type", "application/json")
SUCCESS = Response(200, (JSON,), b"{}")


def arrived(
    target: str,
    *headers: tuple[str, str],
    body: bytes = b"",
    method: str = "POST",
    outcome: Response | Failure = SUCCESS,
    at: float = 0.01,
    number: int = 1,
    origin: str = HERE,
) -> Exchange:
    if not any(name.lower() == "host" for name, _ in headers):
        headers = (("Host", origin.removeprefix("http://")), *headers)
    request = Request(method, target, headers, body)
    call = CONTRACT.identify(method, request.path)
    return Exchange(number, request, outcome, at, at + 0.001, call, "story", origin)


def turn(
    *exchanges: Exchange,
    name: str = f"{PARENT}/op-1",
    method: Method = Method.CANCEL,
    outcome: Outcome = Outcome.OK,
    timeout: int = 100,
    at: float = 0.02,
    **said: Any,
) -> Turn:
    request = DriverRequest(1, method, HERE, name, timeout, "rest", 0.0, is_bound=CONTRACT.binds(method, name))
    return Turn("story", request, Said(outcome, "{}", at, **said), exchanges)


def broken(a_turn: Turn) -> set[str]:
    """The requirements whose rule complains."""
    return {rule.requirement for rule in client_rules().values() if any(rule.judgements([a_turn]))}


ANOTHER = {"client-request.name-is-escaped", "client-request.no-other-operation-is-cancelled"}
"""What a path breaks that is that of another operation."""

LENGTH_0 = ("Content-Length", "0")
LENGTH_2 = ("Content-Length", "2")
CANCEL = f"/v1/{PARENT}/op-1:cancel"

RUNNING: Mapping[str, Any] = {"name": "n", "done": False}
CANCELLED: Mapping[str, Any] = {"name": "n", "done": True, "error": {"code": 1, "message": ""}, "response": False}
FAILED: Mapping[str, Any] = {"name": "n", "done": True, "error": {"code": 13}, "response": False}
SUCCEEDED: Mapping[str, Any] = {"name": "n", "done": True, "error": None, "response": True}
