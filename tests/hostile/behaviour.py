"""A hostile behaviour: what a server does, to which of its replies, and what a run against it must say.

    @spoils(cancels, fails("liveness.every-request-is-answered"))
    def resets_in_the_body(reply: Reply) -> None:
        \"\"\"Half of the body, and then a reset.\"\"\"

The server is the reference server in all other replies, so a run comes to where it is spoiled. A behaviour that is
more than its replies is a context with the URL of a server: `@stands(…)`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from enum import Enum

from tests.hostile.server import HonestServer, Spoil, Spoiled


class Blame(Enum):
    """Whom a run blames; the value is its exit status."""

    NOBODY = 0
    SERVER = 1
    ENVIRONMENT = 2
    UNKNOWN = 3


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run must say.

    `fails` are the MUSTs that are not kept: exactly these, or with `among_others` at least these. `says` must be part
    of what is printed. Where it `may_be_luck`, the run may also say that it does not know: what failed was all right
    when it was tried again. `may_have_started` where the first start got to the server and nobody saw what came of it,
    which the run has to tell.
    """

    blame: Blame
    fails: frozenset[str] = frozenset()
    says: str = ""
    among_others: bool = False
    may_be_luck: bool = False
    may_have_started: bool = False


def fails(*requirements: str, says: str = "", among_others: bool = False) -> Outcome:
    """Not conformant: these MUSTs are not kept."""
    return Outcome(Blame.SERVER, frozenset(requirements), says, among_others)


def unusable(says: str, *, may_have_started: bool = False) -> Outcome:
    """One clear message that the target cannot be used, and one more where an operation may have been left over."""
    return Outcome(Blame.ENVIRONMENT, says=says, may_have_started=may_have_started)


def incomplete(says: str) -> Outcome:
    """Nothing is wrong as far as was tested, and not enough was."""
    return Outcome(Blame.UNKNOWN, says=says)


CONFORMANT = Outcome(Blame.NOBODY)
"""Correct HTTP, though odd: the server is judged by what it says, and that is all right."""

Serve = Callable[[], AbstractContextManager[str]]


@dataclass(frozen=True, slots=True)
class Behaviour:
    """One row of the table: its name, one line on what it does, and how a run against it ends.

    `waits` is the number of timeouts a run may spend on it: 0 where nothing has to be waited for.
    """

    name: str
    theme: str
    does: str
    outcome: Outcome
    waits: int
    serve: Serve


TABLE: dict[str, Behaviour] = {}
"""Every behaviour by its name, in the order of the files."""


def spoils(which: Spoiled, outcome: Outcome, *, waits: int = 0) -> Callable[[Spoil], Spoil]:
    """A row of the table: the honest server, which answers these requests as the function does."""

    def add(spoil: Spoil) -> Spoil:
        @contextmanager
        def serve() -> Iterator[str]:
            with HonestServer(which, spoil) as server:
                yield server.origin

        _add(spoil, outcome, waits, serve)
        return spoil

    return add


def stands(outcome: Outcome, *, waits: int = 0) -> Callable[[Serve], Serve]:
    """A row of the table: a server that is hostile before any reply."""

    def add(serve: Serve) -> Serve:
        _add(serve, outcome, waits, serve)
        return serve

    return add


def _add(function: Callable[..., object], outcome: Outcome, waits: int, serve: Serve) -> None:
    name = function.__name__.replace("_", " ")
    theme = function.__module__.rpartition(".")[2].replace("_", " ")
    assert name not in TABLE, f"two behaviours are called {name!r}"
    assert function.__doc__, f"{name!r} does not say what it does"
    TABLE[name] = Behaviour(name, theme, function.__doc__.partition("\n")[0], outcome, waits, serve)
