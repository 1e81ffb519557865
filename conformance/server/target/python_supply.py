"""Operations from Python: a function of the user's that starts one and returns its name.

The configuration names it, or the fixture `iut_operations` of the user's conftest.py gives it. An exception of it
becomes one message, with the text of the exception.
"""

from __future__ import annotations

import importlib
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from conformance.errors import UsageError
from conformance.exchange.printable import in_one_line
from conformance.server.target.starts import MayHaveStarted
from conformance.server.target.waits import SUPPLY

StartOperation = Callable[[], str]
"""Starts one operation that runs until it is cancelled, and returns its whole name. Called in several threads."""


def load(entry: str, directory: Path) -> StartOperation:
    """The function that `package.module:function` names; the configuration's directory is searched first.

    Raises UsageError when it cannot be imported, or is no function.
    """
    where = f"operations.python {entry!r}"
    module, _, name = entry.partition(":")
    home = str(directory.resolve())
    if home not in sys.path:
        sys.path.insert(0, home)
    try:
        function = getattr(importlib.import_module(module), name, None)
    except Exception as error:
        raise UsageError(
            f"{where} cannot be imported: {described(error)}",
            "name a module that is installed, or stands beside the configuration",
        ) from error
    if not callable(function):
        raise UsageError(f"{where}: {module} has no function {name!r}", "name a function without arguments")
    checked: StartOperation = function
    return checked


def call(start: StartOperation) -> str:
    """The name of one operation that the function started.

    Raises MayHaveStarted when it raises, returns no name, or does not return in time: then it is left behind.
    """
    returned: list[object] = []
    raised: list[BaseException] = []

    def work() -> None:
        try:
            returned.append(start())
        except BaseException as error:
            # Also what pytest raises to skip or to fail: here it means the same, that there is no operation.
            raised.append(error)

    where = f"the function {getattr(start, '__qualname__', repr(start))} that starts operations"
    working = threading.Thread(target=work, name="lro-conformance-supply", daemon=True)
    working.start()
    working.join(SUPPLY)
    remedy = "it must start one operation that runs until it is cancelled, and return its name"
    if raised:
        raise MayHaveStarted(f"{where} raised {described(raised[0])}", "fix the function") from raised[0]
    if not returned:
        raise MayHaveStarted(f"{where} has not returned after {SUPPLY:g} s", remedy)
    name = returned[0]
    if not isinstance(name, str) or not name or not name.isprintable():
        raise MayHaveStarted(f"{where} returned {name!r:.100}, which is no name", remedy)
    return name


def described(error: BaseException) -> str:
    """An exception in one line, without what could steer a terminal."""
    text = in_one_line(str(error))
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
