"""The gate: plays the scenarios, judges them, and makes the report."""

from __future__ import annotations

import difflib
import fnmatch
import hashlib
import os
import resource
import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from conformance.errors import UsageError
from conformance.exchange.masking import Masking
from conformance.judging.baseline import Baseline
from conformance.judging.deciding import deciding_exchanges
from conformance.judging.judge import Against
from conformance.judging.report import RunFacts, build_report
from conformance.judging.verdict import Judgement, RunVerdict
from conformance.lro import timestamp
from conformance.reports.artefacts import write_artefacts
from conformance.reports.junit import write_junit
from conformance.reports.progress import Progress
from conformance.sdk.checks import checks_by_requirement
from conformance.sdk.credentials import masking_of
from conformance.sdk.driver import PATIENCE
from conformance.sdk.judging import judge_performance
from conformance.sdk.naming import EMPTY, Naming
from conformance.sdk.play import Performance, perform, processes
from conformance.sdk.scenario import Scenario
from conformance.sdk.scenarios import GROUPS, SCENARIOS
from conformance.sdk.timeline import timeline, timeline_text
from conformance.sdk.transport import REST, ClientTransport
from conformance.secrets.command import command_without_secrets
from conformance.spec.catalogue import client_catalogue
from conformance.spec.contract import Contract
from conformance.spec.files import spec_path

CONTRACT = "beyondcorp.v1"
LONGEST_PATIENCE = 86_400.0
"""Seconds."""

MOST_JOBS = 64
USUAL_JOBS = min(6, 3 * (os.cpu_count() or 1))
"""So many drivers side by side: most of a run is waiting, for deadlines and for a client's pauses."""

_SCENARIOS_A_JOB = 20
"""A few scenarios are played sooner than another driver is started."""

_HOW_TO_LIST = "`lro-conformance requirements` has those of each requirement, as its checks"

_LISTED = 5
"""So many scenarios that were not played are named; which they are says the reason."""

_LOG_LINES = 10
"""So much of the driver's log stands beside its fault; all of it is in driver-stderr.txt."""


_OPEN_FILES = 4096
"""Enough for a client that opens a connection for each of its calls, and closes none of them."""


def allow_open_connections() -> None:
    """Open as many files as a run may need, where the machine lets us: many allow 1024, and macOS 256."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _OPEN_FILES if hard == resource.RLIM_INFINITY else min(_OPEN_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


@dataclass(frozen=True, slots=True)
class GateRun:
    """One run of the gate: what was played, what masks whatever is written of it, the verdicts, and the report."""

    performance: Performance
    masking: Masking
    judgements: tuple[Judgement, ...]
    verdict: RunVerdict
    report: dict[str, Any]


def run_gate(
    command: Sequence[str],
    *,
    only: Sequence[str] = (),
    baseline: Baseline | None = None,
    transport: ClientTransport = REST,
    patience: float = PATIENCE,
    jobs: int | None = None,
    spec: str = CONTRACT,
    parent: str = "",
    response_type: str = EMPTY,
    progress: Progress | None = None,
) -> GateRun:
    """Play all scenarios, or `only` those named, against the driver that `command` starts, and judge them.

    Without a number of `jobs` it is the usual one. Raises UsageError for a scenario that does not exist, a patience
    that is no time, a driver that cannot be started, a damaged installation.
    """
    if not 0 <= patience <= LONGEST_PATIENCE:
        raise UsageError(
            f"--patience: {patience:g} is no number of seconds to wait", f"give one from 0 to {LONGEST_PATIENCE:g}"
        )
    if jobs is not None and not 1 <= jobs <= MOST_JOBS:
        raise UsageError(f"--jobs: {jobs} is no number of drivers", f"give one from 1 to {MOST_JOBS}")
    scenarios = [scenario for scenario in selected(only) if transport.plays(scenario.name)]
    if not scenarios:
        raise UsageError(
            f"no scenario is left for transport {transport.name}", "choose another --scenario or --transport"
        )
    if baseline is not None:
        baseline.refuse_unknown([requirement.id for requirement in client_catalogue().of("client")])
    naming = Naming.of(Contract.load(spec), parent, response_type)
    started = timestamp()
    allow_open_connections()
    shown = command_without_secrets(command)
    performance = perform(
        processes(command, patience),
        scenarios,
        naming,
        transport=transport,
        jobs=jobs or max(1, min(USUAL_JOBS, len(scenarios) // _SCENARIOS_A_JOB)),
        on_over=_shown_by(progress, scenarios),
    )
    masking = masking_of(performance.exchanges, command)
    today = date.fromisoformat(started[:10])
    against = Against(baseline, today, checks_by_requirement) if baseline is not None else None
    judged = judge_performance(performance, transport, is_whole=not only, against=against, masking=masking)
    facts = RunFacts(
        iut={
            "name": " ".join(Path(word).name if "/" in word else word for word in shown),
            "url": "",
            "statement": {"declared": {}, "found": {}},
            "driver": {
                "command": shlex.join(shown),
                "transport": transport.name,
                "contract": naming.contract.name,
                "parent": naming.parent,
                "sdk": masking.text(performance.hello.sdk),
                "version": masking.text(performance.hello.version),
                "unsupported": sorted({play.unsupported for play in performance.plays} - {""}),
                "stderr": masking.text(performance.stderr),
            },
        },
        spec={"name": "client-requirements", "sha256": _digest()},
        profile=f"sdk, {transport.name}",
        seed=0,
        started=started,
        finished=timestamp(),
        requests=performance.requests,
        operations=len(performance.plays),
        messages=[*map(masking.text, _messages(performance)), *judged.messages],
        was_interrupted=performance.was_interrupted,
        baseline=baseline.file if baseline is not None else "",
    )
    options = "".join(
        f" --{name} {shlex.quote(value)}"
        for name, value, usual in (
            ("transport", transport.name, REST.name),
            ("patience", f"{patience:g}", f"{PATIENCE:g}"),
            ("spec", spec, CONTRACT),
            ("parent", parent, ""),
            ("response-type", response_type, EMPTY),
        )
        if value != usual
    )
    decided_by = {
        requirement: [masking.exchange(exchange) for exchange in exchanges]
        for requirement, exchanges in deciding_exchanges(judged.judgements, [list(performance.exchanges)]).items()
    }
    report = _reproducible(build_report(judged.judgements, judged.verdict, facts, decided_by), options)
    return GateRun(performance, masking, judged.judgements, judged.verdict, report)


def _shown_by(progress: Progress | None, scenarios: Sequence[Scenario]) -> Callable[[Scenario, bool], None]:
    """What tells the progress which scenarios are over, each as one of its group."""
    if progress is None:
        return lambda *_: None
    group_of = {scenario.name: name for name, members in GROUPS.items() for scenario in members}
    progress.expect(group_of[scenario.name] for scenario in scenarios)
    return lambda scenario, was_played: progress.ended(
        group_of[scenario.name], "played" if was_played else "not played"
    )


def selected(only: Sequence[str]) -> list[Scenario]:
    """The scenarios that these names or patterns (`get-*`) match, all when there are none.

    Raises UsageError for one that matches none, naming those that are near.
    """
    known = [scenario.name for scenario in SCENARIOS]
    for pattern in only:
        if not fnmatch.filter(known, pattern):
            near = " or ".join(difflib.get_close_matches(pattern, known, n=3))
            hint = f"did you mean {near}? " if near else ""
            raise UsageError(f"--scenario: there is no scenario {pattern!r}", hint + _HOW_TO_LIST)
    return [
        scenario
        for scenario in SCENARIOS
        if not only or any(fnmatch.fnmatchcase(scenario.name, pattern) for pattern in only)
    ]


def whole_timeline(performance: Performance, masking: Masking) -> str:
    """Every scenario's time line, as text."""
    lines: list[str] = []
    for play in performance.plays:
        lines += [f"{play.scenario.name}: {play.scenario.summary}", *timeline_text(timeline(play, masking))]
        lines += [f"  {line}" for line in masking.text(play.fault).splitlines()]
        lines.append("")
    return "\n".join(lines)


