"""The pytest plugin: runs the checks of `conformance.suite` against one implementation and makes verdicts of outcomes.

    pytest --pyargs conformance.suite --iut conformance.toml

A check carries the marker `requirement(id, profile)`. It keeps the requirement when it returns, violates it when it
raises `Violated`, and says with `NotTested` or `NotApplicable` that it could not, or need not, judge. Anything else it
raises is an error of ours. Results ride on pytest's reports, so a distributed run (pytest-xdist) needs nothing more;
its workers are handed the options.

Loaded by every pytest in the environment, so what is heavy is imported where it is needed.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from conformance.server.workers import (
    Workers,
    clean_up_when_interrupted,
    hand_over,
    is_of_worker,
    is_worker,
    options_handed_to,
)

if TYPE_CHECKING:
    from conformance.server.options import Options
    from conformance.server.run import Run
    from conformance.server.target.iut import Iut

RUN = pytest.StashKey["Run"]()
OPTIONS = pytest.StashKey["Options"]()
"""The options of the run: those that pytest was given, unless somebody has put others here before."""
RESULT = "lro_conformance_result"
"""Where a report of pytest carries what a check found, as a JSON value."""
REPORT = pytest.StashKey[dict[str, Any]]()
_WORKERS = pytest.StashKey[Workers]()


def pytest_addoption(parser: pytest.Parser) -> None:
    from conformance.server.options import declare_for_pytest

    declare_for_pytest(parser.getgroup("lro-conformance", "conformance of long-running operations").addoption)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "requirement(id, profile): the requirement that a check verifies")
    config.addinivalue_line("markers", "disruptive: a check that may disturb more than the operations it started")
    config.pluginmanager.register(_Results(config), "lro-conformance-results")
    workers = config.stash[_WORKERS] = Workers(lambda: options_of(config), lambda: _run(config))
    config.pluginmanager.register(workers, "lro-conformance-workers")
    if is_worker(config) and _runs_the_suite(config):
        clean_up_when_interrupted(config)
    _begin_report(config)
    if not _is_plain_pytest(config) and _runs_the_suite(config):
        from conformance.errors import UsageError
        from conformance.server.fixtures import load_conftests

        try:
            load_conftests(config)
        except UsageError as error:
            raise pytest.UsageError(str(error)) from error


def _is_plain_pytest(config: pytest.Config) -> bool:
    """Whether this is `lro-conformance run`, to which no conftest.py of the user's belongs."""
    return config.inipath is not None and config.inipath.parent == Path(__file__).parent.parent / "suite"


def _runs_the_suite(config: pytest.Config) -> bool:
    """Whether this session runs checks, and not only tests of somebody else's."""
    return _is_plain_pytest(config) or any("conformance.suite" in argument for argument in config.args)


def options_of(config: pytest.Config) -> Options:
    """The options of the run: those that `run` has, that a worker was handed, or that pytest was given.

    Raises pytest.UsageError for an empty one.
    """
    from conformance.errors import UsageError
    from conformance.server.options import given_to_pytest

    options = config.stash.get(OPTIONS, None)
    if options is None:
        try:
            options = options_handed_to(config) or given_to_pytest(vars(config.option))
        except UsageError as error:
            raise pytest.UsageError(str(error)) from error
        config.stash[OPTIONS] = options
    return options


