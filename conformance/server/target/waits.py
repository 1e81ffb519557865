"""Every wait of a run, in one place: how long at most, why, and whether slowness is non-conformance.

`docs/waits.md` is this table. What is waited for in `server/target` or `suite` has no number of seconds of its own.
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
PAUSE_BETWEEN_LISTS = 0.25
SUPPLY = 60.0
TOKEN_COMMAND = 60.0
RETRY_LATER_FIRST = 1.0
RETRY_LATER = 30.0
RETRY_LATER_IN_ALL = 120.0
LIFESPAN = 30.0
HANDSHAKE = 2.0
END_OF_A_CONNECTION = 1.0
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
        "yes: `liveness.every-request-is-answered`, if the same request, sent again on its own, is not answered either",
    ),
    Wait(
        "for answers, when three requests in a row were not answered",
        "three times `[limits] timeout`",
        "a target that is gone is not asked any more; what is left is not tested",
        _NEVER,
    ),
    Wait(
        "for a cancelled operation to end",
        "`[operations] settle`, 10 s",
        "cancel is asynchronous, and how an operation ends is evidence",
        'only if the statement says `cancel = "guaranteed"`: `outcome.guaranteed`, if another operation that is '
        "cancelled on its own does not end either",
    ),
    Wait(
        "for the first cancel to end its operation; it tells the run how late effects are",
        f"`[operations] settle`, 10 s; looks after {FIRST_LOOK_FOR_AN_EFFECT:g} s, then less and less often",
        "the run looks for wrong effects when they would have shown",
        _NEVER,
    ),
    Wait(
        "before the last look at what must be untouched: once in all, and once more for each step of the search for "
        "the request that touched it",
        f"{PATIENCE_FOR_EACH_SECOND:g} times the time that effects took, plus {PATIENCE_BEYOND:g} s; "
        f"{EFFECT_UNLEARNT:g} s if no cancel ended anything",
        "a wrong effect may be as late as a right one",
        _NEVER,
    ),
    Wait(
        "for a list to show what a get shows",
        f"`[operations] settle`, 10 s; {LIST_SHOWS:g} s for one while it shows others; read every "
        f"{PAUSE_BETWEEN_LISTS:g} s",
        "no text promises that a list is up to date at once",
        _NEVER,
    ),
    Wait(
        "before the last look at a cancelled operation that has ended: it must not change",
        f"`[operations] watch`; by default {QUICK.watch:g} s in quick, {CI.watch:g} s in ci, {THOROUGH.watch:g} s in "
        "thorough, from the end of the first ones",
        "a late report of a worker, or a clean-up, may change what was final",
        _NEVER,
    ),
    Wait(
        "between two looks at an operation",
        f"{FIRST_LOOK:g} s, doubled up to {LONGEST_PAUSE_BETWEEN_LOOKS:g} s",
        "a run waits little for a fast server, and does not flood a slow one",
        _NEVER,
    ),
    Wait(
        "for the supply to start one operation by a command or a Python function",
        f"{SUPPLY:g} s",
        "a cluster may need time to start something; a longer time is an error of the environment",
        _NEVER + " (exit status 2)",
    ),
    Wait(
        "for a command to print a token",
        f"{TOKEN_COMMAND:g} s",
        "a login may need time; a longer time is an error of the environment",
        _NEVER + " (exit status 2)",
    ),
    Wait(
        "before a request is repeated that was answered with 429, or with 503 and `Retry-After`",
        f"what `Retry-After` says, else {RETRY_LATER_FIRST:g} s, doubled; {RETRY_LATER:g} s for one request, "
        f"{RETRY_LATER_IN_ALL:g} s in a run",
        "a rate limit belongs to the environment, and the run keeps it",
        _NEVER + ': beyond that it is not tested, with the reason "rate limited"',
    ),
    Wait(
        "for the server to listen again, before a request that was not answered is sent once more",
        "`[limits] timeout`, 10 s",
        "a server that restarts needs a moment",
        _NEVER,
    ),
    Wait(
        "between requests, so that no more are sent than allowed",
        "`[limits] rate`: 1/rate for each request; none by default",
        "others use the target, too",
        _NEVER,
    ),
    Wait(
        "for all requests of a race to be ready",
        "`[limits] timeout`, 10 s",
        "they are sent together, or not at all",
        _NEVER,
    ),
    Wait(
        "between two calls of the lifecycle machine",
        "1, 20 or 100 ms",
        "operations may change over time",
        _NEVER,
    ),
    Wait(
        "for an application in process to start, and to stop",
        f"{LIFESPAN:g} s each",
        "a lifespan that hangs must not hang the run",
        _NEVER + " (exit status 2)",
    ),
    Wait(
        "for a handshake that is tried to say what is wrong with the scheme of a URL",
        f"{HANDSHAKE:g} s",
        "the message names the remedy, and need not come at once",
        _NEVER,
    ),
    Wait(
        "after the answer to a HEAD, for the end of its connection, or for what must not follow",
        f"{END_OF_A_CONNECTION:g} s, within `[limits] timeout`",
        "content would be the beginning of the next answer",
        "no: content is `response.head-has-no-content`, how late it comes is not",
    ),
    Wait(
        "in the clean-up, for operations to end that cannot be deleted",
        "`[operations] settle`, 10 s",
        "the leak report lists what was not seen to end",
        _NEVER,
    ),
)


_HEAD = """# Waits

Everything a run waits for, as `conformance/server/target/waits.py` has it. Times are of the run's own clock: virtual
against the embedded server, the machine's monotonic one elsewhere. While one stimulus waits, the others that are played
together go on sending ([stimuli](architecture.md#stimuli)).

| wait | at most | why | is slowness non-conformance? |
|---|---|---|---|
"""

_TAIL = f"""
Two figures are not waits. If an operation ends by itself before it can be used, the message asks for operations that
run {LONG_ENOUGH:g} s. If the supply takes longer than {SLOW_SUPPLY:g} s for all operations of a run, or than `[limits]
timeout` for one, the run says that it is slow. Neither says anything about the implementation.
"""


def as_markdown() -> str:
    """The page of all waits."""
    rows = (f"| {wait.what} | {wait.limit} | {wait.reason} | {wait.slowness} |\n" for wait in WAITS)
    return _HEAD + "".join(rows) + _TAIL
