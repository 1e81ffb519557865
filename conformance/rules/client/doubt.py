"""What may be the machine's doing, and is seen once more before it is held against a client.

A busy machine lets a client's process wait for its turn, and nobody outside of it sees for how long.
"""

from __future__ import annotations

from dataclasses import replace

from conformance.rules.client.deadlines import deadline_of
from conformance.rules.client.turn import Turn, registered_turn_rules

_LONGEST_WAIT = 0.5
"""Seconds; no process is kept from the processor for longer unless the machine stands still, and that is noticed."""

_PLENTY = 3.0
"""Seconds; a deadline of so long is there so that the call has time, and no scenario is about it."""
_USED_UP = 0.9
"""A call that takes this part of its deadline ended because of it."""
_MOST = 0.5
"""A part of the deadline; what is left of it is too little for a call that had plenty."""

_OF_TIME = (
    "client-retry.deadline-is-kept",
    "client-retry.deadline-is-used",
    "client-retry.deadline-ends-the-retries",
    "client-retry.nothing-after-the-reply",
    "client-wait.ends-when-done",
)


def may_be_the_machine(turn: Turn) -> bool:
    """Whether a rule about time complains of the turn, and would not if the machine had taken a little more of it."""
    indulged = replace(turn, stall=turn.stall + _LONGEST_WAIT)
    rules = [registered_turn_rules()[requirement] for requirement in _OF_TIME]
    return any(any(rule.judgements([turn])) and not any(rule.judgements([indulged])) for rule in rules)


def kept_by_indulgence(turn: Turn) -> list[str]:
    """The requirements about time that the turn keeps only because the time of a busy machine is taken off.

    Such a turn shows neither that they are kept nor that a known failure is gone.
    """
    if not turn.stall:
        return []
    unhindered = replace(turn, stall=0.0)
    rules = [registered_turn_rules()[requirement] for requirement in _OF_TIME]
    return [
        rule.requirement for rule in rules if not any(rule.judgements([turn])) and any(rule.judgements([unhindered]))
    ]


def was_held_up(turn: Turn) -> bool:
    """Whether the call had plenty of time, ended with it, and the machine stood still for most of it.

    Whatever is said at the end of such a call, it says nothing of the client.
    """
    given = deadline_of(turn)
    lasted = turn.said.at - turn.request.at
    return given >= _PLENTY and lasted > given * _USED_UP and turn.stall > given * _MOST
