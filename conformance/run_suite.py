"""Runs the suite through pytest, with nothing loaded that it does not need, and prints what came of it."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from conformance import plugin
from conformance.reports.console import render
from conformance.spec.catalogue import catalogue

_SUITE = Path(__file__).parent / "suite"
_NOT_NEEDED = ("cacheprovider", "doctest", "unittest", "pastebin", "nose", "debugging", "faulthandler", "stepwise")


def run_suite(
    plugin_options: Sequence[str], pytest_options: Sequence[str], as_json: bool, report_dir: str | None
) -> int:
    """Run the checks and print the table, or the report as JSON; the exit status of the verdict."""
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    progress = _Progress(sys.stderr)
    arguments = [
        *("-c", str(_SUITE / "pytest.ini")),
        *(word for name in _NOT_NEEDED for word in ("-p", f"no:{name}")),
        *("-p", "conformance.plugin"),
        *_plugins_for(pytest_options),
        "--assert=plain",
        "--quiet",
        "--no-header",
        "--no-summary",
        "--capture=no",
        *([f"--junitxml={Path(report_dir) / 'junit.xml'}"] if report_dir else []),
        *plugin_options,
        *pytest_options,
        str(_SUITE),
    ]
    status = int(pytest.main(arguments, plugins=[progress]))
    progress.end()
    report = progress.report
    if report is None:
        return 2 if status in (pytest.ExitCode.USAGE_ERROR, pytest.ExitCode.INTERNAL_ERROR) else _nothing_ran(status)
    if as_json:
        json.dump(report, sys.stdout, indent=1, ensure_ascii=False)
        sys.stdout.write("\n")
    else:
        sys.stdout.write(render(report, catalogue(), colour=sys.stdout.isatty()))
    return int(report["exit_status"])


def _plugins_for(pytest_options: Sequence[str]) -> list[str]:
    """pytest-xdist is loaded only when it is asked for, since plugins are not loaded by themselves here."""
    wants_workers = any(option.startswith(("-n", "--numprocesses", "--dist")) for option in pytest_options)
    return ["-p", "xdist"] if wants_workers else []


def _nothing_ran(status: int) -> int:
    print(f"lro-conformance: no check was run (exit status of pytest: {status})", file=sys.stderr)
    return 3


class _Progress:
    """One character per check on stderr while the run goes on, and the report when it is over."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._count = 0
        self.report: dict[str, Any] | None = None

    @pytest.hookimpl(trylast=True)
    def pytest_configure(self, config: pytest.Config) -> None:
        """pytest's own terminal output would say everything twice."""
        reporter = config.pluginmanager.getplugin("terminalreporter")
        if reporter is not None:
            config.pluginmanager.unregister(reporter)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        result = getattr(report, plugin._RESULT, None)
        if result is None:
            return
        letter = {"kept": ".", "violated": "F", "error": "E"}.get(result["finding"], "-")
        self._stream.write(letter)
        self._stream.flush()
        self._count += 1

    @pytest.hookimpl(trylast=True)
    def pytest_unconfigure(self, config: pytest.Config) -> None:
        self.report = config.stash.get(plugin.REPORT, None)

    def end(self) -> None:
        if self._count:
            self._stream.write("\n")
