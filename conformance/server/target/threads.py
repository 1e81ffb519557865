"""The threads that send: as many at once as the limits allow.

Where the server runs in the threads of those who call it, they run in a relay: what overlaps is answered in an order
that is always the same.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import TypeVar

from conformance.lro.relay import Relay, relay_of_this_thread

Found = TypeVar("Found")


class Threads:
    """`count` threads, or none; `in_a_relay` only one of them runs at a time."""

    def __init__(self, count: int, in_a_relay: bool) -> None:
        self._count = count
        self._in_a_relay = in_a_relay
        self._pool = ThreadPoolExecutor(count, "lro-conformance") if count else None

    def __bool__(self) -> bool:
        return self._pool is not None

    def all_of(self, work: Sequence[Callable[[], Found]]) -> list[Future[Found]]:
        """Do some work, also if it is one thing: an interrupt does not cut off a request.

        When this returns or raises, all of it is over.
        """
        assert self._pool is not None
        if not self._in_a_relay:
            return self._over(self._pool, work)
        over: list[Future[Found]] = []
        for start in range(0, len(work), self._count):  # who is to have a turn needs a thread
            over += self._over(self._pool, work[start : start + self._count])
        return over

    def race(self, racers: Sequence[Callable[[], Found]]) -> list[Found]:
        """Do all of some work at the same moment, each in a thread of its own."""
        with ThreadPoolExecutor(len(racers), "lro-conformance-race") as pool:
            return [racer.result() for racer in self._over(pool, racers)]

    def start_of(self, count: int, timeout: float) -> Callable[[], object]:
        """What so many racers call before they do what has to overlap: it returns when all of them have called it."""
        return _wait_for_the_others if self._in_a_relay else functools.partial(threading.Barrier(count).wait, timeout)

    def close(self) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    def _over(self, pool: ThreadPoolExecutor, work: Sequence[Callable[[], Found]]) -> list[Future[Found]]:
        relay = Relay(len(work)) if self._in_a_relay else None
        working: list[Future[Found]] = []
        try:
            for place, each in enumerate(work):
                working.append(pool.submit(each if relay is None else functools.partial(relay.play, place, each)))
            wait(working)
        except BaseException:
            # Interrupted: what has been sent is answered first, so that what is known of it is true.
            if relay is not None:
                relay.end()
            for future in working:
                future.cancel()
            wait(working)
            raise
        return working


def _wait_for_the_others() -> None:
    relay = relay_of_this_thread()
    assert relay is not None
    relay.wait()
