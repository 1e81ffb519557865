"""`run --cleanup LEDGER`: finishes what an interrupted run could not clean up.

Only operations that the ledger names as started by a supply, and as not yet ended or deleted, are cancelled and
deleted, and only at the URL at which they were started.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path

from conformance.errors import UsageError
from conformance.exchange.printable import in_one_line
from conformance.judging.leaks import unclear_message, unnamed_message
from conformance.server.target.clean_up import clean_up
from conformance.server.target.configuration import Configuration
from conformance.server.target.connect import connect
from conformance.server.target.ledger import Contents, Entry, LedgerState, is_temporary, read_contents

LEFT_OVER = 3


def finish(ledger: Path, configuration: Configuration, is_spec_given: bool) -> int:
    """Clean up, print what became of each operation; 0 when nothing is left, 3 when something is.

    A configuration without a URL takes the ledger's; without a configuration and `--spec` so does the spec.
    Raises UsageError for a ledger that cannot be read or is of another URL, and as `connect` does.
    """
    contents = read_contents(ledger)
    if contents.unanswered:
        print(f"{ledger}: {unnamed_message(contents.unanswered)}")
    for entry in contents.entries:
        if entry.state is LedgerState.UNCLEAR:
            print(f"{ledger}: {unclear_message([entry.name])}")
    entries = {entry.name: entry for entry in contents.entries if entry.state.is_left_over}
    if not entries:
        print(f"{ledger}: nothing is left over")
        _remove_temporary(ledger, contents)
        return 0
    urls = {entry.url for entry in entries.values()}
    url = configuration.iut.url or sorted(urls)[0]
    if urls != {url}:
        other = sorted(urls - {url})[0]
        raise UsageError(
            f"{ledger}: has operations of {other}, not of {url}",
            "name the configuration of the run that wrote the ledger; nothing was sent",
        )
    spec = configuration.iut.spec if is_spec_given else next(iter(entries.values())).spec
    configuration = dataclasses.replace(configuration, iut=dataclasses.replace(configuration.iut, url=url, spec=spec))
    states = _cleaned(configuration, ledger, entries)
    for name, state in states.items():
        print(f"{state.value:<10} {in_one_line(name)}")
    left = [name for name, state in states.items() if state.is_left_over]
    print(f"{url}: {len(states)} left over in the ledger, {len(states) - len(left)} cleaned up, {len(left)} still left")
    if not left:
        _remove_temporary(ledger, contents)
    return LEFT_OVER if left else 0


def _remove_temporary(ledger: Path, contents: Contents) -> None:
    """Nobody else removes a temporary ledger. What is unclear stays written down."""
    if is_temporary(ledger) and all(entry.state is not LedgerState.UNCLEAR for entry in contents.entries):
        ledger.unlink(missing_ok=True)
        print(f"{ledger}: removed, as a run does with a temporary ledger from which nothing is left")


def _cleaned(configuration: Configuration, ledger: Path, entries: dict[str, Entry]) -> dict[str, LedgerState]:
    iut = connect(configuration, ledger_file=ledger)
    written = iut.ledger
    assert written is not None, "a target with a URL has a ledger"
    states = {name: entry.state for name, entry in entries.items()}
    try:
        clean_up(iut, states, delete=iut.statement.value("delete") is not False)
    finally:
        iut.target.close()
        written.note_all(
            (name, entries[name].supply, state) for name, state in states.items() if state is not entries[name].state
        )
    return states
