"""The gate with clients that are called in this process, and what they find in their environment."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from conformance.sdk import gate as gate_module
from conformance.sdk.credentials import TOKEN, TOKEN_VARIABLE
from conformance.sdk.gate import GateRun, run_gate
from conformance.sdk.in_process import InProcess, Speaks


@pytest.fixture(autouse=True)
def _token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(TOKEN_VARIABLE, TOKEN)


SIDE_BY_SIDE = 8


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Callable[..., GateRun]:
    """The gate with a driver in this process: `gate(speaks, only=…, baseline=…)`."""

    def run(speaks: Speaks, **options: object) -> GateRun:
        def start() -> InProcess:
            return InProcess(speaks)

        monkeypatch.setattr(gate_module, "processes", lambda _command, _patience: start)
        return run_gate(["./driver"], **options)  # type: ignore[arg-type]

    return run


@pytest.fixture
def whole(gate: Callable[..., GateRun]) -> Callable[..., GateRun]:
    """The same by drivers side by side: a run of all scenarios mostly waits for deadlines."""
    return partial(gate, jobs=SIDE_BY_SIDE)
