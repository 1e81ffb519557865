"""The leak report: what a run started and did not see ended or deleted, and how to finish that."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence

_SHOWN = 4


def leak_messages(left_over: Sequence[Mapping[str, str]], unnamed: int) -> list[str]:
    """The messages of a run about operations that may still be there; none when there are none.

    `unnamed` start requests got no answer that names an operation.
    """
    messages = []
    if left_over:
        names = [entry["name"] for entry in left_over]
        more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
        messages.append(f"{_counted(len(names))} not seen ended or deleted: {', '.join(names[:_SHOWN])}{more}")
        messages += [
            f"to finish that: lro-conformance run --cleanup {shlex.quote(ledger)} [CONFIG.toml]"
            for ledger in dict.fromkeys(entry["ledger"] for entry in left_over)
        ]
    if unnamed:
        messages.append(unnamed_message(unnamed))
    return messages


def unnamed_message(count: int) -> str:
    """The message about starts that nobody saw the end of."""
    return (
        f"{count} start {'request' if count == 1 else 'requests'} got no answer that names an operation; "
        "what they may have started nobody can clean up by name"
    )


def _counted(count: int) -> str:
    return "1 operation that this run started was" if count == 1 else f"{count} operations that this run started were"
