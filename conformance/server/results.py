"""What a check found, from how it ended for pytest; and pytest's own report about it, which says the same."""

from __future__ import annotations

from typing import Any, Literal

import pytest

from conformance.errors import ConformanceError, NotApplicable, NotTested, SeenOnce, Unjudged
from conformance.exchange import Exchange
from conformance.exchange.masking import Masking
from conformance.judging.report import build_evidence_entry, violation_as_json
from conformance.judging.transit import complaint_as_json
from conformance.judging.verdict import CheckResult, Finding, Verdict
from conformance.reports.console import explain
from conformance.server.checks import TRAFFIC_FILE, draws, properties_of, requirement_of
from conformance.server.run import Run
from conformance.spec.catalogue import Level, catalogue
from conformance.suite.confirmation import CONFIRMATION
from conformance.suite.items import needs_of
from conformance.suite.judging import Violated
from conformance.suite.stimuli import in_turn

SUITE = "conformance/suite"
EVIDENCE = pytest.StashKey[list[Exchange]]()
"""What a check asked for evidence."""

_SHOWN = 3


def result_of(item: pytest.Item, call: pytest.CallInfo[None], run: Run, masking: Masking | None) -> CheckResult:
    """What a check found, from how it ended; an unusable target ends the session.

    Without a masking it is whole, for the process that reports.
    """

    def text(value: str) -> str:
        return masking.text(value) if masking is not None else value

    raised = call.excinfo.value if call.excinfo is not None else None
    violations: tuple[dict[str, Any], ...] = ()
    reason = text(str(raised)) if raised is not None else ""
    if raised is None:
        finding = Finding.KEPT
    elif isinstance(raised, Violated):
        finding = Finding.VIOLATED
        violations = tuple(
            violation_as_json(complaint, masking) if masking is not None else complaint_as_json(complaint)
            for complaint in raised.complaints
        )
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
        reason = text(f"{type(raised).__name__}: {raised}")
    tried_again = item.stash.get(CONFIRMATION, None)
    confirmation = tried_again.outcome if tried_again is not None else None
    if isinstance(raised, SeenOnce):
        confirmation = confirmation or Finding.KEPT
    return CheckResult(
        requirement_of(item),
        item.nodeid,
        finding,
        reason,
        call.duration,
        violations,
        draws(item),
        confirmation=confirmation,
        stimuli=in_turn(needs_of(item)),
        evidence=_evidence(item),
    )


def _evidence(item: pytest.Item) -> tuple[tuple[int, float], ...]:
    """The last few exchanges that the check asked for evidence, each once."""
    asked: list[Exchange] = item.stash.get(EVIDENCE, [])
    latest_first = dict.fromkeys((each.number, each.sent_at) for each in reversed(asked))
    return tuple(reversed(list(latest_first)[:_SHOWN]))


def is_said(raised: BaseException) -> bool:
    """Whether it is how a check says what it found; anything else is a defect of the check, or an interrupt."""
    return isinstance(raised, Violated | Unjudged | ConformanceError)


def show(report: pytest.TestReport, result: CheckResult, run: Run) -> None:
    """Let pytest's report say the same: a violated SHOULD is no failure, and a skip is no pass."""
    requirement = catalogue()[result.requirement]
    file, line, _ = report.location
    ruled_out = run.statement.rules_out(requirement)
    is_must = requirement.level is Level.MUST and not run.statement.softened(requirement)
    listed = run.foretold(result) if ruled_out is None else None
    if listed is not None:
        verdict, why = listed
        is_known = verdict is Verdict.KNOWN_FAILURE
        report.outcome = "skipped" if is_known else "failed"
        text = f"{verdict.value}: {why}"
        report.longrepr = (file, line or 0, text) if is_known else text
    elif result.finding is Finding.VIOLATED and is_must and ruled_out is None:
        report.outcome = "failed"
        report.longrepr = explain(build_evidence_entry(requirement, result, has_url=bool(run.url)))
    elif result.finding is Finding.ERROR:
        report.longrepr = run.masking().text(str(report.longrepr))
    elif ruled_out is not None:
        report.outcome = "skipped"
        report.longrepr = (file, line or 0, f"{Finding.NOT_APPLICABLE.value}: {ruled_out}")
    elif result.finding is not Finding.KEPT:
        word = "warn" if result.finding is Finding.VIOLATED else result.finding.value
        report.outcome = "skipped"
        report.longrepr = (file, line or 0, f"{word}: {result.reason}")


def mask(report: pytest.TestReport, masking: Masking) -> None:
    """Take the secrets out of what a worker's report says, which it masked as far as it knew them."""
    if isinstance(report.longrepr, str):
        report.longrepr = masking.text(report.longrepr)
    elif isinstance(report.longrepr, tuple):
        file, line, text = report.longrepr
        report.longrepr = (file, line, masking.text(text))


def report_of(result: CheckResult, when: Literal["call", "teardown"]) -> pytest.TestReport:
    """A report of pytest's about what the judge found, as if a check had found it."""
    return pytest.TestReport(
        nodeid=f"{SUITE}/{result.check}",
        location=(f"{SUITE}/{TRAFFIC_FILE}", None, result.check),
        keywords={},
        outcome="passed",
        longrepr=None,
        when=when,
        user_properties=properties_of(result.requirement),
    )
