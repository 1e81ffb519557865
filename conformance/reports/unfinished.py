"""The report "not finished", which a report directory has until the run has made its report.

It is written before anything is read. So whatever ends a run (a mistake in its configuration, a signal, a power cut),
an earlier report cannot be mistaken for its own.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

from conformance.errors import UsageError, nearest
from conformance.judging.report import RunFacts, build_report, write_report
from conformance.judging.verdict import RunVerdict
from conformance.lro import timestamp
from conformance.reports.artefacts import writable

MADE_OF_A_REPORT = (
    *("report.html", "summary.md", "junit.xml", "traffic.har"),
    *("timeline.txt", "driver-stderr.txt"),
)
"""The files that belong to one run and are removed; the ledger stays."""

MESSAGE = "the run has not finished: it goes on, or ended before it could write its report"

_OPTION = "--report-dir"
_SURELY = 0.85
"""So much alike is a misspelt word to what was meant; as for the hints about misspelt options."""
_WRITE_NONE = frozenset({"--plan", "--cleanup", "-h", "--help"})


def begin_report(directory: Path) -> None:
    """Replace what an earlier run left by a report that says "not finished". Raises UsageError when that cannot be.

    A directory of such a name is nobody's report; that the run's own cannot be written there is told at its end.
    """
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
    for name in MADE_OF_A_REPORT:
        try:
            if not (writable(directory) / name).is_dir():
                (directory / name).unlink(missing_ok=True)
        except OSError as error:
            raise UsageError(
                f"{directory / name}: of an earlier run, cannot be removed: {error.strerror}",
                "choose another --report-dir",
            ) from error
    if not (directory / "report.json").is_dir():
        write_report(build_report((), RunVerdict.INCOMPLETE, facts), directory)


def announced_directory(words: Sequence[str], other_commands: Collection[str] = ()) -> Path | None:
    """The report directory of a command line that writes a report there, or would if it had no mistake.

    The mistake may be in the name of the command or of this option: an earlier report must not survive that, either.
    `other_commands` write no report of a run.
    """
    if not words or words[0].startswith("-") or words[0] in other_commands:
        return None
    own = list(words[: words.index("--")] if "--" in words else words)
    named = ""
    for word, following in zip(own, [*own[1:], ""], strict=True):
        option, equals, value = word.partition("=")
        if option in _WRITE_NONE:
            return None
        if nearest(option, [_OPTION], _SURELY):
            named = value if equals else following
    return Path(named) if named and not named.startswith("-") else None
