"""The judge: from what rules and checks found to the verdict of each requirement, and of the run.

    recordings ── ruling ──► findings ── judge ──► judgements, verdict ──► report

It is the only way there is, for a run, its workers, the gate for clients, an audit and both kill matrices.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from conformance.judging.baseline import Baseline, KnownFailure
from conformance.judging.known_failures import Applied, apply_baseline, examined
from conformance.judging.verdict import CheckResult, Judgement, RunVerdict, Verdict, judge, judge_run
from conformance.spec.catalogue import Requirement

Checks = Mapping[str, Collection[str]]


@dataclass(frozen=True, slots=True)
class Against:
    """A baseline, the day on which it is applied, and a function that lists the checks of each requirement."""

    baseline: Baseline
    today: date
    checks: Callable[[], Checks]

    def applied_to(self, judgements: Sequence[Judgement]) -> Applied:
        """What the baseline makes of the judgements."""
        return apply_baseline(self.baseline, judgements, self.today, self._checks())

    def usable(self) -> list[KnownFailure]:
        """The entries that can excuse something."""
        examination = examined(self.baseline, self.today, self._checks())
        return [entry for entry, problem in examination if problem is None]

    def _checks(self) -> Checks | None:
        """The checks are only asked for where an entry names one."""
        return self.checks() if any(entry.check for entry in (*self.baseline.entries, *self.baseline.flaky)) else None


@dataclass(frozen=True, slots=True)
class Terms:
    """What decides besides what was found.

    `rules_out` says why a requirement does not apply, `softened` why its violation is only a warning, `out_of_reach`
    why the target cannot show it; none of them says anything of most. `is_strict` lets a warning fail the run. A run
    `was_interrupted` by a person; it `broke_off` for a reason that is not the implementation's.
    """

    rules_out: Callable[[Requirement], str | None] = lambda _: None
    softened: Callable[[Requirement], str] = lambda _: ""
    out_of_reach: Callable[[Requirement], str] = lambda _: ""
    against: Against | None = None
    is_strict: bool = False
    was_interrupted: bool = False
    broke_off: bool = False


@dataclass(frozen=True, slots=True)
class Judged:
    """The judgements in the order of the requirements, the verdict of the run, and what is to be said about both."""

    judgements: tuple[Judgement, ...]
    verdict: RunVerdict
    messages: tuple[str, ...] = ()


def judge_findings(
    requirements: Iterable[Requirement], findings: Iterable[CheckResult], terms: Terms | None = None
) -> Judged:
    """The verdict of every requirement, and of the run."""
    terms = terms or Terms()
    by_requirement: dict[str, list[CheckResult]] = {}
    for finding in findings:
        by_requirement.setdefault(finding.requirement, []).append(finding)
    judgements = [
        _judgement(requirement, by_requirement.get(requirement.id, ()), terms) for requirement in requirements
    ]
    applied = terms.against.applied_to(judgements) if terms.against is not None else Applied(tuple(judgements))
    verdict = _verdict(applied, terms)
    warned = [one.requirement.id for one in applied.judgements if one.verdict is Verdict.WARN]
    if not (terms.is_strict and warned):
        return Judged(applied.judgements, verdict, applied.messages)
    count = "1 warning fails" if len(warned) == 1 else f"{len(warned)} warnings fail"
    said = f"--strict: {count} this run: {', '.join(warned)}"
    verdict = verdict if verdict is RunVerdict.ERROR else RunVerdict.NOT_CONFORMANT
    return Judged(applied.judgements, verdict, (*applied.messages, said))


def _judgement(requirement: Requirement, findings: Iterable[CheckResult], terms: Terms) -> Judgement:
    out_of_reach = terms.out_of_reach(requirement)
    if out_of_reach:
        return Judgement(requirement, Verdict.NOT_TESTED, out_of_reach, is_out_of_reach=True)
    return judge(requirement, tuple(findings), terms.rules_out(requirement), terms.softened(requirement))


def _verdict(applied: Applied, terms: Terms) -> RunVerdict:
    """The verdict of the run; an error of ours or the environment's overrules all but a violation."""
    verdict = judge_run(applied.judgements, terms.was_interrupted)
    if verdict is RunVerdict.NOT_CONFORMANT:
        return verdict
    if terms.broke_off:
        return RunVerdict.ERROR
    return RunVerdict.NOT_CONFORMANT if applied.fails else verdict
