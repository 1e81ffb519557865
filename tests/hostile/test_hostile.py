"""Whole runs against servers that break, stall, flood or mislead: each ends in time, in little memory, with the blame
where it belongs. `docs/hostile.md` is the same table with what was measured.

What the transport makes of every one of them, test_exchanges.py asks. A run makes the same of servers of one theme that
end in the same way: here it meets some of them, in the proof all.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from conformance.judging.leaks import unnamed_message
from tests.hostile.behaviour import Behaviour, Blame, Outcome
from tests.hostile.runs import HostileRun, Runs, bound_of
from tests.hostile.table import TABLE

MOST_MEGABYTES = 300
LARGEST_REPORT = 12_000_000


@pytest.fixture(scope="module")
def runs() -> Iterator[Runs]:
    with Runs() as runs:
        yield runs


EACH = 6
"""Of so many servers of one theme that end in the same way, a whole run meets one here."""


def rows() -> Iterator[object]:
    """The table; what a run of the proof alone meets is marked."""
    alike: Counter[tuple[str, Outcome]] = Counter()
    for name, behaviour in TABLE.items():
        kind = (behaviour.theme, behaviour.outcome)
        is_met = alike[kind] % EACH == 0 or behaviour.theme == "texts"  # a run alone writes reports
        alike[kind] += 1
        yield pytest.param(behaviour, id=name, marks=() if is_met else pytest.mark.proof)


@pytest.mark.parametrize("behaviour", list(rows()))
def test_a_run_ends_in_time_and_memory_with_the_right_blame(behaviour: Behaviour, runs: Runs, tmp_path: Path) -> None:
    run = runs.against(behaviour, tmp_path)
    assert run.seconds < bound_of(behaviour), f"killed after {run.seconds:.0f} s: {run.output}"
    assert run.megabytes < MOST_MEGABYTES
    assert "Traceback" not in run.output
    assert run.errors == [], "the suite itself went wrong"
    assert_blames(behaviour, run)
    assert_steers_no_terminal(run.output)
    assert_writes_what_can_be_shown(run.directory)


def assert_blames(behaviour: Behaviour, run: HostileRun) -> None:
    """The exit status, what failed, and what is said."""
    expected = behaviour.outcome
    if expected.may_be_luck and run.status == Blame.UNKNOWN.value:
        assert run.failed == frozenset()
        return
    assert run.status == expected.blame.value, run.output
    if expected.among_others:
        assert expected.fails <= run.failed
    else:
        assert expected.fails == run.failed
    assert expected.says in " ".join(run.output.split())
    if expected.blame is Blame.ENVIRONMENT:
        left_over = [unnamed_message(1)] if expected.may_have_started else []
        messages = run.output.split("lro-conformance: ")[1:]
        assert [message.strip() for message in messages[1:]] == left_over, "one message, and what may be left over"
        assert "remedy: " in run.output


def assert_steers_no_terminal(output: str) -> None:
    """Nothing but characters that are seen, and line ends."""
    assert [character for character in output if not (character.isprintable() or character == "\n")] == []


def assert_writes_what_can_be_shown(directory: Path) -> None:
    """Reports of a size that can be opened, in which what a peer sent is text."""
    page, summary = directory / "report.html", directory / "summary.md"
    for report in (page, summary, directory / "report.json", directory / "junit.xml"):
        assert report.stat().st_size < LARGEST_REPORT, report.name
    shown = page.read_text(encoding="utf-8")
    assert shown.count("<script>") == shown.count("</script>") == 1, "our own"
    assert "<img" not in shown
    told = summary.read_text(encoding="utf-8")
    assert "<img" not in told
    assert "](http://elsewhere" not in told
    assert "\n# owned" not in told
