"""Runs the suite with pytest, loads nothing that it does not need, and prints the report."""

from __future__ import annotations

import contextlib
import importlib.util
import io
import os
import re
import shlex
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import pytest

from conformance.errors import TargetError, UsageError
from conformance.exchange import Exchange
from conformance.exchange.printable import in_one_line
from conformance.reports.artefacts import attempts, raise_all, write_bytes
from conformance.reports.console import Size, print_report
from conformance.reports.progress import Progress
from conformance.rules.server import all_rules
from conformance.server import plugin
from conformance.server.checks import TRAFFIC_FILE, place_of
from conformance.server.configured import check_target, configuration_of
from conformance.server.options import Options
from conformance.server.run import Run, configured_run
from conformance.server.target.configuration import THE_DEFAULT
from conformance.server.target.connect import is_allowed
from conformance.server.target.rehearsal import MODES
from conformance.spec.catalogue import catalogue

if TYPE_CHECKING:
    from conformance.server.plan import Plan

_UNRECOGNIZED = "unrecognized arguments: "
_COMPLAINT = re.compile(r"(?:^ERROR: (?!usage: )|^pytest\.main\(\): error: )(.*)", re.MULTILINE)
"""How pytest says what is wrong with words that `run` has handed on to it."""
_SUITE = Path(__file__).parent.parent / "suite"
_NOT_NEEDED = (
    *("cacheprovider", "doctest", "unittest", "pastebin", "nose", "debugging", "faulthandler", "stepwise"),
    *("unraisableexception", "threadexception"),  # they collect garbage five times over at the end
    "logging",  # it would keep to itself what an application in process logs
)


class UnrecognizedArguments(UsageError):
    """Words that neither the command nor pytest knows."""

    def __init__(self, words: Sequence[str]) -> None:
        super().__init__(f"unrecognized arguments: {' '.join(words)}", "leave them out")
        self.words = words


def run_suite(options: Options, pytest_options: Sequence[str], as_json: bool, size: Size = Size.NORMAL) -> int:
    """Run the checks and print what came of it, or the report as JSON; the exit status of the verdict.

    Raises UsageError when the options cannot be used, before anything is run.
    """
    progress = _Progress(sys.stderr if size > Size.QUIET else io.StringIO())
    status = _run_pytest(options, pytest_options, progress)
    progress.end()
    if progress.fatal:
        print(f"lro-conformance: {progress.fatal}", file=sys.stderr)
        _show_how_to_start(progress)
    report = progress.report
    if report is None:
        return _nothing_ran(status)
    was_judged = set(report["totals"]) - {"not-tested", "not-applicable"}
    if as_json or not progress.fatal or was_judged:
        print_report(report, catalogue(), as_json, size)
    else:
        for message in report["messages"]:
            if message != progress.fatal:
                print(f"lro-conformance: {message}", file=sys.stderr)
    sys.stdout.flush()
    raise_all(progress.unwritten)
    return int(report["exit_status"])


def _show_how_to_start(progress: _Progress) -> None:
    """Where only the default start was tried: what to write instead, filled with what the server shows."""
    run = progress.run
    if run is None or run.iut is None or run.configuration.operations.running.where != THE_DEFAULT:
        return
    if not any(exchange.response is not None for exchange in run.iut.target.exchanges):
        return
    from conformance.server.first_look import look_at_app, look_at_url, operations_table

    iut, contract = run.configuration.iut, run.iut.contract
    seen = look_at_app(iut.app, run.configuration.directory, contract) if iut.app else look_at_url(iut.url, contract)
    key, value = ("app", iut.app) if iut.app else ("url", iut.url)
    print(
        f"\nThat was {THE_DEFAULT}.\nFor a server of your own write a conformance.toml, such as\n\n"
        f'[iut]\n{key} = "{value}"\nparent = "{seen.parent}"\n{operations_table(seen)}\n'
        f"It is written, with a workflow and a baseline, by\n\n  lro-conformance init --{key} {shlex.quote(value)}",
        file=sys.stderr,
    )


def run_quietly(options: Options, pytest_options: Sequence[str] = ()) -> dict[str, Any]:
    """Run the checks and return the report; nothing is printed. Raises UsageError as `run_suite`."""
    report, _ = run_recorded(options, pytest_options)
    return report


