"""One run: what it is told, what it found, and the report of it. Knows no pytest; `plugin` feeds it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from conformance.errors import UsageError
from conformance.exchange import Exchange
from conformance.exchange.serial import exchange_as_json, exchange_from_json
from conformance.reports.report import RunFacts, build_report, violation_as_json
from conformance.reports.verdict import CheckResult, Finding, Judgement, RunVerdict, judge, judge_run
from conformance.rules import all_rules
from conformance.spec.catalogue import catalogue
from conformance.targets.configuration import (
    Configuration,
    read_configuration,
    with_operations,
    with_statement,
    with_url,
)
from conformance.targets.iut import Iut
from conformance.targets.profile import PROFILES, QUICK, Profile
from conformance.targets.statement import Statement


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass
class Run:
    """Everything one run knows of itself. Results may come from several processes; facts about traffic add up."""

    configuration: Configuration
    profile: Profile = QUICK
    report_dir: Path | None = None
    started: str = field(default_factory=_now)
    results: list[CheckResult] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)
    requests: int = 0
    operations: int = 0
    sender: str = ""
    fatal: str = ""
    was_interrupted: bool = False
    iut: Iut | None = None
    _statement: Statement | None = None
    _name: str = ""

    @property
    def statement(self) -> Statement:
        if self.iut is not None:
            return self.iut.statement
        if self._statement is None:
            self._statement = Statement(self.configuration.statement)
        return self._statement

    def account(self) -> dict[str, Any]:
        """What one process adds to the run besides its results, as a JSON value."""
        if self.iut is None:
            return {}
        return {
            "requests": self.iut.target.requests_used,
            "operations": self.iut.target.operations_used,
            "statement": self.iut.statement.as_json(),
            "exchanges": [exchange_as_json(exchange) for exchange in self.iut.target.exchanges],
            "name": self.iut.configuration.iut.name,
        }

    def add_account(self, account: Mapping[str, Any]) -> None:
        """Add what another process accounted for; its traffic is judged here, for its checks did not see it all."""
        if not account:
            return
        self.requests += account["requests"]
        self.operations += account["operations"]
        self._name = account["name"]
        self.results += _judged([exchange_from_json(value) for value in account["exchanges"]])
        declared = account["statement"]["declared"]
        if self._statement is None:
            said = dataclasses.replace(self.configuration.statement, **declared)
            self._statement = Statement(said)
        for key, found in account["statement"]["found"].items():
            self._statement.find(key, found["value"], found["because"])

    def judgements(self) -> list[Judgement]:
        """The verdict of every server requirement, in the order of the catalogue."""
        by_requirement: dict[str, list[CheckResult]] = {}
        for result in self.results:
            by_requirement.setdefault(result.requirement, []).append(result)
        return [
            judge(requirement, by_requirement.get(requirement.id, ()), self.statement.rules_out(requirement))
            for requirement in catalogue().of("server")
        ]

    def verdict(self, judgements: list[Judgement]) -> RunVerdict:
        """The verdict of the run; an error of ours or the environment's overrules all but a violation."""
        verdict = judge_run(judgements, self.was_interrupted)
        if self.fatal and verdict is not RunVerdict.NOT_CONFORMANT:
            return RunVerdict.ERROR
        return verdict

    def report(self) -> tuple[dict[str, Any], RunVerdict]:
        """The report as a JSON value, and the verdict in it."""
        judgements = self.judgements()
        verdict = self.verdict(judgements)
        own = self.account()
        facts = RunFacts(
            iut={
                "name": own.get("name") or self._name or self.configuration.iut.name,
                "url": _without_userinfo(self.configuration.iut.url),
                "statement": self.statement.as_json(),
            },
            spec=self._spec(),
            profile=self.profile.name,
            seed=self.profile.seed,
            started=self.started,
            finished=_now(),
            requests=self.requests + own.get("requests", 0),
            operations=self.operations + own.get("operations", 0),
            was_interrupted=self.was_interrupted or bool(self.fatal),
            messages=[*self.messages, *([self.fatal] if self.fatal else [])],
        )
        return build_report(judgements, verdict, facts), verdict

    def _spec(self) -> dict[str, str]:
        if self.iut is None:
            return {"name": self.configuration.iut.spec, "sha256": ""}
        contract = self.iut.contract
        return {"name": contract.name, "version": contract.version, "sha256": contract.sha256}


def _judged(exchanges: list[Exchange]) -> Iterator[CheckResult]:
    """What every rule says to the traffic of one process."""
    for rule in all_rules().values():
        judgements = list(rule.judgements(exchanges))
        violations = tuple(violation_as_json(judgement) for judgement in judgements if judgement is not None)
        if judgements:
            finding = Finding.VIOLATED if violations else Finding.KEPT
            reason = "; ".join(violation["message"] for violation in violations)
            yield CheckResult(rule.requirement, "all traffic", finding, reason, violations=violations)


def configured_run(options: Mapping[str, Any]) -> Run:
    """The run that the plugin's options ask for; a missing option is as good as an empty one.

    Raises UsageError naming the option or the file and key that cannot be used.
    """
    configuration = read_configuration(Path(options["--iut"])) if options.get("--iut") else Configuration()
    if options.get("--iut-spec"):
        iut = dataclasses.replace(configuration.iut, spec=options["--iut-spec"])
        configuration = dataclasses.replace(configuration, iut=iut)
    if options.get("--iut-operation"):
        configuration = with_operations(configuration, tuple(options["--iut-operation"]))
    if options.get("--iut-url"):
        configuration = with_url(configuration, options["--iut-url"])
    settings = dict(_setting(text) for text in options.get("--iut-statement") or ())
    if settings:
        configuration = with_statement(configuration, settings)
    name = options.get("--iut-profile") or QUICK.name
    if name not in PROFILES:
        raise UsageError(f"--profile: there is no profile {name!r}", f"choose one of {', '.join(PROFILES)}")
    profile = dataclasses.replace(PROFILES[name], seed=int(options.get("--iut-seed") or 0))
    report_dir = options.get("--iut-report-dir")
    return Run(configuration, profile, Path(report_dir) if report_dir else None)


def _setting(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals:
        raise UsageError(f"--statement: {text!r} is not KEY=VALUE", "write it as cancel=best-effort")
    return key.strip(), value.strip()


def _without_userinfo(url: str) -> str:
    parts = urlsplit(url)
    return url.replace(f"{parts.netloc}", parts.netloc.rpartition("@")[2]) if parts.netloc else url
