"""Calls on a time line: as lines of text in fixed width, or drawn.

Both have the same scale. It is linear while any call is under way. Longer pauses are cut out and marked: with a pause
of seconds, calls of a millisecond could not be seen.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from conformance.exchange.printable import in_one_line

_WIDTH = 34
_LONGEST_PAUSE = 0.15
"""As a part of the time in which calls are under way; a longer pause is cut out."""
_CUT = 0.06
_TICKS_APART = 0.2


@dataclass(frozen=True, slots=True)
class Span:
    """One call: the seconds since the first one in which it was under way, its number, and how it ended."""

    start: float
    end: float
    number: int
    what: str

    @property
    def times(self) -> str:
        return f"{_ms(self.start)}–{_ms(self.end)} ms"


@dataclass(frozen=True, slots=True)
class Axis:
    """Where on the line, from 0 to 1, a moment is; `cuts` are the places at which a pause was cut out."""

    pieces: tuple[tuple[float, float, float, float], ...]
    """Moments from and to, places from and to."""
    cuts: tuple[float, ...]

    def place(self, moment: float) -> float:
        for start, end, left, right in self.pieces:
            if moment <= end:
                share = (moment - start) / (end - start) if end > start else 0.0
                return left + max(0.0, share) * (right - left)
        return 1.0

    def ticks(self) -> list[tuple[float, str]]:
        """Places and their times in milliseconds: where calls begin and end to be under way, not too close."""
        ends = [piece for start, end, left, right in self.pieces for piece in ((left, start), (right, end))]
        chosen: list[tuple[float, float]] = []
        for place, moment in ends[:-1]:
            if (not chosen or place - chosen[-1][0] >= _TICKS_APART) and (not chosen or 1 - place >= _TICKS_APART):
                chosen.append((place, moment))
        if len(self.pieces) == 1 and self.pieces[0][1] > self.pieces[0][0]:
            start, end, _, _ = self.pieces[0]
            chosen += [(share, start + share * (end - start)) for share in (0.25, 0.5, 0.75)]
        return [(place, _ms(moment)) for place, moment in [*chosen, *ends[-1:]]]


def spans_of(violation: Mapping[str, Any]) -> list[Span]:
    """The calls of a violation that belong on a time line; none where its exchanges are no history."""
    return [Span(call["from"], call["to"], call["request"], call["what"]) for call in violation.get("calls", ())]


def axis_of(spans: Sequence[Span]) -> Axis:
    """The scale of a time line that has at least one call."""
    busy: list[list[float]] = []
    for span in sorted(spans, key=lambda span: span.start):
        if busy and span.start <= busy[-1][1]:
            busy[-1][1] = max(busy[-1][1], span.end)
        else:
            busy.append([span.start, span.end])
    total = sum(end - start for start, end in busy) or 1e-6
    longest = _LONGEST_PAUSE * total
    merged = busy[:1]
    for start, end in busy[1:]:
        if start - merged[-1][1] <= longest:
            merged[-1][1] = end
        else:
            merged.append([start, end])
    whole = sum(max(end - start, _CUT * total) for start, end in merged) + _CUT * total * (len(merged) - 1)
    pieces, cuts, at = [], [], 0.0
    for number, (start, end) in enumerate(merged):
        if number:
            cuts.append(at + _CUT * total / whole / 2)
            at += _CUT * total / whole
        share = max(end - start, _CUT * total) / whole
        pieces.append((start, end, at, min(1.0, at + share)))
        at += share
    return Axis(tuple(pieces), tuple(cuts))


def time_line_text(spans: Sequence[Span]) -> Iterator[str]:
    """The time line in lines that must not be wrapped: a scale, then a line for each call, at most 76 columns."""
    if not spans:
        return
    axis = axis_of(spans)
    yield _scale(axis)
    ruler = ["·"] * _WIDTH
    for place, _ in axis.ticks():
        ruler[_column(place)] = "┬"
    for place in axis.cuts:
        ruler[_column(place)] = "≈"
    yield "".join(ruler)
    longest = max(len(span.times) for span in spans)
    for span in spans:
        first, last = _column(axis.place(span.start)), _column(axis.place(span.end))
        bar = " " * first + ("├" + "─" * (last - first - 1) + "┤" if last > first else "│")
        yield f"{bar:<{_WIDTH}} {span.times:>{longest}}  {in_one_line(span.what)} [{span.number}]"
    if axis.cuts:
        yield "≈ a pause that was cut out"


def _scale(axis: Axis) -> str:
    line = ""
    for place, text in axis.ticks():
        column = _column(place)
        begin = min(max(column - len(text) // 2, 0), _WIDTH - len(text)) if column else 0
        if begin > len(line) or not line:
            line = line.ljust(begin) + text
    return f"{line} ms"


def _column(place: float) -> int:
    return round(place * (_WIDTH - 1))


def _ms(seconds: float) -> str:
    """Milliseconds, with as many digits as tell calls apart; in process one takes some microseconds."""
    milliseconds = seconds * 1000
    digits = 0 if milliseconds >= 1000 else 3 if 0 < milliseconds < 0.1 else 1
    return f"{milliseconds:.{digits}f}"
