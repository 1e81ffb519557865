"""The supply of operations: where running ones come from, and completed ones.

Three forms: a start request, a command that prints a name, a list of names. Whatever the form, an operation that was
handed out once is never handed out again.
"""

from __future__ import annotations

import itertools
import json
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import uuid4

from conformance.errors import NotTested, TargetError
from conformance.exchange import Exchange, NotJson
from conformance.targets.configuration import StartRequest, SupplyForm
from conformance.targets.target import Outgoing, Target, is_refused

MakeRequest = Callable[[str, str, bytes], Outgoing]
"""Builds a request of a method on a raw target with a JSON body, with the headers and credentials of the run."""


class Supply:
    """Hands out fresh operations by one form of supply."""

    def __init__(self, form: SupplyForm, target: Target, make: MakeRequest, directory: Path) -> None:
        self._form = form
        self._target = target
        self._make = make
        self._directory = directory
        self._names = iter(form.names)
        self._serial = itertools.count(1)
        self._prefix = f"lroc-{uuid4().hex[:8]}"
        self.handed_out: list[str] = []

    @property
    def is_given(self) -> bool:
        return self._form.is_given

    @property
    def starts_operations(self) -> bool:
        """Whether operations are made for us, so that they are ours to delete."""
        return not self._form.names

    def take(self, count: int) -> list[str]:
        """The names of `count` operations that nobody was handed before.

        Raises NotTested when the list of names or the limit of operations is used up, TargetError when the supply
        does not work.
        """
        for _ in range(count):
            self._target.count_operation()
        if self._form.start is not None:
            names = self._start(self._form.start, count)
        elif self._form.command:
            names = self._run_command(count)
        else:
            names = list(itertools.islice(self._names, count))
            if len(names) < count:
                raise NotTested(
                    f"[operations] names has {len(self._form.names)} operations, and all are used; add more names"
                )
        self.handed_out += names
        return names

    def _start(self, start: StartRequest, count: int) -> list[str]:
        outgoing = []
        for _ in range(count):
            unique = f"{self._prefix}-{next(self._serial)}"
            body = b"" if start.json is None else json.dumps(_filled(start.json, unique)).encode()
            outgoing.append(self._make(start.method, start.path.replace("{unique}", unique), body))
        return [_started(start, exchange) for exchange in self._target.send_all(outgoing)]

    def _run_command(self, count: int) -> list[str]:
        with ThreadPoolExecutor(min(count, 4)) as pool:
            return list(pool.map(lambda _: self._one_by_command(), range(count)))

    def _one_by_command(self) -> str:
        command = self._form.command
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, timeout=60, check=False, cwd=self._directory or None
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise TargetError(
                f"operations.command {command[0]!r} cannot be run: {error}", "mend [operations] command"
            ) from error
        name = done.stdout.strip()
        if done.returncode != 0 or not name or "\n" in name:
            detail = (done.stderr.strip().splitlines() or ["no message"])[-1]
            raise TargetError(
                f"operations.command {command[0]!r} printed no name (exit status {done.returncode}): {detail}",
                "it must print the name of one fresh running operation on one line and exit with 0",
            )
        return name


def _started(start: StartRequest, exchange: Exchange) -> str:
    """The name of the operation that a start request answered with."""
    request = f"{exchange.request.method} {exchange.request.target}"
    if exchange.response is None:
        if is_refused(exchange):
            raise TargetError(f"nobody listens at {exchange.origin}", "start the server, or mend iut.url or --url")
        raise TargetError(f"{request} was not answered: {exchange.outcome}", "look at the server")
    if not exchange.response.is_success:
        body = exchange.response.body[:200].decode("utf-8", "replace")
        raise TargetError(
            f"the start request {request} was answered with {exchange.response.status}: {body}",
            "mend [operations] start, or [auth], so that it starts an operation",
        )
    try:
        document = exchange.response.json()
    except NotJson as error:
        raise TargetError(
            f"the start request {request} was answered with a body that is not JSON: {error}",
            "mend [operations] start: it must name a request that answers with an operation",
        ) from error
    name = _at(document, start.name)
    if not isinstance(name, str) or not name:
        raise TargetError(
            f"the start request {request} was answered with no name at {start.name}",
            "mend operations.start.name: a JSON pointer to the operation's name in the answer",
        )
    return name


def _at(document: Any, pointer: str) -> Any:
    """The value at a JSON pointer (RFC 6901), or None."""
    for token in pointer.split("/")[1:]:
        key = token.replace("~1", "/").replace("~0", "~")
        if isinstance(document, dict):
            document = document.get(key)
        elif isinstance(document, list) and key.isdigit() and int(key) < len(document):
            document = document[int(key)]
        else:
            return None
    return document


def _filled(value: Any, unique: str) -> Any:
    """The JSON value with `{unique}` replaced in every text."""
    if isinstance(value, str):
        return value.replace("{unique}", unique)
    if isinstance(value, list):
        return [_filled(entry, unique) for entry in value]
    if isinstance(value, dict):
        return {key: _filled(entry, unique) for key, entry in value.items()}
    return value
