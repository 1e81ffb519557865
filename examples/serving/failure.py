"""Why a target cannot be served; the exit status says whose turn it is.

CannotServe          something is wrong here; exit status 2
 └── NotAvailable    this machine cannot have the target at all; exit status 77, as test harnesses use for "skipped"
"""

from __future__ import annotations

STOPPED = 0
FAILED = 2
SKIPPED = 77


class CannotServe(Exception):
    """A target could not be started, or ended by itself. Remedy: in the message."""

    status = FAILED

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.message}\n  remedy: {self.remedy}"


class NotAvailable(CannotServe):
    """The target needs something that this machine does not have. Remedy: install it, or do without this target."""

    status = SKIPPED
