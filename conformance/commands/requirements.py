"""`requirements`: what is checked, and where it is written."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conformance.commands import Commands


def add(commands: Commands) -> None:
    """Describe the command."""
    parser = commands.add_parser(
        "requirements", help="list what is checked, and where it is written", allow_abbrev=False
    )
    parser.add_argument("--format", default="text", choices=("text", "json", "markdown"), help="default: text")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print the catalogue, each requirement with its checks and its faults."""
    from conformance.kill_matrix import faults_by_requirement
    from conformance.suite.listing import render_requirements

    sys.stdout.write(render_requirements(options.format, faults_by_requirement()))
    return 0
