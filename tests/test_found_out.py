"""What was found out warns; a MUST on the form of errors binds who declares a form."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from xml.etree import ElementTree

import pytest

from conformance.errors import UsageError
from conformance.exchange import Exchange, Request, Response
from conformance.judging.statement import Statement, StatementSection
from conformance.lro.codes import Code
from conformance.server.options import Options
from conformance.server.reference.build import reference_service
from conformance.server.reference.faults.lies import refusal
from conformance.server.reference.invocation import Invocation, Message
from conformance.server.reference.serve import running_server
from conformance.server.reference.service import Service
from conformance.server.run_suite import run_quietly
from conformance.spec.catalogue import catalogue
from conformance.suite import test_schema

FORM = ("errors.envelope", "errors.code-is-the-http-status", "errors.status-is-canonical")


def a_page_for_what_is_refused() -> Service:
    """As a framework whose parser answers by itself; what the service refuses has the envelope."""
    honest = reference_service()

    def respond(service: Service, request: Request, response: Response) -> Response:
        if response.status == 400:
            return Response(400, (("Content-Type", "text/html"),), b"<pre>SyntaxError</pre>")
        return honest.respond(service, request, response)

    return replace(honest, respond=respond)


@pytest.mark.parametrize(("statement", "verdict"), [((), "warn"), (("errors=aip-193",), "fail")])
def test_form_of_errors_binds_who_declares_it(statement: tuple[str, ...], verdict: str, tmp_path: Path) -> None:
    """What only warns is no failure for readers of junit.xml, either."""
    with running_server(a_page_for_what_is_refused()) as url:
        report = run_quietly(Options(url=url, statement=statement, report_dir=str(tmp_path)))
    entry = next(entry for entry in report["requirements"] if entry["id"] == "errors.envelope")
    assert entry["verdict"] == verdict
    assert ("found out, not declared: a warning" in entry["reason"]) == (verdict == "warn")
    assert report["exit_status"] == (1 if verdict == "fail" else 0)
    failed = [
        case for case in ElementTree.parse(tmp_path / "junit.xml").iter("testcase") if case.find("failure") is not None
    ]
    assert any("errors.envelope" in str(case.get("name")) for case in failed) is (verdict == "fail")
    assert bool(failed) is (verdict == "fail")


@pytest.mark.parametrize("name", FORM)
def test_form_of_errors_is_softened_until_it_is_declared(name: str) -> None:
    statement = Statement(StatementSection())
    statement.find("errors", "aip-193", "a get of an unknown operation answers with the AIP-193 envelope")
    assert statement.softened(catalogue()[name]) == "errors was found out, not declared: a warning"
    assert not Statement(StatementSection(errors="aip-193")).softened(catalogue()[name])


def test_order_of_authorisation_is_a_warning_until_it_is_declared() -> None:
    requirement = catalogue()["auth.precedes-validation"]
    assert Statement(StatementSection(auth=True)).softened(requirement) == "auth_order is not declared: a warning"
    assert not Statement(StatementSection(auth=True, auth_order="first")).softened(requirement)


def test_order_that_is_none_is_refused() -> None:
    with pytest.raises(UsageError, match="auth_order must be one of first"):
        run_quietly(Options(statement=("auth_order=last",)))


def test_coded_answer_is_compared_with_the_description_as_it_was_read() -> None:
    """It is recorded without its coding, and with the header field that told of it."""
    seen: list[Any] = []
    case = SimpleNamespace(validate_response=lambda response, **_: seen.append(response.json()))
    headers = (("Content-Type", "application/json"), ("Content-Encoding", "gzip"), ("Content-Length", "22"))
    exchange = Exchange(1, Request("GET", "/v1/x", (), b""), Response(200, headers, b"{}"), 0.0, 0.1)
    pytest.importorskip("schemathesis")
    assert test_schema._undescribed(case, exchange) is None
    assert seen == [{}]


def test_who_crashes_in_every_cancel_and_says_nothing_of_support_is_blamed_once() -> None:
    """An error of the server does not say that cancel is not supported."""

    def lie(service: Service, call: Invocation) -> Message:
        raise refusal(Code.INTERNAL, "AttributeError", "CRASHED")

    with running_server(replace(reference_service(), cancel=lie)) as url:
        report = run_quietly(Options(url=url), ["-k", "test_unimplemented or test_cancel_of_a_running"])
    failed = [entry["id"] for entry in report["requirements"] if entry["verdict"] == "fail"]
    assert failed == ["outcome.running-can-be-cancelled"]
