"""Replies that come late, in drips, or never."""

from __future__ import annotations

import threading
from dataclasses import replace
from weakref import WeakKeyDictionary

from tests.hostile.behaviour import fails, spoils, unusable
from tests.hostile.server import HonestServer, Reply, cancels, every_reply, from_reply

UNANSWERED = fails("liveness.every-request-is-answered", says="no complete response within the timeout")
DRIP = 0.05


@spoils(every_reply, unusable("was not answered", may_have_started=True), waits=2)
def slow_loris_from_the_first_byte(reply: Reply) -> None:
    """Every head comes in single bytes, which keeps every single read short."""
    reply.peer.drip(reply.honest(), DRIP)


@spoils(cancels, UNANSWERED, waits=8)
def slow_loris_for_cancels(reply: Reply) -> None:
    """The same, for cancels alone."""
    reply.peer.drip(reply.honest(), DRIP)


@spoils(cancels, UNANSWERED, waits=8)
def slow_body(reply: Reply) -> None:
    """The head at once, and the body in single bytes with blanks before it."""
    body = b" " * 200 + reply.body
    reply.send(reply.head(f"Content-Length: {len(body)}", framed=False))
    reply.peer.drip(body, DRIP)


@spoils(every_reply, unusable("was not answered", may_have_started=True), waits=2)
def accepts_and_says_nothing(reply: Reply) -> None:
    """Every request is read, and none answered."""
    reply.peer.pause()


@spoils(cancels, UNANSWERED, waits=8)
def cancels_hang(reply: Reply) -> None:
    """Gets are answered; cancels are read, and never answered."""
    reply.peer.pause()


@spoils(from_reply(30), UNANSWERED, waits=8)
def hangs_from_the_thirtieth_reply_on(reply: Reply) -> None:
    """All is well for 29 replies; then nothing is answered any more."""
    reply.peer.pause()


@spoils(
    every_reply, replace(fails("liveness.every-request-is-answered", among_others=True), may_be_luck=True), waits=40
)
def one_connection_in_three_hangs(reply: Reply) -> None:
    """Every third connection is read and never answered, as behind a balancer with a dead backend."""
    if reply.connection % 3 == 0:
        reply.peer.pause()
    reply.send(reply.honest())


@spoils(from_reply(40), fails("liveness.every-request-is-answered"))
def dies_in_the_middle(reply: Reply) -> None:
    """The fortieth request kills the process: connections end, and nobody listens any more."""
    reply.server.die()
    reply.peer.reset()


def _the_fortieth(reply: Reply) -> bool:
    return reply.number == 40


@spoils(_the_fortieth, fails("outcome.not-deleted", among_others=True))
def restarts_in_the_middle(reply: Reply) -> None:
    """The fortieth request ends every connection, and the process that comes up knows no operation."""
    reply.server.restart()
    reply.peer.reset()


def _no_start(reply: Reply) -> bool:
    return not reply.request.path.endswith(":start")


@spoils(_no_start, fails("operation.name-is-kept", among_others=True))
def answers_are_swapped(reply: Reply) -> None:
    """Of two requests that overlap, and start nothing, each gets the answer to the other."""
    other = _swaps.setdefault(reply.server, _Swap()).meet(reply)
    reply.send((other or reply).honest())


class _Swap:
    """Where the replies of one server wait a moment for another to swap with."""

    def __init__(self) -> None:
        self._met = threading.Condition()
        self._waiting: list[Reply] = []
        self._partner: dict[int, Reply] = {}

    def meet(self, reply: Reply) -> Reply | None:
        """The reply that came meanwhile, if one did."""
        with self._met:
            if self._waiting:
                other = self._waiting.pop()
                self._partner[other.number] = reply
                self._met.notify_all()
                return other
            self._waiting.append(reply)
            self._met.wait_for(lambda: reply.number in self._partner, timeout=0.02)
            if reply in self._waiting:
                self._waiting.remove(reply)
            return self._partner.pop(reply.number, None)


_swaps: WeakKeyDictionary[HonestServer, _Swap] = WeakKeyDictionary()
