"""A time line: linear while something is under way, and never wider than a terminal."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from conformance.reports.time_line import Span, axis_of, time_line_text


def spans(*during: tuple[float, float]) -> list[Span]:
    return [Span(start, end, number, f"call {number}") for number, (start, end) in enumerate(during, 1)]


def test_calls_are_bars_under_a_scale_with_their_times() -> None:
    assert list(time_line_text(spans((0, 0.010), (0.002, 0.020), (0.019, 0.020)))) == [
        "0.0    5.0    10.0     15.0   20.0 ms",
        "┬·······┬·······┬········┬·······┬",
        "├───────────────┤                   0.0–10.0 ms  call 1 [1]",
        "   ├─────────────────────────────┤  2.0–20.0 ms  call 2 [2]",
        "                               ├─┤ 19.0–20.0 ms  call 3 [3]",
    ]


def test_times_of_microseconds_are_told_apart() -> None:
    lines = list(time_line_text(spans((0, 0.000_026), (0.000_002, 0.000_040))))
    assert lines[0] == "0.0   0.010   0.020    0.030 0.040 ms"
    assert lines[3].endswith(" 0.002–0.040 ms  call 2 [2]")


def test_a_pause_is_cut_out_and_said() -> None:
    lines = list(time_line_text(spans((0, 0.010), (10, 10.010))))
    assert lines[-1] == "≈ a pause that was cut out"
    assert "≈" in lines[1]
    assert "10000–10010 ms" in lines[3]
    first, second = lines[2].index("┤"), lines[3].index("├")
    assert first < second


def test_a_moment_is_a_stroke_and_nothing_is_no_line() -> None:
    assert "│" in list(time_line_text(spans((0, 0))))[2]
    assert list(time_line_text([])) == []


calls = st.lists(st.tuples(st.floats(0, 1e4), st.floats(0, 1e2)), min_size=1, max_size=12)


@given(calls)
def test_what_was_before_stands_before_and_nothing_leaves_the_line(drawn: list[tuple[float, float]]) -> None:
    shown = spans(*((start, start + length) for start, length in drawn))
    axis = axis_of(shown)
    moments = sorted({moment for span in shown for moment in (span.start, span.end)})
    places = [axis.place(moment) for moment in moments]
    assert places == sorted(places)
    assert all(0 <= place <= 1.000001 for place in places)
    ticks = [place for place, _ in axis.ticks()]
    assert ticks == sorted(ticks)
    assert all(len(line) <= 76 for line in time_line_text(shown))
