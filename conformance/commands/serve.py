"""`serve`: the reference server on a socket."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conformance.commands import Commands


def add(commands: Commands) -> None:
    """Describe the command."""
    parser = commands.add_parser(
        "serve",
        help="serve the reference server; prints its URL first",
        description="Serve the reference server on a socket until it is interrupted. The first line is its URL.",
        allow_abbrev=False,
    )
    parser.add_argument("--host", default="127.0.0.1", help="default: 127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="default: 0, any free port")
    parser.add_argument("--latency", type=float, default=0.0, metavar="MS", help="milliseconds before every answer")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Serve until interrupted."""
    from conformance.reference.build import reference_service
    from conformance.reference.serve import serve

    serve(reference_service(), options.host, options.port, options.latency)
    return 0
