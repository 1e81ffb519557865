"""The content of the HTML page, section by section: everything once, and what matters most first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from conformance.exchange.printable import in_one_line, printable
from conformance.exchange.serial import exchange_from_json
from conformance.judging.statement import UNDECLARED
from conformance.reports.exchange_text import answer_lines, request_lines
from conformance.reports.names import Names, names_of
from conformance.reports.time_line import Axis, Span, axis_of, spans_of
from conformance.reports.words import is_out_of_reach, musts_out_of_reach, sender, target_of
from conformance.spec.catalogue import catalogue, client_catalogue

_SHOWN_BODY = 8000
_SHOWN_VIOLATIONS = 10

VERDICTS = {
    "fail": "✗",
    "error": "E",
    "unexpected-pass": "?",
    "warn": "!",
    "known-failure": "x",
    "not-tested": "·",
    "not-applicable": "–",
    "pass": "✓",
}
"""Every verdict in the order of urgency, with its mark: colour alone is not enough."""

OPEN = ("fail", "error", "unexpected-pass")
"""The verdicts that fail a run."""

LEVELS = ("MUST", "SHOULD", "MAY")

Text = tuple[tuple[str, str], ...]
"""A text in pieces: (what is shown, "") or (a letter, the long name that it stands for)."""


@dataclass(frozen=True, slots=True)
class ShownExchange:
    """One exchange as the page shows it."""

    number: int
    note: str
    sender: str
    request: Text
    answer: Text
    curl: str


@dataclass(frozen=True, slots=True)
class Bar:
    """One call on the time line; `left` and `width` in percent."""

    left: str
    width: str
    text: str


@dataclass(frozen=True, slots=True)
class Drawing:
    """A time line: its bars, and the scale's places in percent with their times."""

    bars: tuple[Bar, ...]
    ticks: tuple[tuple[str, str], ...]
    cuts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ShownViolation:
    """One violation. `more` are others with the same message, `turns` what driver and server did in a call of a
    client."""

    message: Text
    exchanges: tuple[ShownExchange, ...]
    drawing: Drawing | None
    turns: tuple[tuple[str, str, str], ...]
    more: tuple[tuple[ShownExchange, ...], ...] = ()


def header_of(report: Mapping[str, Any]) -> dict[str, Any]:
    """The values of the head of the page that are not members of the report."""
    entries = report["requirements"]
    musts = Counter(entry["verdict"] for entry in entries if entry["level"] == "MUST" and not is_out_of_reach(entry))
    applicable = musts.total() - musts["not-applicable"]
    left = [f"{musts[verdict]} {word}" for verdict, word in _LEFT.items() if musts[verdict]]
    beyond = musts_out_of_reach(entries)
    left += [f"{len(beyond)} out of reach in process"] if beyond else []
    statement = report["iut"].get("statement", {})
    return {
        "target": target_of(report),
        "driver": report["iut"].get("driver", {}).get("command", ""),
        "duration": duration(report),
        "kept": f"{musts['pass']} of {applicable} MUST kept",
        "left": ", ".join(left) or ("" if applicable else "no MUST applies"),
        "version": report["iut"].get("version", ""),
        "build": {"commit": "", "url": "", **report.get("build", {})},
        "declared": [(key, _word(value)) for key, value in statement.get("declared", {}).items()],
        "found": [
            (key, _word(found["value"]), found["because"])
            for key, found in statement.get("found", {}).items()
            if found["value"] != UNDECLARED
        ],
        "inapplicable": [
            (reason, [entry["id"] for entry in members])
            for reason, members in grouped(entry for entry in entries if entry["verdict"] == "not-applicable")
        ],
        "messages": list(dict.fromkeys(report["messages"])),
    }


_LEFT = {
    "fail": "violated",
    "error": "not judged because of an error",
    "unexpected-pass": "kept though the baseline lists it",
    "warn": "with a warning",
    "known-failure": "known to fail",
    "not-tested": "not tested",
}
"""What became of a MUST that is not kept, in words."""


def duration(report: Mapping[str, Any]) -> str:
    """How long the run took, in words."""
    took = datetime.fromisoformat(report["finished"]) - datetime.fromisoformat(report["started"])
    seconds = took.total_seconds()
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s"


