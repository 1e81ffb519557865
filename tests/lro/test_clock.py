"""A virtual clock moves when it is slept on, and never otherwise."""

from __future__ import annotations

import threading

from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.lro import SystemClock, VirtualClock


@settings(deadline=None)
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


def test_system_time_goes_forward_and_does_not_wait_for_nothing() -> None:
    clock = SystemClock()
    before = clock.now()
    clock.sleep(0)
    clock.sleep(-1)
    assert 0 <= clock.now() - before < 0.5
