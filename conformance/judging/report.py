"""report.json: everything else that a run shows is made from it.

The last member is `complete`. A report without it, or with `false` in it, is that of a run that was cut off; our
readers refuse it.
"""

from __future__ import annotations

import json
import os
import platform
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from conformance import __version__
from conformance.errors import UsageError
from conformance.exchange import Exchange
from conformance.exchange.masking import Masking
from conformance.exchange.serial import exchange_as_json
from conformance.judging.baseline import AcceptedGap
from conformance.judging.build import build_of
from conformance.judging.shape import damage
from conformance.judging.verdict import CheckResult, Judgement, RunVerdict, Verdict, in_words
from conformance.rules import Complaint
from conformance.rules.rule import TimedCall
from conformance.spec.catalogue import Level, Requirement

_NO_SECRETS = Masking()

SCHEMA_VERSION = 2

_NO_EXCHANGES: Mapping[str, Sequence[Exchange]] = {}

MAX_SHOWN_BODY = 256 * 1024
"""Bytes of an answer that are kept as evidence: one answer may be evidence many times. `traffic.har` has all of it."""


@dataclass(frozen=True, slots=True)
class RunFacts:
    """What a report says about the run besides its judgements.

    Times are RFC 3339, in UTC. `baseline` is the file that was applied, as it was named. `operation_names` are the
    operations that the supply handed out, `left_over` those that were started and not seen ended or deleted.
    Of the `requests`, `clean_up_requests` judged nothing: they cancelled and deleted what had been started.
    """

    iut: Mapping[str, Any]
    spec: Mapping[str, Any]
    profile: str
    seed: int
    started: str
    finished: str
    requests: int
    operations: int
    was_interrupted: bool = False
    messages: Sequence[str] = ()
    baseline: str = ""
    operation_names: Sequence[str] = ()
    left_over: Sequence[Mapping[str, str]] = ()
    clean_up_requests: int = 0


def build_report(
    judgements: Sequence[Judgement],
    verdict: RunVerdict,
    facts: RunFacts,
    decided_by: Mapping[str, Sequence[Exchange]] = _NO_EXCHANGES,
) -> dict[str, Any]:
    """The report of a run as a JSON value. `decided_by` has exchanges that show that a requirement is kept."""
    totals = Counter(judgement.verdict.value for judgement in judgements)
    return {
        "schema_version": SCHEMA_VERSION,
        "suite": {"name": "lro-conformance", "version": __version__},
        "spec": dict(facts.spec),
        "iut": dict(facts.iut),
        "environment": {"python": platform.python_version(), "platform": platform.platform(terse=True)},
        "build": build_of(os.environ),
        "seed": facts.seed,
        "profile": facts.profile,
        "started": facts.started,
        "finished": facts.finished,
        "requests": facts.requests,
        "clean_up_requests": facts.clean_up_requests,
        "operations": facts.operations,
        "operation_names": list(facts.operation_names),
        "left_over": [dict(entry) for entry in facts.left_over],
        "baseline": facts.baseline,
        "totals": dict(sorted(totals.items())),
        "verdict": verdict.value,
        "verdict_in_words": in_words(verdict, judgements),
        "exit_status": int(verdict),
        "messages": list(facts.messages),
        "requirements": [
            judgement_as_json(judgement, decided_by.get(judgement.requirement.id, ()), bool(facts.iut.get("url")))
            for judgement in judgements
        ],
        "complete": not facts.was_interrupted,
    }


def requirement_as_json(requirement: Requirement) -> dict[str, Any]:
    """A requirement as the catalogue has it, for reports and listings."""
    return {
        "id": requirement.id,
        "level": requirement.level.value,
        "actor": requirement.actor,
        "statement": requirement.statement,
        "source": {
            "document": requirement.source.document,
            "title": requirement.source.title,
            "section": requirement.source.section,
            "url": requirement.source.url,
        },
    }


MOST_EVIDENCE = 20
"""A report shows so many violations of one requirement, and counts all of them."""


def judgement_as_json(
    judgement: Judgement, decided_by: Sequence[Exchange] = (), has_url: bool = True
) -> dict[str, Any]:
    """One requirement of the report. What was tested in process has no URL to which a curl line could be sent."""
    evidence = list(judgement.violations[:MOST_EVIDENCE])
    shown: dict[str, Any] = {
        **requirement_as_json(judgement.requirement),
        "verdict": judgement.verdict.value,
        "reason": judgement.reason,
        "checks": [
            {
                "check": result.check,
                "finding": result.finding.value,
                "reason": result.reason,
                "seconds": round(result.seconds, 4),
                "drawn": result.drawn,
                "known": result.is_known,
                "confirmation": result.confirmation.value if result.confirmation is not None else "",
            }
            for result in judgement.results
        ],
        "known_failures": [
            {
                "check": entry.check,
                "reason": entry.reason,
                "link": entry.link,
                "expires": entry.expires.isoformat() if entry.expires else None,
                "flaky": entry.is_flaky,
            }
            for entry in judgement.known
        ],
        "accepted_gap": _gap(judgement.gap),
        "out_of_reach": judgement.is_out_of_reach,
        "evidence": evidence,
        "violations": len(judgement.violations),
    }
    if decided_by and not evidence:
        shown["decided_by"] = [_evidence(exchange) for exchange in decided_by]
    if evidence:
        shown["reproduction"] = {
            "curl": _stimulus(evidence).get("curl", "") if has_url else "",
            "replay": _replay_line(judgement.requirement, has_url),
        }
    return shown


