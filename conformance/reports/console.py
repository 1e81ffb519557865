"""What a run prints in 80 columns: what fails with its evidence, warnings, a line for each chapter, the verdict.

Three sizes: quiet (what fails, and the verdict), normal, and verbose (every requirement, the evidence of every
warning). The last lines name again what fails, because people see those. A reason that several requirements share is
printed once. Prose is wrapped; time lines and lines to copy are not.
"""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import IntEnum
from typing import Any

from conformance.exchange.printable import WIDTH, cut, in_one_line, printable, wrapped
from conformance.reports.names import Names, names_of, texts_of
from conformance.reports.terminal import painted, wants_colour
from conformance.reports.time_line import spans_of, time_line_text
from conformance.reports.words import (
    is_nothing_judged,
    musts_out_of_reach,
    said,
    target_of,
    untested_musts,
    why,
)
from conformance.spec.catalogue import Catalogue

MARKS = {
    "pass": "✓",
    "fail": "✗",
    "warn": "!",
    "known-failure": "x",
    "unexpected-pass": "?",
    "not-applicable": "-",
    "not-tested": "·",
    "error": "E",
}

_FAILING = ("fail", "error", "unexpected-pass")
_WITH_REASON = ("not-tested", "not-applicable", "known-failure")
_REMEDY = "\n  remedy: "
_SHOWN_BODY = 1000
_SHOWN_NAME = 200
_SHOWN_COMMAND = 2000
_SHOWN_VIOLATIONS = 3
_SHOWN_UNTESTED = 6
_SHOWN_FAILING = 20
_SHOWN_OF_A_REASON = 24
"""So many requirements are listed with the reason that they share; of more, a few."""


class Size(IntEnum):
    """How much is printed."""

    QUIET = 0
    NORMAL = 1
    VERBOSE = 2


def print_report(report: Mapping[str, Any], catalogue: Catalogue, as_json: bool, size: Size = Size.NORMAL) -> None:
    """Print a report as text, or as JSON in ASCII, which an output of any encoding can show."""
    if as_json:
        print(json.dumps(report, indent=1))
    else:
        sys.stdout.write(render(report, catalogue, wants_colour(sys.stdout, os.environ), size))


def render(
    report: Mapping[str, Any], catalogue: Catalogue, colour: bool = False, size: Size = Size.NORMAL, width: int = WIDTH
) -> str:
    """The whole text for a report."""
    entries = report["requirements"]
    lines: list[str] = []
    for entry in entries:
        if entry["verdict"] in _FAILING:
            lines += ["", *_explained(entry, colour, width, size)]
    if size is Size.NORMAL and is_nothing_judged(report):
        # Why comes first; what was not tested is everything.
        lines += [*(("", *_messages(report, width)) if report["messages"] else ()), ""]
        lines += [*_reasons(entries, width, size), *_counts(report, width)]
        return "\n".join([*lines, _verdict(report, colour)]) + "\n"
    if size > Size.QUIET:
        for entry in entries:
            if entry["verdict"] == "warn":
                lines += ["", *(_explained if size is Size.VERBOSE else _without_evidence)(entry, colour, width, size)]
        if size is Size.VERBOSE:
            lines += ["", *_table(entries, catalogue, colour)]
        lines += ["", *_reasons(entries, width, size), *_chapters(entries, catalogue, colour, width)]
    lines += ["", *verdict_lines(report, colour, width)]
    return "\n".join(lines) + "\n"


def explain(entry: Mapping[str, Any]) -> str:
    """The verdict of one requirement with all of its evidence, for files: full names, and no broken line."""
    return "\n".join(_explained(entry, False, 110, Size.VERBOSE, is_for_eyes=False))


