"""`replay`: sends the evidence of one requirement again, to any server."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from typing import Any

    from conformance.commands import Commands
    from conformance.errors import UsageError
    from conformance.exchange import Exchange, Header, Request
    from conformance.judging.replay import Adaptation, Evidence, Recurrence, Replayed
    from conformance.server.target.iut import Iut
    from conformance.server.target.target import Outgoing

_SHOWN_VIOLATIONS = 3
_MOST_CHARACTERS = 2000


def add(commands: Commands) -> None:
    """Describe the command."""
    parser = commands.add_parser(
        "replay",
        help="send the evidence of one requirement again",
        description="Send the requests that showed a violation again and show the answers side by side. Exit status 0 "
        "when the violation is gone, 1 when it is still there, 3 when that cannot be told.",
        allow_abbrev=False,
    )
    parser.add_argument("report", metavar="REPORT.json", help="the report with the evidence")
    parser.add_argument("requirement", metavar="REQUIREMENT-ID", help="a requirement that is violated in it")
    parser.add_argument("--url", help="the server, in place of the report's or the configuration's")
    parser.add_argument(
        "--allow-host", action="append", default=[], metavar="HOST", help="a host other than this machine"
    )
    parser.add_argument("--config", metavar="CONFIG.toml", help="for credentials and hosts other than this machine")
    parser.add_argument("--spec", metavar="SPEC", help="the contract, in place of the report's")
    parser.add_argument(
        "--operation",
        action="append",
        default=[],
        metavar="NAME",
        help="a running operation, in place of the first, second, … that a violation is about",
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Send the evidence again and say what became of the violation."""
    from pathlib import Path

    from conformance.exchange.printable import wrapped
    from conformance.judging.replay import Adaptation, Recurrence, evidence_of, recorded_names, renamed
    from conformance.judging.report import read_report
    from conformance.server.target.connect import connect

    report = read_report(Path(options.report))
    entry = _entry(report, options.requirement)
    evidence = evidence_of(entry)
    started = report.get("operation_names", [])
    names = [recorded_names(violation, started) for violation in evidence]
    _refuse_too_many(options.operation, max(len(recorded) for recorded in names))
    configuration = _configuration(options, report)
    url = configuration.iut.url
    old = report["iut"]["url"] if report["iut"]["url"].startswith("http") else evidence[0].exchanges[0].origin
    iut = connect(configuration)
    _print(f"{entry['id']} ({entry['level']}) against {url}", *wrapped(entry["statement"], "  "))
    outcomes: list[Recurrence] = []
    try:
        for number, (violation, recorded) in enumerate(zip(evidence, names, strict=True), 1):
            _print("", *wrapped(f"violation {number} of {len(evidence)}: {violation.message}"))
            adaptation = Adaptation(old, url, renamed(recorded, options.operation, started))
            show = print if number <= _SHOWN_VIOLATIONS else _show_nothing
            for line in _about_names(recorded, options.operation):
                show(line)
            finding = _replay(iut, violation, adaptation, entry["id"], recorded, show)
            _print(*wrapped(f"{_words(finding.outcome)}: {finding.reason}", "  "))
            outcomes.append(finding.outcome)
    finally:
        iut.target.close()
    worst = max(outcomes, key=[Recurrence.GONE, Recurrence.CANNOT_BE_TOLD, Recurrence.STILL_THERE].index)
    print(f"\n{entry['id']}: {_words(worst)}")
    for line in _afresh(entry, url):
        print(line)
    return int(worst.value)


def _print(*lines: str) -> None:
    print("\n".join(lines))


def _words(outcome: Recurrence) -> str:
    return outcome.name.lower().replace("_", " ")


def _show_nothing(_: str) -> None:
    """Used in place of print when enough was shown."""


def _entry(report: Mapping[str, Any], requirement: str) -> Mapping[str, Any]:
    """The requirement in the report. Raises UsageError when it is not there, or not a server's."""
    from conformance.errors import UsageError, did_you_mean

    entries = {entry["id"]: entry for entry in report["requirements"]}
    if requirement not in entries:
        hint = did_you_mean(requirement, entries, "`lro-conformance requirements` lists them")
        raise UsageError(f"the report has no requirement {requirement!r}", hint)
    entry: Mapping[str, Any] = entries[requirement]
    if entry["actor"] != "server":
        raise UsageError(
            f"{requirement} is a requirement on clients; replay sends what a server was sent",
            "run `lro-conformance sdk` with the driver again",
        )
    return entry


def _refuse_too_many(given: Sequence[str], most: int) -> None:
    from conformance.errors import UsageError

    for name in given:
        if "/operations/" not in name:
            raise UsageError(
                f"--operation: {name!r} is not the name of an operation",
                "give the whole name, such as projects/demo/locations/us/operations/op-1",
            )
    if len(given) > most:
        raise UsageError(
            f"--operation is given {len(given)} times, but no violation is about more than {most} operations",
            f"give it at most {most} times" if most else "leave it out",
        )


