"""A read with the header fields of a client that was refused is sent again, beside a plain one, before it counts."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import Any, cast

from conformance.exchange import Request, Response
from conformance.server.options import Options
from conformance.server.reference.build import reference_service
from conformance.server.reference.serve import running_server
from conformance.server.reference.service import Service
from conformance.server.run_suite import run_quietly

NOT_ACCEPTABLE = Response(
    406,
    (("Content-Type", "application/json"),),
    b'{"error": {"code": 406, "message": "Not Acceptable", "status": "INVALID_ARGUMENT"}}',
)


@dataclass
class Refusing:
    """An honest service behind whatever refuses so many reads of generated clients."""

    times: int
    service: Service = field(default_factory=reference_service)
    seen: itertools.count[int] = field(default_factory=itertools.count)

    def handle(self, request: Request) -> Response:
        is_read_by_a_client = request.method == "GET" and request.header("x-goog-api-client") is not None
        if is_read_by_a_client and next(self.seen) < self.times:
            return NOT_ACCEPTABLE
        return self.service.handle(request)


def judged(times: int) -> dict[str, Any]:
    """What is said of these reads when so many of them are refused."""
    with running_server(cast(Service, Refusing(times))) as url:
        report = run_quietly(Options(url=url))
    return next(entry for entry in report["requirements"] if entry["id"] == "operation.client-headers-are-accepted")


def test_what_was_refused_once_is_no_violation_and_no_pass() -> None:
    entry = judged(times=1)
    assert entry["verdict"] == "not-tested"
    assert "repeated on its own, it was kept" in entry["reason"]
    assert [check["confirmation"] for check in entry["checks"]] == ["kept"]


def test_what_is_refused_again_is_a_violation() -> None:
    entry = judged(times=1000)
    assert entry["verdict"] == "fail"
    assert [check["confirmation"] for check in entry["checks"]] == ["violated"]
