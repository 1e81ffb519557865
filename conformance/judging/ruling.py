"""Applies rules to recordings: every verdict of a rule, for servers and for clients, is made here.

Rules judge what a recording consists of: exchanges or turns. A recording is that of one process, one server or one
scenario, and each is judged on its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from conformance.judging.verdict import CheckResult, Finding
from conformance.rules import Complaint, in_short

Unit = TypeVar("Unit")
JudgedUnit = TypeVar("JudgedUnit", contravariant=True)


class Judges(Protocol[JudgedUnit]):
    """A rule of any kind."""

    @property
    def requirement(self) -> str: ...

    def judgements(self, recording: Sequence[JudgedUnit], /) -> Iterator[Complaint | None]:
        """One judgement for each thing that the rule speaks about: a complaint, or None for "kept"."""
        ...


@dataclass(frozen=True, slots=True)
class Ruling:
    """What one rule said: whether `anything` was there to speak about, and the complaints."""

    anything: bool
    complaints: tuple[Complaint, ...]


def ruling(rule: Judges[Unit], recordings: Iterable[Sequence[Unit]]) -> Ruling:
    """Apply a rule to recordings, each on its own."""
    judgements = [judgement for recording in recordings for judgement in rule.judgements(recording)]
    return Ruling(bool(judgements), tuple(complaint for complaint in judgements if complaint is not None))


def speaks(rule: Judges[Unit], recordings: Iterable[Sequence[Unit]]) -> bool:
    """Whether anything in the recordings is what the rule speaks about."""
    return any(True for recording in recordings for _ in rule.judgements(recording))


def violated(
    requirement: str,
    check: str,
    complaints: Iterable[Complaint],
    shown_by: Callable[[Complaint], dict[str, Any]],
    *,
    seconds: float = 0.0,
    drawn: bool = False,
    confirmation: Finding | None = None,
) -> CheckResult:
    """The result of a check that complains; `shown_by` makes a violation of each complaint, masked as it is written."""
    violations = tuple(map(shown_by, complaints))
    reason = in_short(list(dict.fromkeys(str(violation["message"]) for violation in violations)))
    return CheckResult(
        requirement, check, Finding.VIOLATED, reason, seconds, violations, drawn, confirmation=confirmation
    )