def run_recorded(options: Options, pytest_options: Sequence[str] = ()) -> tuple[dict[str, Any], Iterator[Exchange]]:
    """`run_quietly`, and with the report the traffic, as traffic.har would have it."""
    progress = _Progress(io.StringIO())
    status = _run_pytest(options, pytest_options, progress)
    if progress.report is None or progress.run is None:
        raise TargetError(f"the suite made no report (exit status of pytest: {status})", "run it by hand")
    return progress.report, progress.run.traffic_to_write()


def plan_run(options: Options, pytest_options: Sequence[str]) -> Plan:
    """Every call that a run with these options may make; nothing is sent. Raises UsageError as `run_suite`."""
    from conformance.server.plan import Rehearsal, plan_of

    configuration = configuration_of(options)
    rehearsals = []
    for mode in MODES:
        progress = _Progress(io.StringIO())
        status = _run_pytest(replace(options, rehearsal=mode), pytest_options, progress)
        if progress.fatal:
            raise UsageError(f"the run cannot be rehearsed: {progress.fatal}")  # has its remedy
        if status == pytest.ExitCode.INTERRUPTED or (progress.run is not None and progress.run.was_interrupted):
            raise KeyboardInterrupt  # a part of a plan would be taken for the plan
        if progress.run is None or progress.run.iut is None:
            raise UsageError(
                "the run cannot be rehearsed: the selection leaves no check that sends anything",
                "choose other checks; on another machine those that are disruptive need --disruptive",
            )
        iut = progress.run.iut
        operations = iut.configuration.operations
        rehearsals.append(Rehearsal(iut.target.exchanges, operations.running.names + operations.completed.names))
    return plan_of(configuration, is_allowed(configuration), rehearsals)


def _run_pytest(options: Options, pytest_options: Sequence[str], progress: _Progress) -> int:
    run = configured_run(options)
    check_target(run.configuration, options.config)
    # Only the plugins that are named are loaded, which is most of the time that pytest takes to start; and Hypothesis
    # keeps its caches elsewhere than in the folder from which the suite happens to be run.
    with (
        tempfile.TemporaryDirectory(prefix="lro-conformance-") as scratch,
        _environment(PYTEST_DISABLE_PLUGIN_AUTOLOAD="1", HYPOTHESIS_STORAGE_DIRECTORY=scratch),
    ):
        junit = Path(scratch) / "junit.xml"
        arguments = [
            *("-c", str(_SUITE / "pytest.ini")),
            *(word for name in _NOT_NEEDED for word in ("-p", f"no:{name}")),
            *("-p", "conformance.server.plugin"),
            *_plugins_for(pytest_options, Path(scratch)),
            "--assert=plain",
            "--tb=native",  # the others read and parse sources, for texts that nobody is shown
            "--quiet",
            "--no-header",
            "--no-summary",
            "--capture=no",
            *("-o", f"junit_suite_name={_name_of(run)}"),
            *([f"--junitxml={junit}"] if run.report_dir is not None else []),
            *pytest_options,
            str(_SUITE),
        ]
        complaints = io.StringIO()
        status = int(pytest.ExitCode.INTERNAL_ERROR)
        try:
            with contextlib.redirect_stderr(complaints):
                status = int(pytest.main(arguments, plugins=[_Given(options), progress]))
        finally:
            said = complaints.getvalue()
            complaint = _complaint_in(said) if status == pytest.ExitCode.USAGE_ERROR else ""
            if not complaint:
                sys.stderr.write(progress.run.masking().text(said) if progress.run is not None else said)
        if run.report_dir is not None and progress.report is not None and junit.exists():
            kept = run.report_dir / junit.name
            progress.unwritten += attempts([lambda: write_bytes(kept, [junit.read_bytes()])])
    if complaint.startswith(_UNRECOGNIZED):
        raise UnrecognizedArguments(complaint.removeprefix(_UNRECOGNIZED).split())
    if complaint:
        raise UsageError(
            f"pytest, to which {' '.join(pytest_options)} was handed, says: {complaint}",
            "-k and -m take names joined by and, or, not; -n takes a number of processes",
        )
    return status


