"""Conformance suite for cancelling long-running operations over HTTP/JSON."""

__version__ = "0.1.0"
