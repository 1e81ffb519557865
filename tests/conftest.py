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


@pytest.fixture(scope="session", autouse=True)
def temporary_directory(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Runs that tests kill leave a ledger, of which later runs on the same port would speak."""
    os.environ["TMPDIR"] = str(tmp_path_factory.mktemp("tmp"))
    tempfile.tempdir = None
