"""What holds for every property that is tested here."""

from __future__ import annotations

import atexit
import os
import signal
import tempfile

import pytest
from hypothesis import HealthCheck, settings

# How long an example takes says how busy the machine is, and nothing about us.
settings.register_profile("lro-conformance-tests", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("lro-conformance-tests")

# A shell that runs tests in the background ignores Ctrl-C for them, and for every run that they start and interrupt.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Where Python may not leave what it compiled beside its sources, as in many containers, every run that a test starts
# would compile some hundred modules again.
if os.environ.pop("PYTHONDONTWRITEBYTECODE", None):
    _compiled = tempfile.TemporaryDirectory(prefix="lro-conformance-compiled-")
    atexit.register(_compiled.cleanup)
    os.environ["PYTHONPYCACHEPREFIX"] = _compiled.name


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mix the parts of the proof: some wait in real time, some compute, and all of one kind would do it at once.

    Each process begins with a quarter of all tests, in their order.
    """
    places = [place for place, item in enumerate(items) if item.get_closest_marker("proof")]
    kinds: dict[str, list[pytest.Item]] = {}
    for place in places:
        kinds.setdefault(items[place].nodeid.partition("[")[0], []).append(items[place])
    spread = [((turn + 0.5) / len(kind), item) for kind in kinds.values() for turn, item in enumerate(kind)]
    for place, (_, item) in zip(places, sorted(spread, key=lambda each: each[0]), strict=True):
        items[place] = item


@pytest.fixture(scope="session", autouse=True)
def temporary_directory(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Runs that tests kill leave a ledger, of which later runs on the same port would speak."""
    os.environ["TMPDIR"] = str(tmp_path_factory.mktemp("tmp"))
    tempfile.tempdir = None
