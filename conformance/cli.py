"""The command line: `lro-conformance`, and `python -m conformance`.

Exit status: 0 conformant, 1 not conformant, 2 usage or environment error, 3 incomplete.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from conformance import __version__
from conformance.errors import ConformanceError, UsageError

USAGE_ERROR = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status. Every error of this program is one message, without a traceback."""
    parser = _parser()
    options, rest = parser.parse_known_args(arguments)
    if rest and options.command_function is not run_command:
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    options.rest = rest
    try:
        return int(options.command_function(options))
    except ConformanceError as error:
        print(f"lro-conformance: {error}", file=sys.stderr)
        return USAGE_ERROR
    except KeyboardInterrupt:
        print("lro-conformance: interrupted", file=sys.stderr)
        return USAGE_ERROR
    except BrokenPipeError:
        sys.stderr.close()
        return USAGE_ERROR


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="lro-conformance", description="Conformance of long-running operations over HTTP/JSON.", allow_abbrev=False
    )
    parser.add_argument("--version", action="version", version=f"lro-conformance {__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    _add_run(commands)
    _add_serve(commands)
    _add_requirements(commands)
    return parser


Commands = argparse._SubParsersAction  # argparse has no public name for what add_subparsers returns


def _add_run(commands: Commands[argparse.ArgumentParser]) -> None:
    run = commands.add_parser(
        "run",
        help="check an implementation; without arguments the embedded reference server",
        description="Check an implementation. Options that are not listed (-k, -m, -n, …) go to pytest.",
        allow_abbrev=False,
    )
    run.add_argument("config", nargs="?", metavar="CONFIG.toml", help="what is under test; see README")
    run.add_argument("--url", help="the target, in place of the configuration's")
    run.add_argument("--operation", action="append", default=[], metavar="NAME", help="a running operation to use")
    run.add_argument("--spec", metavar="SPEC", help="a file in specs/, or the path of an OpenAPI file")
    run.add_argument("--statement", action="append", default=[], metavar="KEY=VALUE", help="conformance statement")
    run.add_argument("--profile", default="quick", choices=("quick", "ci", "thorough"), help="default: quick")
    run.add_argument("--seed", type=int, default=0, metavar="N", help="seed of everything that is drawn (default: 0)")
    run.add_argument("--report-dir", metavar="DIR", help="write report.json and junit.xml there")
    run.add_argument("--json", action="store_true", help="print report.json instead of the table")
    run.set_defaults(command_function=run_command)


def run_command(options: argparse.Namespace) -> int:
    """`run`: the suite in this process, through pytest."""
    from conformance.run_suite import run_suite

    pytest_options = list(options.rest)
    if options.config is not None and options.config.startswith("-"):
        raise UsageError(f"{options.config!r} is not a configuration file", "see lro-conformance run --help")
    settings = {
        "--iut": [options.config] if options.config else [],
        "--iut-url": [options.url] if options.url else [],
        "--iut-operation": options.operation,
        "--iut-spec": [options.spec] if options.spec else [],
        "--iut-statement": options.statement,
        "--iut-profile": [options.profile],
        "--iut-seed": [str(options.seed)],
        "--iut-report-dir": [options.report_dir] if options.report_dir else [],
    }
    plugin_options = [f"{name}={value}" for name, values in settings.items() for value in values]
    return run_suite(plugin_options, pytest_options, as_json=options.json, report_dir=options.report_dir)


def _add_serve(commands: Commands[argparse.ArgumentParser]) -> None:
    serve = commands.add_parser(
        "serve",
        help="serve the reference server; prints its URL first",
        description="Serve the reference server on a socket until it is interrupted. The first line is its URL.",
        allow_abbrev=False,
    )
    serve.add_argument("--host", default="127.0.0.1", help="default: 127.0.0.1")
    serve.add_argument("--port", type=int, default=0, help="default: 0, any free port")
    serve.add_argument("--latency", type=float, default=0.0, metavar="MS", help="milliseconds before every answer")
    serve.set_defaults(command_function=serve_command)


def serve_command(options: argparse.Namespace) -> int:
    """`serve`: the reference server on a socket."""
    from conformance.reference.build import reference_service
    from conformance.reference.serve import serve

    serve(reference_service(), options.host, options.port, options.latency)
    return 0


def _add_requirements(commands: Commands[argparse.ArgumentParser]) -> None:
    requirements = commands.add_parser(
        "requirements", help="list what is checked, and where it is written", allow_abbrev=False
    )
    requirements.add_argument("--format", default="text", choices=("text", "json", "markdown"), help="default: text")
    requirements.set_defaults(command_function=requirements_command)


def requirements_command(options: argparse.Namespace) -> int:
    """`requirements`: the catalogue, each requirement with its checks and its faults."""
    from conformance.suite.listing import render_requirements

    sys.stdout.write(render_requirements(options.format, {}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
