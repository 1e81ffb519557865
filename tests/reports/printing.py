"""The text of a run in which something was violated, for tests of what is printed."""

from __future__ import annotations

from typing import Any

from conformance.exchange import Call, Exchange, Failure, Header, Method, Request, Response
from conformance.exchange.printable import WIDTH
from conformance.exchange.serial import exchange_as_json
from conformance.judging.verdict import Finding
from conformance.reports.console import Size, render
from conformance.spec.catalogue import Level
from tests.reports.making import catalogue_of, report_of, requirement, result
from tests.rules.traffic import OPERATION

MUST = requirement()
SHOULD = requirement(Level.SHOULD, "chapter.should")


def shown_violation(*exchanges: Exchange, message: str = "it is not so") -> dict[str, Any]:
    return {"message": message, "exchanges": [exchange_as_json(exchange) for exchange in exchanges]}


PAGE = Response(200, (("Content-Type", "text/html"),), b"<html>", "OK")


def exchange(
    *headers: Header,
    outcome: Response | Failure = PAGE,
    target: str = f"/v1/{OPERATION}:cancel",
    body: bytes = b"{}",
    number: int = 7,
) -> Exchange:
    call = Call(Method.CANCEL, OPERATION)
    return Exchange(number, Request("POST", target, headers, body), outcome, 0, 1, call, origin="http://127.0.0.1:1")


def printed(
    *violations: dict[str, Any], colour: bool = False, size: Size = Size.NORMAL, width: int = WIDTH, **facts: Any
) -> str:
    """The whole text of a run in which a MUST was violated."""
    found = result(Finding.VIOLATED, "; ".join(one["message"] for one in violations), violations=violations)
    return render(report_of((MUST, [found]), **facts), catalogue_of(MUST), colour, size, width)
