"""A driver without a process: the client is called in this one, over the same sockets.

For whoever runs many clients, as the kill matrix does; a client of somebody else's always has its own process.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType

from conformance.rules.client.turn import DriverRequest, Hello, Said
from conformance.sdk.honest_driver import Client, reply
from conformance.sdk.reply import read_hello, read_reply

Speaks = Callable[[DriverRequest], bytes]


class InProcess:
    """Asks a function for the line that a driver would write."""

    stderr = ""

    def __init__(self, speaks: Speaks) -> None:
        self.replies = 0
        self._speaks = speaks

    def __enter__(self) -> InProcess:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass

    def greet(self, request: DriverRequest, _was_called: Callable[[], bool]) -> Hello | None:
        hello = read_hello(self._speaks(request), request)
        self.replies += hello is not None
        return hello

    def ask(self, request: Sequence[DriverRequest]) -> list[Said]:
        if len(request) == 1:
            return [self._ask(request[0])]
        with ThreadPoolExecutor(len(request)) as pool:
            return list(pool.map(self._ask, request))

    def _ask(self, request: DriverRequest) -> Said:
        said = read_reply(self._speaks(request), request, time.monotonic())
        self.replies += 1
        return said

    def finish(self) -> None:
        """A process does not end before its threads do."""
        for thread in threading.enumerate():
            if isinstance(thread, threading.Timer) and thread.is_alive():  # else another client is about to start it
                thread.join()

    def kill(self) -> None:
        pass


def driven(client: Client) -> Speaks:
    """What a driver around this client writes."""
    return lambda request: json.dumps(reply(client, request.as_json())).encode()
