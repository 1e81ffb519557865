"""`baseline`: keep the file of known failures in step with what a run found."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conformance.commands import Commands


def add(commands: Commands) -> None:
    """Describe the command."""
    parser = commands.add_parser(
        "baseline",
        help="keep the file of known failures up to date",
        description="Keep the file of known failures and accepted gaps in step with what a run found.",
        allow_abbrev=False,
    )
    actions = parser.add_subparsers(title="actions", required=True, metavar="ACTION")
    update = actions.add_parser(
        "update",
        help="take out what is fixed, add what is new",
        description="Take out of a baseline what a report shows to be fixed, and add what fails and is not listed. "
        "Comments, order and reasons stay. A new entry has an empty reason and link, and the file is refused until a "
        "person has filled them in.",
        allow_abbrev=False,
    )
    update.add_argument("report", metavar="REPORT.json", help="the report of a whole run")
    update.add_argument("file", metavar="FILE", help="the baseline; made when it does not exist")
    update.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Rewrite the baseline and say what was changed."""
    from datetime import UTC, datetime
    from pathlib import Path

    from conformance.errors import UsageError
    from conformance.judging.baseline import read_baseline_text
    from conformance.judging.baseline_update import command_of, new_file, update_baseline
    from conformance.judging.report import read_report
    from conformance.spec.catalogue import catalogue, client_catalogue

    path = Path(options.file)
    report = read_report(Path(options.report))
    text = read_baseline_text(path) if path.exists() else new_file(report)
    known = [requirement.id for half in (catalogue(), client_catalogue()) for requirement in half]
    update = update_baseline(text, str(path), report, known, datetime.now(UTC).date())
    if update.text != text or not path.exists():
        try:
            path.write_bytes(update.text.encode())
        except OSError as error:
            raise UsageError(
                f"{path}: cannot be written: {error.strerror}", "name a file that can be written"
            ) from error
    for sentence in update.removed:
        print(f"removed  {sentence}")
    for sentence in update.added:
        print(f"added    {sentence}")
    for sentence in update.remarks:
        print(f"note     {sentence}")
    if update.added:
        refuses = f"`{command_of(report)}` refuses the file until then"
        print(f"{path}: fill in the reason and the link of what was added; {refuses}")
    elif not update.removed:
        print(f"{path}: is up to date")
    return 0
