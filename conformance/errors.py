"""Errors of this program, as opposed to verdicts on an implementation under test.

    ConformanceError               anything below; printed as one message, exit status 2
     ├── UsageError                arguments, conformance.toml, spec, baseline, report, HAR: the user's to fix
     └── TargetError               the target cannot be reached, the supply does not work: the environment's

A violation of the contract by an implementation is not an exception of this tree: it is a
`conformance.rules.Complaint`, and it becomes a verdict. `NotTested` and `NotApplicable` are not errors either: with
them a check says that it could not judge, or that there is nothing to judge.
"""

from __future__ import annotations


class ConformanceError(Exception):
    """Something went wrong, and the implementation under test is not the cause.

    Cause and remedy are separate so that every printed error has both.
    """

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.message}\n  remedy: {self.remedy}" if self.remedy else self.message


class UsageError(ConformanceError):
    """An argument or an input file is wrong. Cause: the user's input. Remedy: in the message."""


class TargetError(ConformanceError):
    """The target or its supply of operations cannot be used at all.

    Cause: an unreachable host, a supply that starts nothing. Remedy: start the target, fix the configuration.
    """


class Unjudged(Exception):
    """A check ends without a judgement. The reason is shown with the verdict."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class NotTested(Unjudged):
    """A precondition was not met. Nothing is known about the requirement, and that is not a pass."""


class NotApplicable(Unjudged):
    """The conformance statement (declared or found out) or the transport says that the requirement does not apply."""


class BudgetExhausted(NotTested):
    """A limit of `[limits]` is used up. Remedy: raise the limit or choose a smaller profile."""


class TargetDead(NotTested):
    """The target stopped answering during the run. More requests would only take time."""


class RateLimited(NotTested):
    """The target asks for a retry later than a run waits. Remedy: set `[limits] rate`, or raise the quota."""
