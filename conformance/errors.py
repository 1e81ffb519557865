"""Errors of this program, as opposed to verdicts on an implementation under test.

    ConformanceError               anything below; printed as one message, exit status 2
     ├── UsageError                arguments, conformance.toml, spec, baseline, report, HAR: the user's to fix
     └── TargetError               the target cannot be reached, the supply does not work: the environment's

A violation of the contract by an implementation is not an exception of this tree: it is a
`conformance.rules.Complaint`, and it becomes a verdict. `NotTested` and `NotApplicable` are not errors either: with
them a check says that it could not judge, or that there is nothing to judge.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TypeVar

Named = TypeVar("Named")


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


class SeenOnce(NotTested):
    """Something was seen to be wrong, and was not when it was tried again: whatever another check says, no pass."""


class NotApplicable(Unjudged):
    """The conformance statement (declared or found out) or the transport says that the requirement does not apply."""


class BudgetExhausted(NotTested):
    """A limit of `[limits]` is used up. Remedy: raise the limit or choose a smaller profile."""


class TargetDead(NotTested):
    """The target stopped answering during the run. More requests would only take time."""


class RateLimited(NotTested):
    """The target asks for a retry later than a run waits. Remedy: set `[limits] rate`, or raise the quota."""


# --- remedies for a word that nobody knows ---

_ALIKE = 0.6
"""From 0, nothing in common, to 1, the same word."""


def nearest(word: str, known: Collection[str], alike: float = _ALIKE) -> str:
    """The known word that looks most like another, if it is so much alike; else nothing."""
    import difflib  # needed only when something is misspelt

    return next(iter(difflib.get_close_matches(word, known, n=1, cutoff=alike)), "")


def did_you_mean(word: str, known: Collection[str], otherwise: str = "", alike: float = _ALIKE) -> str:
    """The remedy for a misspelt word; what else to do where none is near.

    A word that begins so is nearer than one that only looks alike: it may have been cut off.
    """
    longer = min((each for each in sorted(known) if word and each.startswith(word)), key=len, default="")
    shorter = max((each for each in known if word.startswith(each)), key=len, default="")
    near = longer or nearest(word, known, alike) or shorter
    return f"did you mean {near}?" if near else otherwise


def named(name: str, known: Mapping[str, Named], kind: str, listed: str) -> Named:
    """What has this name. Raises UsageError, which names the nearest one, and where all are `listed`."""
    if name not in known:
        raise UsageError(f"no {kind} is named {name!r}", f"{did_you_mean(name, known)} {listed}".strip())
    return known[name]
