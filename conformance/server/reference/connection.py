"""Which connection a request came on, for faults that mix up what comes on one.

In one process there is one, and another for each request that asks for its own.
"""

from __future__ import annotations

from contextvars import ContextVar

CONNECTION: ContextVar[str] = ContextVar("connection", default="")
