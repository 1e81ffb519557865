"""What a busy machine takes is noticed, and an idle one takes nothing."""

from __future__ import annotations

import threading

from conformance.sdk.stalls import Stalls


def test_who_oversleeps_notes_by_how_much() -> None:
    clock = iter([0.0, 0.02, 0.04, 0.54, 0.56, 0.58])
    woken = threading.Event()

    def now() -> float:
        at = next(clock, None)
        if at is None:
            woken.set()
            return 0.58
        return at

    with Stalls(now) as stalls:
        assert woken.wait(10)
    assert round(stalls.between(0.0, 1.0), 2) == 0.48
    assert round(stalls.between(0.3, 0.4), 2) == 0.48, "what reaches beyond both ends is not cut"
    assert stalls.between(0.0, 0.05) == 0.0
    assert stalls.between(0.55, 1.0) == 0.0
