"""Exchanges as immutable data, and what they mean."""

from conformance.exchange.content import can_be_undone, content_of
from conformance.exchange.exchange import CLEAN_UP, START, CurlContext, Exchange, OnWire
from conformance.exchange.message import Failure, FailureKind, Header, NotJson, Request, Response, header_values
from conformance.exchange.view import Call, Method, SemanticView, Wire

__all__ = [
    "CLEAN_UP",
    "START",
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
    "SemanticView",
    "Wire",
    "can_be_undone",
    "content_of",
    "header_values",
]
