"""Runs against a target whose front end limits the rate: no accusation, no green for what could not be asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import count
from typing import Any, cast

import pytest

from conformance.exchange import Request, Response
from conformance.server.options import Options
from conformance.server.reference.build import reference_service
from conformance.server.reference.serve import running_server
from conformance.server.reference.service import Service
from conformance.server.run_suite import run_quietly


@dataclass
class Gateway:
    """Answers some requests itself, as no gRPC server would, and lets the others through to an honest service."""

    limits: Callable[[int, Request], bool]
    after: str
    status: int = 429
    service: Service = field(default_factory=reference_service)
    numbers: Iterator[int] = field(default_factory=lambda: count(1))
    """Of the requests; an iterator gives each to one of the threads that ask at once."""
    limited: int = 0

    def handle(self, request: Request) -> Response:
        if not self.limits(next(self.numbers), request):
            return self.service.handle(request)
        self.limited += 1
        return Response(self.status, (("Content-Type", "text/html"), ("Retry-After", self.after)), b"<p>Not so fast.")


def run_behind(gateway: Gateway) -> dict[str, Any]:
    with running_server(cast(Service, gateway)) as url:
        return run_quietly(Options(url=url))


@pytest.mark.parametrize("status", [429, 503])
def test_a_limit_that_passes_costs_nothing_but_time(status: int) -> None:
    """Every fifth request is asked to retry later: all is tested, and the front end's page is nobody's violation."""
    gateway = Gateway(lambda number, _: number % 5 == 0, "0", status)
    report = run_behind(gateway)
    assert report["verdict"] == "conformant", _accused(report)
    assert _accused(report) == []
    assert gateway.limited > 10
    assert f"{gateway.limited} requests were answered with 429" in report["messages"][0]


@dataclass
class Stays:
    """Which requests are limited for an hour, and what a run says to that: it is made when it is first asked for."""

    limits: Callable[[int, Request], bool]

    @cached_property
    def report(self) -> dict[str, Any]:
        return run_behind(Gateway(self.limits, "3600"))


STAYS = {
    "from the first": Stays(lambda number, _: number > 0),
    "from the 21st": Stays(lambda number, _: number > 20),
    "from the 61st": Stays(lambda number, _: number > 60),
    "cancels": Stays(lambda _, request: request.path.endswith(":cancel")),
    "gets": Stays(lambda _, request: request.method == "GET"),
    "starts": Stays(lambda _, request: request.path.endswith(":start")),
}


@pytest.mark.parametrize("limit", STAYS.values(), ids=STAYS)
def test_a_limit_that_stays_makes_it_not_tested(limit: Stays) -> None:
    """An hour is longer than anybody waits. Neither red nor green: the run is incomplete, and says why."""
    assert _accused(limit.report) == []
    assert limit.report["verdict"] == "incomplete"
    untested = [entry for entry in limit.report["requirements"] if entry["verdict"] == "not-tested"]
    assert any(entry["reason"].startswith("rate limited: ") for entry in untested)


def test_what_was_only_limited_is_not_kept() -> None:
    """No cancel was ever answered, so nothing that is said of cancels is green."""
    passed = {entry["id"] for entry in STAYS["cancels"].report["requirements"] if entry["verdict"] == "pass"}
    assert not {name for name in passed if name.partition(".")[0] in ("body", "query", "routing", "target", "repeat")}
    assert not {name for name in passed if name.partition(".")[0] == "outcome"}
    assert not passed & {"response.empty-object", "response.is-200", "unknown.cancel-is-not-found"}


def _accused(report: dict[str, Any]) -> list[str]:
    return [
        f"{entry['id']}: {entry['reason']}"
        for entry in report["requirements"]
        if entry["verdict"] in ("fail", "warn", "error", "known-failure")
    ]
