"""`diff`: what changed between two reports."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conformance.commands import Commands


def add(commands: Commands) -> None:
    """Describe the command."""
    parser = commands.add_parser(
        "diff",
        help="what changed between two reports",
        description="What broke, what was fixed, what changed in the requirements and in the environment. Exit status "
        "1 when something broke.",
        allow_abbrev=False,
    )
    parser.add_argument("old", metavar="OLD.json", help="the earlier report.json")
    parser.add_argument("new", metavar="NEW.json", help="the later report.json")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print the difference."""
    from pathlib import Path

    from conformance.judging.difference import ChangeKind, difference, render_difference
    from conformance.judging.report import read_report

    found = difference(read_report(Path(options.old)), read_report(Path(options.new)))
    print("\n".join(render_difference(found)))
    return 1 if ChangeKind.BROKE in found else 0