def _gap(gap: AcceptedGap | None) -> dict[str, Any] | None:
    if gap is None:
        return None
    expires = gap.expires.isoformat() if gap.expires else None
    return {"requirement": gap.requirement, "reason": gap.reason, "link": gap.link, "expires": expires}


def _stimulus(evidence: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """The exchange to be repeated: of the first violation that has any, the last that was more than a look."""
    shown: list[Mapping[str, Any]] = next((one["exchanges"] for one in evidence if one["exchanges"]), [])
    acts = [exchange for exchange in shown if exchange["request"]["method"] not in ("GET", "HEAD")]
    stimulus: Mapping[str, Any] = (acts or shown or [{}])[-1]
    return stimulus


def _replay_line(requirement: Requirement, has_url: bool) -> str:
    """Only what a server was sent can be sent again."""
    line = f"lro-conformance replay REPORT.json {requirement.id}" + ("" if has_url else " --url URL")
    return line if requirement.actor == "server" else ""


def violation_as_json(complaint: Complaint, masking: Masking = _NO_SECRETS) -> dict[str, Any]:
    """What is wrong and the exchanges that show it, masked: for results that travel and for reports."""
    shown: dict[str, Any] = {
        "message": masking.text(complaint.message),
        "exchanges": [_evidence(masking.exchange(exchange)) for exchange in complaint.exchanges],
    }
    if complaint.calls:
        shown["calls"] = _timed(complaint.calls)
    return shown


def _timed(calls: Sequence[TimedCall]) -> list[dict[str, Any]]:
    """The calls of a history; times are seconds since the first was made."""
    begin = min(call.exchange.sent_at for call in calls)
    return [
        {
            "request": call.exchange.number,
            "from": round(call.exchange.sent_at - begin, 6),
            "to": round(call.exchange.received_at - begin, 6),
            "what": call.what,
        }
        for call in calls
    ]


def _evidence(exchange: Exchange) -> dict[str, Any]:
    """The exchange, its answer cut off where it is too long; then `body_size` says how many bytes it has in all."""
    exchange = exchange.as_sent
    response = exchange.response
    if response is None or len(response.body) <= MAX_SHOWN_BODY:
        return exchange_as_json(exchange)
    # Not in the middle of a character: a text that is cut off is a text still.
    places = range(MAX_SHOWN_BODY, MAX_SHOWN_BODY - 4, -1)
    end = next((at for at in places if response.body[at] & 0xC0 != 0x80), MAX_SHOWN_BODY)
    shown = exchange_as_json(replace(exchange, outcome=replace(response, body=response.body[:end])))
    shown["response"]["body_size"] = len(response.body)
    return shown


def build_evidence_entry(requirement: Requirement, result: CheckResult, has_url: bool) -> dict[str, Any]:
    """The entry of a requirement that one check found violated, before the run is over."""
    verdict = Verdict.FAIL if requirement.level is Level.MUST else Verdict.WARN
    return judgement_as_json(Judgement(requirement, verdict, result.reason, (result,)), has_url=has_url)


def write_report(report: Mapping[str, Any], directory: Path) -> Path:
    """Write report.json into a directory, which is made when it is missing: the whole of it, or nothing.

    Raises UsageError when it cannot be written.
    """
    path = directory / "report.json"
    part = directory / f".report.json.{os.getpid()}"
    try:
        directory.mkdir(parents=True, exist_ok=True)
        try:
            part.write_bytes(as_bytes(report))
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise UsageError(f"{path}: cannot be written: {error.strerror}", "choose another --report-dir") from error
    return path


def as_bytes(document: Mapping[str, Any]) -> bytes:
    """A JSON document in UTF-8. Half of a surrogate pair, which a peer's JSON may hold, is written as JSON's escape."""
    text = json.dumps(document, indent=1, ensure_ascii=False) + "\n"
    return text.encode("utf-8", "backslashreplace")


def read_report(path: Path) -> dict[str, Any]:
    """A report that was written to its end; of a report directory its report.json.

    Raises UsageError for a file that is not there, is no report, or is the report of a run that was cut off.
    """
    if path.is_dir():
        path = path / "report.json"
    try:
        report = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        remedy = "name a report.json, or the directory of `run --report-dir` in which it is"
        raise UsageError(f"{path}: cannot be read: {error.strerror}", remedy) from error
    except UnicodeDecodeError as error:
        remedy = "name a report.json written by `run --report-dir`"
        raise UsageError(f"{path}: cannot be read: it is not UTF-8", remedy) from error
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path}: is not JSON: {error}", "name a report.json written by `run --report-dir`") from error
    if not isinstance(report, dict) or "requirements" not in report:
        raise UsageError(f"{path}: is not a report", "name a report.json written by `run --report-dir`")
    if report.get("schema_version") != SCHEMA_VERSION:
        raise UsageError(
            f"{path}: has schema_version {report.get('schema_version')!r}, this version reads {SCHEMA_VERSION}",
            "make the report again with this version",
        )
    if report.get("complete") is not True:
        raise UsageError(f"{path}: is the report of a run that was cut off", "run again to the end")
    problem = damage(report)
    if problem is not None:
        raise UsageError(f"{path}: is damaged: {problem}", "make the report again")
    return report
