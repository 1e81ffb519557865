"""The suite as plain pytest runs it, in a process of its own: `pytest --pyargs conformance.suite`."""

from __future__ import annotations

import sys

_OTHERS = ("anyio", "respx", "schemathesis")
"""Plugins that come with what the tests need; they take seconds to load, and a run has no use for them."""


def plain_pytest(*options: str) -> list[str]:
    """The command line, without what pytest would load or write beside."""
    left_out = [word for name in ("cacheprovider", *_OTHERS) for word in ("-p", f"no:{name}")]
    return [sys.executable, "-m", "pytest", "--pyargs", "conformance.suite", "-q", *left_out, *options]
