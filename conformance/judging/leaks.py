"""The leak report: what a run started and did not see ended or deleted, and how to finish that."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping, Sequence

from conformance.exchange.printable import in_one_line

_SHOWN = 4
_UNCLEAR = "unclear"
"""The state of an operation that need not be of this run."""


def leak_messages(left_over: Sequence[Mapping[str, str]], unnamed: int) -> list[str]:
    """The messages of a run about operations that may still be there; none when there are none.

    `unnamed` starts ended without the name of an operation.
    """
    messages = []
    ours = [entry for entry in left_over if entry["state"] != _UNCLEAR]
    if ours:
        names = [entry["name"] for entry in ours]
        left = f"{_counted(len(names))} not seen ended or deleted: {_some(names)}"
        messages.append(left + _to_finish(dict.fromkeys(entry["ledger"] for entry in ours)))
    unclear = [entry["name"] for entry in left_over if entry["state"] == _UNCLEAR]
    if unclear:
        messages.append(unclear_message(unclear))
    if unnamed:
        messages.append(unnamed_message(unnamed))
    return messages


def earlier_messages(earlier: Iterable[tuple[object, int]]) -> list[str]:
    """The messages about operations that earlier runs left over: their ledger, and how many."""
    return [
        f"an earlier run left {count} {'operation' if count == 1 else 'operations'} behind{_to_finish([str(ledger)])}"
        for ledger, count in earlier
    ]


def _to_finish(ledgers: Iterable[str]) -> str:
    """The commands as a remedy, which is printed in one line."""
    commands = [f"lro-conformance run --cleanup {shlex.quote(ledger)} [CONFIG.toml]" for ledger in ledgers]
    return f"\n  remedy: {'; '.join(commands)}"


def unnamed_message(count: int) -> str:
    """The message about starts that ended without the name of an operation."""
    return (
        f"{count} {'start' if count == 1 else 'starts'} ended without the name of an operation; "
        "what they may have started nobody can clean up by name"
    )


def unclear_message(names: Sequence[str]) -> str:
    """The message about operations that may be of this run, and that it does not touch."""
    return (
        "not touched, although this run may have started it (two starts named it, or one that failed); "
        f"look whether it is yours to end: {_some(names)}"
    )


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(map(in_one_line, names[:_SHOWN])) + more


def _counted(count: int) -> str:
    return "1 operation that this run started was" if count == 1 else f"{count} operations that this run started were"
