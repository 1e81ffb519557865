from __future__ import annotations

import pytest

from conformance.lro.clock import VirtualClock
from conformance.server.reference.build import reference_service
from conformance.server.reference.service import Service

from .caller import Caller


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def service(clock: VirtualClock) -> Service:
    return reference_service(clock, seed="tests")


@pytest.fixture
def caller(service: Service) -> Caller:
    return Caller(service)
