"""Runs the suite against every hostile server and prints the page: `python -m tests.hostile > docs/hostile.md`."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.hostile.runs import HostileRun, Runs
from tests.hostile.table import TABLE

_INTRODUCTION = """\
# Hostile and broken servers

What a run says of servers that break HTTP, stall, flood or mislead it, how long it takes, and how much memory it needs
at most. `python -m tests.hostile > docs/hostile.md` makes this page. `tests/hostile` asserts the outcomes, that no run
takes longer than its timeouts, and that none needs 300 MB: of some of each theme in every test run, of all in
`tox -e proof`. What the transport makes of each of them, every test run asks. Each server is the reference server with
one hostile behaviour. Some behaviours begin with the first byte, most only with the answers to cancels, so that the run
reaches its checks.
"""


def main(*names: str) -> None:
    print(_INTRODUCTION)
    print("| theme | behaviour | what it does | the run says | seconds | MB |")
    print("|---|---|---|---|---|---|")
    with Runs() as runs:
        for behaviour in TABLE.values():
            if names and behaviour.name not in names:
                continue
            with tempfile.TemporaryDirectory() as directory:
                run = runs.against(behaviour, Path(directory))
            print(
                f"| {behaviour.theme} | {behaviour.name} | {behaviour.does} | {_said(run)} "
                f"| {run.seconds:.1f} | {run.megabytes:.0f} |",
                flush=True,
            )


def _said(run: HostileRun) -> str:
    if run.report is None:
        return f"exit status {run.status}"
    found = f"{run.report['verdict']} ({run.status})"
    if run.status == 2:
        return f"{found}: {_in_a_cell(run.report['messages'][-1].splitlines()[0])}"
    return f"{found}: " + ", ".join(f"`{name}`" for name in sorted(run.failed)) if run.failed else found


def _in_a_cell(message: str) -> str:
    return message.replace("|", "\\|").replace("<", "&lt;")


if __name__ == "__main__":
    main(*sys.argv[1:])
