"""`run`: check an implementation."""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from conformance.commands import SURELY, add_size, size_of
from conformance.errors import UsageError

if TYPE_CHECKING:
    from conformance.commands import CommandParser, Commands
    from conformance.server.options import Options


def add(commands: Commands) -> None:
    """Describe the command."""
    from conformance.server.options import declare_for_run

    parser = commands.add_parser(
        "run",
        help="check an implementation; without arguments the embedded reference server",
        description="Check an implementation. Options that are not listed (-k, -m, -n, …) go to pytest.",
        allow_abbrev=False,
    )
    declare_for_run(parser.add_argument)
    parser.add_argument("--plan", action="store_true", help="send nothing; print every call that the run may make")
    parser.add_argument(
        "--cleanup", metavar="LEDGER", help="run nothing; cancel and delete what an interrupted run left over"
    )
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


def run(words: argparse.Namespace) -> int:
    """Run the suite in this process, through pytest, or finish the clean-up of a run."""
    from conformance.server.run_suite import UnrecognizedArguments
    from conformance.server.target.interrupts import interrupted_once

    _refuse_no_number(words.n)
    _refuse_words_that_lead_nowhere(words.config, words.pytest_options, words.parser)
    try:
        with interrupted_once():
            return _run(words)
    except UnrecognizedArguments as error:
        raise words.parser.unknown_options(error.words) from None


_OF_PYTEST = {
    **dict.fromkeys(
        ("--lf", "--last-failed", "--ff", "--failed-first", "--nf", "--sw", "--stepwise"), "name checks with -k"
    ),
    **dict.fromkeys(("--co", "--collect-only"), "`run --plan` prints what may be sent, `requirements` what is checked"),
    **dict.fromkeys(("--pdb", "--trace"), "run `pytest --pyargs conformance.suite --iut conformance.toml` for that"),
    **dict.fromkeys(("--fixtures", "--markers"), "`requirements` lists what is checked"),
}
"""Options of pytest that `run` cannot carry out: it keeps nothing between runs, and prints a report of its own."""


def _refuse_words_that_lead_nowhere(config: str | None, rest: Sequence[str], parser: CommandParser) -> None:
    """Raise UsageError for arguments that pytest would accept but that make no sense here."""
    if config is not None and _URL.match(config):
        raise UsageError(f"{config} is a URL, but a file is expected", f"write it as --url {config}")
    for at, word in enumerate(rest):
        name = word.partition("=")[0]
        if name in _OF_PYTEST:
            raise UsageError(f"{name} of pytest does nothing here", _OF_PYTEST[name])
        if name == "--iut" or name.startswith("--iut-"):
            raise UsageError(
                f"{name} is an option of pytest's and does nothing here", _spelled_for_run(name, parser.known_options)
            )
        is_value = at > 0 and rest[at - 1].startswith("-") and "=" not in rest[at - 1]
        if not word.startswith("-") and (not is_value or word.endswith(".toml")):
            raise UsageError(f"only one CONFIG.toml is accepted, and {word} is another one", "run each file on its own")
    valueless = [word for word in rest if word.startswith("--") and "=" not in word]
    if config and valueless and not Path(config).is_file():
        raise parser.no_such_option(valueless, SURELY) or UsageError(
            f"there is no file {config}, and `run` has no option {valueless[-1]} of its own",
            f"write {valueless[-1]}={config} if both are for pytest, or leave them out",
        )


def _refuse_no_number(processes: str | None) -> None:
    """Raise UsageError for a number of worker processes that is none: pytest-xdist takes a negative one for none."""
    if processes is not None and not re.fullmatch("[0-9]+|auto|logical", processes):
        raise UsageError(f"-n {processes}: this is no number of processes", "write -n 2, or -n auto")


def _spelled_for_run(name: str, known: Sequence[str]) -> str:
    """How `run` spells an option of the plugin, which has the options of `run` in place of those of pytest's words."""
    if name == "--iut":
        return "give the CONFIG.toml alone"
    own = name.replace("--iut-", "--", 1)
    return f"write it as {own}" if own in known else f"run `pytest --pyargs conformance.suite {name}=…` for that"


_URL = re.compile(r"(https?|grpcs?)://", re.IGNORECASE)


def _run(words: argparse.Namespace) -> int:
    from conformance.server.configured import configuration_of
    from conformance.server.options import Options
    from conformance.server.run_suite import run_suite

    options = Options.read(vars(words))
    if words.disallow_unredacted:
        from conformance.server.disclosure import refuse_unredacted

        refuse_unredacted(configuration_of(options), options.config or "the command line")
    if words.cleanup:
        from conformance.server.finish import finish

        is_spec_given = bool(options.config or options.spec)
        return finish(Path(words.cleanup), configuration_of(options), is_spec_given=is_spec_given)
    if words.plan:
        return _print_plan(replace(options, report_dir="", baseline=""), words)
    selection = [*_selection(words), *(["-n", words.n] if words.n else [])]
    return run_suite(options, [*selection, *words.pytest_options], words.json, size_of(words))


def _selection(words: argparse.Namespace) -> list[str]:
    return [word for key in ("-k", "-m") if (value := getattr(words, key[1])) for word in (key, value)]


def _print_plan(options: Options, words: argparse.Namespace) -> int:
    from conformance.server.plan import render
    from conformance.server.run_suite import plan_run

    plan = plan_run(options, [*_selection(words), *words.pytest_options])
    if words.json:
        print(json.dumps(plan.as_json(), indent=1))
    else:
        print("\n".join(render(plan)))
    return 0
