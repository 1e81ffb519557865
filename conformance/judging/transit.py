"""Results of checks on their way from a worker to the process that reports: whole, and masked when all have arrived.

A worker knows its own secrets only, and a server may tell it those of another worker. The process that reports knows
the secrets of all, and gives each one number.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from conformance.exchange.masking import Masking
from conformance.exchange.serial import exchange_as_json, exchange_from_json
from conformance.judging.report import violation_as_json
from conformance.judging.verdict import CheckResult
from conformance.rules import Complaint
from conformance.rules.rule import TimedCall


def complaint_as_json(complaint: Complaint) -> dict[str, Any]:
    """For another process of the run, and never for a file: secrets are revealed."""
    return {
        "message": complaint.message,
        "exchanges": [exchange_as_json(exchange, reveal=True) for exchange in complaint.exchanges],
        "calls": [
            {"exchange": exchange_as_json(call.exchange, reveal=True), "what": call.what} for call in complaint.calls
        ],
    }


def complaint_from_json(value: Mapping[str, Any]) -> Complaint:
    """The complaint that another process made the value of."""
    return Complaint(
        value["message"],
        tuple(exchange_from_json(exchange) for exchange in value["exchanges"]),
        tuple(TimedCall(exchange_from_json(call["exchange"]), call["what"]) for call in value["calls"]),
    )


def masked(result: CheckResult, masking: Masking) -> CheckResult:
    """The result of a worker as it may be shown."""
    return replace(
        result,
        reason=masking.text(result.reason),
        violations=tuple(violation_as_json(complaint_from_json(each), masking) for each in result.violations),
    )
