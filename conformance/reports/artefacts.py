"""The files of `--report-dir` except junit.xml: one report, and what is rendered from it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from conformance.errors import UsageError
from conformance.exchange import Exchange
from conformance.exchange.har import har_text
from conformance.judging.report import write_report

SUMMARY_VARIABLE = "GITHUB_STEP_SUMMARY"


def writable(directory: Path) -> Path:
    """The directory, made when it is missing. It is made first: a run of minutes must not end in "cannot be written".

    Raises UsageError when it cannot be made or written to.
    """
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        what = "is a file, no directory" if directory.is_file() else f"cannot be made: {error.strerror}"
        raise UsageError(f"{directory}: {what}", "choose another --report-dir") from error
    if not os.access(directory, os.W_OK):
        raise UsageError(f"{directory}: cannot be written to", "choose another --report-dir")
    return directory


def write_artefacts(report: Mapping[str, Any], exchanges: Iterable[Exchange], directory: Path) -> None:
    """Write report.json, report.html, summary.md and traffic.har, and append the summary to that of the GitHub job.

    If some cannot be written, the others are; then raises one UsageError that names all of them.
    """
    from conformance.reports.html import render_html
    from conformance.reports.markdown import render_markdown

    summary = _encoded(render_markdown(report))
    job = os.environ.get(SUMMARY_VARIABLE)
    raise_all(
        attempts(
            [
                lambda: write_report(report, directory),
                lambda: write_bytes(directory / "report.html", [_encoded(render_html(report))]),
                lambda: write_bytes(directory / "summary.md", [summary]),
                lambda: write_bytes(directory / "traffic.har", map(_encoded, har_text(exchanges, report["started"]))),
                lambda: _append(job, summary),
            ]
        )
    )


def attempts(writings: Iterable[Callable[[], object]]) -> list[UsageError]:
    """Call all of them, also after one has failed; the errors of those that failed."""
    errors = []
    for write in writings:
        try:
            write()
        except UsageError as error:
            errors.append(error)
    return errors


def raise_all(errors: Sequence[UsageError]) -> None:
    """Raise all of the errors as one, if there are any."""
    if errors:
        remedies = dict.fromkeys(error.remedy for error in errors)
        raise UsageError("\n  ".join(error.message for error in errors), "; ".join(remedies))


def write_bytes(path: Path, content: Iterable[bytes]) -> None:
    """Write one file of a report directory. Raises UsageError when it cannot be written."""
    _write(path, content, "wb", "choose another --report-dir")


def _append(job: str | None, summary: bytes) -> None:
    if job:
        _write(Path(job), [summary], "ab", f"fix or unset {SUMMARY_VARIABLE}")


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "backslashreplace")


def _write(path: Path, content: Iterable[bytes], mode: str, remedy: str) -> None:
    try:
        with path.open(mode) as file:
            file.writelines(content)
    except OSError as error:
        raise UsageError(f"{path}: cannot be written: {error.strerror}", remedy) from error
