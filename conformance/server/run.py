"""One run: its configuration, what it found, and its report. It does not know pytest; `plugin` calls it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

from conformance.errors import UsageError
from conformance.exchange import Exchange
from conformance.exchange.masking import Masking
from conformance.judging.baseline import Baseline, KnownFailure, read_baseline
from conformance.judging.deciding import deciding_exchanges
from conformance.judging.judge import Against, Judged, Terms, judge_findings
from conformance.judging.known_failures import foretold
from conformance.judging.leaks import earlier_messages, leak_messages
from conformance.judging.report import RunFacts, build_report
from conformance.judging.statement import Statement
from conformance.judging.traffic import judge_traffic, judged_part
from conformance.judging.transit import masked
from conformance.judging.verdict import CheckResult, RunVerdict, Verdict
from conformance.lro import timestamp
from conformance.reports.artefacts import writable
from conformance.secrets.secret import Secret
from conformance.server.account import Account
from conformance.server.configured import configuration_of, max_time_of, profile_of
from conformance.server.options import Options
from conformance.server.target.configuration import Configuration
from conformance.server.target.connect import may_disrupt
from conformance.server.target.iut import Iut
from conformance.server.target.ledger import FILE_NAME, left_by_earlier_runs
from conformance.server.target.profile import QUICK, Profile
from conformance.spec.catalogue import Requirement, catalogue


@dataclass
class Run:
    """Everything one run knows of itself. Results may come from several processes; their `accounts` add up.

    `firm_checks` counts the deterministic checks of each requirement that this process is going to run.
    """

    configuration: Configuration
    profile: Profile = QUICK
    report_dir: Path | None = None
    baseline: Baseline | None = None
    is_strict: bool = False
    """Whether a warning fails the run."""
    max_time: float = 0.0
    """Seconds after which no check is begun; 0: no limit."""
    started: str = field(default_factory=timestamp)
    results: list[CheckResult] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)
    accounts: list[Account] = field(default_factory=list)
    """Those of other processes."""
    sender: str = ""
    fatal: str = ""
    was_interrupted: bool = False
    unwritten: list[UsageError] = field(default_factory=list)
    """What of the report could not be written."""
    iut: Iut | None = None
    of_workers: list[CheckResult] = field(default_factory=list)
    """What workers found, unmasked until all have ended."""
    _is_cleaned: bool = False
    firm_checks: Counter[str] = field(default_factory=Counter)
    _began: float = field(default_factory=monotonic)
    _usable: list[KnownFailure] | None = None
    _statement: Statement | None = None
    _masking: tuple[tuple[Secret, ...], Masking] | None = None

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
    def may_disrupt(self) -> bool:
        """Whether checks that may disturb others are run."""
        return may_disrupt(self.configuration)

    @property
    def ledger_file(self) -> Path | None:
        """Where operations are written down as they are started; None leaves it to a temporary file."""
        return self.report_dir / FILE_NAME if self.report_dir is not None else None

    @property
    def url(self) -> str:
        """Where the target is asked; empty in process. Of servers that a fixture gives each worker it is the last."""
        return next((account.url for account in reversed(self.accounts) if account.url), self.configuration.iut.url)

    def own_account(self) -> Account | None:
        """What this process adds to the run besides its results; None when it has sent nothing."""
        return Account.of(self.iut) if self.iut is not None else None

    def add_account(self, account: Account) -> None:
        """Add what another process accounted for."""
        self.accounts.append(account.of_process(len(self.accounts) + 1))
        if self._statement is None:
            declared = account.statement["declared"]
            self._statement = Statement(replace(self.configuration.statement, **declared))
        for key, found in account.statement["found"].items():
            self._statement.find(key, found["value"], found["because"])

    def all_traffic(self) -> list[list[Exchange]]:
        """The exchanges of every process that sent any."""
        own = [self.iut.target.exchanges] if self.iut is not None else []
        return [*(list(account.exchanges) for account in self.accounts), *own]

    def traffic_to_write(self) -> Iterator[Exchange]:
        """All traffic, without the secrets of this run."""
        masking = self.masking()
        return (masking.exchange(exchange) for part in self.all_traffic() for exchange in part)

    def masking(self) -> Masking:
        """What takes the secrets of this run out of whatever is written or shown."""
        own = self.iut.target.secrets if self.iut is not None else ()
        known = tuple(dict.fromkeys((*own, *(secret for account in self.accounts for secret in account.secrets))))
        if self._masking is None or self._masking[0] != known:
            self._masking = (known, Masking(known))
        return self._masking[1]

    def mask_what_workers_said(self) -> None:
        """To be called when all have ended: then the secrets of all are known."""
        masking = self.masking()
        self.results += [masked(result, masking) for result in self.of_workers]
        self.of_workers.clear()
        self.fatal = masking.text(self.fatal)

    def clean_up(self) -> None:
        """Clean up what this process started, once. After an interrupt the report says what is left."""
        if self.iut is None or self._is_cleaned:
            return
        self._is_cleaned = True
        try:
            self.iut.clean_up()
        except KeyboardInterrupt:
            self.was_interrupted = True

    def judge_traffic(self) -> list[CheckResult]:
        """What the rules say to all traffic, whichever process sent it; of the clean-up only to its cancels."""
        sent = judged_part(self.all_traffic())
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
        is_in_process = self.configuration.is_in_process or any(account.is_in_process for account in self.accounts)
        if requirement.needs == "socket" and is_in_process:
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
        own = self.own_account()
        accounts = [*self.accounts, *([own] if own is not None else [])]
        left_over = [entry for account in accounts for entry in account.left_over]
        iut = self.configuration.iut
        facts = RunFacts(
            iut={
                "name": next((account.name for account in reversed(accounts) if account.name), iut.name),
                **({"version": iut.version} if iut.version else {}),
                "url": _without_userinfo(self.url),
                "statement": self.statement.as_json(),
            },
            spec=next((account.spec for account in accounts), {"name": iut.spec, "sha256": ""}),
            profile=self.profile.name,
            seed=self.profile.seed,
            started=self.started,
            finished=timestamp(),
            requests=sum(account.requests for account in accounts),
            operations=sum(account.operations for account in accounts),
            was_interrupted=self.was_interrupted or bool(self.fatal),
            messages=[
                *self.messages,
                *(warning for account in accounts for warning in account.warnings),
                *judged.messages,
                *self._throttled(),
                *leak_messages(left_over, sum(account.unnamed for account in accounts)),
                *earlier_messages(self._left_by_earlier_runs(accounts)),
                *([self.fatal] if self.fatal else []),
            ],
            baseline=self.baseline.file if self.baseline is not None else "",
            operation_names=[name for account in accounts for name in account.operation_names],
            clean_up_requests=sum(account.clean_up_requests for account in accounts),
            left_over=left_over,
        )
        decided_by = deciding_exchanges(judged.judgements, judged_part(self.all_traffic()))
        masking = self.masking()
        # The same exchange decides several requirements.
        masked = {id(one): masking.exchange(one) for found in decided_by.values() for one in found}
        shown = {requirement: [masked[id(one)] for one in found] for requirement, found in decided_by.items()}
        return build_report(judged.judgements, judged.verdict, facts, shown), judged.verdict

    def _left_by_earlier_runs(self, accounts: Iterable[Account]) -> Iterator[tuple[Path, int]]:
        """Ledgers with operations of the same target that nobody cleaned up: a run that was killed cannot say so."""
        url = self.configuration.iut.url
        ours = {entry["name"] for account in accounts for entry in account.left_over}
        ours.update(name for account in accounts for name in account.operation_names)
        return left_by_earlier_runs(url, self.ledger_file, ours) if url else iter(())

    def _throttled(self) -> list[str]:
        """A message that says how often the target asked for a retry; not for the embedded server."""
        count = sum(exchange.asks_for_retry for part in self.all_traffic() for exchange in part)
        if not count or self.configuration.is_embedded:
            return []
        return [f"{count} requests were answered with 429, or 503 and Retry-After; [limits] rate sends fewer"]


def configured_run(options: Options) -> Run:
    """The run that the options ask for.

    Raises UsageError naming the option, or the file and key, that cannot be used.
    """
    configuration, profile = configuration_of(options), profile_of(options)
    baseline = read_baseline(Path(options.baseline)) if options.baseline else None
    if baseline is not None:
        baseline.refuse_unknown([requirement.id for requirement in catalogue().of("server")])
    return Run(
        configuration,
        profile,
        writable(Path(options.report_dir)) if options.report_dir else None,
        baseline,
        options.strict,
        max_time_of(options),
    )


def _without_userinfo(url: str) -> str:
    parts = urlsplit(url)
    return url.replace(f"{parts.netloc}", parts.netloc.rpartition("@")[2]) if parts.netloc else url