def _without_evidence(entry: Mapping[str, Any], colour: bool, width: int, _: Size) -> Iterator[str]:
    """One requirement, what was found, and the request that shows it."""
    found = _by_message(entry["evidence"]) or {entry["reason"]: []}
    seen = {message: _last_request(violations) for message, violations in found.items()}
    names = names_of(entry, [*seen, *seen.values()])
    yield _title(entry, colour)
    yield from wrapped(entry["statement"], "  requirement  ", width)
    for message, line in seen.items():
        yield from wrapped(names.replaced(message), "  found        ", width)
        if line:
            yield from wrapped(names.replaced(line), "  answer to    ", width)
    yield from _legend(names)


def _last_request(violations: Sequence[Mapping[str, Any]]) -> str:
    """The request that shows the first violation: the last one, after what it is compared with. Empty without any."""
    if not violations or not violations[0]["exchanges"]:
        return ""
    last = violations[0]["exchanges"][-1]
    return in_one_line(f"{last['request']['method']} {last['request']['target']}  [request {last['number']}]")


def _title(entry: Mapping[str, Any], colour: bool) -> str:
    verdict = entry["verdict"]
    return painted(f"{MARKS[verdict]} {verdict.upper()}  {entry['id']}  ({entry['level']})", verdict, colour)


def _legend(names: Names, is_for_eyes: bool = True) -> Iterator[str]:
    for name, letter in names.letters.items():
        shown = name[:_SHOWN_NAME] if is_for_eyes else name
        more = f"… {len(name) - len(shown)} more characters, in report.json" if len(name) > len(shown) else ""
        yield f"  {letter:<13}{in_one_line(shown)}{more}"


def _explained(
    entry: Mapping[str, Any], colour: bool, width: int, size: Size, is_for_eyes: bool = True
) -> Iterator[str]:
    found = _by_message(entry["evidence"])
    names = names_of(entry, [text for violations in found.values() for text in _shown_texts(violations[0], size)])
    yield _title(entry, colour)
    yield from wrapped(entry["statement"], "  requirement  ", width)
    source = entry["source"]
    yield from wrapped(f"{source['title']}; {source['section']}", "  source       ", width)
    yield f"               {source['url']}"
    yield from _legend(names, is_for_eyes)
    if not entry["evidence"]:
        yield from wrapped(entry["reason"], "  found        ", width)
    for message, violations in found.items():
        times = f" ({len(violations)} times)" if len(violations) > 1 else ""
        yield from wrapped(names.replaced(message) + times, "  found        ", width)
        yield from _evidence(violations[0], names, width if is_for_eyes else 0, size)
    shown = len(entry["evidence"])
    if entry["violations"] > shown:
        yield f"  and {entry['violations'] - shown} more; report.json shows the first {shown}"
    reproduction = entry.get("reproduction", {})
    command = reproduction.get("command") or reproduction.get("curl") or reproduction.get("replay")
    if command and len(command) > _SHOWN_COMMAND:
        command = reproduction.get("replay") or "report.json has the command, which is long"
    if command:
        yield ""
        yield f"  again        {in_one_line(command)}"


def _by_message(evidence: Sequence[Mapping[str, Any]]) -> dict[str, list[Mapping[str, Any]]]:
    """The violations by their message, at most the first few messages."""
    found: dict[str, list[Mapping[str, Any]]] = {}
    for violation in evidence:
        found.setdefault(violation["message"], []).append(violation)
    return dict(list(found.items())[:_SHOWN_VIOLATIONS])


def _shown_texts(violation: Mapping[str, Any], size: Size) -> Iterable[str]:
    """The texts of a violation in which names are letters; where a time line is enough, that is the message."""
    return texts_of(violation) if size is Size.VERBOSE or not spans_of(violation) else [violation["message"]]


def _evidence(violation: Mapping[str, Any], names: Names, width: int, size: Size) -> Iterator[str]:
    """The time line, or the exchanges if there is none; both if all is to be shown. `width` 0 breaks no line."""
    spans = spans_of(violation)
    if spans:
        yield ""
        yield from (f"    {line}" for line in time_line_text(spans))
        if size < Size.VERBOSE:
            yield f"    (-v shows the {len(violation['exchanges'])} requests and their answers)"
            return
    for exchange in violation["exchanges"]:
        yield ""
        for line in _exchange(exchange, names):
            shown = f"    {line}"
            yield from cut(shown, shown[:6] + "  ", width) if width else [shown]


