"""The report "not finished", which a report directory has until the run has made its report.

It is written before anything is read. So whatever ends a run (a mistake in its configuration, a signal, a power cut),
an earlier report cannot be mistaken for its own.
"""

from __future__ import annotations

from pathlib import Path

from conformance.judging.report import RunFacts, build_report, write_report
from conformance.judging.verdict import RunVerdict
from conformance.lro import timestamp
from conformance.reports.artefacts import writable
from conformance.reports.earlier import REPORT, remove_earlier_report

MESSAGE = "the run has not finished: it goes on, or ended before it could write its report"


def begin_report(directory: Path) -> None:
    """Replace what an earlier run left by a report that says "not finished". Raises UsageError when that cannot be."""
    remove_earlier_report(writable(directory))
    now = timestamp()
    facts = RunFacts(
        iut={"name": "", "url": "", "version": "", "statement": {"declared": {}, "found": {}}},
        spec={"name": "", "sha256": ""},
        profile="",
        seed=0,
        started=now,
        finished=now,
        requests=0,
        operations=0,
        was_interrupted=True,
        messages=(MESSAGE,),
    )
    if not (directory / REPORT).is_dir():
        write_report(build_report((), RunVerdict.INCOMPLETE, facts), directory)