def grouped(entries: Iterable[dict[str, Any]]) -> list[tuple[str, list[dict[str, Any]]]]:
    """The entries by their reason, so that each reason is shown once; reasons of a MUST come first."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for entry in entries:
        groups.setdefault(entry["reason"], []).append(entry)
    return sorted(groups.items(), key=lambda group: all(entry["level"] != "MUST" for entry in group[1]))


def chapters_of(entries: Iterable[dict[str, Any]]) -> list[tuple[str, str, list[dict[str, Any]], str]]:
    """Key, title and members of every chapter, and how many of which verdict."""
    titles = {**client_catalogue().chapters, **catalogue().chapters}
    chapters: dict[str, list[dict[str, Any]]] = {}
    for entry in entries:
        chapters.setdefault(entry["id"].partition(".")[0], []).append(entry)
    return [(key, titles.get(key, key), members, _counts(members)) for key, members in chapters.items()]


def _counts(members: Sequence[Mapping[str, Any]]) -> str:
    counted = Counter(entry["verdict"] for entry in members)
    words = {"pass": "kept", "not-applicable": "not applicable"}
    return ", ".join(f"{counted[verdict]} {words.get(verdict, verdict)}" for verdict in words if counted[verdict])


def entry_of(entry: Mapping[str, Any]) -> dict[str, Any]:
    """One requirement as the page shows it."""
    names = names_of(entry)
    found, left = _found(entry, names)
    reproduction = entry.get("reproduction", {})
    command = reproduction.get("replay") or reproduction.get("command", "")
    told = {name for one in found[:1] for _, name in one.message}
    return {
        **entry,
        "found": found,
        "names": [(letter, printable(name), name in told) for name, letter in names.letters.items()],
        "left": left,
        "command": command.replace("REPORT.json", "report.json"),
        "accepted_gap": entry.get("accepted_gap"),
        "excuses": list(_excuses(entry)),
        "deciding": [_shown(exchange, names, entry["actor"]) for exchange in entry.get("decided_by", ())],
        # What was found says it already.
        "reason": "" if found or entry["verdict"] == "known-failure" else entry["reason"],
    }


def _excuses(entry: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    """What the baseline says of the requirement: its known failures, and its accepted gap."""
    gap = entry.get("accepted_gap")
    for excuse in [*entry.get("known_failures", ()), *([gap] if gap else [])]:
        check = f"{excuse['check']}: " if excuse.get("check") else ""
        yield {"what": check + excuse["reason"], "link": excuse["link"], "expires": excuse["expires"] or ""}


def _found(entry: Mapping[str, Any], names: Names) -> tuple[list[ShownViolation], int]:
    """The violations, those with the same message together; and how many violations are not shown."""
    by_message: dict[str, list[Mapping[str, Any]]] = {}
    for violation in entry["evidence"][:_SHOWN_VIOLATIONS]:
        by_message.setdefault(violation["message"], []).append(violation)
    found = []
    for message, (first, *others) in by_message.items():
        found.append(
            ShownViolation(
                tuple(names.parts(printable(message))),
                tuple(_shown(value, names, entry["actor"]) for value in first["exchanges"]),
                _drawing(first, names),
                tuple(
                    (f"{event['at'] * 1000:.1f} ms", str(event["event"]), in_one_line(event["text"]))
                    for event in first.get("timeline", ())
                ),
                tuple(tuple(_shown(value, names, entry["actor"]) for value in other["exchanges"]) for other in others),
            )
        )
    return found, entry["violations"] - min(len(entry["evidence"]), _SHOWN_VIOLATIONS)


def _shown(value: Mapping[str, Any], names: Names, actor: str) -> ShownExchange:
    exchange = exchange_from_json(value)
    return ShownExchange(
        number=exchange.number,
        note=printable(exchange.note),
        sender=printable(sender(exchange.check, actor)),
        request=tuple(names.parts("\n".join(request_lines(exchange.request, _SHOWN_BODY)))),
        answer=tuple(names.parts("\n".join(answer_lines(exchange.outcome, _SHOWN_BODY)))),
        curl=str(value.get("curl", "")),
    )


def _drawing(violation: Mapping[str, Any], names: Names) -> Drawing | None:
    spans = spans_of(violation) or _overlapping(violation, names)
    if not spans:
        return None
    axis = axis_of(spans)
    return Drawing(
        tuple(_bar(span, axis) for span in spans),
        tuple((f"{place * 100:.2f}", text) for place, text in axis.ticks()),
        tuple(f"{place * 100:.2f}" for place in axis.cuts),
    )


def _overlapping(violation: Mapping[str, Any], names: Names) -> list[Span]:
    """The exchanges of a violation as calls, when some of them were under way at the same time."""
    exchanges = sorted(violation["exchanges"], key=lambda exchange: exchange["sent_at"])
    if not any(later["sent_at"] < earlier["received_at"] for earlier, later in pairwise(exchanges)):
        return []
    begin = exchanges[0]["sent_at"]
    return [
        Span(
            exchange["sent_at"] - begin,
            exchange["received_at"] - begin,
            exchange["number"],
            _what(exchange, names),
        )
        for exchange in exchanges
    ]


def _what(exchange: Mapping[str, Any], names: Names) -> str:
    call, response = exchange.get("call"), exchange.get("response")
    asked = f"{call['method']} {names.replaced(call['name'])}" if call else exchange["request"]["method"]
    return f"{asked[:40]} → {response['status'] if response else 'no answer'}"


def _bar(span: Span, axis: Axis) -> Bar:
    left, right = axis.place(span.start) * 100, axis.place(span.end) * 100
    text = f"{in_one_line(span.what)} [{span.number}] {span.times}"
    return Bar(f"{min(left, 99.2):.2f}", f"{max(right - left, 0.8):.2f}", text)


def _word(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
