"""`spec from-discovery`: make the contract of another API from its discovery document."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conformance.commands import Commands


def add(commands: Commands) -> None:
    """Describe the command."""
    parser = commands.add_parser(
        "spec",
        help="make the contract of another API",
        description="Make the contract of another API, for `--spec` or `[iut] spec`.",
        allow_abbrev=False,
    )
    kinds = parser.add_subparsers(title="kinds", required=True, metavar="KIND")
    discovery = kinds.add_parser(
        "from-discovery",
        help="from a Google discovery document",
        description="Write an OpenAPI file with the HTTP rules of the operations in a Google discovery document.",
        allow_abbrev=False,
    )
    discovery.add_argument("file", metavar="FILE", help="a discovery document (JSON)")
    discovery.add_argument("-o", "--output", metavar="SPEC", help="the file to write; default: standard output")
    discovery.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Read the document, write the contract."""
    from conformance.errors import UsageError
    from conformance.spec.discovery import spec_from_discovery
    from conformance.spec.files import read_json

    if "://" in options.file:
        raise UsageError(f"{options.file}: is a URL", "fetch it, `curl -o discovery.json URL`, and name the file")
    source = Path(options.file)
    document = read_json(source, "name a discovery document")
    if not isinstance(document, dict):
        raise UsageError(f"{source}: is not a discovery document", "name a file with a JSON object")
    text = spec_from_discovery(document, source.name)
    if options.output is None:
        sys.stdout.write(text)
        return 0
    try:
        Path(options.output).write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(
            f"{options.output}: cannot be written: {error.strerror}", "choose another file with -o"
        ) from error
    return 0
