"""A run by the workers of pytest-xdist: they are handed its options, and account for what they sent.

What checks found rides on pytest's reports. All else that a worker knows is its account, which it hands over when it
ends.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conformance.server.options import Options
    from conformance.server.run import Run

_OPTIONS = "lro_conformance_options"
_ACCOUNT = "lro_conformance_account"
_FATAL = "lro_conformance_fatal"


class Workers:
    """The workers, as the process that starts them knows them; there may be none."""

    def __init__(self, options: Callable[[], Options], run: Callable[[], Run]) -> None:
        self._options = options
        self._run = run
        self._at_work: list[Any] = []

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """A worker is about to start: it runs with the options of this process."""
        node.workerinput[_OPTIONS] = self._options().as_json()
        self._at_work.append(node)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """A worker has ended: add what it accounted for."""
        from conformance.server.account import Account

        if node not in self._at_work:
            return
        self._at_work.remove(node)
        output = getattr(node, "workeroutput", {})
        if _ACCOUNT not in output:
            return
        run = self._run()
        run.fatal = run.fatal or output[_FATAL]
        if output[_ACCOUNT] is not None:
            run.add_account(Account.from_json(output[_ACCOUNT]))

    def end(self, config: pytest.Config) -> None:
        """Wait until all have ended, so that what they sent is there to be judged.

        Only after an interrupt some are still at work: they clean up. pytest-xdist waits for them, too, but later.
        """
        waiting = config.pluginmanager.getplugin("dsession")
        if self._at_work and waiting is not None:
            waiting.pytest_sessionfinish()
        for node in list(self._at_work):
            self.pytest_testnodedown(node)


def is_worker(config: pytest.Config) -> bool:
    """Whether this process is a worker."""
    return hasattr(config, "workerinput")


def is_of_worker(report: pytest.TestReport) -> bool:
    """Whether a worker has sent the report: pytest-xdist notes which."""
    return hasattr(report, "node")


def options_handed_to(config: pytest.Config) -> Options | None:
    """The options that this process was handed, if it is a worker."""
    from conformance.server.options import Options

    handed = getattr(config, "workerinput", {}).get(_OPTIONS)
    return Options(**handed) if handed is not None else None


def clean_up_when_interrupted(config: pytest.Config) -> None:
    """A worker gets the signals of its process group, too, and must not end before it has cleaned up."""
    from conformance.server.target.interrupts import interrupted_once

    signals = contextlib.ExitStack()
    signals.enter_context(interrupted_once())
    config.add_cleanup(signals.close)


def hand_over(run: Run, config: pytest.Config) -> None:
    """What this process, a worker, accounts for."""
    account = run.own_account()
    output: dict[str, Any] = config.workeroutput  # type: ignore[attr-defined]
    output[_ACCOUNT] = account.as_json() if account is not None else None
    output[_FATAL] = run.fatal
