"""The clean-up: cancels and deletes the operations that a run started, and says what it could not.

Nothing here changes a verdict. Answers decide whether an operation is left over: it is not if it was deleted, is gone,
or was seen done. A cancel that succeeded promises nothing.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from conformance.errors import Unjudged
from conformance.exchange import CLEAN_UP, Exchange, Method
from conformance.exchange.history import History, histories, operation_in
from conformance.judging.statement import Statement
from conformance.server.target.ledger import LedgerState
from conformance.server.target.target import Outgoing, Target
from conformance.spec.contract import Contract

_NOT_THERE = (404, 410)
_REQUESTS_EACH = 40
"""More than are ever needed for one operation: a cancel, a delete, and looks until `settle` is over."""


class Caller(Protocol):
    """What cleaning up needs of an implementation under test."""

    contract: Contract
    statement: Statement
    target: Target

    def send(self, outgoing: Outgoing, /) -> Exchange: ...

    def cancel_request(self, name: str, /, *, note: str, may_be_unrouted: bool) -> Outgoing: ...

    def delete_request(self, name: str, /) -> Outgoing: ...

    def await_end(self, names: Sequence[str], /) -> Mapping[str, Exchange]: ...


def states_shown(exchanges: Iterable[Exchange], names: Iterable[str]) -> dict[str, LedgerState]:
    """What the traffic of a run shows of each operation; `STARTED` where it shows nothing."""
    states = dict.fromkeys(names, LedgerState.STARTED)
    return states | {one.name: _shown(one) for one in histories(exchanges) if one.name in states}


def _shown(history: History) -> LedgerState:
    """What was seen of one operation. What a get shows after its delete is there; a list may only be late."""
    deletes = [call for call in history.calls if call.calls(Method.DELETE) and call.succeeded()]
    if deletes:
        later = [seen for call in history.calls if deletes[-1].precedes(call) and (seen := operation_in(call))]
        if not later:
            return LedgerState.DELETED
        return LedgerState.ENDED if later[-1].done else LedgerState.STARTED
    if any(look.operation.done for look in history.looks):
        return LedgerState.ENDED
    return LedgerState.CANCELLED if history.cancels() else LedgerState.STARTED


def clean_up(iut: Caller, states: dict[str, LedgerState], delete: bool) -> None:
    """Cancel what may still run, delete what may be deleted, and look at what is left.

    `states` has what is known of each operation. It is kept up to date, so that it is right after an interrupt. Nothing
    is written: a full disk must not keep an operation running. If the target is gone, the clean-up stops. The limit of
    requests does not stop it, because the clean-up protects the target.
    """

    def left(method: Method, *kinds: LedgerState) -> list[str]:
        """The names in these states for which the contract has a path. The others stay as they are and are reported."""
        bindings = iut.contract.bindings_of(method)
        return [name for name in states if states[name] in kinds and any(binding.accepts(name) for binding in bindings)]

    def cancel(name: str) -> None:
        with contextlib.suppress(Unjudged):
            if iut.send(iut.cancel_request(name, note=CLEAN_UP, may_be_unrouted=True)).succeeded():
                states[name] = LedgerState.CANCELLED

    def remove(name: str) -> None:
        with contextlib.suppress(Unjudged):
            exchange = iut.send(iut.delete_request(name))
            if exchange.succeeded():
                states[name] = LedgerState.DELETED
            elif exchange.response is not None and exchange.response.status in _NOT_THERE:
                states[name] = LedgerState.GONE

    iut.target.check = CLEAN_UP
    iut.target.grant(_REQUESTS_EACH * len(states))
    if iut.statement.value("cancel") != "unimplemented":
        iut.target.map(cancel, left(Method.CANCEL, LedgerState.STARTED))
    if delete:
        iut.target.map(remove, left(Method.DELETE, LedgerState.STARTED, LedgerState.CANCELLED, LedgerState.ENDED))
    with contextlib.suppress(Unjudged):
        for name, look in iut.await_end(left(Method.GET, LedgerState.STARTED, LedgerState.CANCELLED)).items():
            operation = operation_in(look)
            if operation is not None and operation.done:
                states[name] = LedgerState.ENDED
            elif look.response is not None and look.response.status in _NOT_THERE:
                states[name] = LedgerState.GONE
