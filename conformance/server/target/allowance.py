"""What a run may still send, and when: the limits of requests, operations, rate and memory."""

from __future__ import annotations

import threading
from collections.abc import Callable

from conformance.errors import BudgetExhausted, TargetDead
from conformance.exchange import Exchange, Failure, FailureKind, Response
from conformance.lro import Clock
from conformance.server.target.configuration import LimitsSection
from conformance.server.target.retry_later import Patience

_FAILURES_IN_A_ROW = 3
_SILENCES = 5
"""So often a run waits for requests that hang, several at a time, of a target that answers others."""
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
        self._asking = threading.RLock()
        self._failures_in_a_row = 0
        self._last_failure: FailureKind | None = None
        self._silences = 0
        self._has_stopped = False
        self.ask_what_is_known: Callable[[int], None] | None = None
        """Sends, by the number of a request, what was answered before and changes nothing."""
        self._kept = 0

    def admit(self, count: int) -> list[int]:
        """The numbers of so many requests, when all of them may be sent now; waits as the rate demands.

        Raises BudgetExhausted when the run may send no more, and TargetDead when the target has stopped answering.
        """
        with self._asking:  # one asks whether the target is alive; who comes meanwhile waits for what it learns
            self._require_alive()
        return self._numbers(count)

    def _require_alive(self) -> None:
        """Some requests that are not answered in a row may be of a kind that the target never answers. It is alive if
        it answers what it has answered before."""
        failures = self._failures_in_a_row
        if failures >= _FAILURES_IN_A_ROW and not self._has_stopped:
            self._silences += self._last_failure is FailureKind.TIMEOUT
            if self.ask_what_is_known is not None and self._silences <= _SILENCES:
                self.ask_what_is_known(*self._numbers(1))
            self._has_stopped = self._failures_in_a_row >= failures
        if self._has_stopped:
            reason = self._last_failure.value if self._last_failure else "no answer"
            raise TargetDead(f"the target has not answered {self._failures_in_a_row} requests in a row: {reason}")

    def _numbers(self, count: int) -> list[int]:
        with self._lock:
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
                self._last_failure = outcome.kind
            else:
                self._failures_in_a_row = 0
                self._kept += _size(outcome)

    def grant(self, requests: int) -> None:
        """Allow so many requests beyond the limits, and try once more whether the target answers: for cleaning up."""
        with self._lock:
            self._granted += requests
            self._failures_in_a_row = 0
            self._has_stopped = False

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
