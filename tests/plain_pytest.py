"""The suite as plain pytest runs it, in a process of its own: `pytest --pyargs conformance.suite`."""

from __future__ import annotations

import sys

_LEFT_OUT = (
    "cacheprovider",
    "anyio",
    "hypothesispytest",
    "respx",
    "schemathesis",
    "threadexception",
    "unraisableexception",
)
"""What pytest would write beside, plugins that come with what the tests need, and two that collect garbage at the end:
they take longer than a few checks."""


def plain_pytest(*options: str) -> list[str]:
    """The command line."""
    left_out = [word for name in _LEFT_OUT for word in ("-p", f"no:{name}")]
    return [sys.executable, "-m", "pytest", "--pyargs", "conformance.suite", "-q", *left_out, *options]
