"""Runs the suite against real targets and compares what it finds with what is known of them.

    python examples/interop.py [--profile PROFILE] [--report-dir DIR] [--no-skip] [EXAMPLE...]

For each example: start it (`serve.py`), run `lro-conformance run` with its conformance.toml, stop it, and compare the
report with its expected.yaml. An example that this machine cannot have is skipped, aloud.

Exit status: 0 as expected (and at least one example ran), 1 a difference, 2 something could not be run.
"""

from __future__ import annotations

import argparse
import os
import select
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Final

EXAMPLES: Final = Path(__file__).resolve().parent
CHECKOUT: Final = EXAMPLES.parent
sys.path.insert(0, str(CHECKOUT))

from examples.comparison import (  # noqa: E402  (found through the line above)
    UnusableFile,
    compare,
    read_expectations,
    read_report,
)
from examples.serving.children import die_with_parent  # noqa: E402
from examples.serving.failure import SKIPPED  # noqa: E402

KNOWN: Final = ("buildgrid", "envoy-grpc", "grpc-gateway", "showcase")
COME_UP_SECONDS: Final = 1200.0
"""The first start installs packages or compiles; every later one takes seconds."""
GO_DOWN_SECONDS: Final = 60.0
RUN_SECONDS: Final = 1200.0

AS_EXPECTED: Final = 0
DIFFERENT: Final = 1
FAILED: Final = 2


class Skipped(Exception):
    """This machine cannot have the target; `serve.py` has said why."""


class CannotRun(Exception):
    """The target or the suite could not be run; what they printed says why."""


@contextmanager
def served(example: str, serving_file: Path) -> Iterator[str]:
    """The example's URL, while it is served. Its standard input is ours to close: should we die, it ends, too."""
    process = subprocess.Popen(
        [sys.executable, str(EXAMPLES / example / "serve.py")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "LRO_SERVING_FILE": str(serving_file)},
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        readable, _, _ = select.select([process.stdout], [], [], COME_UP_SECONDS)
        url = process.stdout.readline().strip() if readable else ""
        if not url:
            if readable and process.wait(GO_DOWN_SECONDS) == SKIPPED:
                raise Skipped(example)
            raise CannotRun(f"{example}: serve.py printed no URL; see what it said above")
        yield url
    finally:
        process.stdin.close()
        try:
            process.wait(GO_DOWN_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()


def run_suite(example: str, url: str, report_dir: Path, profile: str, serving_file: Path) -> Path:
    """Test the target; return the report. Exit statuses 1 and 3 are findings, 2 is a failure to find anything."""
    command = [sys.executable, "-m", "conformance", "run", str(EXAMPLES / example / "conformance.toml")]
    command += ["--url", url, "--report-dir", str(report_dir), "--profile", profile]
    environment = {**os.environ, "LRO_SERVING_FILE": str(serving_file)}
    with subprocess.Popen(command, cwd=CHECKOUT, env=environment, preexec_fn=die_with_parent) as process:
        try:
            status = process.wait(RUN_SECONDS)
        except subprocess.TimeoutExpired:
            raise CannotRun(f"{example}: the run took longer than {RUN_SECONDS:g} s") from None
        finally:
            process.terminate()
    if status not in (0, 1, 3):
        raise CannotRun(f"{example}: the suite could not run (exit status {status}); see what it said above")
    return report_dir / "report.json"


def test_example(example: str, report_dir: Path, profile: str) -> int:
    """Serve, run, compare, tell."""
    expectations = read_expectations(EXAMPLES / example / "expected.yaml")
    shutil.rmtree(report_dir, ignore_errors=True)  # an old report must never pass for this run's
    report_dir.mkdir(parents=True)
    serving_file = report_dir / "serving.json"
    started = time.monotonic()
    with served(example, serving_file) as url:
        print(f"{example}: served at {url}", flush=True)
        report = run_suite(example, url, report_dir, profile, serving_file)
    findings = read_report(report)
    differences = compare(findings, expectations)
    counts = Counter(finding.verdict for finding in findings.values())
    summary = ", ".join(f"{count} {verdict}" for verdict, count in counts.most_common())
    print(f"{example}: {len(findings)} requirements in {time.monotonic() - started:.0f} s: {summary}")
    for difference in differences:
        print(f"{example}: {difference}")
    print(f"{example}: {f'{len(differences)} difference(s)' if differences else 'as expected'}", flush=True)
    return DIFFERENT if differences else AS_EXPECTED


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description="Test real targets and compare with what is known of them.")
    parser.add_argument("examples", nargs="*", metavar="EXAMPLE", help=f"of {', '.join(KNOWN)}; all without any")
    parser.add_argument("--profile", default="ci", choices=("quick", "ci", "thorough"))
    parser.add_argument("--report-dir", type=Path, default=CHECKOUT / ".interop" / "reports")
    parser.add_argument("--no-skip", action="store_true", help="a target that cannot be had is a failure")
    options = parser.parse_args(arguments)
    for example in options.examples:
        if example not in KNOWN:
            parser.error(f"there is no example {example!r}; choose from {', '.join(KNOWN)}")
    signal.signal(signal.SIGTERM, _interrupt)
    statuses: dict[str, int | None] = {}
    try:
        for example in options.examples or KNOWN:
            try:
                statuses[example] = test_example(example, options.report_dir.resolve() / example, options.profile)
            except Skipped:
                print(f"{example}: SKIPPED, for the reason above", flush=True)
                statuses[example] = FAILED if options.no_skip else None
            except (CannotRun, UnusableFile) as error:
                print(error, file=sys.stderr, flush=True)
                statuses[example] = FAILED
    except KeyboardInterrupt:
        print("interrupted; the target is stopped", file=sys.stderr)
        return FAILED
    return overall(list(statuses.values()))


def overall(statuses: list[int | None]) -> int:
    """The exit status for those of the examples (None: skipped). Nothing tested is never a success."""
    tested = [status for status in statuses if status is not None]
    if not tested:
        print("no example was tested", file=sys.stderr)
        return FAILED
    return max(tested)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
