"""A virtual clock moves when it is slept on, and never otherwise."""

from __future__ import annotations

import re
import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.lro import SystemClock, TickingClock, VirtualClock, timestamp


@given(st.lists(st.floats(0, 1e6)))
def test_virtual_time_is_the_sum_of_the_sleeps(sleeps: list[float]) -> None:
    clock = VirtualClock()
    expected = 0.0
    for seconds in sleeps:
        clock.sleep(seconds)
        expected += seconds
        assert clock.now() == expected


def test_time_never_goes_back() -> None:
    clock = VirtualClock(5)
    clock.sleep(-3)
    assert clock.now() == 5


def test_sleeps_of_many_threads_add_up() -> None:
    clock = VirtualClock()

    def work() -> None:
        for _ in range(100):
            clock.sleep(1)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert clock.now() == 800


def test_every_look_at_a_ticking_clock_is_a_microsecond_later() -> None:
    clock = TickingClock(5)
    assert clock.now() == pytest.approx(5.000001, abs=1e-9)
    assert clock.now() == pytest.approx(5.000002, abs=1e-9)
    clock.sleep(2)
    assert clock.now() == pytest.approx(7.000003, abs=1e-9)


def test_the_system_clock_sleeps_as_long_as_it_is_told_and_never_less_than_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    slept: list[float] = []
    monkeypatch.setattr(time, "sleep", slept.append)
    for seconds in (-1, 0, 0.5, 2):
        SystemClock().sleep(seconds)
    assert slept == [0.5, 2]


def test_system_time_goes_forward() -> None:
    clock = SystemClock()
    before = clock.now()
    assert before <= clock.now()


def test_a_timestamp_is_rfc_3339_in_utc() -> None:
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", timestamp())
