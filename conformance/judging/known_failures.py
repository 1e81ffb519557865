"""What a baseline makes of the verdicts of a run.

Whether an entry still holds is decided by deterministic checks alone:

* one of them finds a violation: the entry holds, and everything found in its scope is a known failure;
* they find nothing wrong: the failure is gone, and the entry fails the run until it is taken out;
* none of them could judge: nothing is known. The report says so, and the run does not fail, because one file serves
  every profile, every selection and every statement.

A drawn check (property-based, schema-driven) may find a rare example in one run and not in the next. So drawn checks
never decide whether an entry holds. If only drawn checks judge what an entry lists (it names such a check, or the
requirement has no other), the entry excuses what they find.

A flaky entry excuses a violation, and does not demand one.

An entry that is wrong (its check does not exist, it has expired, it repeats another one) excuses nothing and fails the
run.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import Enum, auto

from conformance.judging.accepted_gaps import accept_gaps
from conformance.judging.baseline import Baseline, KnownFailure, check_name, is_same_check
from conformance.judging.traffic import DRAWN_TRAFFIC
from conformance.judging.verdict import CheckResult, Finding, Judgement, Verdict, judge


@dataclass(frozen=True, slots=True)
class Applied:
    """The judgements in the light of a baseline, what is to be said about it, and whether it `fails` the run."""

    judgements: tuple[Judgement, ...]
    messages: tuple[str, ...] = ()
    fails: bool = False


class EntryState(Enum):
    """What a run says about one entry."""

    HOLDS = auto()
    GONE = auto()
    UNKNOWN = auto()
    QUIET = auto()
    ONLY_DRAWN = auto()


@dataclass(frozen=True, slots=True)
class _Remark:
    text: str
    fails: bool = True


def apply_baseline(
    baseline: Baseline,
    judgements: Sequence[Judgement],
    today: date,
    checks: Mapping[str, Collection[str]] | None = None,
) -> Applied:
    """Turn what the baseline lists into known failures, accepted gaps and unexpected passes.

    `judgements` has one member for every requirement that this kind of run can judge. `checks` are the names of the
    checks of each requirement, those included that this run did not run; without it an entry's `check` is not
    verified.
    """
    remarks: list[tuple[KnownFailure, _Remark]] = []
    usable: dict[str, list[KnownFailure]] = {}
    for entry, problem in examined(baseline, today, checks):
        if problem is not None:
            remarks.append((entry, _Remark(problem)))
        else:
            usable.setdefault(entry.requirement, []).append(entry)
    applied: list[Judgement] = []
    for judgement in judgements:
        entries = usable.get(judgement.requirement.id, [])
        states = {entry: state_of(entry, judgement.results) for entry in entries}
        applied.append(_excused(judgement, states, baseline.file) if entries else judgement)
        for entry, state in states.items():
            remarks += ((entry, remark) for remark in _remarks(entry, state, judgement))
    remarks.sort(key=lambda remark: (remark[0].is_flaky, remark[0].number))
    accepted, about_gaps, gaps_fail = accept_gaps(baseline.gaps, applied, today, baseline.file)
    about_flaky = [_about_flaky(baseline, applied)] if baseline.flaky else []
    return Applied(
        tuple(accepted),
        (
            *(f"{baseline.file}: {described(entry)}: {remark.text}" for entry, remark in remarks),
            *about_flaky,
            *about_gaps,
        ),
        any(remark.fails for _, remark in remarks) or gaps_fail,
    )


def examined(
    baseline: Baseline, today: date, checks: Mapping[str, Collection[str]] | None = None
) -> Iterator[tuple[KnownFailure, str | None]]:
    """Every entry, with the reason why it can excuse nothing or None; the arguments are those of `apply_baseline`."""
    usable: list[KnownFailure] = []
    for entry in (*baseline.entries, *baseline.flaky):
        before = [other for other in usable if other.requirement == entry.requirement]
        problem = _problem(entry, before, today, checks)
        if problem is None:
            usable.append(entry)
        yield entry, problem


def foretold(
    entries: Iterable[KnownFailure], result: CheckResult, is_the_only_check: bool
) -> tuple[Verdict, str] | None:
    """What the baseline will make of one result, as far as that is certain before the run is over.

    `is_the_only_check` says that the requirement has no other deterministic check.
    """
    for entry in entries:
        if entry.requirement != result.requirement or not entry.covers(result.check):
            continue
        if result.finding is Finding.VIOLATED:
            return Verdict.KNOWN_FAILURE, _why(entry)
        if entry.is_flaky:
            continue
        if result.finding is Finding.KEPT and not result.drawn and (is_the_only_check or entry.check):
            return Verdict.UNEXPECTED_PASS, f"the baseline lists it as a known failure: {entry.reason} ({entry.link})"
    return None


def described(entry: KnownFailure) -> str:
    """An entry as messages name it."""
    check = f", check {entry.check}" if entry.check else ""
    return f"{'flaky entry' if entry.is_flaky else 'entry'} {entry.number} ({entry.requirement}{check})"


def _why(entry: KnownFailure) -> str:
    reason = entry.reason or "it fails now and then"
    return f"{'flaky: ' if entry.is_flaky else ''}{reason} ({entry.link})"


def _about_flaky(baseline: Baseline, judgements: Iterable[Judgement]) -> str:
    """How many failures were excused as flaky, which a reader of the verdict has to know."""
    excused = [entry for judgement in judgements for entry in judgement.known if entry.is_flaky]
    count = len(baseline.flaky)
    entries = f"{count} flaky entr{'y' if count == 1 else 'ies'}"
    named = f": {', '.join(f'{entry.requirement}, {entry.check}' for entry in excused)}" if excused else ""
    return f"{baseline.file}: {len(excused)} of {entries} excused a failure in this run{named}"


def _problem(
    entry: KnownFailure,
    before: Iterable[KnownFailure],
    today: date,
    checks: Mapping[str, Collection[str]] | None,
) -> str | None:
    """Why an entry can excuse nothing, or None."""
    if entry.is_expired(today):
        return f"expired on {entry.expires}; fix the failure, or renew the entry with a reason"
    for other in before:
        if not other.check or (entry.check and is_same_check(other.check, entry.check)):
            return f"{'flaky ' * other.is_flaky}entry {other.number} says so already; take one of the two out"
        if not entry.check:
            return f"it makes entry {other.number}, for one check, pointless; take one of the two out"
    names = checks.get(entry.requirement, ()) if checks is not None and entry.check != DRAWN_TRAFFIC else None
    if entry.check and names is not None and not any(is_same_check(entry.check, name) for name in names):
        listed = ", ".join(check_name(name) for name in names)
        return "no check of the requirement has this name; " + (f"it has {listed}" if listed else "it has no check")
    return None


def state_of(entry: KnownFailure, results: Iterable[CheckResult]) -> EntryState:
    """What the results of its requirement say about an entry; a flaky one is quiet unless there is a violation."""
    covered = [result for result in results if entry.covers(result.check)]
    firm = {result.finding for result in covered if not result.drawn}
    if Finding.VIOLATED in firm:
        return EntryState.HOLDS
    if entry.is_flaky:
        is_violated = any(result.finding is Finding.VIOLATED for result in covered)
        return EntryState.ONLY_DRAWN if is_violated else EntryState.QUIET
    if Finding.KEPT in firm:
        return EntryState.UNKNOWN if firm & {Finding.NOT_TESTED, Finding.ERROR} else EntryState.GONE
    if any(result.finding is Finding.VIOLATED for result in covered):
        return EntryState.ONLY_DRAWN
    return EntryState.UNKNOWN


def _excused(judgement: Judgement, states: Mapping[KnownFailure, EntryState], file: str) -> Judgement:
    """The judgement once what its entries excuse is taken out of it."""
    excusing = [entry for entry, state in states.items() if state in (EntryState.HOLDS, EntryState.ONLY_DRAWN)]
    results = tuple(
        replace(result, is_known=True)
        if result.finding is Finding.VIOLATED and any(entry.covers(result.check) for entry in excusing)
        else result
        for result in judgement.results
    )
    if any(result.is_known for result in results):
        unknown = [result for result in results if not result.is_known]
        rest = judge(judgement.requirement, unknown, None, judgement.softened)
        if rest.verdict in (Verdict.FAIL, Verdict.WARN, Verdict.ERROR):
            return replace(rest, results=results, known=tuple(excusing))
        reason = "; ".join(_why(entry) for entry in excusing)
        return Judgement(judgement.requirement, Verdict.KNOWN_FAILURE, reason, results, tuple(excusing))
    if judgement.verdict is Verdict.PASS and EntryState.GONE in states.values():
        reason = f"is kept, but {file} lists it as a known failure"
        return replace(judgement, verdict=Verdict.UNEXPECTED_PASS, reason=reason)
    return judgement


def _remarks(entry: KnownFailure, state: EntryState, judgement: Judgement) -> Iterator[_Remark]:
    if state is EntryState.GONE:
        what = f"{entry.check} finds nothing wrong any more" if entry.check else "the requirement is kept now"
        yield _Remark(f"{what}; take the entry out, or let `lro-conformance baseline update` do it")
    elif state is EntryState.UNKNOWN:
        why = f": {judgement.reason}" if judgement.reason else ""
        if entry.check and judgement.results:
            why = ": the check was not run, or could not judge"
        yield _Remark(f"nothing was found out about it in this run{why}; the entry stays", fails=False)
