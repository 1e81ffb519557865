"""The report as one HTML file that needs nothing else: no network, no server, no other file.

What a peer sent is only text here. Jinja escapes it, and characters that are not printable are shown as escapes. If
both failed, the content security policy of the page would still run no script but its own.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from conformance.exchange.printable import printable
from conformance.reports.page_content import LEVELS, OPEN, VERDICTS, chapters_of, entry_of, grouped, header_of
from conformance.reports.words import meaning, said

if TYPE_CHECKING:
    import jinja2
    import markupsafe

__all__ = ["VERDICTS", "render_html"]

_PAGE = Path(__file__).parent / "page"
_MOST_OPEN = 20
"""So many failing requirements are open at first; of more, the others are to be opened one by one."""
_MOST_CHECKS = 6
"""So many checks of one requirement are listed; of more, those that found it kept are folded."""
_PRINTS = {"evidence": 3, "sentences": 8, "lines": 24}
"""What is printed on paper of each failing requirement, and for how many at most; of more the names."""


def render_html(report: Mapping[str, Any]) -> str:
    """The page of a report."""
    template = _environment().get_template("report.html.jinja")
    entries = [entry_of(entry) for entry in report["requirements"]]
    script, style = _asset("report.js"), _asset("report.css")

    def with_verdict(*verdicts: str) -> list[dict[str, Any]]:
        """In the order of urgency, then of the catalogue."""
        urgent = [verdict for verdict in VERDICTS if verdict in verdicts]
        return [entry for verdict in urgent for entry in entries if entry["verdict"] == verdict]

    failing = with_verdict(*OPEN)
    untested = [entry for entry in with_verdict("not-tested") if not entry["accepted_gap"]]
    return template.render(
        report=report,
        header=header_of(report),
        failing=failing,
        most_open=_MOST_OPEN,
        most_checks=_MOST_CHECKS,
        prints=next((size for size, most in _PRINTS.items() if len(failing) <= most), "names"),
        warned=with_verdict("warn"),
        known=with_verdict("known-failure"),
        said=said(report),
        meaning=meaning(report),
        accepted=[entry for entry in entries if entry["accepted_gap"]],
        untested=grouped(entry for entry in untested if entry["level"] != "MAY"),
        undecided=grouped(entry for entry in untested if entry["level"] == "MAY"),
        chapters=chapters_of(entry for entry in entries if entry["verdict"] in ("pass", "not-applicable")),
        levels=[level for level in LEVELS if any(entry["level"] == level for entry in entries)],
        marks=VERDICTS,
        style=style,
        script=script,
        script_hash=_hash(script),
        style_hash=_hash(style),
    )


def _link(url: object) -> str:
    """The address if it is http or https, else nothing: a link of another scheme could be a script."""
    return url if isinstance(url, str) and url.startswith(("https://", "http://")) else ""


def _with_code(sentence: str) -> markupsafe.Markup:
    """A sentence of the catalogue; text between backticks becomes code."""
    import markupsafe

    parts = sentence.split("`")
    # An odd number of backticks closes nothing: then the sentence stays as it is.
    if len(parts) % 2 == 0:
        return markupsafe.escape(sentence)
    return markupsafe.Markup("").join(
        markupsafe.Markup("<code>{}</code>").format(part) if at % 2 else part for at, part in enumerate(parts)
    )


def _with_letters(parts: Sequence[tuple[str, str]]) -> markupsafe.Markup:
    """A text with letters in place of long names; a button of the page shows the names."""
    import markupsafe

    return markupsafe.Markup(
        "".join(
            f'<b class="name" title="{markupsafe.escape(name)}" data-name="{markupsafe.escape(name)}">{text}</b>'
            if name
            else markupsafe.escape(text)
            for text, name in parts
        )
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
    environment.filters["with_letters"] = _with_letters
    return environment
