"""Traffic that somebody else recorded, judged by the rules.

A recording can show violations, but not that a requirement is kept: what it does not show was not tested, and the best
verdict is "incomplete". Only calls of the contract are judged, each server on its own. What the conformance statement
does not declare is found out from the traffic, if possible; else the requirements that depend on it are not tested.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from conformance.exchange import Call, Exchange, Method
from conformance.exchange.har import HarContents
from conformance.exchange.masking import StrangersMasking
from conformance.judging.judge import Terms, judge_findings
from conformance.judging.report import RunFacts, build_report
from conformance.judging.statement import Statement
from conformance.judging.traffic import judge_traffic, judged_part
from conformance.judging.verdict import CheckResult, Finding
from conformance.rules.server.conditions import answered_by_the_service, failed, plainly_bound
from conformance.rules.server.errors import form_of_errors
from conformance.spec.catalogue import Catalogue, Requirement
from conformance.spec.contract import Contract

CHECK = "audit"
_SHOWN_ENTRIES = 10
_SHOWN_PATH = 120


@dataclass(frozen=True, slots=True)
class Audit:
    """The report, and the calls that were judged, to be read once, each without its secrets when it is read."""

    report: dict[str, Any]
    exchanges: Iterator[Exchange]


@dataclass(frozen=True, slots=True)
class _Sought:
    """What an audit looks for, calls of a contract to a server, and the masking of what it finds."""

    contract: Contract
    url: str
    masking: StrangersMasking


def audit(
    recording: HarContents,
    contract: Contract,
    catalogue: Catalogue,
    statement: Statement,
    *,
    file: str,
    now: str,
    url: str = "",
) -> Audit:
    """Judge a recording. `url` is the server to judge, with the path before the contract's; without it all are."""
    masking = StrangersMasking(recording.exchanges)
    exchanges = [exchange for exchange in recording.exchanges if _is_at(exchange, url)]
    called = [(exchange, _call(contract, exchange, url.rstrip("/"))) for exchange in exchanges]
    calls = [
        replace(exchange, call=call)
        for exchange, call in called
        if call is not None or _is_of_a_run(exchange) or _is_posted_on_a_name(contract, exchange, url.rstrip("/"))
    ]
    _find_out(statement, calls)
    recorded: dict[tuple[str, int], list[Exchange]] = {}
    for exchange in calls:
        recorded.setdefault((exchange.origin, exchange.process), []).append(exchange)
    by_rule = {result.requirement: result for result in judge_traffic(judged_part(recorded.values()), masking)}
    requirements = catalogue.of("server")
    findings = [_result(requirement, by_rule, statement) for requirement in requirements]
    judged = judge_findings(requirements, findings, Terms(statement.rules_out, statement.softened))
    facts = RunFacts(
        iut={
            "name": f"traffic in {file}",
            "url": ", ".join(dict.fromkeys(origin for origin, _ in recorded)),
            "statement": statement.as_json(),
        },
        spec={"name": contract.name, "version": contract.version, "sha256": contract.sha256},
        profile=CHECK,
        seed=0,
        started=now,
        finished=now,
        requests=len(calls),
        operations=len({exchange.call.name for exchange in calls if exchange.call and _is_of_one(exchange.call)}),
        messages=_messages(recording, exchanges, len(calls), _Sought(contract, url, masking)),
    )
    return Audit(build_report(judged.judgements, judged.verdict, facts), map(masking.exchange, calls))


def _is_at(exchange: Exchange, url: str) -> bool:
    if not url:
        return True
    parts = urlsplit(url)
    return exchange.origin == f"{parts.scheme}://{parts.netloc}" and exchange.request.path.startswith(parts.path)


def _call(contract: Contract, exchange: Exchange, url: str) -> Call | None:
    return contract.identify(exchange.request.method, _path(exchange, url))


def _is_of_a_run(exchange: Exchange) -> bool:
    """Whether a check sent it, and so to the service, whatever its path is."""
    return bool(exchange.check)


def _is_posted_on_a_name(contract: Contract, exchange: Exchange, url: str) -> bool:
    """Whether it is a POST on the path of a get: no method, but some servers delete the operation that it names.

    A path with a colon in its last segment may be a method that the contract does not have.
    """
    path = _path(exchange, url)
    is_bare = ":" not in path.rpartition("/")[2]
    return exchange.request.method == "POST" and is_bare and contract.identify("GET", path) is not None


