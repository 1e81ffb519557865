"""A driver around the smallest honest client there is: plain Python, nothing but the standard library.

It is the model for yours (docs/sdk.md), the newcomer's first run, `lro-conformance sdk -- python -m
conformance.sdk.honest_driver`, and what `lying_driver` makes its liars of. `Client` is the client, `main` the driver.
"""

from __future__ import annotations

import http.client
import json
import os
import re
import socket
import sys
import threading
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
VERBS = {"cancel": "POST", "delete": "DELETE"}
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


class Wire(socket.socket):
    """A connected socket that waits until `end`, and not so long each time that something is read from it."""

    end = 0.0

    def recv_into(self, *arguments: Any) -> int:
        """Raises TimeoutError when the time is over, however little is missing and however often something came."""
        left = self.end - time.monotonic()
        if left <= 0:
            raise TimeoutError("the time is over")
        self.settimeout(left)
        return super().recv_into(*arguments)


def connected(origin: str, left: float) -> Wire:
    """A connection to an origin that is open for `left` seconds."""
    end = time.monotonic() + left
    address = urlsplit(origin)
    plain = socket.create_connection((address.hostname or "", address.port or 80), timeout=max(left, 0.001))
    plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    wire = Wire(plain.family, plain.type, plain.proto, fileno=plain.detach())
    wire.settimeout(max(left, 0.001))
    wire.end = end
    return wire


class Final(http.client.HTTPResponse):
    """The answer that counts: those of class 1xx before it are passed over (RFC 9110, section 15.2)."""

    def begin(self) -> None:
        """Read heads until one is none of an interim answer."""
        super().begin()
        while self.status < 200:
            self.headers = self.msg = None  # type: ignore[assignment]
            super().begin()


class Connection(http.client.HTTPConnection):
    """A connection on which answers are read so."""

    response_class = Final


def send(verb: str, origin: str, target: str, fields: Mapping[str, str], body: bytes | None, left: float) -> Answer:
    """One request and its whole answer within `left` seconds. Raises OSError or HTTPException."""
    connection = Connection(urlsplit(origin).netloc)
    try:
        connection.sock = connected(origin, left)
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
        value = {} if method in VERBS and not answer.body else json.loads(answer.body)
    except ValueError:
        value = None
    if answer.status >= 300:
        return error(answer.status, value)
    if not isinstance(value, dict):
        return {"outcome": "decode_error", "message": "the answer is not a JSON object"}
    if method == "list":
        shown = [operation(each) for each in value.get("operations") or []]
        return {"outcome": "ok", "operations": shown, "next": value.get("nextPageToken") or ""}
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


def goes_on(seen: Reply) -> bool:
    """Whether a wait goes on after a look: while the operation runs, and while the service is busy."""
    if seen["outcome"] == "ok":
        return not seen["operation"]["done"]
    return seen.get("http_status") in (429, 503)


