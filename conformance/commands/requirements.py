"""`requirements`: what is checked, and where it is written."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from conformance.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    from conformance.commands import Commands


def add(commands: Commands) -> None:
    """Describe the command."""
    parser = commands.add_parser(
        "requirements",
        help="list what is checked, and where it is written",
        description="List the requirements on servers and on clients, each with its source, its checks and the faults "
        "that break it.",
        allow_abbrev=False,
    )
    parser.add_argument("id", nargs="?", metavar="ID", help="show this one only")
    parser.add_argument("--format", default="text", choices=("text", "json", "markdown"), help="default: text")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print both halves of the catalogue, each requirement with its checks and its faults."""
    sys.stdout.write(listing(options.format, options.id or ""))
    return 0


def listing(style: str, only: str = "") -> str:
    """What is asked of servers, then what is asked of clients, as text, json or markdown; or of the one requirement
    `only`.

    Raises UsageError for a requirement that does not exist, naming the nearest.
    """
    from conformance.proof.client_kill_matrix import client_subjects
    from conformance.proof.kill_matrix import faults_by_requirement, subjects
    from conformance.sdk.checks import listed_checks
    from conformance.spec.catalogue import catalogue, client_catalogue
    from conformance.suite.listing import Half, checks_by_requirement, render_requirements

    broken, broken_by_clients = faults_by_requirement(subjects()), faults_by_requirement(client_subjects())
    servers = Half("What is asked of a server", catalogue(), checks_by_requirement(), broken)
    clients = Half("What is asked of a client", client_catalogue(), listed_checks(), broken_by_clients)
    if not only:
        return render_requirements(style, (servers, clients))
    known = {requirement.id: half for half in (servers, clients) for requirement in half.catalogue}
    if only not in known:
        remedy = did_you_mean(only, known, "`lro-conformance requirements` lists them all")
        raise UsageError(f"there is no requirement {only!r}", remedy)
    return render_requirements(style, (known[only].of_one(only),))
