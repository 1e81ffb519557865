"""The commands of `lro-conformance`, one file each.

A command file has `add(commands)`, which describes its arguments, and a function that runs it and returns the exit
status. What is heavy is imported by that function, so that no command pays for another.
"""

from __future__ import annotations

import argparse
import contextlib
import signal
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    # argparse has no public name for what `add_subparsers` returns.
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]


@contextlib.contextmanager
def terminated_like_interrupted() -> Iterator[None]:
    """For as long as the context lasts, SIGTERM is what Ctrl-C is: what was started is cleaned up and reported.

    Python tells signals to the main thread alone; in another one nothing is changed.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