def ended(seen: Reply) -> Reply:
    """What a wait comes to: the operation, or its error, or the error of the look that ended it."""
    if seen["outcome"] != "ok" or not seen["operation"]["error"]:
        return {**seen, "cancelled": False} if seen["outcome"] == "ok" else seen
    failed = seen["operation"]["error"]
    code = NUMBERS.get(failed["code"], "UNKNOWN")
    is_cancelled = code == "CANCELLED"
    return {"outcome": "rpc_error", "code": code, "message": failed.get("message", ""), "cancelled": is_cancelled}


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
    goes_on: Callable[[Reply], bool] = goes_on
    ended: Callable[[Reply], Reply] = ended
    pause: Callable[[float], float] = lambda last: last * 1.5
    looks_first: bool = False
    habits: tuple[str, ...] = ()

    def wait(self, endpoint: str, name: str, timeout: float, poll: float) -> Reply:
        """Get an operation until it has ended, or `timeout` seconds are over; `poll` seconds apart at first."""
        end = time.monotonic() + timeout
        while True:
            seen = self.call("get", endpoint, name, end - time.monotonic())
            if not self.goes_on(seen):
                return self.ended(seen)
            if time.monotonic() + poll > end:
                time.sleep(max(end - time.monotonic(), 0))
                return {"outcome": "transport_error", "message": "the time is over"}
            time.sleep(poll)
            poll = self.pause(poll)

    def cancel(self, endpoint: str, name: str, timeout: float) -> Reply:
        """Cancel an operation; a client that looks first says of one that has ended that it was not cancelled."""
        if self.looks_first:
            seen = self.call("get", endpoint, name, timeout)
            if seen["outcome"] != "ok":
                return seen
            if seen["operation"]["done"]:
                return {"outcome": "ok", "cancelled": False}
        return self.call("cancel", endpoint, name, timeout)

    def list(self, endpoint: str, parent: str, timeout: float) -> Reply:
        """All operations below a parent, page by page, within `timeout` seconds."""
        end, shown, page = time.monotonic() + timeout, [], ""
        while True:
            reply = self.request("list", endpoint, parent, end - time.monotonic(), page)
            if reply["outcome"] != "ok":
                return reply
            shown += reply["operations"]
            page = reply.get("next", "")
            if not page:
                return {"outcome": "ok", "operations": shown}

    def call(self, method: str, endpoint: str, name: str, timeout: float) -> Reply:
        """Cancel, get or delete an operation within `timeout` seconds."""
        return self.request(method, endpoint, name, timeout)

    def request(self, method: str, endpoint: str, name: str, timeout: float, page: str = "") -> Reply:
        """Make such a call, or list a page of the operations below a parent."""
        if not self.check(name + "/operations/any" if method == "list" else name):
            return {"outcome": "client_error", "message": f"{name!r} is no name of an operation"}
        verb, body = VERBS.get(method, "GET"), self.body(name) if method == "cancel" else None
        target, question, query = self.path(method, name).partition("?")
        target += "/operations" if method == "list" else ""
        fields_of_query = [part for part in (query, f"pageToken={quote(page, safe='')}" if page else "") if part]
        target += "?" + "&".join(fields_of_query) if fields_of_query else question
        fields = self.headers(method, name) | ({"Content-Type": "application/json"} if body else {})
        end, attempt = time.monotonic() + timeout, 0
        while True:
            attempt += 1
            try:
                answer = self.send(verb, endpoint, target, fields, body, end - time.monotonic())
            except (OSError, http.client.HTTPException) as broken:
                return {"outcome": "transport_error", "message": repr(broken)}
            if not self.again(answer, attempt) or time.monotonic() + 0.01 * attempt > end:
                return self.understand(method, answer)
            time.sleep(0.01 * attempt)


HELLO: Reply = {
    "outcome": "ok",
    "sdk": {"name": "the honest client", "version": "1"},
    "methods": ["cancel", "get", "wait", "list", "delete"],
    "transports": ["rest"],
    "concurrent": True,
}


def reply(client: Client, request: Mapping[str, Any]) -> Reply:
    """The reply to one request; what is no error of the call is the client's own."""
    if request["method"] == "hello":
        return {"id": request["id"], **HELLO, "habits": list(client.habits)}
    method, where, timeout = request["method"], (request["endpoint"], request["name"]), request["timeout_ms"] / 1000
    try:
        if method == "wait":
            outcome = client.wait(*where, timeout, request.get("poll_ms", 1000) / 1000)
        elif method == "cancel":
            outcome = client.cancel(*where, timeout)
        elif method == "list":
            outcome = client.list(*where, timeout)
        else:
            outcome = client.call(method, *where, timeout)
    except Exception as bug:
        outcome = {"outcome": "client_error", "message": repr(bug)}
    return {"id": request["id"], **outcome}


def main(client: Client) -> None:
    """The driver: a line in, a line out, until the end of input; what is asked meanwhile is done meanwhile."""
    writing = threading.Lock()

    def answer(line: str) -> None:
        text = json.dumps(reply(client, json.loads(line)))
        with writing:
            print(text, flush=True)

    for line in sys.stdin:
        threading.Thread(target=answer, args=(line,)).start()


if __name__ == "__main__":
    main(Client())
