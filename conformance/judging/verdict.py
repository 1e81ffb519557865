"""From what checks found to what is said: the verdict of a requirement, and of the run.

A skip is never a pass. A requirement passes only when something was judged and nothing was wrong; a run conforms only
when every MUST that applies was tested.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from enum import Enum
from typing import Any

from conformance.judging.baseline import AcceptedGap, KnownFailure
from conformance.rules import in_short
from conformance.spec.catalogue import Level, Requirement


class Verdict(Enum):
    """What is said of one requirement."""

    PASS = "pass"
    FAIL = "fail"
    WARN = "warn"
    KNOWN_FAILURE = "known-failure"
    UNEXPECTED_PASS = "unexpected-pass"
    NOT_APPLICABLE = "not-applicable"
    NOT_TESTED = "not-tested"
    ERROR = "error"


class RunVerdict(Enum):
    """What is said of a run; as a number it is the exit status."""

    CONFORMANT = "conformant"
    CONFORMANT_EXCEPT = "conformant-except"
    NOT_CONFORMANT = "not conformant"
    ERROR = "error"
    INCOMPLETE = "incomplete"

    def __int__(self) -> int:
        return _EXIT_STATUS[self]


_EXIT_STATUS = {
    RunVerdict.CONFORMANT: 0,
    RunVerdict.CONFORMANT_EXCEPT: 0,
    RunVerdict.NOT_CONFORMANT: 1,
    RunVerdict.ERROR: 2,
    RunVerdict.INCOMPLETE: 3,
}


class Finding(Enum):
    """How one check ended."""

    KEPT = "kept"
    VIOLATED = "violated"
    NOT_TESTED = "not-tested"
    NOT_APPLICABLE = "not-applicable"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class CheckResult:
    """How one check of one requirement ended.

    `violations` are JSON values, `{"message": …, "exchanges": […]}`, so that results travel between processes. A check
    that is `drawn` (property-based, schema-driven) may find something in one run and nothing in the next. What it found
    `is_known` when the baseline lists it. `confirmation` is how a check whose failure depends on real time ended when
    it was tried once more; None when it was not. `stimuli` names who sent what it
    judges, but for what it sent itself. `evidence` has the exchanges that it judged last, each by its number and the
    time at which it was sent.
    """

    requirement: str
    check: str
    finding: Finding
    reason: str = ""
    seconds: float = 0.0
    violations: tuple[dict[str, Any], ...] = ()
    drawn: bool = False
    is_known: bool = False
    confirmation: Finding | None = None
    stimuli: tuple[str, ...] = ()
    evidence: tuple[tuple[int, float], ...] = ()

    @property
    def senders(self) -> tuple[str, ...]:
        """The senders of what it judges, as the recording names them: the check and its stimuli."""
        return (self.check.rpartition("::")[2], *self.stimuli)

    def as_json(self) -> dict[str, Any]:
        """Every field as a JSON value, for another process."""
        members = {one.name: getattr(self, one.name) for one in fields(self)}
        confirmation = self.confirmation.value if self.confirmation is not None else None
        return {**members, "finding": self.finding.value, "confirmation": confirmation}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> CheckResult:
        """The result that `as_json` made the value of."""
        members: dict[str, Any] = {
            name: tuple(member) if isinstance(member, list) else member for name, member in value.items()
        }
        members["finding"] = Finding(value["finding"])
        members["confirmation"] = Finding(value["confirmation"]) if value["confirmation"] else None
        members["evidence"] = tuple((number, sent_at) for number, sent_at in value["evidence"])
        return cls(**members)

    @property
    def was_seen_to_fail(self) -> bool:
        """Whether it failed, and did not fail when it was tried again: whatever another check says, that is no pass."""
        return self.finding is Finding.NOT_TESTED and self.confirmation is not None


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict of one requirement, the reason in a sentence, and the results that led to it.

    `known` are the entries of the baseline that excuse some of what was found, `gap` is the one that accepts that it
    was not tested.
    """

    requirement: Requirement
    verdict: Verdict
    reason: str = ""
    results: tuple[CheckResult, ...] = ()
    known: tuple[KnownFailure, ...] = ()
    gap: AcceptedGap | None = None
    softened: str = ""
    """Why a violation of this MUST is only a warning, if it is."""
    is_out_of_reach: bool = False
    """Whether the target lacks what the requirement needs. Then it is no gap that it was not tested."""

    @property
    def violations(self) -> tuple[dict[str, Any], ...]:
        """What shows that the requirement is not kept; what the baseline does not know comes first."""
        return tuple(
            violation
            for result in sorted(self.results, key=lambda result: result.is_known)
            for violation in result.violations
        )


