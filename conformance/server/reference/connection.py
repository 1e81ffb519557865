"""Which connection a request came on, for faults that mix up what comes on one; in one process there is one."""

from __future__ import annotations

from contextvars import ContextVar

CONNECTION: ContextVar[str] = ContextVar("connection", default="")