def _messages(performance: Performance) -> list[str]:
    said = ["driver: " + fault.replace("\n  remedy: ", "; remedy: ") for fault in performance.faults]
    if performance.faults:
        said += [f"driver's log: {line}" for line in performance.stderr.splitlines()[-_LOG_LINES:]]
    if performance.why_no_others:
        said.append(
            f"another driver did not come up beside the first: {performance.why_no_others}; --jobs 1 starts one alone"
        )
    for reason in dict.fromkeys(play.unplayed for play in performance.plays if play.unplayed):
        names = [play.scenario.name for play in performance.plays if play.unplayed == reason]
        said.append(f"{reason}: {_some(names)}")
    for method in sorted({play.unsupported for play in performance.plays} - {""}):
        names = [play.scenario.name for play in performance.plays if play.unsupported == method]
        said.append(f"the client has no call {method}; not applicable: {', '.join(names)}")
    return said


def _some(names: Sequence[str]) -> str:
    more = len(names) - _LISTED
    return ", ".join(names[:_LISTED]) + (f" and {more} more" if more > 0 else "")


def _reproducible(report: dict[str, Any], options: str) -> dict[str, Any]:
    """The report with the reproduction that makes sense for a client: the scenario, played again with the options."""
    for entry in report["requirements"]:
        if entry["evidence"]:
            names = dict.fromkeys(violation["scenario"] for violation in entry["evidence"])
            words = " ".join(f"--scenario {name}" for name in names)
            entry["reproduction"] = {
                "curl": "",
                "command": f"lro-conformance sdk {words}{options} -- {report['iut']['driver']['command']}",
            }
    return report


def _digest() -> str:
    return hashlib.sha256(spec_path("client-requirements").read_bytes()).hexdigest()


def write_everything(gate: GateRun, directory: Path) -> None:
    """Write what every report directory has, timeline.txt and driver-stderr.txt. Raises UsageError if it cannot."""
    arrived = sorted(gate.performance.exchanges, key=lambda exchange: exchange.number)
    write_artefacts(gate.report, map(gate.masking.exchange, arrived), directory)
    write_junit(gate.report, directory)
    log = gate.masking.text(gate.performance.stderr)
    try:
        (directory / "timeline.txt").write_text(whole_timeline(gate.performance, gate.masking), encoding="utf-8")
        (directory / "driver-stderr.txt").write_text(log, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{directory}: cannot be written: {error.strerror}", "choose another --report-dir") from error
