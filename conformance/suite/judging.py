"""How a check speaks: which requirement it verifies, and what it found."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import pytest

from conformance.rules import Complaint, in_short

Check = TypeVar("Check", bound=Callable[..., Any])


class Violated(AssertionError):
    """The requirement of the check is not kept; carries what shows it."""

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
