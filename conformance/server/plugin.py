"""The pytest plugin: runs the checks of `conformance.suite` against one implementation and makes verdicts of outcomes.

    pytest --pyargs conformance.suite --iut conformance.toml

A check carries the marker `requirement(id, profile)`. It keeps the requirement when it returns, violates it when it
raises `Violated`, and says with `NotTested` or `NotApplicable` that it could not, or need not, judge. Anything else it
raises is an error of ours. Results ride on pytest's reports, so a distributed run (pytest-xdist) needs nothing more.

Loaded by every pytest in the environment, so what is heavy is imported where it is needed.
"""

from __future__ import annotations

import argparse
import os
from collections import Counter
from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pytest

if TYPE_CHECKING:
    from conformance.judging.verdict import CheckResult
    from conformance.server.run import Run
    from conformance.server.target.iut import Iut

RUN = pytest.StashKey["Run"]()
_SUITE = "conformance/suite"
RESULT = "lro_conformance_result"
"""Where a report of pytest carries what a check found, as a JSON value."""
TRAFFIC_FILE = "test_traffic.py"
"""The checks that look at all traffic."""
_ACCOUNT = "lro_conformance_account"


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("lro-conformance", "conformance of long-running operations")
    group.addoption(
        "--iut",
        metavar="CONFIG",
        help="conformance.toml; without it, and without --iut-url, the embedded reference server",
    )
    group.addoption("--iut-url", metavar="URL", help="the target, in place of the configuration's")
    group.addoption("--iut-app", metavar="MODULE:APP", help="an ASGI or WSGI application, in place of a URL")
    group.addoption("--iut-allow-host", metavar="HOST", action="append", default=[], help="a host that you may test")
    group.addoption("--iut-operation", metavar="NAME", action="append", default=[], help="a running operation to use")
    group.addoption("--iut-spec", metavar="SPEC", help="the OpenAPI file of the contract")
    group.addoption("--iut-statement", metavar="KEY=VALUE", action="append", default=[], help="conformance statement")
    group.addoption("--iut-profile", metavar="NAME", default="quick", help="quick, ci or thorough")
    group.addoption("--iut-seed", metavar="N", type=int, default=0, help="seed of everything that is drawn")
    group.addoption("--iut-fault", metavar="NAME", help="let the embedded reference server have this fault")
    group.addoption("--iut-variant", metavar="NAME", help="let the embedded reference server be this correct variant")
    group.addoption("--iut-world", metavar="NAME", help="how the embedded reference server behaves besides")
    group.addoption("--iut-disruptive", action="store_true", help="run disruptive checks on other machines, too")
    group.addoption("--iut-rehearsal", help=argparse.SUPPRESS)
    group.addoption("--iut-report-dir", metavar="DIR", help="where report.json is written")
    group.addoption("--iut-baseline", metavar="FILE", help="known failures, which do not fail the run")
    group.addoption("--iut-strict", action="store_true", help="let a warning fail the run")
    group.addoption("--iut-max-time", metavar="T", help="ask nothing more after this time, such as 90s or 5m")


OPTIONS = (
    "--iut",
    "--iut-url",
    "--iut-app",
    "--iut-allow-host",
    "--iut-operation",
    "--iut-spec",
    "--iut-statement",
    "--iut-profile",
    "--iut-seed",
    "--iut-fault",
    "--iut-variant",
    "--iut-world",
    "--iut-disruptive",
    "--iut-rehearsal",
    "--iut-report-dir",
    "--iut-baseline",
    "--iut-strict",
    "--iut-max-time",
)
"""Every option above: what `configured_run` makes a run of."""


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "requirement(id, profile): the requirement that a check verifies")
    config.addinivalue_line("markers", "disruptive: a check that may disturb more than the operations it started")
    config.pluginmanager.register(_Results(config), "lro-conformance-results")
    _begin_report(config)
    if not _is_alone(config) and any(_SUITE in argument for argument in config.args):
        from conformance.errors import UsageError
        from conformance.server.fixtures import load_conftests

        try:
            load_conftests(config)
        except UsageError as error:
            raise pytest.UsageError(str(error)) from error


_SUITE = "conformance.suite"


def _is_alone(config: pytest.Config) -> bool:
    """Whether this is `lro-conformance run`, to which no conftest.py of the user's belongs."""
    return config.inipath is not None and config.inipath.parent == Path(__file__).parent.parent / "suite"


