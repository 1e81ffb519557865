"""`audit`: judge traffic that somebody else recorded."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from conformance.commands import add_size, size_of

if TYPE_CHECKING:
    from conformance.commands import Commands


def add(commands: Commands) -> None:
    """Describe the command."""
    parser = commands.add_parser(
        "audit",
        help="judge traffic that somebody else recorded",
        description="Judge the calls in a HAR file by every rule that needs nothing but traffic. Secrets are taken out "
        "before anything is shown. Exit status 1 when a MUST is violated, else 3: a recording shows no more than that "
        "nothing wrong was recorded.",
        allow_abbrev=False,
    )
    parser.add_argument(
        "file", metavar="FILE.har", help="from a browser, mitmproxy, or the directory of `run --report-dir`"
    )
    parser.add_argument("--spec", default="beyondcorp.v1", metavar="SPEC", help="the contract (default: beyondcorp.v1)")
    parser.add_argument("--url", default="", help="only this server, with the path before the contract's, if any")
    parser.add_argument("--statement", action="append", default=[], metavar="KEY=VALUE", help="conformance statement")
    parser.add_argument(
        "--report-dir", metavar="DIR", help="write report.json, report.html and the judged traffic there"
    )
    add_size(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Judge the recording and print the table."""
    from pathlib import Path

    from conformance.errors import UsageError
    from conformance.exchange.har import read_har
    from conformance.judging.audit import audit
    from conformance.lro import timestamp
    from conformance.reports.artefacts import write_artefacts
    from conformance.reports.console import print_report
    from conformance.server.configured import statement_setting
    from conformance.server.target.configuration_file import declared_statement
    from conformance.spec.catalogue import catalogue
    from conformance.spec.contract import Contract

    path = Path(options.file)
    if options.url and not options.url.startswith(("http://", "https://")):
        raise UsageError(f"--url: {options.url!r} is not an http address", "write it as https://host/path")
    audited = audit(
        read_har(path),
        Contract.load(options.spec),
        catalogue(),
        declared_statement(dict(statement_setting(text) for text in options.statement)),
        file=path.name,
        now=timestamp(),
        url=options.url,
    )
    print_report(audited.report, catalogue(), options.json, size_of(options))
    if options.report_dir:
        write_artefacts(audited.report, audited.exchanges, Path(options.report_dir))
    return int(audited.report["exit_status"])
