"""`run`: check an implementation."""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from conformance.commands import add_size, size_of
from conformance.errors import UsageError

if TYPE_CHECKING:
    from conformance.commands import Commands


def add(commands: Commands) -> None:
    """Describe the command."""
    parser = commands.add_parser(
        "run",
        help="check an implementation; without arguments the embedded reference server",
        description="Check an implementation. Options that are not listed (-k, -m, -n, …) go to pytest.",
        allow_abbrev=False,
    )
    parser.add_argument("config", nargs="?", metavar="CONFIG.toml", help="what is under test; see README")
    parser.add_argument("--url", help="the target, in place of the configuration's")
    parser.add_argument("--app", metavar="MODULE:APP", help="an ASGI or WSGI application to test in this process")
    parser.add_argument(
        "--allow-host",
        action="append",
        default=[],
        metavar="HOST",
        help="a host other than this machine that you may test",
    )
    parser.add_argument("--operation", action="append", default=[], metavar="NAME", help="a running operation to use")
    parser.add_argument("--spec", metavar="SPEC", help="a file in specs/, or the path of an OpenAPI file")
    parser.add_argument("--statement", action="append", default=[], metavar="KEY=VALUE", help="conformance statement")
    parser.add_argument("--baseline", metavar="FILE", help="known failures, which do not fail the run")
    parser.add_argument("--profile", default="quick", choices=("quick", "ci", "thorough"), help="default: quick")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="seed of everything drawn (default: 0)")
    parser.add_argument("--report-dir", metavar="DIR", help="write report.json, report.html, traffic.har, … there")
    parser.add_argument("--disruptive", action="store_true", help="run disruptive checks on other machines, too")
    parser.add_argument("--plan", action="store_true", help="send nothing; print every call that the run may make")
    parser.add_argument(
        "--cleanup", metavar="LEDGER", help="run nothing; cancel and delete what an interrupted run left over"
    )
    parser.add_argument("--max-time", metavar="T", help="ask nothing more after this time, such as 90s or 5m")
    parser.add_argument("--strict", action="store_true", help="let a warning fail the run")
    add_size(parser)
    parser.add_argument(
        "--disallow-unredacted",
        action="store_true",
        help="refuse a configuration with a secret written out in it, which a record or a list of processes would show",
    )
    for option, what in (
        ("-k", "checks whose name matches"),
        ("-m", "checks with a marker"),
        ("-n", "worker processes"),
    ):
        parser.add_argument(option, metavar="EXPRESSION" if option != "-n" else "N", help=f"pytest's: {what}")
    parser.set_defaults(run=run, takes_pytest_options=True)


def run(options: argparse.Namespace) -> int:
    """Run the suite in this process, through pytest, or finish the clean-up of a run."""
    from conformance.commands import unknown_options
    from conformance.server.run_suite import UnrecognizedArguments
    from conformance.server.target.interrupts import interrupted_once

    _refuse_words_that_lead_nowhere(options.config, options.pytest_options)
    try:
        with interrupted_once():
            return _run(options)
    except UnrecognizedArguments as error:
        raise unknown_options(error.words, options.parser.known_options) from None


_OF_PYTEST = {
    **dict.fromkeys(
        ("--lf", "--last-failed", "--ff", "--failed-first", "--nf", "--sw", "--stepwise"), "name checks with -k"
    ),
    **dict.fromkeys(("--co", "--collect-only"), "`run --plan` prints what may be sent, `requirements` what is checked"),
    **dict.fromkeys(("--pdb", "--trace"), "run `pytest --pyargs conformance.suite --iut conformance.toml` for that"),
    **dict.fromkeys(("--fixtures", "--markers"), "`requirements` lists what is checked"),
}
"""Options of pytest that `run` cannot carry out: it keeps nothing between runs, and prints a report of its own."""


def _refuse_words_that_lead_nowhere(config: str | None, rest: Sequence[str]) -> None:
    """Raise UsageError for words that pytest would take, and that nobody means here."""
    if config is not None and _URL.match(config):
        raise UsageError(f"{config} is a URL, where a file is taken", f"write it as --url {config}")
    for at, word in enumerate(rest):
        name = word.partition("=")[0]
        if name in _OF_PYTEST:
            raise UsageError(f"{name} of pytest does nothing here", _OF_PYTEST[name])
        is_value = at > 0 and rest[at - 1].startswith("-") and "=" not in rest[at - 1]
        if not word.startswith("-") and (not is_value or word.endswith(".toml")):
            raise UsageError(f"one CONFIG.toml is taken, and {word} is one more", "run each file for itself")


_URL = re.compile(r"(https?|grpcs?)://", re.IGNORECASE)


def _run(options: argparse.Namespace) -> int:
    from conformance.server.run_suite import run_suite

    settings = {
        "--iut": options.config,
        "--iut-url": options.url,
        "--iut-app": options.app,
        "--iut-allow-host": options.allow_host,
        "--iut-operation": options.operation,
        "--iut-spec": options.spec,
        "--iut-statement": options.statement,
        "--iut-profile": options.profile,
        "--iut-seed": options.seed,
        "--iut-report-dir": options.report_dir,
        "--iut-baseline": options.baseline,
        "--iut-disruptive": options.disruptive,
        "--iut-strict": options.strict,
        "--iut-max-time": options.max_time,
    }
    if options.disallow_unredacted:
        from conformance.server.disclosure import refuse_unredacted
        from conformance.server.run import configured_run

        refuse_unredacted(configured_run(settings).configuration, options.config or "the command line")
    if options.cleanup:
        from conformance.server.finish import finish
        from conformance.server.run import configured_run

        configuration = configured_run({**settings, "--iut-report-dir": None}).configuration
        return finish(Path(options.cleanup), configuration, is_spec_given=bool(options.config or options.spec))
    if options.plan:
        return _print_plan({**settings, "--iut-report-dir": None, "--iut-baseline": None}, options)
    selection = [*_selection(options), *(["-n", options.n] if options.n else [])]
    return run_suite(settings, [*selection, *options.pytest_options], options.json, size_of(options))


def _selection(options: argparse.Namespace) -> list[str]:
    return [word for key in ("-k", "-m") if (value := getattr(options, key[1])) for word in (key, value)]


def _print_plan(settings: Mapping[str, Any], options: argparse.Namespace) -> int:
    from conformance.server.plan import render
    from conformance.server.run_suite import plan_run

    plan = plan_run(settings, [*_selection(options), *options.pytest_options])
    if options.json:
        print(json.dumps(plan.as_json(), indent=1))
    else:
        print("\n".join(render(plan)))
    return 0
