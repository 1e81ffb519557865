"""HTTP exchanges as immutable data."""

from conformance.exchange.message import (
    Call,
    CurlContext,
    Exchange,
    Failure,
    FailureKind,
    Header,
    Method,
    NotJson,
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
    "Request",
    "Response",
    "header_values",
]
