"""Every wait of a run, in one place: how long at most, why, and whether slowness is non-conformance.

`docs/waits.md` is this table; no other number of seconds may stand in `conformance/targets` or `conformance/suite`.
"""

from __future__ import annotations

from dataclasses import dataclass

from conformance.server.target.profile import CI, QUICK, THOROUGH

FIRST_LOOK = 0.05
LONGEST_PAUSE_BETWEEN_LOOKS = 2.0
FIRST_LOOK_FOR_AN_EFFECT = 0.025
PATIENCE_FOR_EACH_SECOND = 1.5
PATIENCE_BEYOND = 0.25
EFFECT_UNLEARNT = 3.0
LIST_SHOWS = 2.0
SUPPLY = 60.0
RETRY_LATER_FIRST = 1.0
RETRY_LATER = 30.0
RETRY_LATER_IN_ALL = 120.0
LONG_ENOUGH = 30.0
SLOW_SUPPLY = 60.0


@dataclass(frozen=True, slots=True)
class Wait:
    """One wait: what for, its limit (a key of conformance.toml or seconds), its reason, and what slowness says."""

    what: str
    limit: str
    reason: str
    slowness: str


_NEVER = "no"

WAITS = (
    Wait(
        "for the answer to one request, from the connection to the last byte",
        "`[limits] timeout`, 10 s",
        "a request that is never answered must not hang a run",
        "yes: `liveness.every-request-is-answered`, where the same request, sent again alone, is not answered either",
    ),
    Wait(
        "for three requests in a row that nobody answers",
        "three times `[limits] timeout`",
        "a target that is gone is not asked on; what is left is not tested",
        _NEVER,
    ),
    Wait(
        "for a cancelled operation to end",
        "`[operations] settle`, 10 s",
        "cancel is asynchronous; what an operation ends with is evidence",
        'only where the statement says `cancel = "guaranteed"`: `outcome.guaranteed`, if it is so again, alone',
    ),
    Wait(
        "for the first effect of a cancel to show, by which a run learns how late effects are",
        f"`[operations] settle`, 10 s; looks after {FIRST_LOOK_FOR_AN_EFFECT:g} s, then less and less often",
        "what must not happen is looked for when it would have shown",
        _NEVER,
    ),
    Wait(
        "before the last look at what must be untouched, once for all; once more for each step in which blame is found",
        f"{PATIENCE_FOR_EACH_SECOND:g} times what was learnt and {PATIENCE_BEYOND:g} s; {EFFECT_UNLEARNT:g} s where no "
        "cancel had an effect",
        "a wrong effect is as late as a right one",
        _NEVER,
    ),
    Wait(
        "for a list to show what a get shows",
        f"`[operations] settle`, 10 s; {LIST_SHOWS:g} s for an operation that it does not show at all",
        "nobody promises that a list is up to date at once",
        _NEVER,
    ),
    Wait(
        "for a cancelled operation that has ended to change after all, before the last look at it",
        f"`[operations] watch`; by default {QUICK.watch:g} s in quick, {CI.watch:g} s in ci, {THOROUGH.watch:g} s in "
        "thorough, since the end of the first ones",
        "a worker's late report, or a clean-up, changes what was final",
        _NEVER,
    ),
    Wait(
        "between two looks at an operation",
        f"{FIRST_LOOK:g} s, doubled up to {LONGEST_PAUSE_BETWEEN_LOOKS:g} s",
        "fast servers are not waited for, slow ones not flooded",
        _NEVER,
    ),
    Wait(
        "for the supply to start one operation by a command or a Python function",
        f"{SUPPLY:g} s",
        "a cluster may have to start something; beyond that it is a mistake of the environment",
        _NEVER + " (exit status 2)",
    ),
    Wait(
        "before a request is repeated that was answered with 429, or with 503 and `Retry-After`",
        f"what `Retry-After` says, else {RETRY_LATER_FIRST:g} s, doubled; {RETRY_LATER:g} s for one request, "
        f"{RETRY_LATER_IN_ALL:g} s in a run",
        "a limit of rate is the environment's, and is kept",
        _NEVER + ": beyond the limit it is not tested, because rate limited",
    ),
    Wait(
        "for somebody to listen again, before what was not answered is sent once more",
        "`[limits] timeout`, 10 s",
        "a server that is started anew needs a moment",
        _NEVER,
    ),
    Wait(
        "so that no more requests are sent than allowed",
        "`[limits] rate`: 1/rate for each request; none by default",
        "the target has other guests",
        _NEVER,
    ),
    Wait(
        "for all requests of a race to be ready",
        "`[limits] timeout`, 10 s",
        "they are sent together or not at all",
        _NEVER,
    ),
    Wait(
        "for time to pass between two calls of the lifecycle machine",
        "1, 20 or 100 ms",
        "operations may change by themselves",
        _NEVER,
    ),
    Wait(
        "for operations to end that are cleaned up and cannot be deleted",
        "`[operations] settle`, 10 s",
        "the leak report tells what was seen to end",
        _NEVER,
    ),
)


_HEAD = """# Waits

Everything a run waits for, as `conformance/server/target/waits.py` has it. Times are of the run's own clock: virtual
against the embedded server, the machine's monotonic one elsewhere. Who waits keeps nobody from sending: what is played
together ([stimuli](architecture.md#stimuli)) lets time pass when all that is left of it waits.

| wait | at most | why | is slowness non-conformance? |
|---|---|---|---|
"""

_TAIL = f"""
Two figures are no waits. An operation that ends by itself before it can be used is told to run {LONG_ENOUGH:g} s; a
supply that takes longer than {SLOW_SUPPLY:g} s for all operations of a run, or than `[limits] timeout` for one, is told
to be slow. Neither says anything about the implementation.
"""


def as_markdown() -> str:
    """The page of all waits."""
    rows = (f"| {wait.what} | {wait.limit} | {wait.reason} | {wait.slowness} |\n" for wait in WAITS)
    return _HEAD + "".join(rows) + _TAIL
