"""A driver around the smallest honest client there is: plain Python, nothing but the standard library.

It is the model for yours (docs/sdk.md), the newcomer's first run, `lro-conformance sdk -- python -m
conformance.sdk.honest_driver`, and what `lying_driver` makes its liars of. `Client` is the client, `main` the driver.
"""

from __future__ import annotations

import http.client
import json
import os
import re
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

NAME = re.compile(r"(projects|organizations)/[^/]+/locations/[^/]+/operations/(?!\.\.?$)[^/]+")
NUMBERS = {1: "CANCELLED", 2: "UNKNOWN", 3: "INVALID_ARGUMENT", 4: "DEADLINE_EXCEEDED", 5: "NOT_FOUND"}
NUMBERS |= {6: "ALREADY_EXISTS", 7: "PERMISSION_DENIED", 8: "RESOURCE_EXHAUSTED", 9: "FAILED_PRECONDITION"}
NUMBERS |= {10: "ABORTED", 11: "OUT_OF_RANGE", 12: "UNIMPLEMENTED", 13: "INTERNAL", 14: "UNAVAILABLE", 15: "DATA_LOSS"}
NUMBERS |= {16: "UNAUTHENTICATED"}
CODES = {400: "INVALID_ARGUMENT", 401: "UNAUTHENTICATED", 403: "PERMISSION_DENIED", 404: "NOT_FOUND"}
CODES |= {
    409: "ABORTED",
    429: "RESOURCE_EXHAUSTED",
    499: "CANCELLED",
    500: "INTERNAL",
    501: "UNIMPLEMENTED",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}
Reply = dict[str, Any]


@dataclass(frozen=True)
class Answer:
    """An HTTP response as far as a client looks at it."""

    status: int
    body: bytes
    location: str | None = None


def check(name: str) -> bool:
    """Whether the name matches a binding."""
    return NAME.fullmatch(name) is not None


def path(method: str, name: str) -> str:
    """The request-target of a call."""
    return "/v1/" + quote(name, safe="/") + (":cancel" if method == "cancel" else "")


def headers(_method: str, _name: str) -> dict[str, str]:
    """The header fields of a call; Content-Length is the connection's business."""
    token = os.environ.get("LRO_CONFORMANCE_TOKEN")
    return {"Authorization": f"Bearer {token}"} if token else {}


def send(verb: str, origin: str, target: str, fields: Mapping[str, str], body: bytes | None, left: float) -> Answer:
    """One request and its whole answer within `left` seconds. Raises OSError or HTTPException."""
    connection = http.client.HTTPConnection(urlsplit(origin).netloc, timeout=max(left, 0.001))
    try:
        connection.request(verb, target, body=body, headers=dict(fields))
        response = connection.getresponse()
        return Answer(response.status, response.read(), response.getheader("Location"))
    finally:
        connection.close()


def again(answer: Answer, attempt: int) -> bool:
    """Whether to try again: UNAVAILABLE is, five times in all."""
    return answer.status == 503 and attempt < 5


def understand(method: str, answer: Answer) -> Reply:
    """What an answer means to the caller."""
    try:
        value = {} if method == "cancel" and not answer.body else json.loads(answer.body)
    except ValueError:
        value = None
    if answer.status >= 300:
        return error(answer.status, value)
    if not isinstance(value, dict):
        return {"outcome": "decode_error", "message": "the answer is not a JSON object"}
    return {"outcome": "ok", "operation": operation(value)} if method == "get" else {"outcome": "ok"}


def error(status: int, value: Any) -> Reply:
    """An error in the envelope, as a bare Status, or of no form: then the HTTP status is all there is."""
    inner = value.get("error") if isinstance(value, dict) else None
    found = inner if isinstance(inner, dict) else value if isinstance(value, dict) else {}
    code = found.get("status") or NUMBERS.get(found.get("code", 0)) or CODES.get(status)
    return {"outcome": "rpc_error", "code": code, "http_status": status, "message": str(found.get("message", ""))}


def operation(value: Mapping[str, Any]) -> Reply:
    """An operation as the protocol has it."""
    shown = {"name": value.get("name", ""), "done": value.get("done") is True, "error": None, "response": False}
    if value.get("error") is not None:
        shown["error"] = {"code": value["error"].get("code", 0), "message": value["error"].get("message", "")}
    return shown | {"response": value.get("response") is not None}


@dataclass(frozen=True)
class Client:
    """The client as its parts, so that each can be exchanged."""

    check: Callable[[str], bool] = check
    path: Callable[[str, str], str] = path
    headers: Callable[[str, str], dict[str, str]] = headers
    body: Callable[[str], bytes | None] = lambda _name: b"{}"
    send: Callable[..., Answer] = send
    again: Callable[[Answer, int], bool] = again
    understand: Callable[[str, Answer], Reply] = understand

    def call(self, method: str, endpoint: str, name: str, timeout: float) -> Reply:
        """Cancel or get an operation within `timeout` seconds."""
        if not self.check(name):
            return {"outcome": "client_error", "message": f"{name!r} is no name of an operation"}
        verb, body = ("POST", self.body(name)) if method == "cancel" else ("GET", None)
        fields = self.headers(method, name) | ({"Content-Type": "application/json"} if body else {})
        end, attempt = time.monotonic() + timeout, 0
        while True:
            attempt += 1
            try:
                answer = self.send(verb, endpoint, self.path(method, name), fields, body, end - time.monotonic())
            except (OSError, http.client.HTTPException) as broken:
                return {"outcome": "transport_error", "message": repr(broken)}
            if not self.again(answer, attempt) or time.monotonic() + 0.01 * attempt > end:
                return self.understand(method, answer)
            time.sleep(0.01 * attempt)


def reply(client: Client, told: Mapping[str, Any]) -> Reply:
    """The reply to one request; what is no error of the call is the client's own."""
    try:
        outcome = client.call(told["method"], told["endpoint"], told["name"], told["timeout_ms"] / 1000)
    except Exception as bug:
        outcome = {"outcome": "client_error", "message": repr(bug)}
    return {"id": told["id"], **outcome}


def main(client: Client) -> None:
    """The driver: a line in, a line out, until the end of input."""
    for line in sys.stdin:
        print(json.dumps(reply(client, json.loads(line))), flush=True)


if __name__ == "__main__":
    main(Client())
