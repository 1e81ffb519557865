"""The report as one HTML file that needs nothing else: no network, no server, no other file.

Whatever a peer sent is text here. Jinja escapes it, what is not printable is shown as an escape, and should both fail,
the page's own policy lets no script run but the one that belongs to it.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from conformance.exchange.printable import in_one_line, printable
from conformance.exchange.serial import exchange_from_json
from conformance.reports.exchange_text import answer_lines, request_lines
from conformance.spec.catalogue import catalogue, client_catalogue

if TYPE_CHECKING:
    import jinja2
    import markupsafe

_PAGE = Path(__file__).parent / "page"
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
"""Every verdict in the order of urgency, with its mark: colour alone says nothing."""

_OPEN = frozenset({"fail", "error", "unexpected-pass"})


@dataclass(frozen=True, slots=True)
class _Exchange:
    """One exchange as the page shows it."""

    number: int
    note: str
    check: str
    request: str
    answer: str
    curl: str


@dataclass(frozen=True, slots=True)
class _Violation:
    """One violation; `timeline` is both sides of a client's call, where a client was tested."""

    message: str
    exchanges: tuple[_Exchange, ...]
    timeline: str


def render_html(report: Mapping[str, Any]) -> str:
    """The page of a report."""
    template = _environment().get_template("report.html.jinja")
    titles = {**client_catalogue().chapters, **catalogue().chapters}
    chapters: dict[str, list[dict[str, Any]]] = {}
    for entry in report["requirements"]:
        chapters.setdefault(entry["id"].partition(".")[0], []).append(_entry(entry))
    script, style = _asset("report.js"), _asset("report.css")
    return template.render(
        report=report,
        chapters=[(key, titles.get(key, key), entries) for key, entries in chapters.items()],
        violated=[entry for entry in report["requirements"] if entry["verdict"] in _OPEN],
        untested=[entry for entry in report["requirements"] if entry["verdict"] == "not-tested"],
        marks=VERDICTS,
        style=style,
        script=script,
        script_hash=_hash(script),
        style_hash=_hash(style),
    )


def _entry(entry: Mapping[str, Any]) -> dict[str, Any]:
    shown = entry["evidence"][:_SHOWN_VIOLATIONS]
    reproduction = entry.get("reproduction", {})
    again = reproduction.get("replay") or reproduction.get("command", "")
    return {
        **entry,
        "is_open": entry["verdict"] in _OPEN,
        "violations": [_violation(violation) for violation in shown],
        "left": entry["violations"] - len(shown),
        "again": again.replace("REPORT.json", "report.json"),
        "known_failures": entry.get("known_failures", ()),
    }


def _violation(violation: Mapping[str, Any]) -> _Violation:
    return _Violation(
        printable(violation["message"]),
        tuple(_exchange(value) for value in violation["exchanges"]),
        "\n".join(
            f"{event['at'] * 1000:9.1f} ms  {event['event']:<8}  {in_one_line(event['text'])}"
            for event in violation.get("timeline", ())
        ),
    )


def _exchange(value: Mapping[str, Any]) -> _Exchange:
    exchange = exchange_from_json(value)
    return _Exchange(
        number=exchange.number,
        note=printable(exchange.note),
        check=printable(exchange.check),
        request="\n".join(request_lines(exchange.request, _SHOWN_BODY)),
        answer="\n".join(answer_lines(exchange.outcome, _SHOWN_BODY)),
        curl=str(value.get("curl", "")),
    )


def _link(url: object) -> str:
    """The address when it is one of the web; a link of any other scheme could be a script."""
    return url if isinstance(url, str) and url.startswith(("https://", "http://")) else ""


def _with_code(sentence: str) -> markupsafe.Markup:
    """A sentence of the catalogue with what stands between backticks as code."""
    import markupsafe

    parts = sentence.split("`")
    # An odd number of backticks closes nothing: then the sentence stays as it is.
    if len(parts) % 2 == 0:
        return markupsafe.escape(sentence)
    return markupsafe.Markup("").join(
        markupsafe.Markup("<code>{}</code>").format(part) if at % 2 else part for at, part in enumerate(parts)
    )


def _hash(text: str) -> str:
    """The text as a Content-Security-Policy names it."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


@cache
def _asset(name: str) -> str:
    return (_PAGE / name).read_text(encoding="utf-8")


@cache
def _environment() -> jinja2.Environment:
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_PAGE),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["link"] = _link
    environment.filters["printable"] = printable
    environment.filters["with_code"] = _with_code
    return environment
