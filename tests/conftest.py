"""What holds for every property that is tested here."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

# How long an example takes says how busy the machine is, and nothing about us.
settings.register_profile("lro-conformance-tests", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("lro-conformance-tests")
