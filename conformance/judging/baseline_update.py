"""Brings a baseline up to date with a report: what is fixed goes out; what is new comes in, for a person to explain.

The file is edited line by line, as a person would. A parser that keeps comments does not know whose they are: the
comment above an entry would stay when the entry goes.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from conformance.errors import UsageError
from conformance.judging.accepted_gaps import TESTED
from conformance.judging.baseline import (
    FLAKY,
    GAPS,
    TABLE,
    AcceptedGap,
    Baseline,
    KnownFailure,
    check_name,
    is_same_check,
    parse_baseline,
)
from conformance.judging.known_failures import EntryState, described, state_of
from conformance.judging.verdict import CheckResult, Finding

NEW_FILE = """\
# Known failures: `lro-conformance run --baseline` does not fail for what is listed here, and fails when an entry is
# not needed any more. Every entry says why, and where that is being dealt with.
"""


def command_of(report: Mapping[str, Any]) -> str:
    """The command that made a report, which is the one that reads the baseline."""
    return "sdk" if "driver" in report["iut"] else "run"


def new_file(report: Mapping[str, Any]) -> str:
    """A baseline without entries, for the command that made a report."""
    return NEW_FILE.replace("lro-conformance run", f"lro-conformance {command_of(report)}")


@dataclass(frozen=True, slots=True)
class Update:
    """The new text of a baseline, and what was done to it, one sentence each."""

    text: str
    removed: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()


@dataclass(slots=True)
class _Plan:
    keep: list[KnownFailure] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    gone: set[int] = field(default_factory=set)


def update_baseline(text: str, file: str, report: Mapping[str, Any], known: Sequence[str], today: date) -> Update:
    """The baseline `text` after a report; `known` are the ids of all requirements there are.

    Raises UsageError when the text is no baseline, or lists its entries in a form that cannot be edited.
    """
    baseline = parse_baseline(text, file, may_be_unfilled=True)
    results = {entry["id"]: _results(entry) for entry in report["requirements"]}
    plan = _plan(baseline, results, known, today)
    kept = [*plan.keep, *baseline.flaky]
    is_narrow = command_of(report) == "sdk"
    new = [entry for requirement, found in results.items() for entry in _missing(requirement, found, kept, is_narrow)]
    updated = "".join(_without(text, baseline, plan.gone)) + "".join(_table(*entry) for entry in new)
    _verify(updated, file, plan, new, baseline)
    return Update(
        updated,
        tuple(plan.removed),
        tuple(f"{requirement}{f', check {check}' if check else ''}" for requirement, check in new),
        (
            *plan.remarks,
            *_about_flaky(baseline.flaky, today),
            *_about_gaps(baseline.gaps, report["requirements"], today),
        ),
    )


def _results(entry: Mapping[str, Any]) -> list[CheckResult]:
    return [
        CheckResult(
            entry["id"], check["check"], Finding(check["finding"]), check["reason"], drawn=check.get("drawn", False)
        )
        for check in entry["checks"]
    ]


def _plan(baseline: Baseline, results: Mapping[str, Sequence[CheckResult]], known: Sequence[str], today: date) -> _Plan:
    plan = _Plan()
    for entry in baseline.entries:
        why = _why_not(entry, plan.keep, results, known)
        if why:
            plan.removed.append(f"{described(entry)}: {why}")
            plan.gone.add(entry.number)
            continue
        plan.keep.append(entry)
        plan.remarks += (f"{described(entry)}: {remark}" for remark in _remarks(entry, results, today))
    return plan


def _why_not(
    entry: KnownFailure,
    before: Sequence[KnownFailure],
    results: Mapping[str, Sequence[CheckResult]],
    known: Sequence[str],
) -> str:
    """Why an entry is taken out, or nothing."""
    if entry.requirement not in results:
        return "" if entry.requirement in known else "there is no such requirement"
    for other in before:
        if other.requirement == entry.requirement and (
            not other.check or (entry.check and is_same_check(other.check, entry.check))
        ):
            return f"entry {other.number} says so already"
    return "fixed" if state_of(entry, results[entry.requirement]) is EntryState.GONE else ""


def _remarks(entry: KnownFailure, results: Mapping[str, Sequence[CheckResult]], today: date) -> Iterator[str]:
    if state_of(entry, results.get(entry.requirement, ())) is EntryState.UNKNOWN:
        yield "the report decides nothing about it; it stays"
    if entry.is_expired(today):
        yield f"expired on {entry.expires}; the run fails until it is fixed or renewed"
    if not (entry.reason.strip() and entry.link):
        yield "its reason or link is still empty; the file is refused until both are filled in"


def _missing(
    requirement: str, results: Sequence[CheckResult], kept: Sequence[KnownFailure], is_narrow: bool
) -> Iterator[tuple[str, str]]:
    """Requirement and check of every entry that the report needs and the baseline does not have.

    A rule about clients judges every scenario, and which of them fails is the news: an entry `is_narrow` then, and
    silences no scenario that was not seen to fail.
    """
    listed = [entry for entry in kept if entry.requirement == requirement]
    left = [
        result
        for result in results
        if result.finding is Finding.VIOLATED and not any(entry.covers(result.check) for entry in listed)
    ]
    if not left:
        return
    if not listed and not is_narrow and not all(result.drawn for result in left):
        yield requirement, ""
        return
    # An entry for the whole requirement would be held against deterministic checks, which find nothing.
    for check in dict.fromkeys(check_name(result.check) for result in left):
        yield requirement, check


def _table(requirement: str, check: str) -> str:
    named = f"check = {json.dumps(check)}\n" if check else ""
    return f'\n[[{TABLE}]]\nrequirement = {json.dumps(requirement)}\n{named}reason = ""\nlink = ""\n'


_HEADER = re.compile(rf"\s*\[\[\s*[\"']?({TABLE}|{FLAKY}|{GAPS})[\"']?\s*\]\]\s*(#.*)?")


def _without(text: str, baseline: Baseline, gone: set[int]) -> Iterator[str]:
    """The lines of the file without some entries; the comment lines right above an entry belong to it."""
    lines = text.splitlines(keepends=True)
    found = [(at, match[1]) for at, line in enumerate(lines) if (match := _HEADER.fullmatch(line.rstrip("\r\n")))]
    for kind, entries in (
        (TABLE, len(baseline.entries)),
        (FLAKY, len(baseline.flaky)),
        (GAPS, len(baseline.gaps)),
    ):
        headers = [at for at, of in found if of == kind]
        if len(headers) != entries:
            raise UsageError(
                f"{baseline.file}: {entries} entries, but {len(headers)} lines [[{kind}]]",
                f"write every entry as a table that begins with [[{kind}]] on a line of its own",
            )
    starts = [_with_comment(lines, at) for at, _ in found] + [len(lines)]
    yield from lines[: starts[0]]
    numbers = itertools.count(1)
    for (_, kind), (start, end) in zip(found, itertools.pairwise(starts), strict=True):
        is_gone = kind == TABLE and next(numbers) in gone
        yield from _standing_alone(lines[start:end]) if is_gone else lines[start:end]
    if lines and not lines[-1].endswith("\n"):
        yield "\n"


def _with_comment(lines: Sequence[str], header: int) -> int:
    start = header
    while start > 0 and lines[start - 1].lstrip().startswith("#"):
        start -= 1
    # A comment that opens the file speaks of the file, unless nothing but the entry follows it.
    return header if start == 0 and header > 0 else start


def _standing_alone(entry: Sequence[str]) -> Sequence[str]:
    """The comments after an entry that a blank line separates from it."""
    body = max(at for at, line in enumerate(entry) if line.strip() and not line.lstrip().startswith("#"))
    blank = next((at for at, line in enumerate(entry) if at > body and not line.strip()), len(entry))
    left = entry[blank:]
    return left if any(line.strip() for line in left) else ()


def _about_flaky(flaky: Sequence[KnownFailure], today: date) -> Iterator[str]:
    """Messages about flaky entries. All of them stay: one steady run proves nothing."""
    for entry in flaky:
        if entry.is_expired(today):
            yield f"{described(entry)}: expired on {entry.expires}; it fails the run until it is fixed or renewed"


def _about_gaps(gaps: Sequence[AcceptedGap], entries: Sequence[Mapping[str, Any]], today: date) -> Iterator[str]:
    """Messages about the accepted gaps. All of them stay: a person decides whether to accept one any longer."""
    for gap in gaps:
        named = [entry for entry in entries if gap.covers(entry["id"]) and (entry["checks"] or entry["level"] != "MAY")]
        verdicts = {entry["verdict"] for entry in named}
        if verdicts & TESTED and "not-tested" not in verdicts:
            yield f"{gap.described}: is tested in this report; the run fails until the entry is taken out"
        if gap.is_expired(today):
            yield f"{gap.described}: expired on {gap.expires}; the run fails until it is tested or renewed"


def _verify(text: str, file: str, plan: _Plan, new: Sequence[tuple[str, str]], before: Baseline) -> None:
    """The edited text must say what was planned: a line inside a text of several lines can look like a table."""
    updated = parse_baseline(text, file, may_be_unfilled=True)
    said = [(entry.requirement, entry.check) for entry in updated.entries]
    if (updated.gaps, updated.flaky) != (before.gaps, before.flaky) or said != [
        *((entry.requirement, entry.check) for entry in plan.keep),
        *new,
    ]:
        raise UsageError(f"{file}: cannot be edited line by line", f"keep [[{TABLE}]] out of texts of several lines")