def _begin_report(config: pytest.Config) -> None:
    """An earlier report does not survive a run that writes none; the workers of a run have none."""
    directory = config.getoption("--iut-report-dir")
    if not directory or hasattr(config, "workerinput") or config.getoption("collectonly"):
        return
    from conformance.errors import UsageError
    from conformance.reports.unfinished import begin_report

    try:
        begin_report(Path(directory))
    except UsageError as error:
        raise pytest.UsageError(str(error)) from error


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep the checks of the profile, and put them into the order of the catalogue, those of the smaller profile first.

    So a requirement is not left untested because what was drawn for another one used up the limits. In each profile
    those checks come last that wait until an effect would have shown, and what looks at all traffic at the very end.
    """
    checks = [item for item in items if item.get_closest_marker("requirement") is not None]
    if not checks:
        return
    # A traceback with local variables would show what went over the wire, and pytest cuts long ones in the middle, so
    # that a part of a secret would not be recognised.
    config.option.showlocals = False
    from conformance.spec.catalogue import catalogue

    run = _run(config)
    position = {requirement.id: place for place, requirement in enumerate(catalogue())}
    too_large = [item for item in checks if _profile_of(item) > run.profile.rank]
    if too_large:
        config.hook.pytest_deselected(items=too_large)
    kept = [item for item in checks if item not in too_large]
    run.firm_checks.update(_requirement_of(item) for item in kept if not _draws(item))
    for item in kept:
        item.user_properties += _properties(_requirement_of(item))
    kept.sort(
        key=lambda item: (
            _looks_at_all_traffic(item),
            _profile_of(item),
            _waits_for_the_last_look(item),
            position[_requirement_of(item)],
        )
    )
    items[:] = [item for item in items if item.get_closest_marker("requirement") is None] + kept


@pytest.fixture(scope="session")
def iut(request: pytest.FixtureRequest) -> Generator[Iut, None, None]:
    """The implementation under test of this run.

    Fixtures of the user's say what is under test in place of the configuration: `iut_url` gives the URL of a server,
    `iut_transport` an httpx transport (or a router of respx) that is asked in its place, and `iut_operations` a
    function that starts an operation and returns its name.
    """
    from conformance.errors import UsageError
    from conformance.server import fixtures
    from conformance.server.run import check_target, with_fixtures
    from conformance.server.target.connect import connect

    run = _run(request.config)
    given = {name: fixtures.value_of(request, name) for name in (fixtures.URL, fixtures.TRANSPORT, fixtures.OPERATIONS)}
    run.configuration = with_fixtures(run.configuration, **given)
    try:
        check_target(run.configuration, request.config.getoption("--iut") or "")
    except UsageError as error:
        looked = f"fixtures were looked for in {fixtures.places(request.config)}"
        raise UsageError(error.message, f"{error.remedy}; {looked}") from error
    if run.configuration.is_embedded and run.configuration.disguise is None and not _is_alone(request.config):
        run.messages.append(
            "nothing says what is under test, so it was the embedded reference server; the fixtures "
            f"{fixtures.URL} and {fixtures.TRANSPORT} were looked for in {fixtures.places(request.config)}"
        )
    run.iut = connect(run.configuration, run.profile, run.ledger_file)
    run.iut.target.check = run.sender
    run.iut.is_out_of_time = lambda: run.is_out_of_time
    yield run.iut
    try:
        run.iut.clean_up()
    finally:
        run.iut.target.close()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("requirement") is None:
        return
    from conformance.errors import NotApplicable, NotTested
    from conformance.spec.catalogue import catalogue

    run = _run(item.config)
    run.sender = item.name
    if run.iut is not None:
        run.iut.target.check = item.name
    if run.fatal:
        raise NotTested(run.fatal)
    if run.is_out_of_time and not _looks_at_all_traffic(item):
        raise NotTested("the time of --max-time was over")
    requirement = catalogue()[_requirement_of(item)]
    out_of_reach = run.out_of_reach(requirement)
    if out_of_reach:
        raise NotTested(out_of_reach)
    ruled_out = run.statement.rules_out(requirement)
    if ruled_out is not None:
        raise NotApplicable(ruled_out)
    if item.get_closest_marker("disruptive") is not None and not run.may_disrupt:
        raise NotTested("this check is disruptive, and the target is another machine; --disruptive runs it")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if item.get_closest_marker("requirement") is None or (call.when != "call" and call.excinfo is None):
        return report
    result = _result(item, call)
    _show(report, result, _run(item.config))
    setattr(report, RESULT, _as_json(result))
    return report


def _result(item: pytest.Item, call: pytest.CallInfo[None]) -> CheckResult:
    """What a check found, from how it ended."""
    from conformance.errors import ConformanceError, NotApplicable, NotTested
    from conformance.judging.report import violation_as_json
    from conformance.judging.verdict import CheckResult, Finding
    from conformance.suite.alone import ALONE
    from conformance.suite.items import needs_of
    from conformance.suite.judging import Violated
    from conformance.suite.stimuli import in_turn

    run = _run(item.config)
    raised = call.excinfo.value if call.excinfo is not None else None
    violations: tuple[dict[str, Any], ...] = ()
    reason = run.masking().text(str(raised)) if raised is not None else ""
    if raised is None:
        finding = Finding.KEPT
    elif isinstance(raised, Violated):
        finding = Finding.VIOLATED
        violations = tuple(violation_as_json(complaint, run.masking()) for complaint in raised.complaints)
    elif isinstance(raised, NotTested):
        finding = Finding.NOT_TESTED
    elif isinstance(raised, NotApplicable):
        finding = Finding.NOT_APPLICABLE
    elif isinstance(raised, ConformanceError):
        # The target or the configuration cannot be used: whatever else is tried will not do better.
        finding = Finding.NOT_TESTED
        run.fatal = reason
        item.session.shouldstop = run.masking().text(raised.message)
    else:
        finding = Finding.ERROR
        reason = run.masking().text(f"{type(raised).__name__}: {raised}")
    alone = item.stash.get(ALONE, None)
    return CheckResult(
        _requirement_of(item),
        item.nodeid,
        finding,
        reason,
        call.duration,
        violations,
        _draws(item),
        alone=alone.outcome if alone is not None else "",
        stimuli=in_turn(needs_of(item)),
    )


def _show(report: pytest.TestReport, result: CheckResult, run: Run) -> None:
    """Make pytest's own report say the same: a SHOULD that is not kept fails nobody, and no skip looks like a pass."""
    from conformance.judging.verdict import Finding, Verdict
    from conformance.spec.catalogue import Level, catalogue

    requirement = catalogue()[result.requirement]
    file, line, _ = report.location
    ruled_out = run.statement.rules_out(requirement)
    listed = run.foretold(result) if ruled_out is None else None
    if listed is not None:
        verdict, why = listed
        is_known = verdict is Verdict.KNOWN_FAILURE
        report.outcome = "skipped" if is_known else "failed"
        text = f"{verdict.value}: {why}"
        report.longrepr = (file, line or 0, text) if is_known else text
    elif result.finding is Finding.VIOLATED and requirement.level is Level.MUST and ruled_out is None:
        from conformance.judging.report import build_evidence_entry
        from conformance.reports.console import explain

        report.outcome = "failed"
        report.longrepr = explain(build_evidence_entry(requirement, result))
    elif result.finding is Finding.ERROR:
        report.longrepr = run.masking().text(str(report.longrepr))
    elif ruled_out is not None:
        report.outcome = "skipped"
        report.longrepr = (file, line or 0, f"{Finding.NOT_APPLICABLE.value}: {ruled_out}")
    elif result.finding is not Finding.KEPT:
        word = "warn" if result.finding is Finding.VIOLATED else result.finding.value
        report.outcome = "skipped"
        report.longrepr = (file, line or 0, f"{word}: {result.reason}")


