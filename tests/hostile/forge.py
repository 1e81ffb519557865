"""A small process from which runs are forked, each a process of its own: what they all import is imported once.

A line of JSON in is a run: the arguments of `lro-conformance`, where its output goes, and after how many seconds it
is killed. A line of JSON out is what it took: exit status, seconds, peak resident megabytes. A process counts the
memory of whatever it was forked from, and one that runs tests is large; this one is small.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path
from threading import Timer
from typing import Any

import conformance.reports.artefacts
import conformance.reports.html
import conformance.reports.markdown
import conformance.server.run_suite
import conformance.suite.conftest  # noqa: F401
from conformance.cli import main


def forked(arguments: list[str], output: str, limit: float) -> dict[str, Any]:
    """Run the program with these arguments."""
    began = time.monotonic()
    process = os.fork()
    if process == 0:
        with Path(output).open("wb") as file:
            os.dup2(file.fileno(), 1)
            os.dup2(file.fileno(), 2)
        sys.exit(main(arguments))
    watchdog = Timer(limit, os.kill, (process, signal.SIGKILL))
    watchdog.start()
    _, status, usage = os.wait4(process, 0)
    watchdog.cancel()
    return {
        "status": os.waitstatus_to_exitcode(status),
        "seconds": time.monotonic() - began,
        "megabytes": usage.ru_maxrss / 1024,
    }


if __name__ == "__main__":
    for line in sys.stdin:
        print(json.dumps(forked(**json.loads(line))), flush=True)
