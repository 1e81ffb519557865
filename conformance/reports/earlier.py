"""What an earlier run left in a report directory: removed before anything else is done, so that it is nobody else's.

It is done before most of this program is loaded: a signal that ends a run as it begins leaves no report to mistake for
its own. So nothing is imported here that takes time.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from pathlib import Path

from conformance.errors import UsageError, nearest

REPORT = "report.json"
MADE_OF_A_REPORT = (
    *("report.html", "summary.md", "junit.xml", "traffic.har"),
    *("timeline.txt", "driver-stderr.txt"),
)
"""The other files that belong to one run; the ledger stays."""

_OPTION = "--report-dir"
_SURELY = 0.85
"""So much alike is a misspelt word to what was meant; as for the hints about misspelt options."""
_WRITE_NONE = frozenset({"--plan", "--cleanup", "-h", "--help"})


def remove_earlier_report(directory: Path) -> None:
    """Remove the files of an earlier run. Raises UsageError when that cannot be.

    A directory of such a name is nobody's report; that the run's own cannot be written there is told at its end. So it
    is where this directory cannot be written to.
    """
    if not os.access(directory, os.W_OK) or not directory.is_dir():
        return
    for name in (REPORT, *MADE_OF_A_REPORT):
        try:
            if not (directory / name).is_dir():
                (directory / name).unlink(missing_ok=True)
        except OSError as error:
            raise UsageError(
                f"{directory / name}: of an earlier run, cannot be removed: {error.strerror}",
                "choose another --report-dir",
            ) from error


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
        if option == _OPTION or nearest(option, [_OPTION], _SURELY):
            named = value if equals else following
    return Path(named) if named and not named.startswith("-") else None
