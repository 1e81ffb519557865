"""What a baseline makes of requirements that a run did not test: accepted gaps.

An entry names one requirement, or a chapter (`target.*`). It accepts that what it names is not tested. It is as strict
as a known failure: when everything that it names is tested, it fails the run until it is taken out. Requirements that
do not apply or ended in an error do not count. Requirements that no text decides are never tested and need no entry.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date

from conformance.judging.baseline import AcceptedGap
from conformance.judging.verdict import Judgement, Verdict

TESTED = frozenset({"pass", "fail", "warn", "known-failure", "unexpected-pass"})
"""The verdicts, as reports have them, of what was judged."""


def accept_gaps(
    gaps: Sequence[AcceptedGap], judgements: Sequence[Judgement], today: date, file: str
) -> tuple[list[Judgement], list[str], bool]:
    """The judgements with what accepts them, what is to be said about the entries, and whether that fails the run."""
    messages: list[str] = []
    usable: list[AcceptedGap] = []
    fails = False
    for gap in gaps:
        problem = _problem(gap, usable, judgements, today)
        if problem:
            messages.append(f"{file}: {gap.described}: {problem}")
            fails = True
        if not problem or problem == tested_after_all(gap, judgements):
            usable.append(gap)
    return [_accepted(judgement, usable, file) for judgement in judgements], messages, fails


def _problem(gap: AcceptedGap, before: Sequence[AcceptedGap], judgements: Sequence[Judgement], today: date) -> str:
    if gap.is_expired(today):
        return f"expired on {gap.expires}; test it, or renew the entry with a reason"
    for other in before:
        if other.requirement == gap.requirement or (other.is_chapter and other.covers(gap.requirement)):
            return f"untested entry {other.number} says so already; take one of the two out"
    return tested_after_all(gap, judgements)


def tested_after_all(gap: AcceptedGap, judgements: Sequence[Judgement]) -> str:
    """That nothing an entry names is untested any more, and something was tested; nothing otherwise."""
    verdicts = {judgement.verdict.value for judgement in _named(gap, judgements)}
    if Verdict.NOT_TESTED.value in verdicts or not verdicts & TESTED:
        return ""
    what = "nothing in it is untested any more" if gap.is_chapter else "it is tested now"
    return f"{what}; take the entry out"


def _named(gap: AcceptedGap, judgements: Sequence[Judgement]) -> Iterator[Judgement]:
    for judgement in judgements:
        if gap.covers(judgement.requirement.id) and not judgement.requirement.not_tested_reason:
            yield judgement


def _accepted(judgement: Judgement, gaps: Sequence[AcceptedGap], file: str) -> Judgement:
    covering = [gap for gap in gaps if any(_named(gap, [judgement]))]
    if not covering:
        return judgement
    if judgement.verdict is Verdict.NOT_TESTED:
        return replace(judgement, gap=covering[0])
    if judgement.verdict is Verdict.PASS and any(not gap.is_chapter for gap in covering):
        reason = f"is tested, and {file} lists it as untested"
        return replace(judgement, verdict=Verdict.UNEXPECTED_PASS, reason=reason)
    return judgement
