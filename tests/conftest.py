"""What holds for every property that is tested here."""

from __future__ import annotations

import signal

from hypothesis import HealthCheck, settings

# How long an example takes says how busy the machine is, and nothing about us.
settings.register_profile("lro-conformance-tests", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("lro-conformance-tests")

# A shell that runs tests in the background ignores Ctrl-C for them, and for every run that they start and interrupt.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