class _Results:
    """Collects what checks found, in the one process that sees the reports of all."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        value = getattr(report, RESULT, None)
        if value is not None and not hasattr(self._config, "workerinput"):
            _run(self._config).results.append(_from_json(value))

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self) -> None:
        """What was recorded is judged when all of it is there, and reported as if each rule were a check."""
        run = self._config.stash.get(RUN, None)
        if run is None or run.fatal or hasattr(self._config, "workerinput"):
            return
        judged = run.judge_traffic()
        run.firm_checks = Counter(result.requirement for result in (*run.results, *judged) if not result.drawn)
        for result in judged:
            report = _report_of(result, "call")
            _show(report, result, run)
            setattr(report, RESULT, _as_json(result))
            self._config.hook.pytest_runtest_logreport(report=report)
            # With the end of a check junit.xml gets its properties.
            self._config.hook.pytest_runtest_logreport(report=_report_of(result, "teardown"))


def _report_of(result: CheckResult, when: Literal["call", "teardown"]) -> pytest.TestReport:
    """A report of pytest's about what the judge found, as if a check had found it."""
    return pytest.TestReport(
        nodeid=f"{_SUITE}/{result.check}",
        location=(f"{_SUITE}/{TRAFFIC_FILE}", None, result.check),
        keywords={},
        outcome="passed",
        longrepr=None,
        when=when,
        user_properties=_properties(result.requirement),
    )


