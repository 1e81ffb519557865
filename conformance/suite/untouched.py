"""How a check says that something stayed untouched: with evidence that an effect would have been seen, or not at all.

That nothing is seen shows something only where cancels are seen to do something: cancel is best effort, and a server
whose cancels never win leaves everything untouched. And it shows something only to who could look.
"""

from __future__ import annotations

from conformance.errors import NotTested
from conformance.exchange import Exchange
from conformance.exchange.history import operation_in
from conformance.rules import Complaint
from conformance.rules.server.outcome import NO_EFFECT_SEEN, a_cancel_had_an_effect
from conformance.server.target.iut import Iut
from conformance.suite.judging import require


def require_untouched(iut: Iut, complaint: Complaint | None, *looks: Exchange) -> None:
    """Raise Violated for a complaint, and NotTested where the looks, or the cancels of the run, show nothing.

    Where cancel is not implemented there is no effect that one could have.
    """
    require(complaint)
    for look in looks:
        if operation_in(look) is None:
            raise NotTested(f"nothing is known of an operation that must stay untouched: {unseen(look)}")
    if iut.statement.value("cancel") != "unimplemented" and not a_cancel_had_an_effect(iut.target.exchanges):
        raise NotTested(NO_EFFECT_SEEN)


def unseen(look: Exchange) -> str:
    """What a get that shows no operation was answered with."""
    if look.response is None:
        return f"{look.request.method} {look.request.path} was not answered"
    return f"{look.request.method} {look.request.path} was answered with {look.response.status}" + (
        " and no operation" if look.succeeded() else ""
    )