def _begin_report(config: pytest.Config) -> None:
    """An earlier report does not survive a run that writes none; the workers of a run have none."""
    if is_worker(config) or config.getoption("collectonly"):
        return
    directory = options_of(config).report_dir
    if not directory:
        return
    from conformance.errors import UsageError
    from conformance.reports.unfinished import begin_report

    try:
        begin_report(Path(directory))
    except UsageError as error:
        raise pytest.UsageError(str(error)) from error


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep the checks of the profile, and put them into order."""
    checks = [item for item in items if _is_check(item)]
    if not checks:
        return
    from conformance.server.checks import draws, in_order, properties_of, rank_of, requirement_of

    # A traceback with local variables or arguments would show what went over the wire, and pytest cuts long ones in the
    # middle, so that a part of a secret would not be recognised.
    config.option.showlocals = False
    if getattr(config.option, "tbstyle", "short") in ("auto", "long"):  # there is none without a terminal
        config.option.tbstyle = "short"
    run = _run(config)
    too_large = [item for item in checks if rank_of(item) > run.profile.rank]
    if too_large:
        config.hook.pytest_deselected(items=too_large)
    kept = in_order([item for item in checks if item not in too_large])
    run.firm_checks.update(requirement_of(item) for item in kept if not draws(item))
    for item in kept:
        item.user_properties += properties_of(requirement_of(item))
    items[:] = [item for item in items if not _is_check(item)] + kept


@pytest.fixture(scope="session")
def iut(request: pytest.FixtureRequest) -> Generator[Iut, None, None]:
    """The implementation under test of this run.

    Fixtures of the user's say what is under test in place of the configuration: `iut_url` gives the URL of a server,
    `iut_transport` an httpx transport (or a router of respx) that is asked in its place, and `iut_operations` a
    function that starts an operation and returns its name.
    """
    from conformance.errors import UsageError
    from conformance.server import fixtures
    from conformance.server.configured import check_target
    from conformance.server.target.connect import connect

    run = _run(request.config)
    given = {name: fixtures.value_of(request, name) for name in (fixtures.URL, fixtures.TRANSPORT, fixtures.OPERATIONS)}
    run.configuration = fixtures.with_fixtures(run.configuration, **given)
    try:
        check_target(run.configuration, options_of(request.config).config)
    except UsageError as error:
        looked = f"fixtures were looked for in {fixtures.places(request.config)}"
        raise UsageError(error.message, f"{error.remedy}; {looked}") from error
    chosen = run.configuration.deviation is not None or run.configuration.world or _is_plain_pytest(request.config)
    if run.configuration.is_embedded and not chosen:
        fixtures.refuse_misspelt(request.config)
        run.messages.append(
            "nothing says what is under test, so it was the embedded reference server; the fixtures "
            f"{fixtures.URL} and {fixtures.TRANSPORT} were looked for in {fixtures.places(request.config)}"
        )
    run.iut = connect(run.configuration, run.profile, run.ledger_file)
    run.iut.target.check = run.sender
    run.iut.is_out_of_time = lambda: run.is_out_of_time
    yield run.iut
    try:
        run.clean_up()
    finally:
        run.iut.target.close()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Say of a check that it is not run, and why."""
    if not _is_check(item):
        return
    from conformance.errors import NotApplicable, NotTested
    from conformance.server.checks import looks_at_all_traffic, requirement_of
    from conformance.spec.catalogue import catalogue

    run = _run(item.config)
    run.sender = item.name
    if run.iut is not None:
        run.iut.target.check = item.name
    if run.fatal:
        raise NotTested(run.fatal)
    if run.is_out_of_time and not looks_at_all_traffic(item):
        raise NotTested("--max-time was over")
    requirement = catalogue()[requirement_of(item)]
    out_of_reach = run.out_of_reach(requirement)
    if out_of_reach:
        raise NotTested(out_of_reach)
    ruled_out = run.statement.rules_out(requirement)
    if ruled_out is not None:
        raise NotApplicable(ruled_out)
    if item.get_closest_marker("disruptive") is not None and not run.may_disrupt:
        raise NotTested("this check is disruptive, and the target is another machine; --disruptive runs it")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, None, None]:
    """Note what a check judges while it runs."""
    if not _is_check(item):
        return (yield)
    from conformance.server.results import EVIDENCE
    from conformance.suite.evidence import evidence_noted

    with evidence_noted() as item.stash[EVIDENCE]:
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    if not _is_check(item) or (call.when != "call" and call.excinfo is None):
        return (yield)
    from conformance.server.results import is_said, result_of, show

    raised = call.excinfo
    if raised is not None and is_said(raised.value):
        call.excinfo = None  # nobody is shown the traceback of it, and pytest is long at writing one
    try:
        report = yield
    finally:
        call.excinfo = raised
    run = _run(item.config)
    result = result_of(item, call, run, run.masking())
    show(report, result, run)
    handed_on = result_of(item, call, run, None) if is_worker(item.config) else result
    setattr(report, RESULT, handed_on.as_json())
    return report


