"""What is shown while a run goes on, on a terminal and in a pipe, and when it is coloured."""

from __future__ import annotations

import io
from collections.abc import Mapping

import pytest

from conformance.reports.progress import Progress
from conformance.reports.terminal import wants_colour


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Clock:
    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def test_in_a_pipe_there_is_a_line_for_each_chapter() -> None:
    stream = io.StringIO()
    progress = Progress(stream, {})
    progress.expect(["Routing", "Routing", "List"])
    progress.ended("Routing", "kept")
    assert stream.getvalue() == ""
    progress.ended("Routing", "violated")
    progress.ended("List", "not-tested")
    progress.end()
    assert stream.getvalue() == "Routing, 2 checks: 1 kept, 1 violated\nList, 1 check: 1 not judged\n"


def test_of_other_processes_there_is_a_line_for_each_tenth() -> None:
    stream = io.StringIO()
    progress = Progress(stream, {})
    progress.expect([])
    progress.expect_many(20)
    for _ in range(20):
        progress.ended("Routing", "kept")
    assert stream.getvalue().splitlines() == [f"{done} of 20 checks" for done in range(2, 21, 2)]


def test_on_a_terminal_one_line_tells_where_the_run_is_and_how_long_it_takes() -> None:
    stream, clock = Terminal(), Clock()
    progress = Progress(stream, {"TERM": "xterm"}, clock)
    progress.expect(["Routing"] * 4)
    clock.seconds = 2
    progress.ended("Routing", "violated")
    assert stream.getvalue() == "\r\x1b[K1/4 checks, Routing, 1 violated", "too early to tell what is left"
    clock.seconds = 10
    progress.ended("Routing", "kept")
    assert stream.getvalue().endswith("\r\x1b[K2/4 checks, Routing, 1 violated, about 10 s left")
    progress.end()
    assert stream.getvalue().endswith("\r\x1b[K")


def test_a_terminal_that_knows_plain_lines_only_is_a_pipe() -> None:
    stream = Terminal()
    progress = Progress(stream, {"TERM": "dumb"})
    progress.expect(["Routing"])
    progress.ended("Routing", "kept")
    assert stream.getvalue() == "Routing, 1 check: 1 kept\n"


def test_a_run_needs_nobody_to_watch_it() -> None:
    class Gone(io.StringIO):
        def flush(self) -> None:
            raise BrokenPipeError

    progress = Progress(Gone(), {})
    progress.expect(["Routing"])
    progress.ended("Routing", "kept")


@pytest.mark.parametrize(
    ("stream", "environment", "expected"),
    [
        (Terminal(), {"TERM": "xterm"}, True),
        (Terminal(), {"TERM": "dumb"}, False),
        (Terminal(), {"NO_COLOR": "1"}, False),
        (Terminal(), {"NO_COLOR": "", "TERM": "xterm"}, True),
        (io.StringIO(), {}, False),
        (io.StringIO(), {"FORCE_COLOR": "1"}, True),
        (Terminal(), {"FORCE_COLOR": "0"}, False),
        (io.StringIO(), {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
    ],
)
def test_colour_is_where_it_is_wanted(stream: io.StringIO, environment: Mapping[str, str], expected: bool) -> None:
    assert wants_colour(stream, environment) is expected
