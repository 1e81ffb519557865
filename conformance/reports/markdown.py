"""A report as a page of Markdown: short enough for the summary of a CI job, long enough to know what to do.

What a peer sent stands in `<code>`, and every character that Markdown could interpret is an entity. So no peer can put
a link, an image or a mention on the page.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from conformance.exchange.printable import printable
from conformance.reports.time_line import spans_of, time_line_text
from conformance.reports.words import meaning, said, target_of, untested_musts

_TO_EXPLAIN = ("fail", "error", "unexpected-pass", "warn", "known-failure")
_ORDER = ("pass", *_TO_EXPLAIN, "not-tested", "not-applicable")
_SHOWN_MESSAGE = 300
_SHOWN_CURL = 2000
_SHOWN_UNTESTED = 20


def render_markdown(report: Mapping[str, Any]) -> str:
    """The summary of a report."""
    return "".join(f"{line}\n" for line in _lines(report))


def _lines(report: Mapping[str, Any]) -> Iterator[str]:
    entries = report["requirements"]
    yield f"## lro-conformance: {said(report)}"
    yield ""
    yield meaning(report)
    yield ""
    yield f"{_code(target_of(report))}: {_counts(report['totals'])}."
    yield (
        f"{report['requests']} requests, {report['operations']} operations, profile {report['profile']}, "
        f"seed {report['seed']}, suite {report['suite']['version']}, contract {_text(report['spec']['name'])}."
    )
    if report["messages"]:
        yield ""
        yield from (f"- {_code(message)}" for message in report["messages"])
    yield from _untested(untested_musts(entries))
    yield from _accepted([entry for entry in entries if entry.get("accepted_gap")])
    yield from _table([entry for entry in entries if entry["verdict"] in _TO_EXPLAIN])
    yield from _time_lines(entries)
    yield from _reproductions([entry for entry in entries if entry.get("reproduction", {}).get("curl")])


def _counts(totals: Mapping[str, int]) -> str:
    return ", ".join(f"{totals[verdict]} {verdict}" for verdict in _ORDER if totals.get(verdict))


def _untested(entries: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    if not entries:
        return
    yield ""
    yield f"### {len(entries)} MUST not tested"
    yield ""
    for entry in entries[:_SHOWN_UNTESTED]:
        yield f"- `{entry['id']}`: {_code(_short(entry['reason']))}"
    if len(entries) > _SHOWN_UNTESTED:
        yield f"- and {len(entries) - _SHOWN_UNTESTED} more, in report.json"


def _accepted(entries: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """What is not tested and accepted by the baseline: all of it, because the verdict makes an exception for it."""
    if not entries:
        return
    yield ""
    yield f"### {len(entries)} accepted {'gap' if len(entries) == 1 else 'gaps'}"
    yield ""
    for entry in entries:
        gap = entry["accepted_gap"]
        yield f"- `{entry['id']}`: {_code(_short(gap['reason']))} ({_text(gap['link'])})"


def _table(entries: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    if not entries:
        return
    yield ""
    yield "| verdict | level | requirement | found |"
    yield "|---|---|---|---|"
    for entry in sorted(entries, key=lambda entry: _TO_EXPLAIN.index(entry["verdict"])):
        source = entry["source"]["url"]
        named = f"[`{entry['id']}`]({source})" if source.startswith("https://") else f"`{entry['id']}`"
        sentence = _text(entry["statement"])
        found = " ".join(_known(entry)) or _code(_short(entry["reason"]))
        yield f"| {entry['verdict']} | {entry['level']} | {named}<br>{sentence} | {found} |"


def _known(entry: Mapping[str, Any]) -> Iterator[str]:
    if entry["verdict"] == "known-failure":
        for known in entry["known_failures"]:
            yield f"{_text(known['reason'])} ({_text(known['link'])})"


def _time_lines(entries: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """The time line of every violation that has one, never shortened."""
    for entry in entries:
        for violation in entry["evidence"]:
            lines = "\n".join(time_line_text(spans_of(violation)))
            if lines:
                yield ""
                yield f"`{entry['id']}`: {_code(_short(violation['message']))}"
                yield ""
                yield f"<pre>{html.escape(lines)}</pre>"


def _reproductions(entries: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    if not entries:
        return
    yield ""
    yield "<details><summary>Send it again, by hand</summary>"
    yield ""
    for entry in entries:
        curl = entry["reproduction"]["curl"]
        yield f"`{entry['id']}`"
        yield ""
        yield (
            f"<pre><code>{html.escape(printable(curl))}</code></pre>" if len(curl) <= _SHOWN_CURL else "in report.json"
        )
        yield ""
    yield "</details>"


def _short(text: str) -> str:
    return text if len(text) <= _SHOWN_MESSAGE else f"{text[:_SHOWN_MESSAGE]}…"


def _code(text: str) -> str:
    line = " ".join(printable(text).split())
    return f"<code>{_ACTIVE.sub(_entity, line)}</code>" if line else ""


_ACTIVE = re.compile(r"[\\`*_\[\]<>&|!@~#\"']|:(?=//)|(?<=www)\.")


def _entity(found: re.Match[str]) -> str:
    return f"&#{ord(found[0])};"


def _text(text: str) -> str:
    return " ".join(printable(text).split()).replace("<", "&lt;").replace("|", "\\|")