def _configuration(options: argparse.Namespace, report: Mapping[str, Any]) -> Any:
    from dataclasses import replace
    from pathlib import Path

    from conformance.errors import UsageError
    from conformance.server.target.configuration import Configuration, with_url
    from conformance.server.target.configuration_file import read_configuration
    from conformance.server.target.url import check_host

    for host in options.allow_host:
        check_host("--allow-host", host)
    configuration = read_configuration(Path(options.config)) if options.config else Configuration()
    url = options.url or configuration.iut.url or report["iut"]["url"]
    if not url:
        raise UsageError(
            "the report is about a server in the process of its run, which is gone",
            "name a server with --url, such as that of `lro-conformance serve`",
        )
    spec = options.spec or (configuration.iut.spec if options.config else report["spec"]["name"])
    hosts = (*configuration.iut.allow_hosts, *options.allow_host)
    configuration = replace(configuration, iut=replace(configuration.iut, spec=spec, allow_hosts=hosts))
    return with_url(configuration, url)


def _about_names(recorded: Sequence[str], given: Sequence[str]) -> Iterator[str]:
    for old, new in zip(recorded, given, strict=False):
        yield f"  operation {old}\n         now {new} (--operation)"
    for name in recorded[len(given) :]:
        yield f"  operation {name}\n         as recorded; if it is gone, give --operation NAME for a running one"


def _replay(
    iut: Iut,
    violation: Evidence,
    adaptation: Adaptation,
    requirement: str,
    recorded: Sequence[str],
    show: Callable[[str], None],
) -> Replayed:
    """Send the requests of one violation in their order, show what comes back, and judge it."""
    from conformance.errors import Unjudged
    from conformance.exchange.printable import cut
    from conformance.judging.replay import Recurrence, Replayed, judge_replay
    from conformance.reports.exchange_text import request_lines
    from conformance.reports.side_by_side import side_by_side
    from conformance.rules.server import all_rules
    from conformance.server.target.target import is_refused, nobody_listens

    new: list[Exchange] = []
    previous: Exchange | None = None
    for earlier in violation.exchanges:
        _wait_as_recorded(iut, previous, earlier)
        try:
            answered = iut.send(_outgoing(iut, adaptation.adapted(earlier.request)))
        except Unjudged as error:
            return Replayed(Recurrence.CANNOT_BE_TOLD, error.reason)
        if is_refused(answered):
            raise nobody_listens(answered, "--url")
        new.append(answered)
        previous = earlier
        show("")
        for line in request_lines(answered.request, _MOST_CHARACTERS):
            for piece in cut(f"  > {line}".rstrip(), "  >   "):
                show(piece)
        for line in side_by_side(earlier, iut.target.masking().exchange(answered)):
            show(line)
    real = [adaptation.names.get(name, name) for name in recorded]
    return judge_replay(all_rules().get(requirement), violation.exchanges, new, real, iut.target.masking())


def _wait_as_recorded(iut: Iut, previous: Exchange | None, recorded: Exchange) -> None:
    """Wait as long as in the recording, because the operation may need that time; at most `settle`."""
    if previous is None:
        return
    pause = min(recorded.sent_at - previous.received_at, iut.settle)
    if pause < 0:
        print("\n  (recorded at the same time as the one before; sent after it now)")
    elif pause > 0:
        if pause >= 1:
            print(f"\n  (waiting {pause:.1f} s, as recorded)")
        iut.target.clock.sleep(pause)


def _outgoing(iut: Iut, request: Request) -> Outgoing:
    """The request with the secrets that its placeholders stand for.

    Raises UsageError when they are not configured: the request without them would be another one.
    """
    from dataclasses import replace

    from conformance.secrets.redaction import is_masked
    from conformance.server.target.credentials import Credential

    if is_masked(request.target):
        raise _lacks(f"a secret in its URL ({request.target})", "no configuration can put it back: record it again")
    request = replace(request, headers=tuple(_configured(iut, header) for header in request.headers))
    recorded = request.header("authorization")
    for credential in Credential:
        made = iut.request("GET", "/", credential=credential)
        if made.request.header("authorization") == recorded:
            return replace(made, request=request)
    return replace(iut.request("GET", "/", credential=Credential.NONE), request=request)


def _configured(iut: Iut, header: Header) -> Header:
    """The header from the configuration, if the recorded one is only a placeholder for a secret."""
    from conformance.secrets.looks import is_secret_field
    from conformance.secrets.redaction import is_masked
    from conformance.server.target.credentials import Credential

    name, value = header
    stands_for_a_secret = any(text.startswith("$") for text in (value, value.partition(" ")[2])) or is_masked(value)
    if not (is_secret_field(name) and stands_for_a_secret):
        return header
    configured = [
        field
        for credential in (Credential.MAIN, Credential.FORBIDDEN, Credential.ALTERED)
        for field in iut.request("GET", "/", credential=credential).request.headers
        if field[0].lower() == name.lower()
    ]
    if not configured:
        raise _lacks(f"credentials ({name}: {value})", "give --config with a conformance.toml that has them")
    return header if header in configured else configured[0]


def _lacks(what: str, remedy: str) -> UsageError:
    from conformance.errors import UsageError

    return UsageError(f"the recorded request carries {what}", remedy)


def _afresh(entry: Mapping[str, Any], url: str) -> Iterator[str]:
    """The command that runs the check again, if a check judged the requirement."""
    from conformance.rules.server import all_rules

    if entry["id"] not in all_rules():
        checks = {check["check"].rpartition("::")[2].partition("[")[0] for check in entry["checks"]}
        yield "only the answers were compared; to test the requirement afresh:"
        yield f"  lro-conformance run --url {url} -k '{' or '.join(sorted(checks))}'"