@pytest.hookimpl(wrapper=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> Generator[None, object, object]:
    """The last of all: what was started has been cleaned up by now, or whoever did that was interrupted."""
    try:
        others = yield
    except KeyboardInterrupt:
        others, exitstatus = None, pytest.ExitCode.INTERRUPTED
        session.exitstatus = exitstatus
    _finish(session, exitstatus)
    return others


def _finish(session: pytest.Session, exitstatus: int) -> None:
    """Make the report, and of its verdict the exit status."""
    run = session.config.stash.get(RUN, None)
    if run is None:
        return
    run.was_interrupted = run.was_interrupted or (exitstatus == pytest.ExitCode.INTERRUPTED and not run.fatal)
    if run.was_interrupted:
        run.messages.append("the run was interrupted; what had not been asked by then is not tested")
    output = getattr(session.config, "workeroutput", None)
    if output is not None:
        output[_ACCOUNT] = {**run.account(), "fatal": run.fatal}
        return
    if not run.results and not run.fatal:
        return
    report, verdict = run.report()
    session.config.stash[REPORT] = report
    _complete_junit(session.config, run, report)
    if run.report_dir is not None:
        from conformance.errors import UsageError
        from conformance.judging.verdict import RunVerdict
        from conformance.reports.artefacts import write_artefacts

        traffic = (run.masking().exchange(exchange) for part in run.all_traffic() for exchange in part)
        try:
            write_artefacts(report, traffic, run.report_dir)
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
        complete_junit(report, path)
    except UsageError as error:
        run.unwritten.append(error)


REPORT = pytest.StashKey[dict[str, Any]]()


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """A worker of pytest-xdist has ended: add what it accounted for."""
    account = dict(getattr(node, "workeroutput", {}).get(_ACCOUNT, {}))
    run = _run(node.config)
    run.fatal = run.fatal or account.pop("fatal", "")
    run.add_account(account)


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
            run = configured_run({name: config.getoption(name) for name in OPTIONS})
        except ConformanceError as error:
            raise pytest.UsageError(str(error)) from error
        config.stash[RUN] = run
    return run


def is_check(item: pytest.Item) -> bool:
    """Whether the item is a check of this suite, and no test of somebody else's."""
    return item.get_closest_marker("requirement") is not None


def place_of(item: pytest.Item) -> tuple[str, bool, bool]:
    """The requirement of a check, whether it draws what it sends, and whether it judges all traffic."""
    return _requirement_of(item), _draws(item), _looks_at_all_traffic(item)


def _properties(requirement: str) -> list[tuple[str, object]]:
    """What junit.xml says of a check besides its name."""
    from conformance.spec.catalogue import catalogue

    known = catalogue()[requirement]
    return [("requirement", known.id), ("level", known.level.value)]


def _requirement_of(item: pytest.Item) -> str:
    marker = item.get_closest_marker("requirement")
    assert marker is not None
    return str(marker.args[0])


def _profile_of(item: pytest.Item) -> int:
    from conformance.server.target.profile import PROFILES

    marker = item.get_closest_marker("requirement")
    assert marker is not None
    return PROFILES[marker.args[1]].rank


def _draws(item: pytest.Item) -> bool:
    """Whether the check draws what it sends: only the profiles above quick have examples to draw."""
    return _profile_of(item) > 0


def _looks_at_all_traffic(item: pytest.Item) -> bool:
    return item.path.name == TRAFFIC_FILE


def _waits_for_the_last_look(item: pytest.Item) -> bool:
    return "last_look" in getattr(item, "fixturenames", ())


def _as_json(result: CheckResult) -> dict[str, Any]:
    return {
        "requirement": result.requirement,
        "check": result.check,
        "finding": result.finding.value,
        "reason": result.reason,
        "seconds": result.seconds,
        "violations": list(result.violations),
        "drawn": result.drawn,
        "alone": result.alone,
        "stimuli": list(result.stimuli),
    }


def _from_json(value: dict[str, Any]) -> CheckResult:
    from conformance.judging.verdict import CheckResult, Finding

    return CheckResult(
        value["requirement"],
        value["check"],
        Finding(value["finding"]),
        value["reason"],
        value["seconds"],
        tuple(value["violations"]),
        value["drawn"],
        alone=value["alone"],
        stimuli=tuple(value["stimuli"]),
    )