class _Results:
    """Collects what checks found, in the one process that sees the reports of all."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._of_workers: list[pytest.TestReport] = []

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        value = getattr(report, RESULT, None)
        if value is not None and not is_worker(self._config):
            from conformance.judging.verdict import CheckResult

            result = CheckResult.from_json(value)
            if not is_of_worker(report):
                _run(self._config).results.append(result)
                return
            _run(self._config).of_workers.append(result)
            self._of_workers.append(report)
            # Other plugins may write reports as they are.
            setattr(report, RESULT, {**value, "reason": "", "violations": ()})

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self) -> None:
        """What was recorded is judged when all of it is there, and reported as if each rule were a check.

        Of a run that was interrupted the target is still there: what was started there is cleaned up before all else.
        """
        self._config.stash[_WORKERS].end(self._config)
        run = self._config.stash.get(RUN, None)
        if run is not None:
            run.clean_up()
        if run is None or is_worker(self._config):
            return
        from conformance.server.results import mask, report_of, show

        run.mask_what_workers_said()
        for report in self._of_workers:
            mask(report, run.masking())
        if run.fatal:
            return

        judged = run.judge_traffic()
        run.firm_checks = Counter(result.requirement for result in (*run.results, *judged) if not result.drawn)
        for result in judged:
            report = report_of(result, "call")
            show(report, result, run)
            setattr(report, RESULT, result.as_json())
            self._config.hook.pytest_runtest_logreport(report=report)
            # With the end of a check junit.xml gets its properties.
            self._config.hook.pytest_runtest_logreport(report=report_of(result, "teardown"))


@pytest.hookimpl(wrapper=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> Generator[None, object, object]:
    """Runs last: the clean-up is over by now, or was interrupted."""
    from conformance.server.target.interrupts import interrupted_once

    with interrupted_once(exitstatus == pytest.ExitCode.INTERRUPTED):
        try:
            others = yield
        except KeyboardInterrupt:
            others, exitstatus = None, pytest.ExitCode.INTERRUPTED
            session.exitstatus = exitstatus
        _finish(session, exitstatus)
    return others


def _finish(session: pytest.Session, exitstatus: int) -> None:
    """Make the report, and of its verdict the exit status."""
    session.config.stash[_WORKERS].end(session.config)
    run = session.config.stash.get(RUN, None)
    if run is None:
        return
    if not is_worker(session.config):
        run.mask_what_workers_said()
    run.was_interrupted = run.was_interrupted or (exitstatus == pytest.ExitCode.INTERRUPTED and not run.fatal)
    if run.was_interrupted:
        run.messages.append("the run was interrupted; what had not been asked by then is not tested")
    if is_worker(session.config):
        hand_over(run, session.config)
        return
    if not run.results and not run.fatal and not any(run.all_traffic()):
        return
    report, verdict = run.report()
    session.config.stash[REPORT] = report
    _complete_junit(session.config, run, report)
    if run.report_dir is not None:
        from conformance.errors import UsageError
        from conformance.judging.verdict import RunVerdict
        from conformance.reports.artefacts import write_artefacts

        try:
            write_artefacts(report, run.traffic_to_write(), run.report_dir)
        except UsageError as error:
            # Told when the verdict is: that is what was waited for.
            run.unwritten.append(error)
            session.exitstatus = int(RunVerdict.ERROR)
            return
    if session.exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.INTERRUPTED):
        session.exitstatus = int(verdict)


def _complete_junit(config: pytest.Config, run: Run, report: dict[str, Any]) -> None:
    """Put the verdict of the run beside the checks: pytest has written its file by now."""
    named = config.getoption("xmlpath", None)
    path = Path(os.path.expandvars(named)).expanduser() if named else None
    if path is None or not path.exists():
        return
    from conformance.errors import UsageError
    from conformance.reports.junit import complete_junit

    try:
        complete_junit(report, path, run.masking())
    except UsageError as error:
        run.unwritten.append(error)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    report = config.stash.get(REPORT, None)
    if report is None:
        return
    from conformance.reports.console import verdict_lines

    terminalreporter.section("conformance")
    for line in verdict_lines(report):
        terminalreporter.write_line(line)
    for error in _run(config).unwritten:
        terminalreporter.write_line(str(error), red=True)


def _run(config: pytest.Config) -> Run:
    """The run of this session, made when it is first needed. Raises pytest.UsageError for unusable options."""
    run = config.stash.get(RUN, None)
    if run is None:
        from conformance.errors import ConformanceError
        from conformance.server.run import configured_run

        try:
            run = configured_run(options_of(config))
        except ConformanceError as error:
            raise pytest.UsageError(str(error)) from error
        config.stash[RUN] = run
    return run


def _is_check(item: pytest.Item) -> bool:
    """Whether the item is a check of this suite, and no test of somebody else's."""
    return item.get_closest_marker("requirement") is not None
