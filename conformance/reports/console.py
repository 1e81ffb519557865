"""What a run prints: what was wrong, with its evidence, then a table of requirements by chapter, then the verdict."""

from __future__ import annotations

import json
import sys
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from conformance.exchange.printable import in_one_line, printable
from conformance.reports.time_line import spans_of, time_line_text
from conformance.spec.catalogue import Catalogue

_MARKS = {
    "pass": "✓",
    "fail": "✗",
    "warn": "!",
    "known-failure": "x",
    "unexpected-pass": "?",
    "not-applicable": "-",
    "not-tested": "·",
    "error": "E",
}
_TO_EXPLAIN = ("fail", "error", "unexpected-pass", "warn")
_COLOURS = {"fail": "31", "error": "31", "unexpected-pass": "31", "warn": "33", "not-tested": "33", "pass": "32"}
_REMEDY = "\n  remedy: "
_SHOWN_BODY = 1000
_SHOWN_VIOLATIONS = 3
_SHOWN_UNTESTED = 6


def print_report(report: Mapping[str, Any], catalogue: Catalogue, as_json: bool) -> None:
    """Print a report as a table, or as JSON; in ASCII, which an output of any encoding can hold."""
    if as_json:
        print(json.dumps(report, indent=1))
    else:
        sys.stdout.write(render(report, catalogue, colour=sys.stdout.isatty()))


def render(report: Mapping[str, Any], catalogue: Catalogue, colour: bool = False, width: int = 110) -> str:
    """The whole text for a report."""
    lines: list[str] = []
    for entry in report["requirements"]:
        if entry["verdict"] in _TO_EXPLAIN:
            lines += ["", *_explained(entry, colour, width)]
    lines += ["", *_table(report["requirements"], catalogue, colour, width), "", *verdict_lines(report, colour)]
    return "\n".join(lines) + "\n"


def explain(entry: Mapping[str, Any], colour: bool = False, width: int = 110) -> str:
    """One requirement's verdict with its evidence, as `render` shows it."""
    return "\n".join(_explained(entry, colour, width))


def _explained(entry: Mapping[str, Any], colour: bool, width: int) -> Iterator[str]:
    verdict = entry["verdict"]
    yield _painted(f"{_MARKS[verdict]} {verdict.upper()}  {entry['id']}  ({entry['level']})", verdict, colour)
    yield from _wrapped(entry["statement"], "  requirement  ", width)
    source = entry["source"]
    yield from _wrapped(f"{source['title']}; {source['section']}", "  source       ", width)
    yield f"               {source['url']}"
    if not entry["evidence"]:
        yield from _wrapped(entry["reason"], "  found        ", width)
    for violation in entry["evidence"][:_SHOWN_VIOLATIONS]:
        yield from _wrapped(violation["message"], "  found        ", width)
        spans = spans_of(violation)
        if spans:
            yield ""
            yield from (f"    {line}" for line in time_line_text(spans))
        for exchange in violation["exchanges"]:
            yield ""
            yield from ("    " + line for line in _exchange(exchange))
    left = entry["violations"] - _SHOWN_VIOLATIONS
    if left > 0:
        yield f"  and {left} more; report.json shows the first {len(entry['evidence'])}"
    reproduction = entry.get("reproduction", {})
    again = reproduction.get("command") or reproduction.get("curl")
    if again:
        yield ""
        yield f"  again        {in_one_line(again)}"


def _exchange(exchange: Mapping[str, Any]) -> Iterator[str]:
    request = exchange["request"]
    line = in_one_line(f"{request['method']} {request['target']}")
    yield f"> {line} HTTP/1.1    [request {exchange['number']}]"
    yield from (f"> {in_one_line(name)}: {in_one_line(value)}" for name, value in request["headers"])
    yield from _body(request, ">")
    if "failure" in exchange:
        failure = exchange["failure"]
        detail = f" ({in_one_line(failure['detail'])})" if failure["detail"] else ""
        yield f"< no response: {in_one_line(failure['what'])}{detail}"
        return
    response = exchange["response"]
    yield f"< {response['status']} {in_one_line(response['reason'])}".rstrip()
    yield from (f"< {in_one_line(name)}: {in_one_line(value)}" for name, value in response["headers"])
    yield from _body(response, "<")


