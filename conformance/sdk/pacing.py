"""How slowly an answer goes over the wire: a client that counts its deadline anew with every byte waits for ever.

A pace says what is written at once and what comes of the rest. It ends when the driver has replied, when the client has
hung up, and when the call is long over: who is still there then has had time enough.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from conformance.exchange import Failure, FailureKind
from conformance.sdk.wire import EndOfCall

_FILLER = b" "
_UNANSWERED = Failure(FailureKind.TIMEOUT, "not all of its head had been written when the call was over")
_UNFINISHED = Failure(FailureKind.UNFINISHED, "not all of it had been written when the call was over")
_LONG_OVER = Failure(FailureKind.RESET, "not all of it had been written when the call was long over")
_WITHOUT_END = Failure(FailureKind.RESET, "it has no end, and was cut off")


@dataclass(frozen=True, slots=True)
class Pace:
    """The head at once if `with_head`, then a byte every `every` milliseconds.

    Without `every` the rest is kept back for `at_most` milliseconds and written then. An answer that is `endless` goes
    on with white space for so long, and is not ended.
    """

    with_head: bool = True
    every: int = 0
    at_most: int = 3000
    endless: bool = False

    def write(self, wire: socket.socket, data: bytes, ending: EndOfCall, left: Callable[[], float]) -> Failure | None:
        """Write an answer; the value says why it has no end, unless it has been written whole.

        `left` are the seconds until the call is long over.
        """
        head = data.index(b"\r\n\r\n") + 4
        written = head if self.with_head else 0
        try:
            wire.sendall(data[:written])
            for piece, wait in self._rest(data[written:]):
                if ending.within(min(wait / 1000, max(left(), 0))):
                    return _cut_short(written < head)
                if left() <= 0:
                    return _LONG_OVER
                wire.sendall(piece)
                written += len(piece)
        except OSError:
            return _cut_short(written < head)
        return _WITHOUT_END if self.endless else None

    def _rest(self, data: bytes) -> Iterator[tuple[bytes, int]]:
        """What is left, piece by piece, and how long to wait before each."""
        if not self.every:
            yield data, self.at_most
            return
        for each in data:
            yield bytes([each]), self.every
        for _ in range(self.at_most // self.every if self.endless else 0):
            yield _FILLER, self.every


def _cut_short(in_head: bool) -> Failure:
    return _UNANSWERED if in_head else _UNFINISHED
