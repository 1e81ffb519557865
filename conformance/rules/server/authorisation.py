"""Oracles about who may cancel."""

from __future__ import annotations

from conformance.exchange import Exchange
from conformance.rules.rule import Complaint
from conformance.rules.server.errors import status_of


def refused_for_its_credentials(exchange: Exchange) -> Complaint | None:
    """The request is answered with 401 UNAUTHENTICATED or 403 PERMISSION_DENIED, whatever else is wrong with it."""
    response = exchange.response
    if response is None or response.is_busy:
        return None
    says = (status_of(exchange) or {}).get("status")
    if response.status == 401 and says in (None, "UNAUTHENTICATED"):
        return None
    if response.status == 403 and says in (None, "PERMISSION_DENIED"):
        return None
    what = f" {says}" if says else ""
    return Complaint(f"a request without valid credentials was answered with {response.status}{what}", (exchange,))


def refused_for_its_permission(exchange: Exchange) -> Complaint | None:
    """The request is answered with 403 PERMISSION_DENIED."""
    response = exchange.response
    if response is None or response.is_busy:
        return None
    says = (status_of(exchange) or {}).get("status")
    if response.status == 403 and says in (None, "PERMISSION_DENIED"):
        return None
    what = f" {says}" if says else ""
    return Complaint(f"credentials without permission were answered with {response.status}{what}", (exchange,))


def answered_alike(existing: Exchange, unknown: Exchange) -> Complaint | None:
    """The answer does not tell an operation that exists from one that does not."""
    if existing.response is None or unknown.response is None:
        return None
    statuses = {existing.response.status, unknown.response.status}
    if len(statuses) == 1 or statuses & {429, 503}:
        return None
    return Complaint(
        f"without credentials an existing operation is answered with {existing.response.status},"
        f" an unknown one with {unknown.response.status}",
        (existing, unknown),
    )
