"""`sdk`: the gate for clients."""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from conformance.commands import add_size, size_of

if TYPE_CHECKING:
    from conformance.commands import Commands


def add(commands: Commands) -> None:
    """Describe the command."""
    parser = commands.add_parser(
        "sdk",
        help="check a client: the driver around it is started and asked to cancel and to get",
        description="Check a client by a driver, the small program around it; docs/sdk.md has its protocol.",
        usage="lro-conformance sdk [--baseline FILE] [--report-dir DIR] [options] -- DRIVER [ARG...]",
        allow_abbrev=False,
    )
    parser.add_argument("--baseline", metavar="FILE", help="known failures, which do not fail the run")
    parser.add_argument(
        "--report-dir",
        metavar="DIR",
        help="write the report there, as JSON, HTML, JUnit and more, the time line and the driver's log",
    )
    parser.add_argument("--transport", default="rest", choices=("rest", "grpc"), help="default: rest, HTTP/JSON")
    parser.add_argument("--spec", default="beyondcorp.v1", metavar="SPEC", help="the contract (default: beyondcorp.v1)")
    parser.add_argument("--parent", default="", metavar="NAME", help="where the operations are, by their names")
    parser.add_argument(
        "--response-type",
        default="google.protobuf.Empty",
        metavar="TYPE",
        help="the message that an operation returns (default: google.protobuf.Empty)",
    )
    parser.add_argument(
        "--scenario", action="append", default=[], metavar="GLOB", help="play only scenarios of such names"
    )
    parser.add_argument(
        "--patience", type=float, default=10.0, metavar="SECONDS", help="how long a reply may be overdue (default: 10)"
    )
    parser.add_argument(
        "--jobs", type=int, metavar="N", help="drivers side by side (default: three for each processor, at most 6)"
    )
    add_size(parser)
    parser.add_argument("driver", nargs="+", metavar="DRIVER", help="the driver's command, after `--`")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Play the scenarios, print what came of it, and return the exit status of the verdict."""
    from conformance.commands import terminated_like_interrupted
    from conformance.judging.baseline import read_baseline
    from conformance.reports.artefacts import writable
    from conformance.reports.console import print_report
    from conformance.reports.progress import Progress
    from conformance.sdk.gate import run_gate, write_everything
    from conformance.sdk.transports import transport_named
    from conformance.spec.catalogue import client_catalogue

    directory = writable(Path(options.report_dir)) if options.report_dir else None
    progress = Progress(io.StringIO() if options.quiet else sys.stderr, os.environ, what="scenario")
    with terminated_like_interrupted():
        gate = run_gate(
            options.driver,
            only=options.scenario,
            baseline=read_baseline(Path(options.baseline)) if options.baseline else None,
            transport=transport_named(options.transport),
            patience=options.patience,
            jobs=options.jobs,
            spec=options.spec,
            parent=options.parent,
            response_type=options.response_type,
            progress=progress,
        )
    progress.end()
    print_report(
        gate.report if options.json else _without_errors(gate.report),
        client_catalogue(),
        options.json,
        size_of(options),
    )
    if directory is not None:
        write_everything(gate, directory)
    return int(gate.verdict)


def _without_errors(report: Mapping[str, Any]) -> dict[str, Any]:
    """The report without the requirements that an error of the driver left unjudged; a message has the cause."""
    judged = [entry for entry in report["requirements"] if entry["verdict"] != "error"]
    return {**report, "requirements": judged}
