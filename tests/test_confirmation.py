"""What depends on real time is tried again alone before it counts, and both outcomes are told."""

from __future__ import annotations

import contextlib
import itertools
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

import pytest

from conformance.errors import NotTested, TargetError
from conformance.exchange import Failure, FailureKind, Request, Response
from conformance.judging.verdict import Finding
from conformance.lro import TickingClock
from conformance.reports.console import render
from conformance.reports.html import render_html
from conformance.rules import Complaint
from conformance.server.options import Options
from conformance.server.reference.api_error import NoAnswer
from conformance.server.reference.build import reference_service
from conformance.server.reference.in_process import ORIGIN as REFERENCE
from conformance.server.reference.in_process import transport as transport_of
from conformance.server.reference.invocation import Invocation, Message
from conformance.server.reference.serve import running_server
from conformance.server.reference.service import Service
from conformance.server.reference.store import Behaviour
from conformance.server.run_suite import run_quietly
from conformance.server.target.configuration import (
    Configuration,
    IutSection,
    OperationsSection,
    StartRequest,
    SupplyForm,
)
from conformance.server.target.credentials import Credentials
from conformance.server.target.iut import Iut
from conformance.server.target.target import Target
from conformance.server.target.transport import HttpTransport
from conformance.spec.catalogue import catalogue
from conformance.spec.contract import Contract
from conformance.suite.confirmation import Confirmation, confirm_unanswered, fresh_ones_not_ended
from conformance.suite.judging import Violated
from tests.targets.memory import ORIGIN
from tests.targets.test_iut import iut_of

PARENT = "projects/demo/locations/us"
LIVENESS = "liveness.every-request-is-answered"
WRONG = Complaint("it is wrong")
MOMENT = 0.2
WHILE = 5.0
"""Seconds in which a request that was sent with another one has surely come."""


def confirmation_at(url: str) -> Confirmation:
    iut, _ = iut_of(configuration=Configuration(iut=IutSection(url=url)))
    return Confirmation(iut)


def _raising(error: Exception) -> Callable[[], Complaint | None]:
    def again() -> Complaint | None:
        raise error

    return again


AGAIN: dict[str, tuple[Callable[[], Complaint | None], Finding]] = {
    "again": (lambda: WRONG, Finding.VIOLATED),
    "not again": (lambda: None, Finding.KEPT),
    "cannot be tried": (_raising(NotTested("gone")), Finding.NOT_TESTED),
    "no supply": (_raising(TargetError("gone")), Finding.NOT_TESTED),
}


@pytest.mark.parametrize(("again", "outcome"), AGAIN.values(), ids=AGAIN.keys())
def test_a_proof_stays_one(again: Callable[[], Complaint | None], outcome: Finding) -> None:
    confirmation = confirmation_at(ORIGIN)
    with pytest.raises(Violated, match="it is wrong"):
        confirmation.informs(WRONG, again)
    assert confirmation.outcome == outcome


@pytest.mark.parametrize(("again", "outcome"), AGAIN.values(), ids=AGAIN.keys())
def test_what_may_be_slowness_needs_to_happen_twice(again: Callable[[], Complaint | None], outcome: Finding) -> None:
    confirmation = confirmation_at(ORIGIN)
    with pytest.raises(Violated if outcome is Finding.VIOLATED else NotTested, match="it is wrong"):
        confirmation.decides([None, WRONG], again)
    assert confirmation.outcome == outcome


def test_what_is_kept_is_not_tried_again() -> None:
    confirmation = confirmation_at(ORIGIN)
    confirmation.decides([None], _raising(AssertionError()))
    confirmation.informs(None, _raising(AssertionError()))
    assert confirmation.outcome is None


def test_in_virtual_time_nothing_is_tried_again() -> None:
    confirmation = confirmation_at("")
    with pytest.raises(Violated):
        confirmation.decides([WRONG], _raising(AssertionError()))
    with pytest.raises(Violated):
        confirmation.informs(WRONG, _raising(AssertionError()))
    assert confirmation.outcome is None


@dataclass
class Front:
    """Cuts off the requests that it is told to, and lets the others through to an honest service."""

    cuts: Callable[[int, Request], bool]
    service: Service = field(default_factory=reference_service)
    seen: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def handle(self, request: Request) -> Response:
        if self.cuts(next(self.seen), request):
            raise NoAnswer(Failure(FailureKind.RESET))
        return self.service.handle(request)


def run_behind(front: Front) -> dict[str, Any]:
    with running_server(cast(Service, front)) as url:
        return run_quietly(Options(url=url))


def entry_of(report: dict[str, Any], requirement: str) -> dict[str, Any]:
    return next(entry for entry in report["requirements"] if entry["id"] == requirement)


