"""A target without a network: a transport that answers from a function, in virtual time."""

from __future__ import annotations

import json
from collections.abc import Callable

from conformance.exchange import Call, Failure, Method, Request, Response
from conformance.lro import VirtualClock
from conformance.server.target.configuration import LimitsSection
from conformance.server.target.target import Identify, Outgoing, Target

ORIGIN = "http://127.0.0.1:1"
Answers = Callable[[Request], Response | Failure]


class MemoryTransport:
    """Answers every request from a function; `wire` is what would have gone over the wire."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers
        self.wire: list[Request] = []
        self.timeouts: list[float] = []
        self.fresh: list[bool] = []
        self.is_closed = False
        self.kept: list[bool] = []

    def exchange(self, request: Request, timeout: float, fresh: bool = False, keep: bool = False) -> Response | Failure:
        self.wire.append(request)
        self.timeouts.append(timeout)
        self.fresh.append(fresh)
        self.kept.append(keep)
        return self._answers(request)

    def close(self) -> None:
        self.is_closed = True


def ok(_: Request) -> Response:
    return Response(200, (("Content-Type", "application/json"),), b"{}")


def json_response(value: object, status: int = 200) -> Response:
    return Response(status, (("Content-Type", "application/json"),), json.dumps(value).encode())


def identify(method: str, path: str) -> Call | None:
    """A POST is a cancel here, and everything else is no call."""
    return Call(Method.CANCEL, path) if method == "POST" else None


def target_of(
    transport: MemoryTransport,
    limits: LimitsSection = LimitsSection(),  # noqa: B008  (it is frozen)
    *,
    clock: VirtualClock | None = None,
    parallel: bool = False,
    identify: Identify = identify,
) -> Target:
    return Target(transport, clock or VirtualClock(), limits, identify, ORIGIN, parallel)


def get(path: str = "/x") -> Outgoing:
    return Outgoing(Request("GET", path))
