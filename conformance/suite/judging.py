"""How a check says which requirement it verifies, and what it found."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import pytest

from conformance.rules import Complaint, in_short

Check = TypeVar("Check", bound=Callable[..., Any])

disruptive = pytest.mark.disruptive
"""Marks a check that may disturb more than the operations it started: a crowd of requests at one moment, or many paths
that the contract does not have, which on a shared host may be somebody else's. Beyond this machine it is run only when
it is asked for. It only adds: its requirement has a check that is not disruptive.
"""


class Violated(AssertionError):
    """The requirement of the check is violated; has the complaints that show it."""

    def __init__(self, complaints: tuple[Complaint, ...]) -> None:
        super().__init__(in_short([complaint.message for complaint in complaints]))
        self.complaints = complaints


def verifies(requirement: str, profile: str = "quick") -> Callable[[Check], Check]:
    """Mark a check with the one requirement it verifies, and the smallest profile that runs it."""

    def mark(check: Check) -> Check:
        marked: Check = pytest.mark.requirement(requirement, profile)(check)
        return marked

    return mark


def require(*complaints: Complaint | None) -> None:
    """Raise Violated when an oracle complained; every complaint is kept."""
    real = tuple(complaint for complaint in complaints if complaint is not None)
    if real:
        raise Violated(real)