def test_a_connection_that_was_cut_once_is_no_violation_and_no_pass(tmp_path: Path) -> None:
    report = run_behind(Front(lambda number, request: number == 30 and not request.path.endswith(":start")))
    entry = entry_of(report, LIVENESS)
    assert entry["verdict"] == "not-tested"
    assert "repeated on its own, it was kept" in entry["reason"]
    assert [check["confirmation"] for check in entry["checks"]] == ["kept"]
    assert f"{LIVENESS} failed and was repeated on its own: kept" in render(report, catalogue())
    assert "repeated on its own: kept" in render_html(report)
    assert report["verdict"] == "incomplete"


def test_a_request_that_is_always_cut_is_a_violation_beside_one_that_was_cut_once() -> None:
    report = run_behind(Front(lambda number, request: number == 30 or request.path.endswith("/operations")))
    entry = entry_of(report, LIVENESS)
    assert entry["verdict"] == "fail"
    assert [check["confirmation"] for check in entry["checks"]] == ["violated"]
    assert report["verdict"] == "not conformant"


def _embedded(
    cancel: Callable[[Service, Invocation], Message], get: Callable[[Service, Invocation], Message] | None = None
) -> Iut:
    """The reference server in this process, whose cancel is this one, and its get, too, where it is given."""
    clock = TickingClock()
    honest = reference_service(clock, seed=0)
    service = replace(honest, cancel=cancel, get=get or honest.get)
    form = SupplyForm(start=StartRequest("POST", "/v1/projects/demo/locations/us/operations:start", {"mode": "run"}))
    configuration = Configuration(operations=OperationsSection(running=form))
    contract = Contract.load("beyondcorp.v1")
    transport = HttpTransport(transport_of(service), REFERENCE, clock)
    target = Target(transport, clock, configuration.limits, contract.identify, REFERENCE, parallel=False)
    return Iut(configuration, contract, target, Credentials())


def test_a_first_cancel_that_is_never_answered_is_tried_again_with_a_fresh_operation() -> None:
    """The same operation would answer the second one."""

    def lie(service: Service, call: Invocation) -> Message:
        if service.count(call.target) == 1:
            raise NoAnswer(Failure(FailureKind.RESET))
        return {}

    iut = _embedded(lie)
    first = iut.cancel(iut.running(1)[0])
    assert first.response is None
    confirm_unanswered(iut)
    (again,) = (one for one in iut.target.exchanges if one.repeats == first.number)
    assert again.response is None
    assert again.call != first.call, "a fresh operation"


def test_a_second_cancel_that_takes_the_first_back_is_sent_again() -> None:
    """A fresh operation that is cancelled once ends."""

    def lie(service: Service, call: Invocation) -> Message:
        cancels = service.count(call.target)
        service.store.amend(call.target, behaviour=Behaviour.of("cancel-later" if cancels == 1 else "never-ends"))
        service.store.cancel(call.target)
        return {}

    assert fresh_ones_not_ended(_embedded(lie)) is None
    assert fresh_ones_not_ended(_embedded(lie), times=2) is not None


def test_what_a_cancel_beside_others_did_not_end_is_cancelled_beside_others_again() -> None:
    """One that waits alone for its effect is not lost."""

    def lie(service: Service, call: Invocation) -> Message:
        waiting = [one for one in service.store.running(PARENT) if one.requested_cancellation]
        service.store.amend(call.target, behaviour=Behaviour.of("never-ends" if waiting else "cancel-later"))
        service.store.cancel(call.target)
        return {}

    assert fresh_ones_not_ended(_embedded(lie)) is not None


def test_cancels_that_wait_for_each_other_overlap_again() -> None:
    """Each alone is answered."""
    meeting = threading.Barrier(2)

    def lie(_service: Service, _call: Invocation) -> Message:
        with contextlib.suppress(threading.BrokenBarrierError):
            meeting.wait(MOMENT)
            raise NoAnswer(Failure(FailureKind.RESET))
        meeting.reset()
        return {}

    iut = _embedded(lie)
    name = iut.running(1)[0]
    assert iut.cancel(name).response is not None
    both = iut.send_together([iut.cancel_request(name), iut.cancel_request(name)])
    assert [exchange.response for exchange in both] == [None, None]
    confirm_unanswered(iut)
    (again,) = (one for one in iut.target.exchanges if one.repeats == both[0].number)
    assert again.response is None


def test_a_look_that_waits_for_a_cancel_overlaps_with_one_again() -> None:
    """Alone it is answered."""
    under_way, looked = threading.Event(), threading.Event()

    def cancel(_service: Service, _call: Invocation) -> Message:
        under_way.set()
        looked.wait(WHILE)
        looked.clear()
        under_way.clear()
        return {}

    def get(service: Service, call: Invocation) -> Message:
        if under_way.wait(WHILE):
            looked.set()
            raise NoAnswer(Failure(FailureKind.TIMEOUT))
        return {"name": call.target}

    iut = _embedded(cancel, get)
    name = iut.running(1)[0]
    _, look = iut.send_together([iut.cancel_request(name), iut.get_request(name)])
    assert look.response is None
    confirm_unanswered(iut)
    (again,) = (one for one in iut.target.exchanges if one.repeats == look.number)
    assert again.response is None
    assert again.call != look.call, "a fresh operation"