def _exchange(exchange: Mapping[str, Any], names: Names) -> Iterator[str]:
    request = exchange["request"]
    line = in_one_line(names.replaced(f"{request['method']} {request['target']}"))
    yield f"> {line} HTTP/{request.get('version', '1.1')}  [request {exchange['number']}]"
    yield from (f"> {in_one_line(name)}: {in_one_line(value)}" for name, value in request["headers"])
    yield from _body(request, ">", names)
    if "failure" in exchange:
        failure = exchange["failure"]
        detail = f" ({in_one_line(failure['detail'])})" if failure["detail"] else ""
        yield f"< no response: {in_one_line(failure['what'])}{detail}"
        return
    response = exchange["response"]
    yield f"< {response['status']} {in_one_line(response['reason'])}".rstrip()
    yield from (f"< {in_one_line(name)}: {in_one_line(value)}" for name, value in response["headers"])
    yield from _body(response, "<", names)


def _body(message: Mapping[str, Any], arrow: str, names: Names) -> Iterator[str]:
    body = message.get("body", message.get("body_base64", ""))
    if not body:
        return
    yield arrow
    shown = body[:_SHOWN_BODY]
    yield from (f"{arrow} {line}" for line in printable(names.replaced(shown)).split("\n"))
    if len(body) > len(shown):
        yield f"{arrow} … {len(body) - len(shown)} more characters, in report.json"


def _by_chapter(entries: Sequence[Mapping[str, Any]]) -> dict[str, list[Mapping[str, Any]]]:
    chapters: dict[str, list[Mapping[str, Any]]] = {}
    for entry in entries:
        chapters.setdefault(entry["id"].partition(".")[0], []).append(entry)
    return chapters


def _table(entries: Sequence[Mapping[str, Any]], catalogue: Catalogue, colour: bool) -> Iterator[str]:
    """Every requirement, a line each."""
    for chapter, members in _by_chapter(entries).items():
        yield catalogue.chapters.get(chapter, chapter)
        for entry in members:
            verdict = entry["verdict"]
            yield f"  {painted(f'{MARKS[verdict]} {verdict:<14}', verdict, colour)} {entry['level']:<6} {entry['id']}"
    yield ""


def _reasons(entries: Sequence[Mapping[str, Any]], width: int, size: Size) -> Iterator[str]:
    """Why requirements were not judged: each reason once, with the requirements that share it."""
    for verdict in _WITH_REASON:
        if verdict == "not-applicable" and size < Size.VERBOSE:
            continue
        groups: dict[str, list[str]] = {}
        for entry in entries:
            if entry["verdict"] == verdict and entry["level"] != "MAY":
                groups.setdefault(_because(entry), []).append(f"{entry['id']} ({entry['level']})")
        if groups:
            yield f"{MARKS[verdict]} {verdict}"
        for reason, ids in groups.items():
            is_folded = size < Size.VERBOSE and len(ids) > _SHOWN_OF_A_REASON
            more = f" and {len(ids) - _SHOWN_UNTESTED} more (-v lists them)" if is_folded else ""
            yield from wrapped(reason, "  ", width)
            yield from wrapped(", ".join(ids[:_SHOWN_UNTESTED] if is_folded else ids) + more, "    ", width)
        if groups:
            yield ""


def _because(entry: Mapping[str, Any]) -> str:
    """Why the verdict is what it is; for a known failure, what the baseline says of it."""
    known = [f"{one['reason']} ({one['link']})" for one in entry.get("known_failures", ())]
    return "; ".join(known) if entry["verdict"] == "known-failure" and known else why(entry)


