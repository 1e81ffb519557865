"""One run: what it is told, what it found, and the report of it. Knows no pytest; `plugin` feeds it."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from time import monotonic
from typing import Any, Literal
from urllib.parse import urlsplit

from conformance.errors import UsageError
from conformance.exchange import Exchange
from conformance.exchange.masking import Masking
from conformance.exchange.serial import exchange_as_json, exchange_from_json
from conformance.judging.baseline import Baseline, KnownFailure, read_baseline
from conformance.judging.deciding import deciding_exchanges
from conformance.judging.judge import Against, Judged, Terms, judge_findings
from conformance.judging.known_failures import foretold
from conformance.judging.leaks import leak_messages
from conformance.judging.report import RunFacts, build_report
from conformance.judging.statement import Statement
from conformance.judging.traffic import judge_traffic
from conformance.judging.verdict import CheckResult, RunVerdict, Verdict
from conformance.lro import timestamp
from conformance.reports.artefacts import writable
from conformance.secrets.secret import Secret
from conformance.server.target.clean_up import CLEAN_UP
from conformance.server.target.configuration import (
    Configuration,
    Disguise,
    SupplyForm,
    with_app,
    with_operations,
    with_transport,
    with_url,
)
from conformance.server.target.configuration_file import duration_of, read_configuration, with_statement
from conformance.server.target.connect import is_this_machine
from conformance.server.target.iut import Iut
from conformance.server.target.ledger import FILE_NAME
from conformance.server.target.profile import PROFILES, QUICK, Profile
from conformance.spec.catalogue import Requirement, catalogue

DISGUISES: tuple[Literal["fault", "variant"], ...] = ("fault", "variant")


@dataclass
class Run:
    """Everything one run knows of itself. Results may come from several processes; facts about traffic add up.

    `firm_checks` counts the deterministic checks of each requirement that this process is going to run, disruptive ones
    only where the run `may_disrupt`.
    """

    configuration: Configuration
    profile: Profile = QUICK
    report_dir: Path | None = None
    baseline: Baseline | None = None
    started: str = field(default_factory=timestamp)
    results: list[CheckResult] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)
    traffic: list[list[Exchange]] = field(default_factory=list)
    secrets: list[Secret] = field(default_factory=list)
    """Those of other processes."""
    requests: int = 0
    operations: int = 0
    operation_names: list[str] = field(default_factory=list)
    left_over: list[dict[str, str]] = field(default_factory=list)
    clean_up_requests: int = 0
    unnamed: int = 0
    may_disrupt: bool = True
    is_strict: bool = False
    """Whether a warning fails the run."""
    max_time: float = 0.0
    """Seconds after which no check is begun; 0: no limit."""
    _began: float = field(default_factory=monotonic)
    sender: str = ""
    fatal: str = ""
    was_interrupted: bool = False
    unwritten: list[UsageError] = field(default_factory=list)
    """What of the report could not be written."""
    iut: Iut | None = None
    firm_checks: Counter[str] = field(default_factory=Counter)
    _usable: list[KnownFailure] | None = None
    _statement: Statement | None = None
    _name: str = ""
    _masking: tuple[tuple[Secret, ...], Masking] | None = None
    _is_in_process: bool = False

    @property
    def statement(self) -> Statement:
        if self.iut is not None:
            return self.iut.statement
        if self._statement is None:
            self._statement = Statement(self.configuration.statement)
        return self._statement

    @property
    def is_out_of_time(self) -> bool:
        return bool(self.max_time) and monotonic() - self._began >= self.max_time

    @property
    def ledger_file(self) -> Path | None:
        """Where operations are written down as they are started; None leaves it to a temporary file."""
        return self.report_dir / FILE_NAME if self.report_dir is not None else None

    def account(self) -> dict[str, Any]:
        """What one process adds to the run besides its results, as a JSON value."""
        if self.iut is None:
            return {}
        return {
            **self._own_facts(),
            "exchanges": [exchange_as_json(exchange, reveal=True) for exchange in self.iut.target.exchanges],
            "secrets": [secret.reveal() for secret in self.iut.target.secrets],
        }

    def _own_facts(self) -> dict[str, Any]:
        """What this process accounts for, but for its traffic, which may be large."""
        if self.iut is None:
            return {}
        return {
            "requests": self.iut.target.requests_used,
            "operations": self.iut.target.operations_used,
            "statement": self.iut.statement.as_json(),
            "name": self.iut.configuration.iut.name,
            "is_in_process": self.iut.configuration.is_in_process,
            "operation_names": self.iut.handed_out,
            "left_over": self._own_left_over(self.iut),
            "clean_up_requests": sum(exchange.check == CLEAN_UP for exchange in self.iut.target.exchanges),
            "warnings": self.iut.supply_warnings(),
            "unnamed": sum(supply.unnamed for supply in self.iut.supplies),
        }

    def _own_left_over(self, iut: Iut) -> list[dict[str, str]]:
        if iut.ledger is None:
            return []
        ledger = str(iut.ledger.path)
        return [{"name": name, "state": state.value, "ledger": ledger} for name, state in iut.left_over().items()]

    def add_account(self, account: Mapping[str, Any]) -> None:
        """Add what another process accounted for: the facts, and what it recorded."""
        if not account:
            return
        self.requests += account["requests"]
        self.operations += account["operations"]
        self._name = account["name"]
        self._is_in_process = account["is_in_process"]
        self.operation_names += account["operation_names"]
        self.left_over += account["left_over"]
        self.clean_up_requests += account["clean_up_requests"]
        self.unnamed += account["unnamed"]
        self.messages += account["warnings"]
        self.traffic.append([exchange_from_json(value) for value in account["exchanges"]])
        self.secrets = list(dict.fromkeys((*self.secrets, *map(Secret, account["secrets"]))))
        declared = account["statement"]["declared"]
        if self._statement is None:
            said = dataclasses.replace(self.configuration.statement, **declared)
            self._statement = Statement(said)
        for key, found in account["statement"]["found"].items():
            self._statement.find(key, found["value"], found["because"])

    def all_traffic(self) -> list[list[Exchange]]:
        """The exchanges of every process that sent any."""
        return [*self.traffic, *([self.iut.target.exchanges] if self.iut is not None else [])]

    def masking(self) -> Masking:
        """What takes the secrets of this run out of whatever is written or shown."""
        own = self.iut.target.secrets if self.iut is not None else ()
        known = (*own, *self.secrets)
        if self._masking is None or self._masking[0] != known:
            self._masking = (known, Masking(known))
        return self._masking[1]

    def judge_traffic(self) -> list[CheckResult]:
        """What the rules say to all traffic but that of the clean-up, whichever process sent it."""
        sent = [[exchange for exchange in part if exchange.check != CLEAN_UP] for part in self.all_traffic()]
        drawn = {sender for result in self.results if result.drawn for sender in result.senders}
        drawn -= {sender for result in self.results if not result.drawn for sender in result.senders}
        return list(judge_traffic(sent, self.masking(), drawn)) if any(sent) else []

    def judged(self) -> Judged:
        """The verdict of every server requirement, in the order of the catalogue, and of the run."""
        terms = Terms(
            self.statement.rules_out,
            self.statement.softened,
            self.out_of_reach,
            self._against,
            self.is_strict,
            self.was_interrupted,
            bool(self.fatal),
        )
        return judge_findings(catalogue().of("server"), self.results, terms)

    def out_of_reach(self, requirement: Requirement) -> str:
        """Why the target cannot show whether it keeps the requirement; empty when it can."""
        if requirement.needs == "socket" and (self.configuration.is_in_process or self._is_in_process):
            return "it needs a socket, and an application in process has none; test the server at its URL, too"
        return ""

    def foretold(self, result: CheckResult) -> tuple[Verdict, str] | None:
        """What the baseline will make of the result of a check that has just ended; None when nothing."""
        if self._against is None:
            return None
        if self._usable is None:
            self._usable = self._against.usable()
        return foretold(self._usable, result, self.firm_checks[result.requirement] == 1)

    @property
    def _against(self) -> Against | None:
        from conformance.suite.listing import checks_by_requirement

        today = date.fromisoformat(self.started[:10])
        return Against(self.baseline, today, checks_by_requirement) if self.baseline is not None else None

    def report(self) -> tuple[dict[str, Any], RunVerdict]:
        """The report as a JSON value, and the verdict in it."""
        judged = self.judged()
        own = self._own_facts()
        left_over = [*self.left_over, *own.get("left_over", ())]
        leaks = leak_messages(left_over, self.unnamed + own.get("unnamed", 0))
        facts = RunFacts(
            iut={
                "name": own.get("name") or self._name or self.configuration.iut.name,
                **({"version": self.configuration.iut.version} if self.configuration.iut.version else {}),
                "url": _without_userinfo(self.configuration.iut.url),
                "statement": self.statement.as_json(),
            },
            spec=self._spec(),
            profile=self.profile.name,
            seed=self.profile.seed,
            started=self.started,
            finished=timestamp(),
            requests=self.requests + own.get("requests", 0),
            operations=self.operations + own.get("operations", 0),
            was_interrupted=self.was_interrupted or bool(self.fatal),
            messages=[
                *self.messages,
                *judged.messages,
                *self._came_again(),
                *leaks,
                *([self.fatal] if self.fatal else []),
            ],
            baseline=self.baseline.file if self.baseline is not None else "",
            operation_names=[*self.operation_names, *own.get("operation_names", ())],
            clean_up_requests=self.clean_up_requests + own.get("clean_up_requests", 0),
            left_over=left_over,
        )
        decided_by = deciding_exchanges(judged.judgements, self.all_traffic())
        masking = self.masking()
        shown = {requirement: tuple(map(masking.exchange, found)) for requirement, found in decided_by.items()}
        return build_report(judged.judgements, judged.verdict, facts, shown), judged.verdict

    def _came_again(self) -> list[str]:
        """How often the target asked to come again; the embedded server has its reasons."""
        count = sum(exchange.asks_to_come_again for part in self.all_traffic() for exchange in part)
        if not count or self.configuration.is_embedded:
            return []
        return [f"{count} requests were answered with 429, or 503 and Retry-After; [limits] rate sends fewer"]

    def _spec(self) -> dict[str, str]:
        if self.iut is None:
            return {"name": self.configuration.iut.spec, "sha256": ""}
        contract = self.iut.contract
        return {"name": contract.name, "version": contract.version, "sha256": contract.sha256}


def configured_run(options: Mapping[str, Any]) -> Run:
    """The run that the plugin's options ask for; a missing option is as good as an empty one.

    Raises UsageError naming the option or the file and key that cannot be used.
    """
    configuration = read_configuration(Path(options["--iut"])) if options.get("--iut") else Configuration()
    if options.get("--iut-spec"):
        iut = dataclasses.replace(configuration.iut, spec=options["--iut-spec"])
        configuration = dataclasses.replace(configuration, iut=iut)
    if options.get("--iut-allow-host"):
        hosts = (*configuration.iut.allow_hosts, *options["--iut-allow-host"])
        configuration = dataclasses.replace(
            configuration, iut=dataclasses.replace(configuration.iut, allow_hosts=hosts)
        )
    if options.get("--iut-operation"):
        configuration = with_operations(configuration, tuple(options["--iut-operation"]))
    if options.get("--iut-url"):
        configuration = with_url(configuration, options["--iut-url"])
    if options.get("--iut-app"):
        configuration = with_app(configuration, options["--iut-app"])
    settings = dict(statement_setting(text) for text in options.get("--iut-statement") or ())
    if settings:
        configuration = with_statement(configuration, settings)
    for kind in DISGUISES:
        if options.get(f"--iut-{kind}"):
            configuration = dataclasses.replace(configuration, disguise=Disguise(kind, options[f"--iut-{kind}"]))
    configuration = dataclasses.replace(
        configuration, rehearsal=options.get("--iut-rehearsal") or "", world=options.get("--iut-world") or ""
    )
    name = options.get("--iut-profile") or QUICK.name
    if name not in PROFILES:
        raise UsageError(f"--profile: there is no profile {name!r}", f"choose one of {', '.join(PROFILES)}")
    profile = dataclasses.replace(PROFILES[name], seed=int(options.get("--iut-seed") or 0))
    configuration = _with_room(configuration, profile)
    named = options.get("--iut-baseline")
    baseline = read_baseline(Path(named)) if named else None
    if baseline is not None:
        baseline.refuse_unknown([requirement.id for requirement in catalogue().of("server")])
    report_dir = options.get("--iut-report-dir")
    may_disrupt = bool(options.get("--iut-disruptive")) or is_this_machine(configuration)
    directory = writable(Path(report_dir)) if report_dir else None
    return Run(
        configuration,
        profile,
        directory,
        baseline,
        may_disrupt=may_disrupt,
        is_strict=bool(options.get("--iut-strict")),
        max_time=_seconds(options.get("--iut-max-time") or ""),
    )


def _seconds(text: str) -> float:
    """The time of `--max-time`; 0 when it is not given."""
    if not text:
        return 0.0
    seconds = duration_of(text)
    if not seconds:
        raise UsageError(f"--max-time: {text!r} is no time", 'write it as "90s" or "5m"')
    return seconds


def _with_room(configuration: Configuration, profile: Profile) -> Configuration:
    """The configuration with limits that hold all that the profile draws, where the file does not say others."""
    limits = configuration.limits
    requests = limits.requests if "requests" in limits.said else max(limits.requests, profile.requests)
    operations = limits.operations if "operations" in limits.said else max(limits.operations, profile.operations)
    limits = dataclasses.replace(limits, requests=requests, operations=operations)
    return dataclasses.replace(configuration, limits=limits)


def check_target(configuration: Configuration, file: str) -> None:
    """Raise UsageError for a file that leaves out what is under test, or where its running operations come from.

    Only where no file is named, the embedded server is what is meant; its green verdict must not bear another's name.
    """
    if configuration.is_embedded and configuration.operations.running.function is not None:
        raise UsageError(
            "the fixture iut_operations starts operations, and nothing says on which server they are",
            "give --iut-url, --iut with a file that has [iut] url or app, or a fixture iut_url or iut_transport",
        )
    if not file or configuration.disguise is not None:
        return
    if configuration.is_embedded:
        raise UsageError(
            f"{file}: [iut] has no url and no app, so nothing says what is under test",
            "set [iut] url or app, or give --url or --app; `run` without a file checks the embedded reference server",
        )
    if not configuration.operations.running.is_given:
        raise UsageError(
            f"{file}: [operations] says nothing about where running operations come from",
            "set exactly one of start, command, python and names, or give --operation",
        )


def with_fixtures(
    configuration: Configuration, iut_url: object, iut_transport: object, iut_operations: object
) -> Configuration:
    """The configuration with what fixtures of the user's give in place of it; None is a fixture that there is not.

    Raises UsageError where they contradict each other, or give something else than they should.
    """
    if iut_url is not None and iut_transport is not None:
        raise UsageError("there are fixtures iut_url and iut_transport", "give one of them: a server, or a transport")
    if iut_url is not None:
        if not isinstance(iut_url, str):
            raise UsageError(f"the fixture iut_url gives {iut_url!r:.100}, which is no URL", "let it give a text")
        configuration = with_url(configuration, iut_url, "the fixture iut_url")
    if iut_transport is not None:
        configuration = with_transport(configuration, iut_transport)
    if iut_operations is not None:
        if not callable(iut_operations):
            raise UsageError("the fixture iut_operations gives no function", "let it give one that starts an operation")
        form = SupplyForm(function=iut_operations, where="the fixture iut_operations")
        operations = dataclasses.replace(configuration.operations, running=form)
        configuration = dataclasses.replace(configuration, operations=operations)
    return configuration


def statement_setting(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals:
        raise UsageError(f"--statement: {text!r} is not KEY=VALUE", "write it as cancel=best-effort")
    return key.strip(), value.strip()


def _without_userinfo(url: str) -> str:
    parts = urlsplit(url)
    return url.replace(f"{parts.netloc}", parts.netloc.rpartition("@")[2]) if parts.netloc else url
