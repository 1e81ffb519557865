"""The supply of operations: where running ones come from, and completed ones.

There are four forms: a start request, a command that prints a name, a Python function that returns one, a list of
names. In every form, an operation is handed out only once. A start is noted before it is sent, and its operation as
soon as the name is known, before it is used.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import ParamSpec
from urllib.parse import quote

from conformance.errors import NotTested, TargetError, Unjudged
from conformance.server.target.configuration import StartRequest, SupplyForm
from conformance.server.target.placeholders import ID, UNIQUE, FreshIds, filled
from conformance.server.target.python_supply import call, load
from conformance.server.target.start_answer import operation_of
from conformance.server.target.start_command import Fits, name_by_command
from conformance.server.target.starts import ForeignOperation, MayHaveStarted, NamedInVain, StartedOperation, Starts
from conformance.server.target.target import Outgoing, Target

P = ParamSpec("P")

_AT_ONCE = 4
"""Commands or functions that run at the same time: they are somebody else's, and may be heavy."""

MakeRequest = Callable[[str, str, bytes], Outgoing]
"""Builds a request of a method on a raw target with a JSON body, with the headers and credentials of the run."""


class Supply:
    """Hands out fresh operations by one form of supply."""

    def __init__(
        self,
        form: SupplyForm,
        target: Target,
        make: MakeRequest,
        directory: Path,
        starts: Starts | None = None,
        fits: Fits = bool,
        fresh_id: FreshIds | None = None,
    ) -> None:
        self._form = form
        self._target = target
        self._make = make
        self._directory = directory
        self._starts = starts or Starts()
        self._fits = fits
        self._fresh_id = fresh_id or FreshIds()
        self._lock = threading.Lock()
        self._names_used = 0
        self.handed_out: list[str] = []
        """Every operation of ours, as its name was learnt; also one that was started when another of a take failed."""
        self.unnamed = 0
        """How many starts may have started an operation without giving its name."""
        self.known_since: dict[str, float] = {}
        """When the name of each operation that was started for us was learnt."""
        self.seconds = 0.0
        self.slowest = 0.0
        """How long it took to start all of them, and the slowest one."""
        self._function = form.function or (load(form.python, directory) if form.python else None)

    @property
    def is_given(self) -> bool:
        return self._form.is_given

    @property
    def starts_operations(self) -> bool:
        """Whether operations are made for us, so that they are ours to delete."""
        return not self._form.names

    @property
    def where(self) -> str:
        """What has named this supply, for messages."""
        return self._form.where

    def take(self, count: int) -> list[str]:
        """The names of `count` operations that nobody was handed before.

        Raises NotTested when the list of names or the limit of operations does not have so many, TargetError when the
        supply does not work.
        """
        if count == 0:
            return []
        if self._form.names or not self.is_given:
            supplied = self._next_names(count)
        else:
            self._target.count_operation(count)
            had_worked = len(self.handed_out)
            began = self._target.clock.now()
            self._starts.look_around()
            supplied = self._make_some(count)
            self.seconds += self._target.clock.now() - began
            for name in supplied:
                if isinstance(name, ForeignOperation):
                    raise name
            for name in supplied:
                if isinstance(name, TargetError) and had_worked:
                    raise NotTested(f"the supply had started {had_worked} operations, and then: {name.message}")
        for name in supplied:
            if isinstance(name, TargetError):
                raise name
        return [name for name in supplied if isinstance(name, str)]

    @property
    def takes_ids(self) -> bool:
        """Whether operations can be started whose ids a check has chosen."""
        return self._form.takes_ids

    def take_called(self, identifiers: Sequence[str]) -> list[str | TargetError]:
        """The name of a fresh operation for each id that a check has chosen, or why there is none: StartRefused where
        the server takes no such id.

        Raises NotTested when the limit of operations does not have so many.
        """
        assert self._form.start is not None
        self._target.count_operation(len(identifiers))
        return self._start(self._form.start, identifiers)

    def _make_some(self, count: int) -> list[str | TargetError]:
        if self._form.start is not None:
            return self._start(self._form.start, [self._fresh_id() for _ in range(count)])
        make_one = self._one_by_command if self._function is None else self._one_by_function
        with ThreadPoolExecutor(min(count, _AT_ONCE)) as pool:
            return list(pool.map(lambda _: _or_error(self._timed, make_one), range(count)))

    def _timed(self, make_one: Callable[[], StartedOperation]) -> str:
        began = self._target.clock.now()
        name = self._noted(make_one)
        with self._lock:
            self.slowest = max(self.slowest, self._target.clock.now() - began)
        return name

    def _noted(self, make_one: Callable[[], StartedOperation]) -> str:
        """Start one operation; what begins and what becomes of it is noted."""
        serial = self._starts.begin(self._form.kind)
        try:
            started = make_one()
            name = started.name
            if not self._fits(name):
                raise no_name(self.where, name, MayHaveStarted)
        except (TargetError, Unjudged) as error:
            if isinstance(error, NamedInVain):
                self._starts.named_in_vain(serial, error.name, self._form.kind)
            elif isinstance(error, MayHaveStarted):
                self._lost_one()
            else:
                self._starts.came_to_nothing(serial, self._form.kind)
            raise
        except BaseException:
            self._lost_one()
            raise
        if not self._starts.claim(serial, started, self._form.kind, f"the supply of operations ({self.where})"):
            self._target.count_operation()
            return self._noted(make_one)
        with self._lock:
            self.handed_out.append(name)
        self.known_since[name] = started.at
        return name

    def _lost_one(self) -> None:
        with self._lock:
            self.unnamed += 1

    def _listed(self, name: str) -> str:
        """A name of the list, from now on one that was handed out. Raises TargetError when it was so before."""
        if not self._fits(name):
            raise no_name(self.where, name)
        if name in self.handed_out:
            raise TargetError(
                f"the supply of operations gave {name!r} twice",
                "fix [operations]: each one must be a fresh operation",
            )
        self.handed_out.append(name)
        return name

    def _next_names(self, count: int) -> list[str | TargetError]:
        if len(self._form.names) - self._names_used < count:
            raise NotTested(
                f"[operations] names has {len(self._form.names)} operations, and all are used; add more names"
            )
        self._target.count_operation(count)
        first = self._names_used
        self._names_used += count
        return [_or_error(self._listed, name) for name in self._form.names[first : self._names_used]]

    def _start(self, start: StartRequest, identifiers: Sequence[str]) -> list[str | TargetError]:
        """Start an operation for each value of `{id}`."""
        outgoing = []
        for identifier in identifiers:
            unique = self._fresh_id()
            path = filled(start.path, {UNIQUE: unique, ID: quote(identifier, safe="")})
            document = filled(start.json, {UNIQUE: unique, ID: identifier})
            body = b"" if start.json is None else json.dumps(document).encode()
            outgoing.append(self._make(start.method, path, body))
        return self._target.map(
            lambda request: _or_error(self._timed, lambda: self._one_by_request(start, request)), outgoing
        )

    def _one_by_request(self, start: StartRequest, outgoing: Outgoing) -> StartedOperation:
        return operation_of(start, self._target.send(outgoing))

    def _one_by_function(self) -> StartedOperation:
        assert self._function is not None
        return StartedOperation(call(self._function), at=self._target.clock.now())

    def _one_by_command(self) -> StartedOperation:
        name = name_by_command(self._form.command, self._directory, self._fits, self._masked)
        return StartedOperation(name, at=self._target.clock.now())

    def _masked(self, text: str) -> str:
        return self._target.masking().text(text)


def no_name(where: str, name: str, kind: type[TargetError] = TargetError) -> TargetError:
    """The error for a name that the spec has no path for; `where` is what gave it."""
    return kind(
        f"{where}: {name!r:.200} is no name that the spec binds a cancel to",
        "give the whole name, such as projects/demo/locations/us/operations/op-1, or the spec that has it (iut.spec)",
    )


def _or_error(find: Callable[P, str], *arguments: P.args, **keywords: P.kwargs) -> str | TargetError:
    """What the function returns or raises: of several operations, the others count even when one cannot be had."""
    try:
        return find(*arguments, **keywords)
    except TargetError as error:
        return error
