"""What may be the machine's doing, and is seen once more before it is held against a client.

A busy machine lets a client's process wait for its turn, and nobody outside of it sees for how long.
"""

from __future__ import annotations

from dataclasses import replace

from conformance.rules.client.turn import Turn, registered_turn_rules

_LONGEST_WAIT = 0.5
"""Seconds; no process is kept from the processor for longer unless the machine stands still, and that is noticed."""

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
