"""Everything that `--report-dir` gets besides junit.xml: one report, and what is rendered from it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from conformance.errors import UsageError
from conformance.exchange import Exchange
from conformance.exchange.har import har_text
from conformance.reports.report import write_report

SUMMARY_VARIABLE = "GITHUB_STEP_SUMMARY"


def writable(directory: Path) -> Path:
    """The directory, made when it is missing: a run of minutes must not end in "cannot be written".

    Raises UsageError when it cannot be made or written to.
    """
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{directory}: cannot be made: {error}", "choose another --report-dir") from error
    if not os.access(directory, os.W_OK):
        raise UsageError(f"{directory}: cannot be written to", "choose another --report-dir")
    return directory


def write_artefacts(report: Mapping[str, Any], exchanges: Iterable[Exchange], directory: Path) -> None:
    """Write report.json, report.html, summary.md and traffic.har, and append the summary to the job's of GitHub.

    Raises UsageError when a file cannot be written.
    """
    from conformance.reports.html import render_html
    from conformance.reports.markdown import render_markdown

    write_report(report, directory)
    summary = render_markdown(report)
    _write(directory / "report.html", [_encoded(render_html(report))])
    _write(directory / "summary.md", [_encoded(summary)])
    _write(directory / "traffic.har", map(_encoded, har_text(exchanges, report["started"])))
    job = os.environ.get(SUMMARY_VARIABLE)
    if job:
        _write(Path(job), [_encoded(summary)], "ab")


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "backslashreplace")


def _write(path: Path, content: Iterable[bytes], mode: str = "wb") -> None:
    try:
        with path.open(mode) as file:
            file.writelines(content)
    except OSError as error:
        raise UsageError(f"{path}: cannot be written: {error}", "choose another --report-dir") from error