def _chapters(entries: Sequence[Mapping[str, Any]], catalogue: Catalogue, colour: bool, width: int) -> Iterator[str]:
    """For each chapter: how many requirements got which verdict."""
    chapters = _by_chapter(entries)
    titles = {chapter: catalogue.chapters.get(chapter, chapter) for chapter in chapters}
    longest = max(map(len, titles.values()), default=0)
    yield "requirements by chapter"
    for chapter, members in chapters.items():
        counted = Counter(entry["verdict"] for entry in members)
        title = f"{titles[chapter]:<{longest}}  "
        counts = [(verdict, f"{counted[verdict]} {verdict}") for verdict in MARKS if counted[verdict]]
        *groups, last = _fitting(counts, width - len(title))
        for group, end in (*((group, ",") for group in groups), (last, "")):
            yield title + ", ".join(painted(text, verdict, colour) for verdict, text in group) + end
            title = " " * len(title)


def _fitting(counts: Sequence[tuple[str, str]], width: int) -> Iterator[list[tuple[str, str]]]:
    """The counts in groups, as many in each as fit side by side with a comma after them."""
    group: list[tuple[str, str]] = []
    for count in counts:
        if group and len(", ".join(text for _, text in [*group, count])) >= width:
            yield group
            group = []
        group.append(count)
    yield group


def verdict_lines(report: Mapping[str, Any], colour: bool = False, width: int = WIDTH) -> Iterator[str]:
    """The end of the text: counts, what was not tested, what fails, the verdict."""
    entries = report["requirements"]
    yield from _counts(report, width)
    for entry in entries:
        for check in entry["checks"]:
            if check.get("confirmation"):
                yield f"{entry['id']} failed and was repeated on its own: {check['confirmation']}"
    for what, musts in (
        ("not tested", untested_musts(entries)),
        ("cannot be tested in process, which is no gap", musts_out_of_reach(entries)),
    ):
        if musts:
            more = f" and {len(musts) - _SHOWN_UNTESTED} more" if len(musts) > _SHOWN_UNTESTED else ""
            ids = ", ".join(entry["id"] for entry in musts[:_SHOWN_UNTESTED])
            yield from wrapped(f"{len(musts)} MUST {what}: {ids}{more}", "", width)
    yield from _most_frequent_reason(untested_musts(entries), width)
    yield from _messages(report, width)
    failing = [entry for entry in entries if entry["verdict"] in _FAILING]
    yield from (_title(entry, colour) for entry in failing[:_SHOWN_FAILING])
    if len(failing) > _SHOWN_FAILING:
        yield f"and {len(failing) - _SHOWN_FAILING} more that fail"
    yield _verdict(report, colour)


def _most_frequent_reason(musts: Sequence[Mapping[str, Any]], width: int) -> Iterator[str]:
    """Why a run is incomplete, where the reasons are not shown, or far above."""
    for reason, count in Counter(map(why, musts)).most_common(1):
        yield from wrapped(reason, "  because " if count == len(musts) else f"  {count} of them because ", width)


def _counts(report: Mapping[str, Any], width: int) -> Iterator[str]:
    totals = report["totals"]
    count = sum(totals.values())  # also of those that the text leaves out
    counted = ", ".join(f"{totals[verdict]} {verdict}" for verdict in MARKS if totals.get(verdict))
    yield from wrapped(
        f"{target_of(report)}, {count} {'requirement' if count == 1 else 'requirements'}: {counted}", "", width
    )
    yield f"{report['requests']} requests, {report['operations']} operations, profile {report['profile']}"


def _messages(report: Mapping[str, Any], width: int) -> Iterator[str]:
    """What the run has to say, each with its remedy, once."""
    for message in dict.fromkeys(report["messages"]):
        what, _, remedy = message.partition(_REMEDY)  # any other line break is a peer's
        yield from wrapped(what, "", width)
        if remedy:
            yield f"  remedy: {in_one_line(remedy)}"


def _verdict(report: Mapping[str, Any], colour: bool) -> str:
    paint = {0: "pass", 1: "fail"}.get(report["exit_status"], "warn")
    return painted(f"verdict: {said(report).upper()}", paint, colour)
