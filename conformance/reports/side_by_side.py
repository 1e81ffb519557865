"""A recorded answer and a new one, side by side, as text."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from itertools import zip_longest

from conformance.exchange import Exchange
from conformance.exchange.printable import WIDTH
from conformance.reports.exchange_text import answer_lines

_MOST_LINES = 24
_MOST_CHARACTERS = 2000


def side_by_side(old: Exchange, new: Exchange, width: int = WIDTH) -> Iterator[str]:
    """Both answers in two columns; `|` marks the lines that differ."""
    column = (width - 7) // 2
    left, right = _wrapped(old, column), _wrapped(new, column)
    yield f"  {'recorded':<{column}}   now"
    for before, now in zip_longest(left, right, fillvalue=""):
        yield f"  {before:<{column}} {'|' if before != now else ' '} {now}".rstrip()


def _wrapped(exchange: Exchange, column: int) -> list[str]:
    lines = [
        part
        for line in answer_lines(exchange.outcome, _MOST_CHARACTERS)
        for part in (textwrap.wrap(line, column, break_on_hyphens=False, drop_whitespace=False) or [""])
    ]
    left = len(lines) - _MOST_LINES
    return lines if left <= 0 else [*lines[:_MOST_LINES], f"… {left} more lines"]
