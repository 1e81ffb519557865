"""How late the effect of a cancel is on this target: it is learnt from cancels, and waited for elsewhere.

Cancel is asynchronous, so that an operation runs on right after a request says nothing: what must not happen is looked
for when it would have shown. Some servers show at once that a cancel was requested. What is created, deleted or ended
by another request leaves no such trace, so only the end of an operation tells how late effects are.
"""

from __future__ import annotations

from conformance.exchange import Exchange
from conformance.exchange.history import operation_in
from conformance.lro import State
from conformance.rules.server.outcome import has_trace, reports_cancellation
from conformance.server.target.iut import Iut, still_runs
from conformance.server.target.waits import (
    EFFECT_UNLEARNT,
    FIRST_LOOK_FOR_AN_EFFECT,
    LONGEST_PAUSE_BETWEEN_LOOKS,
    PATIENCE_BEYOND,
    PATIENCE_FOR_EACH_SECOND,
)
from conformance.suite.stimuli import stimulus

_SLOWER = 1.25
"""Each pause is so many times longer than the one before, so that the learnt time is only a little too long."""


class Latency:
    """The longest time from a cancel to the first look that showed what it ended; None until one did."""

    def __init__(self, iut: Iut) -> None:
        self._iut = iut
        self.seconds: float | None = None
        self._found_after = 0.0

    @property
    def patience(self) -> float:
        """Seconds after a request by which an effect of it would have shown; on what is done there is none to come."""
        if self._iut.ends_at_once:
            return 0.0
        if self.seconds is None:
            return max(self._found_after, min(EFFECT_UNLEARNT, self._iut.settle))
        return max(self._found_after, self.seconds * PATIENCE_FOR_EACH_SECOND + PATIENCE_BEYOND)

    def learn(self, cancel: Exchange, look: Exchange) -> None:
        """Learn from a look that shows the end that a cancel made; other looks teach nothing."""
        if _may_be_its_end(look):
            self.seconds = max(self.seconds or 0.0, look.received_at - cancel.sent_at)

    def found_by(self, look: Exchange, cause: Exchange) -> None:
        """Be as patient from now on as it took until a look showed what a request may have done, within `settle`.

        What comes of a queue, or of a clean-up, may be later than any cancel; to be sure of it, it is waited for again.
        """
        self._found_after = min(self._iut.settle, max(self._found_after, look.received_at - cause.received_at))

    def await_end(self, cancel: Exchange, look: Exchange) -> Exchange:
        """Look at a cancelled operation until it is done, or the end of `settle`; the last look."""
        assert cancel.call is not None
        clock, pause = self._iut.target.clock, FIRST_LOOK_FOR_AN_EFFECT
        deadline = clock.now() + self._iut.settle
        while still_runs(look) and clock.now() < deadline:
            clock.sleep(min(pause, deadline - clock.now()))
            pause = min(pause * _SLOWER, LONGEST_PAUSE_BETWEEN_LOOKS)
            look = self._iut.get(cancel.call.name)
        self.learn(cancel, look)
        return look

    def wait_since(self, moment: float) -> None:
        """Wait until an effect of what was sent at that moment would have shown."""
        self._iut.target.clock.sleep(moment + self.patience - self._iut.target.clock.now())


@stimulus
def latency(iut: Iut) -> Latency:
    """How late the effect of a cancel shows; the cancellations teach it."""
    return Latency(iut)


def _may_be_its_end(look: Exchange) -> bool:
    """Whether a look at a cancelled operation shows an end for which no other reason is known.

    One that says that its cancellation was requested, and ended otherwise, has ended by itself.
    """
    operation = operation_in(look)
    if operation is None or not operation.done:
        return False
    return operation.state is State.CANCELLED or reports_cancellation(look) or not has_trace(operation)