def _body(message: Mapping[str, Any], arrow: str) -> Iterator[str]:
    body = message.get("body", message.get("body_base64", ""))
    if not body:
        return
    yield arrow
    shown = body[:_SHOWN_BODY]
    yield from (f"{arrow} {line}" for line in printable(shown).split("\n"))
    if len(body) > len(shown):
        yield f"{arrow} … {len(body) - len(shown)} more characters, in report.json"


def _table(entries: Sequence[Mapping[str, Any]], catalogue: Catalogue, colour: bool, width: int) -> Iterator[str]:
    chapters: dict[str, list[Mapping[str, Any]]] = {}
    for entry in entries:
        chapters.setdefault(entry["id"].partition(".")[0], []).append(entry)
    for chapter, members in chapters.items():
        yield catalogue.chapters.get(chapter, chapter)
        for entry in members:
            verdict = entry["verdict"]
            mark = _painted(f"{_MARKS[verdict]} {verdict:<14}", verdict, colour)
            yield f"  {mark} {entry['level']:<6} {entry['id']}"
            if verdict in ("not-tested", "not-applicable", "known-failure") and entry["level"] != "MAY":
                yield from _wrapped(why(entry), " " * 26, width)


def verdict_lines(report: Mapping[str, Any], colour: bool = False) -> Iterator[str]:
    """The end of the text: counts, what was not tested, the verdict."""
    totals = report["totals"]
    counted = ", ".join(f"{totals[verdict]} {verdict}" for verdict in _MARKS if totals.get(verdict))
    untested = [
        entry["id"]
        for entry in report["requirements"]
        if entry["verdict"] == "not-tested" and entry["level"] == "MUST" and not entry.get("accepted_gap")
    ]
    yield f"{in_one_line(report['iut']['name'] or report['iut']['url'])}: {counted}"
    yield f"{report['requests']} requests, {report['operations']} operations, profile {report['profile']}"
    for entry in report["requirements"]:
        for check in entry["checks"]:
            if check.get("alone"):
                yield f"{entry['id']} failed and was tried again, alone: {check['alone']}"
    if untested:
        more = f" and {len(untested) - _SHOWN_UNTESTED} more" if len(untested) > _SHOWN_UNTESTED else ""
        yield f"{len(untested)} MUST not tested: {', '.join(untested[:_SHOWN_UNTESTED])}{more}"
    for message in report["messages"]:
        what, _, remedy = message.partition(_REMEDY)  # any other line break is a peer's
        yield in_one_line(what)
        if remedy:
            yield f"  remedy: {in_one_line(remedy)}"
    paint = {0: "pass", 1: "fail"}.get(report["exit_status"], "warn")
    yield _painted(f"verdict: {said(report).upper()}", paint, colour)


def said(report: Mapping[str, Any]) -> str:
    """The verdict of a run in words; older reports have only the verdict."""
    return str(report.get("verdict_in_words") or report["verdict"])


def why(entry: Mapping[str, Any]) -> str:
    """Why a requirement is not judged, and who accepts that."""
    gap = entry.get("accepted_gap")
    return f"accepted gap: {gap['reason']} ({gap['link']}); {entry['reason']}" if gap else str(entry["reason"])


def _wrapped(text: str, indent: str, width: int) -> list[str]:
    lines = textwrap.wrap(
        printable(text).replace("\n", " "), width, initial_indent=indent, subsequent_indent=" " * len(indent)
    )
    return lines or [indent.rstrip()]


def _painted(text: str, verdict: str, colour: bool) -> str:
    code = _COLOURS.get(verdict)
    return f"\x1b[{code}m{text}\x1b[0m" if colour and code else text