def _complaint_in(said: str) -> str:
    """What pytest does not like about its words, without its usage, which has none of the options of `run`.

    Empty where it only says what we have said, with a remedy.
    """
    found = _COMPLAINT.search(said) if "\n  remedy: " not in said else None
    return found[1] if found is not None else ""


def _name_of(run: Run) -> str:
    """The target, as JUnit's readers show it. In one line: pytest would read the next one as another option."""
    iut = run.configuration.iut
    return in_one_line(iut.name or iut.url or iut.app or "embedded reference server")


@contextlib.contextmanager
def _environment(**variables: str) -> Iterator[None]:
    """Environment variables for a while."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _plugins_for(pytest_options: Sequence[str], scratch: Path) -> list[str]:
    """pytest-xdist is loaded only when it is asked for, since plugins are not loaded by themselves here.

    It makes a directory for its workers at once, which pytest would leave behind.
    """
    wants_workers = any(option.startswith(("-n", "--numprocesses", "--dist")) for option in pytest_options)
    if wants_workers and importlib.util.find_spec("xdist") is None:
        raise UsageError("-n needs pytest-xdist, which is not installed", "pip install 'lro-conformance[parallel]'")
    return ["-p", "xdist", f"--basetemp={scratch / 'workers'}"] if wants_workers else []


def _nothing_ran(status: int) -> int:
    """Nothing was judged. pytest has said why, except for an empty selection and an interrupt."""
    if status == pytest.ExitCode.INTERRUPTED:
        print("lro-conformance: interrupted before anything was judged", file=sys.stderr)
    if status == pytest.ExitCode.NO_TESTS_COLLECTED:
        print(
            "lro-conformance: the selection leaves no check to run\n"
            "  remedy: -k takes a part of the name of a check, as `lro-conformance requirements` lists them; "
            "--profile ci has more checks than quick",
            file=sys.stderr,
        )
        return 3
    return 2


class _Given:
    """Gives the plugin the options of the run, in place of options of pytest."""

    def __init__(self, options: Options) -> None:
        self._options = options

    @pytest.hookimpl(tryfirst=True)
    def pytest_configure(self, config: pytest.Config) -> None:
        config.stash[plugin.OPTIONS] = self._options


class _Progress:
    """Shows how far the run is, and has the report when it is over."""

    def __init__(self, stream: TextIO) -> None:
        self._shown = Progress(stream, os.environ)
        self.fatal = ""
        self.unwritten: list[UsageError] = []
        self.report: dict[str, Any] | None = None
        self.run: Run | None = None

    @pytest.hookimpl(trylast=True)
    def pytest_configure(self, config: pytest.Config) -> None:
        """pytest's own terminal output would say everything twice."""
        reporter = config.pluginmanager.getplugin("terminalreporter")
        if reporter is not None:
            config.pluginmanager.unregister(reporter)

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        checks = (_chapter(*place_of(item)) for item in session.items)
        # A rule that judges drawn traffic, too, reports twice: the count may end a little above what was expected.
        rules = (_chapter(requirement, is_drawn=False, judges_all_traffic=True) for requirement in all_rules())
        self._shown.expect((*checks, *rules))

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: Sequence[str]) -> None:
        self._shown.expect_many(len(ids) + len(all_rules()))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        result = getattr(report, plugin.RESULT, None)
        if result is not None:
            judges_all_traffic = TRAFFIC_FILE in result["check"]
            self._shown.ended(_chapter(result["requirement"], result["drawn"], judges_all_traffic), result["finding"])

    @pytest.hookimpl(trylast=True)
    def pytest_unconfigure(self, config: pytest.Config) -> None:
        self.report = config.stash.get(plugin.REPORT, None)
        self.run = config.stash.get(plugin.RUN, None)
        self.fatal = self.run.fatal if self.run is not None else ""
        self.unwritten += self.run.unwritten if self.run is not None else []

    def end(self) -> None:
        self._shown.end()


def _chapter(requirement: str, is_drawn: bool, judges_all_traffic: bool) -> str:
    """The part of the run to which a check belongs, as it is shown."""
    if judges_all_traffic:
        return "All traffic"
    chapter = requirement.partition(".")[0]
    return catalogue().chapters.get(chapter, chapter) + (", drawn" if is_drawn else "")
