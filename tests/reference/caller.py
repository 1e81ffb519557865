"""A caller of a service, in words of its tests."""

from __future__ import annotations

import json
from typing import Any

from conformance.exchange import Header, Request, Response
from conformance.server.reference.service import Service

PARENT = "projects/demo/locations/us"


class Caller:
    """Sends requests to a service and reads the answers."""

    def __init__(self, service: Service) -> None:
        self.service = service

    def send(self, method: str, target: str, body: object = b"", headers: tuple[Header, ...] = ()) -> Response:
        """A request on a raw target; a body that is no bytes is sent as JSON."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.service.handle(Request(method, target, headers, content))

    def start(self, mode: str = "run", parent: str = PARENT, **times: float) -> str:
        """Starts an operation; its name."""
        response = self.send("POST", f"/v1/{parent}/operations:start", {"mode": mode, **times})
        assert response.status == 200, response.body
        name: str = response.json()["name"]
        return name

    def cancel(self, name: str, body: object = b"", query: str = "") -> Response:
        return self.send("POST", f"/v1/{name}:cancel{query}", body)

    def get(self, name: str) -> dict[str, Any]:
        """The operation. It has to exist."""
        response = self.send("GET", f"/v1/{name}")
        assert response.status == 200, response.body
        return json_of(response)

    def passes(self, seconds: float) -> None:
        self.service.clock.sleep(seconds)


def json_of(response: Response) -> dict[str, Any]:
    message = response.json_object()
    assert message is not None, response.body
    return message


def error_of(response: Response) -> tuple[int, str]:
    """HTTP status and canonical code of an error, from the envelope, once it agrees with the status line."""
    envelope = json_of(response)["error"]
    assert envelope["code"] == response.status
    assert envelope["message"]
    return response.status, envelope["status"]
