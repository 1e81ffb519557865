"""How a check makes sure that it had something to judge: without evidence nothing is "kept".

An oracle complains, or does not: also when it cannot judge, because there is no answer, the server is busy, or the
answer shows no operation. So after the oracles a check asks for evidence. Without evidence the requirement is not
tested. What it asks of is noted: it is what a report shows of a requirement that is kept.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextvars import ContextVar

from conformance.errors import NotTested
from conformance.exchange import Exchange
from conformance.exchange.history import operation_in
from conformance.rules import Complaint
from conformance.rules.server.outcome import NO_EFFECT_SEEN, a_cancel_had_an_effect
from conformance.server.target.iut import Iut
from conformance.suite.judging import require

_NOTED: ContextVar[list[Exchange] | None] = ContextVar("evidence", default=None)


@contextlib.contextmanager
def evidence_noted() -> Iterator[list[Exchange]]:
    """The exchanges that a check asks for evidence while it runs, in the order in which it does."""
    noted: list[Exchange] = []
    token = _NOTED.set(noted)
    try:
        yield noted
    finally:
        _NOTED.reset(token)


def note(*exchanges: Exchange) -> None:
    """Note what a check judged, where it asks for evidence of something else, or of nothing."""
    noted = _NOTED.get()
    if noted is not None:
        noted.extend(exchanges)


def require_each(oracle: Callable[[Exchange], Complaint | None], exchanges: Iterable[Exchange]) -> None:
    """Raise Violated for every exchange that an oracle complains about, NotTested when one shows nothing."""
    judged = list(exchanges)
    require(*(oracle(exchange) for exchange in judged))
    require_answers(*judged)
    if not judged:
        raise NotTested("nothing was sent that could show it")


def require_answers(*exchanges: Exchange) -> None:
    """Raise NotTested when one was not answered, or the server was busy."""
    note(*exchanges)
    for exchange in exchanges:
        if exchange.response is None or exchange.response.is_busy:
            raise NotTested(f"{answered(exchange)}, which says nothing")


def require_let_in(iut: Iut, name: str, exchanges: Iterable[Exchange]) -> None:
    """Raise NotTested where credentials that were good are refused by now: one answer is 401, and so is a plain cancel.

    `name` is an operation of ours that is cancelled already.
    """
    if not any(_is_unauthorised(exchange) for exchange in exchanges):
        return
    control = iut.cancel(name, note="plain cancel, for another one was answered with 401")
    if _is_unauthorised(control):
        raise NotTested("credentials that were good before are refused: every cancel is answered with 401")


def _is_unauthorised(exchange: Exchange) -> bool:
    return exchange.response is not None and exchange.response.status == 401


def require_looks(*looks: Exchange) -> None:
    """Raise NotTested when a get does not show the operation."""
    note(*looks)
    for look in looks:
        if operation_in(look) is None:
            raise NotTested(f"the operation could not be read: {answered(look)}")


def require_untouched(iut: Iut, complaint: Complaint | None, *looks: Exchange) -> None:
    """Raise Violated for a complaint, and NotTested where the looks, or the cancels of the run, show nothing.

    Cancel is best effort, and a server whose cancels never win leaves everything untouched. If cancel is not
    implemented, no effect is possible.
    """
    require(complaint)
    require_looks(*looks)
    if iut.ends_at_once:
        raise NotTested(iut.ends_at_once)
    if iut.statement.value("cancel") == "unimplemented":
        return
    iut.saw_an_effect = iut.saw_an_effect or a_cancel_had_an_effect(iut.target.exchanges)
    if not iut.saw_an_effect:
        raise NotTested(NO_EFFECT_SEEN)


SAID_ELSEWHERE = frozenset({401, 403, 404, 405, 429, 501, 503})
"""What a cancel may be answered with that speaks of the caller, of the path, of the moment, or of no support."""


GONE = (404, 410)


def is_gone(look: Exchange) -> bool:
    """Whether a get finds nothing."""
    return look.response is not None and look.response.status in GONE


def looked_again(iut: Iut, looks: Mapping[str, Exchange]) -> dict[str, Exchange]:
    """Another look, by the name, at each operation that a look did not find: one of several replicas may not know it.

    That an operation is found only now and then, rules say; it is not gone by what was sent.
    """
    gone = [name for name, look in looks.items() if is_gone(look)]
    return dict(zip(gone, iut.get_all(gone), strict=True))


def tells_what_exists(look: Exchange) -> bool:
    """Whether a get shows that the operation is there, or that it is not."""
    return operation_in(look) is not None or is_gone(look)


def answered(exchange: Exchange) -> str:
    """A request and how it was answered, in a few words."""
    asked = f"{exchange.request.method} {exchange.request.path}"
    if exchange.response is None:
        return f"{asked} was not answered"
    shows = exchange.response.is_success and operation_in(exchange) is None and exchange.request.method == "GET"
    return f"{asked} was answered with {exchange.response.status}" + (" and no operation" if shows else "")
