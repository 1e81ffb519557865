"""What a run may still send, and when: the limits of requests, operations, rate and memory."""

from __future__ import annotations

import threading

from conformance.errors import BudgetExhausted, TargetDead
from conformance.exchange import Exchange, Failure, Response
from conformance.lro import Clock
from conformance.server.target.configuration import LimitsSection
from conformance.server.target.retry_later import Patience

_FAILURES_IN_A_ROW = 3
_MOST_KEPT = 32 * 1024 * 1024
"""Bytes of answers: every one is kept to the end of the run, and a run has to fit into a small machine."""
_OF_A_FIELD = 150


class Allowance:
    """Counts what a run sends and gets; many threads may ask."""

    def __init__(self, limits: LimitsSection, clock: Clock) -> None:
        self.operations_used = 0
        self.requests_used = 0
        self._limits = limits
        self._clock = clock
        self._lock = threading.Lock()
        self._granted = 0
        self._next_slot = 0.0
        self._held_until = 0.0
        self._patience = Patience()
        self._failures_in_a_row = 0
        self._last_failure = ""
        self._kept = 0

    def admit(self, count: int) -> list[int]:
        """The numbers of so many requests, when all of them may be sent now; waits as the rate demands.

        Raises BudgetExhausted when the run may send no more, and TargetDead when the target has stopped answering.
        """
        with self._lock:
            if self._failures_in_a_row >= _FAILURES_IN_A_ROW:
                raise TargetDead(
                    f"the target has not answered {self._failures_in_a_row} requests in a row: {self._last_failure}"
                )
            if self._kept > _MOST_KEPT and not self._granted:
                raise BudgetExhausted(f"the answers hold more than {_MOST_KEPT} bytes, which is all that a run keeps")
            if self.requests_used + count > self._limits.requests + self._granted:
                raise BudgetExhausted(f"the limit of {self._limits.requests} requests is used up ([limits] requests)")
            numbers = [self.requests_used + position for position in range(1, count + 1)]
            self.requests_used += count
            pause = max(self._held_until - self._clock.now(), *(self._slot() for _ in numbers))
        self._clock.sleep(pause)
        return numbers

    def hold(self, exchange: Exchange, attempt: int, waited: float) -> float:
        """Hold all requests until the one that was asked to retry later may be sent again; the seconds until then.

        Raises RateLimited when the run would have to wait too long.
        """
        with self._lock:
            now = self._clock.now()
            pause = self._patience.pause(exchange, attempt, waited, max(0.0, self._held_until - now))
            self._held_until = max(self._held_until, now + pause)
        return pause

    def ended(self, outcome: Response | Failure) -> None:
        """Count what became of a request."""
        with self._lock:
            if isinstance(outcome, Failure):
                self._failures_in_a_row += 1
                self._last_failure = outcome.kind.value
            else:
                self._failures_in_a_row = 0
                self._kept += _size(outcome)

    def grant(self, requests: int) -> None:
        """Allow so many requests beyond the limits, and try once more whether the target answers: for cleaning up."""
        with self._lock:
            self._granted += requests
            self._failures_in_a_row = 0

    def count_operation(self, count: int) -> None:
        """So many more operations are about to be started.

        Raises BudgetExhausted, and counts none of them, when the run may not start so many.
        """
        with self._lock:
            limit = self._limits.operations
            if self.operations_used + count > limit:
                raise BudgetExhausted(f"the limit of {limit} operations is used up ([limits] operations)")
            self.operations_used += count

    def _slot(self) -> float:
        """Seconds to wait until the rate allows one more request."""
        if not self._limits.rate:
            return 0.0
        now = self._clock.now()
        slot = max(now, self._next_slot)
        self._next_slot = slot + 1.0 / self._limits.rate
        return slot - now


def _size(response: Response) -> int:
    """About how many bytes of memory a response takes; a header field takes more than its text."""
    return len(response.body) + sum(len(name) + len(value) + _OF_A_FIELD for name, value in response.headers)
