"""Confirmation: what failed and depends on real time is tried once more, when nothing else is going on.

Both outcomes are in the report. Where a failure is a proof whatever the time (no order explains the answers), the
second outcome only informs. Where slowness looks the same as a violation (not ended yet, not answered yet), the second
decides: what is kept then was not violated for certain, and is not tested; never green, for it was seen to fail.

Against the embedded server time is virtual, so nothing depends on it and nothing is tried again.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import pytest

from conformance.errors import NotTested, TargetError, Unjudged
from conformance.exchange import Exchange, Method
from conformance.judging.verdict import Finding
from conformance.rules import Complaint
from conformance.rules.server.outcome import ended_cancelled
from conformance.server.target.iut import Iut
from conformance.server.target.target import Outgoing, is_refused
from conformance.server.target.waits import RETRY_LATER_FIRST
from conformance.suite.judging import require
from conformance.suite.repeated_forms import forms_of


@dataclass
class Confirmation:
    """How the second try of a check ended; None when there was none."""

    iut: Iut
    outcome: Finding | None = None

    def informs(self, first: Complaint | None, once_more: Callable[[], Complaint | None]) -> None:
        """Raise Violated when there is a complaint, which is a proof; what happens again is for the report."""
        if first is not None:
            self._try(once_more)
            require(first)

    def decides(self, first: Iterable[Complaint | None], once_more: Callable[[], Complaint | None]) -> None:
        """Raise Violated when there are complaints and it happens again, NotTested when it does not."""
        complaints = [complaint for complaint in first if complaint is not None]
        if complaints and self._try(once_more):
            require(*complaints)
        elif complaints:
            assert self.outcome is not None
            raise NotTested(
                f"{complaints[0].message}; repeated on its own, it was {self.outcome.value}, "
                "so it may have been a matter of timing"
            )

    def _try(self, once_more: Callable[[], Complaint | None]) -> bool:
        """Whether it is violated again, or need not be tried."""
        if self.iut.configuration.is_embedded:
            return True
        try:
            self.outcome = Finding.VIOLATED if once_more() is not None else Finding.KEPT
        except (Unjudged, TargetError):
            self.outcome = Finding.NOT_TESTED
        return self.outcome is Finding.VIOLATED


CONFIRMATION = pytest.StashKey[Confirmation]()
"""Of a check that depends on real time: how it ended when it was tried once more."""


def fresh_one_not_ended(iut: Iut, name: str = "", form: str | None = None, times: int = 1) -> Complaint | None:
    """Cancel a fresh operation, plainly or in another form; a complaint when that does not end it in time.

    It is cancelled as many times as the one was that had not ended: a further cancel may take the first one back.
    """
    name = name or iut.running(1)[0]
    cancel = iut.send(forms_of(iut, name)[form] if form is not None else iut.cancel_request(name, note="cancel, alone"))
    for _ in range(times - 1):
        iut.cancel(name, note="a further cancel of the same operation")
    return ended_cancelled(cancel, iut.await_end([name])[name], iut.settle)


_AT_ONCE = 6
"""Cancels of different operations that overlap: so many that a server which mixes up some of them is caught at it."""


def fresh_ones_not_ended(iut: Iut, times: int = 1) -> Complaint | None:
    """Cancel a fresh operation so many times, and then some at once; a complaint when one has not ended in time.

    A server that mixes up cancels that overlap ends the one that is alone.
    """
    complaint = fresh_one_not_ended(iut, times=times)
    if complaint is not None:
        return complaint
    names = iut.running(_AT_ONCE)
    cancels = iut.send_together([iut.cancel_request(name, note="cancel, at once with others") for name in names])
    ends = iut.await_end(names[: len(cancels)])
    complaints = (ended_cancelled(cancel, end, iut.settle) for cancel, end in zip(cancels, ends.values(), strict=True))
    return next((each for each in complaints if each is not None), None)


def confirm_unanswered(iut: Iut) -> None:
    """Bring about again what was not answered, until something is not answered again; the judge of traffic reads it.

    A server may have been started anew at that moment, or have been busy. A cancel meets a fresh operation, and as many
    others and looks as overlapped with it before: a first cancel that hangs, or two that wait for each other, would
    else be answered. So does a look that overlapped with a cancel. Anything else is sent as it was. What starts
    something is never sent twice.
    """
    for exchange in [one for one in iut.target.exchanges if one.number in iut.target.unanswered]:
        request = replace(iut.target.unanswered[exchange.number], repeats=exchange.number)
        others = _overlapping(iut, exchange)
        iut.target.grant(len(others) + 2)
        with contextlib.suppress(Unjudged):
            _await_listener(iut, exchange, request)
            if _meets_a_cancel(exchange, others) and exchange.call and exchange.call.name in iut.supply.handed_out:
                name = iut.running(1)[0]
                moved = _moved(request, exchange.call.name, name)
                once_more = iut.send_together([moved, *(_like(iut, other, name) for other in others)])
            else:
                once_more = [iut.send(request)]
            if any(one.response is None for one in once_more):
                return


def _await_listener(iut: Iut, unanswered: Exchange, request: Outgoing) -> None:
    """Ask until somebody listens, where nobody did: who is started anew needs a moment."""
    deadline = iut.target.clock.now() + iut.target.limits.timeout
    while is_refused(unanswered) and iut.target.clock.now() < deadline:
        iut.target.grant(1)
        iut.target.clock.sleep(RETRY_LATER_FIRST)
        unanswered = iut.send(request)


def _overlapping(iut: Iut, exchange: Exchange) -> list[Exchange]:
    """The other cancels and looks at the same operation that were under way at the same time."""
    return [
        other
        for other in iut.target.exchanges
        if other.number != exchange.number
        and other.call is not None
        and exchange.call is not None
        and other.call.name == exchange.call.name
        and other.call.method in (Method.CANCEL, Method.GET)
        and not (other.precedes(exchange) or exchange.precedes(other))
    ]


def _meets_a_cancel(exchange: Exchange, others: Sequence[Exchange]) -> bool:
    return any(one.calls(Method.CANCEL) for one in (exchange, *(others if exchange.calls(Method.GET) else ())))


def _like(iut: Iut, other: Exchange, name: str) -> Outgoing:
    return iut.cancel_request(name) if other.calls(Method.CANCEL) else iut.get_request(name)


def _moved(outgoing: Outgoing, name: str, other: str) -> Outgoing:
    """The same request, at another operation of the same parent."""
    identifier, new = name.rpartition("/")[2], other.rpartition("/")[2]
    request = replace(outgoing.request, target=outgoing.request.target.replace(identifier, new))
    return replace(outgoing, request=request)