def _path(exchange: Exchange, url: str) -> str:
    return exchange.request.path.removeprefix(urlsplit(url).path) if url else exchange.request.path


def _is_of_one(call: Call) -> bool:
    return call.method is not Method.LIST


def _result(requirement: Requirement, by_rule: Mapping[str, CheckResult], statement: Statement) -> CheckResult:
    """What the traffic shows, where a recording can show it and the statement does not leave the requirement open."""
    result = by_rule.get(requirement.id)
    open_key = statement.open_condition(requirement)
    if result is None:
        return CheckResult(requirement.id, CHECK, Finding.NOT_TESTED, "a recording cannot show it; `run` tests it")
    if result.finding in (Finding.NOT_TESTED, Finding.NOT_APPLICABLE) and result.confirmation is None:
        return CheckResult(requirement.id, CHECK, Finding.NOT_TESTED, "no recorded call is one that it speaks about")
    if open_key is not None:
        reason = f"whether it applies is not known: say --statement {open_key}=…"
        return CheckResult(requirement.id, CHECK, Finding.NOT_TESTED, reason)
    return replace(result, check=CHECK)


def _find_out(statement: Statement, calls: Sequence[Exchange]) -> None:
    """What the traffic shows of what the statement leaves open."""
    cancels = [exchange for exchange in calls if exchange.calls(Method.CANCEL)]
    if any(exchange.succeeded() for exchange in cancels):
        statement.find("cancel", "best-effort", "a recorded cancel succeeded")
    elif any(exchange.response is not None and exchange.response.status == 501 for exchange in cancels):
        statement.find("cancel", "unimplemented", "a recorded cancel was answered with 501")
    for key, method in (("list", Method.LIST), ("delete", Method.DELETE)):
        if any(exchange.calls(method) and exchange.succeeded() for exchange in calls):
            statement.find(key, True, f"a recorded {key} succeeded")
    errors = [exchange for exchange in calls if failed(exchange)]
    found = form_of_errors(errors)
    # Something before the service, such as a proxy, has errors of its own form.
    if found is not None and (found[0] != "none" or any(map(plainly_bound & answered_by_the_service, errors))):
        value, form = found
        statement.find("errors", value, f"a recorded error has {form}")


def _messages(recording: HarContents, seen: Sequence[Exchange], judged: int, sought: _Sought) -> list[str]:
    """What was recorded and what of it was judged; if nothing was, why not, and what a recording needs."""
    entries = len(recording.exchanges) + len(recording.left_out)
    said = [f"{_count(entries, 'recorded exchange')}, {judged} of them calls of {sought.contract.name}"]
    elsewhere = len(recording.exchanges) - len(seen)
    if elsewhere:
        said.append(f"{_count(elsewhere, 'exchange')} with another server than --url names")
    if not judged:
        said += [_why_nothing(recording, seen, sought), _need(sought.contract)]
    return [*said, *_first("not judged", recording.left_out), *_first("warning", recording.contradictions)]


def _why_nothing(recording: HarContents, seen: Sequence[Exchange], sought: _Sought) -> str:
    """Why nothing of a recording was judged."""
    if not recording.exchanges:
        return "nothing was judged: no entry has a request and its answer"
    if not seen:
        servers = ", ".join(dict.fromkeys(exchange.origin for exchange in recording.exchanges))
        return (
            f"nothing was judged: no exchange is with {sought.url}; the recording is of {sought.masking.text(servers)}"
        )
    first = sought.masking.exchange(seen[0])
    what = f"{first.request.method} {first.request.path[:_SHOWN_PATH]}"
    return f"nothing was judged: no exchange is a call of {sought.contract.name}; the first is {what}"


def _need(contract: Contract) -> str:
    """What a recording needs so that something can be judged."""
    cancel = contract.bindings_of(Method.CANCEL)[0]
    return (
        f"a recording needs calls of the operations that were started, such as {cancel.http_method} {cancel.template}; "
        "--spec names another contract, --url the server with the path before the contract's"
    )


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _first(what: str, sentences: Sequence[str]) -> list[str]:
    """The first sentences about entries, and how many more there are."""
    shown = [f"{what}: {sentence}" for sentence in sentences[:_SHOWN_ENTRIES]]
    left = len(sentences) - _SHOWN_ENTRIES
    return [*shown, f"{what}: {left} entries more"] if left > 0 else shown
