"""The same traffic, the same verdict: one process, workers, and whoever reads the recording of either."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest

from conformance.exchange import Failure, FailureKind, Request, Response
from conformance.exchange.har import read_har
from conformance.judging.audit import audit
from conformance.judging.traffic import DRAWN_TRAFFIC, TRAFFIC_CHECK
from conformance.server.options import Options
from conformance.server.reference.api_error import NoAnswer
from conformance.server.reference.build import reference_service
from conformance.server.reference.faults import all_faults
from conformance.server.reference.serve import running_server
from conformance.server.reference.service import Service
from conformance.server.run_suite import run_quietly
from conformance.server.target.configuration_file import declared_statement
from conformance.spec.catalogue import catalogue
from conformance.spec.contract import Contract

SAID = ("list=true", "delete=true", "cancel=guaranteed", "errors=aip-193")
CHECKS = "test_unknown or test_successful or test_query or test_body"
SECRET = "canary-of-the-readers-7f3a9c"
LIVENESS = "liveness.every-request-is-answered"


@dataclass
class Behind:
    """An honest service, or one with a fault, behind a front that answers some requests by itself."""

    front: Callable[[Request], Response | None] = lambda _: None
    service: Service = field(default_factory=reference_service)

    def handle(self, request: Request) -> Response:
        return self.front(request) or self.service.handle(request)


def a_page_for_odd_names(request: Request) -> Response | None:
    """What has a blank or a control character in its id never reaches the service (a correct front end)."""
    is_odd = any(escape in request.path for escape in ("%20", "%00", "%0A", "%2A", "%25", "%EF"))
    return Response(404, (("Content-Type", "text/html"),), b"<html>Error 404") if is_odd else None


def cut_off_once() -> Callable[[Request], Response | None]:
    """The first request with a query is not answered."""
    cut: list[Request] = []

    def front(request: Request) -> Response | None:
        if request.query and not cut:
            cut.append(request)
            raise NoAnswer(Failure(FailureKind.RESET))
        return None

    return front


def repeats_the_key(request: Request) -> Response | None:
    """A refusal of what has a query says with which key it was asked."""
    if not request.query:
        return None
    message = f"no such thing, {request.header('x-api-key')}"
    body = f'{{"error": {{"code": 404, "status": "NOT_FOUND", "message": "{message}"}}}}'
    return Response(404, (("Content-Type", "application/json"),), body.encode())


def faulty(name: str) -> Behind:
    return Behind(service=all_faults()[name].apply(reference_service()))


SERVERS: Mapping[str, tuple[Callable[[], Behind], set[str]]] = {
    "honest": (Behind, set()),
    "a page for odd names": (lambda: Behind(a_page_for_odd_names), set()),
    "cut off once": (lambda: Behind(cut_off_once()), set()),
    "a leak": (lambda: Behind(repeats_the_key), {"auth.credentials-are-not-repeated"}),
    "a fault of errors": (lambda: faulty("message-is-empty"), {"errors.have-a-message"}),
}


def said_by_rules(report: Mapping[str, Any]) -> dict[str, str]:
    """What the rules say of each requirement: violated, kept, or nothing."""
    said: dict[str, str] = {}
    for entry in report["requirements"]:
        for check in entry["checks"]:
            if TRAFFIC_CHECK in check["check"] or check["check"] in (DRAWN_TRAFFIC, "audit"):
                word = check["finding"] if check["finding"] in ("violated", "kept") else "nothing"
                said[entry["id"]] = "violated" if "violated" in (said.get(entry["id"]), word) else word
    return said


def audited(directory: Path) -> dict[str, Any]:
    statement = declared_statement(dict(word.split("=") for word in SAID))
    recording = read_har(directory / "traffic.har")
    contract = Contract.load("beyondcorp.v1")
    found = audit(recording, contract, catalogue(), statement, file="traffic.har", now="2026-01-01T00:00:00Z")
    return found.report


HERE = ("a page for odd names", "a leak")
"""The two whose verdict once was another one with workers; the proof has all."""


@pytest.mark.parametrize(
    "name", [name if name in HERE else pytest.param(name, marks=pytest.mark.proof) for name in SERVERS]
)
def test_every_reader_says_the_same_of_the_same_server(name: str, tmp_path: Path) -> None:
    served, broken = SERVERS[name]
    violated = {}
    file = tmp_path / "conformance.toml"
    file.write_text(f"[iut]\nheaders = {{X-Api-Key = '{SECRET}'}}\n", encoding="utf-8")
    for how, words in {"one process": (), "two workers": ("-n", "2")}.items():
        directory = tmp_path / how
        with running_server(cast(Service, served())) as url:
            options = Options(config=str(file), url=url, statement=SAID, report_dir=str(directory))
            report = run_quietly(options, ["-k", CHECKS, *words])
        said, read = said_by_rules(report), said_by_rules(audited(directory))
        assert said == {requirement: read[requirement] for requirement in said}, how
        assert "kept" in said.values()
        violated[how] = {requirement for requirement, word in said.items() if word == "violated"}
        if name == "cut off once":
            assert said[LIVENESS] == "nothing", "it may have been the moment"
        assert SECRET not in (directory / "traffic.har").read_text(encoding="utf-8")
    assert violated == dict.fromkeys(violated, broken)