def judge(
    requirement: Requirement, results: Sequence[CheckResult], ruled_out: str | None, softened: str = ""
) -> Judgement:
    """The verdict of a requirement; `ruled_out` says why the conformance statement makes it inapplicable, if so.

    `softened` says why a violation is no more than a warning whatever the level: a MUST binds who declared what it
    depends on, and nobody by what was found out.
    """
    results = tuple(results)

    def because(verdict: Verdict, finding: Finding) -> Judgement:
        reasons = dict.fromkeys(
            reason for result in results if result.finding is finding for reason in _reasons(result) if reason
        )
        reason = in_short(list(reasons))
        if softened and finding is Finding.VIOLATED:
            reason = f"{reason} ({softened})"
        return Judgement(requirement, verdict, reason, results, softened=softened)

    found = {result.finding for result in results}
    if requirement.not_tested_reason:
        return Judgement(requirement, Verdict.NOT_TESTED, requirement.not_tested_reason, results)
    if ruled_out is not None:
        return Judgement(requirement, Verdict.NOT_APPLICABLE, ruled_out, ())
    if Finding.VIOLATED in found:
        verdict = Verdict.FAIL if requirement.level is Level.MUST and not softened else Verdict.WARN
        return because(verdict, Finding.VIOLATED)
    if Finding.ERROR in found:
        return because(Verdict.ERROR, Finding.ERROR)
    unconfirmed = [result.reason for result in results if result.was_seen_to_fail]
    if unconfirmed:
        return Judgement(requirement, Verdict.NOT_TESTED, in_short(list(dict.fromkeys(unconfirmed))), results)
    if Finding.KEPT in found:
        return Judgement(requirement, Verdict.PASS, "", results)
    if Finding.NOT_APPLICABLE in found:
        return because(Verdict.NOT_APPLICABLE, Finding.NOT_APPLICABLE)
    if Finding.NOT_TESTED in found:
        return because(Verdict.NOT_TESTED, Finding.NOT_TESTED)
    return Judgement(
        requirement,
        Verdict.NOT_TESTED,
        "no check of it was selected for this run (by the profile, -k, -m or --scenario)",
        results,
    )


def _reasons(result: CheckResult) -> tuple[str, ...]:
    """The messages of all violations, so that each is said once."""
    return tuple(violation["message"] for violation in result.violations) or (result.reason,)


def judge_run(judgements: Iterable[Judgement], was_interrupted: bool = False) -> RunVerdict:
    """The verdict of a run: the worst thing that can be said of it with certainty.

    What is known to fail, or accepted as not tested, is said in the verdict: it is not as good as kept.
    """
    judgements = list(judgements)
    verdicts = {judgement.verdict for judgement in judgements}
    if Verdict.FAIL in verdicts or Verdict.UNEXPECTED_PASS in verdicts:
        return RunVerdict.NOT_CONFORMANT
    if Verdict.ERROR in verdicts:
        return RunVerdict.ERROR
    accepted = [judgement for judgement in judgements if judgement.gap is not None]
    musts = [
        judgement.verdict
        for judgement in judgements
        if judgement.requirement.level is Level.MUST and judgement.gap is None and not judgement.is_out_of_reach
    ]
    executed = any(verdict in (Verdict.PASS, Verdict.KNOWN_FAILURE) for verdict in musts)
    if was_interrupted or Verdict.NOT_TESTED in musts or not executed:
        return RunVerdict.INCOMPLETE
    return RunVerdict.CONFORMANT_EXCEPT if accepted or Verdict.KNOWN_FAILURE in verdicts else RunVerdict.CONFORMANT


def was_judged(judgements: Iterable[Judgement]) -> bool:
    """Whether anything was: else a run says nothing about the implementation, neither good nor bad."""
    return any(one.verdict not in (Verdict.NOT_TESTED, Verdict.NOT_APPLICABLE) for one in judgements)


def in_words(verdict: RunVerdict, judgements: Iterable[Judgement]) -> str:
    """The verdict of a run as it is read: "conformant except 1 known failure, 2 accepted gaps"."""
    judgements = list(judgements)
    if verdict is RunVerdict.INCOMPLETE and not was_judged(judgements):
        return f"{verdict.value}: nothing was judged"
    if verdict is not RunVerdict.CONFORMANT_EXCEPT:
        return str(verdict.value)
    counts = (
        (sum(judgement.verdict is Verdict.KNOWN_FAILURE for judgement in judgements), "known failure"),
        (sum(judgement.gap is not None for judgement in judgements), "accepted gap"),
    )
    return "conformant except " + ", ".join(f"{count} {what}{'s' * (count > 1)}" for count, what in counts if count)
