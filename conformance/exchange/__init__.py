"""HTTP exchanges as immutable data."""

from conformance.exchange.content import can_be_undone, content_of
from conformance.exchange.message import (
    Call,
    CurlContext,
    Exchange,
    Failure,
    FailureKind,
    Header,
    Method,
    NotJson,
    OnWire,
    Request,
    Response,
    header_values,
)

__all__ = [
    "Call",
    "CurlContext",
    "Exchange",
    "Failure",
    "FailureKind",
    "Header",
    "Method",
    "NotJson",
    "OnWire",
    "Request",
    "Response",
    "can_be_undone",
    "content_of",
    "header_values",
]
