"""The history of one operation: every call on it and every answer that showed it (a *look*), in order of time.

Calls may overlap. A look is *before* another one only when its answer had arrived before the other was sent. Nothing
follows from the order of looks that overlap.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any

from conformance.exchange.deletes import Deletes
from conformance.exchange.exchange import Exchange
from conformance.exchange.message import Response
from conformance.exchange.view import Call, Method, Wire, view_of
from conformance.lro import Operation


@dataclass(frozen=True, slots=True)
class Look:
    """An operation as one exchange showed it: a get, or a list with others."""

    exchange: Exchange
    operation: Operation

    @property
    def in_list(self) -> bool:
        return self.exchange.calls(Method.LIST)

    def is_before(self, other: Look) -> bool:
        return self.exchange.precedes(other.exchange)


@dataclass(frozen=True)
class History:
    """All that is known of the operation `name`; calls and looks are ordered by the time of the answer."""

    name: str
    calls: tuple[Exchange, ...]
    looks: tuple[Look, ...]
    read: tuple[Exchange, ...] = ()
    """Every get of the traffic that showed any operation."""
    posts: tuple[Exchange, ...] = ()
    """The POSTs on the path of a get of this operation, where nothing is bound to a POST."""
    given: tuple[Exchange, ...] = ()
    """The successful POSTs of no method, such as a start, whose answer has this name: it may be a new operation's."""
    deletes: Deletes = field(default_factory=lambda: Deletes(()))
    """The successful deletes of the traffic, of whatever operation."""

    @cached_property
    def gets(self) -> tuple[Look, ...]:
        """The looks that are gets of this operation."""
        return tuple(look for look in self.looks if not look.in_list)

    @cached_property
    def lists(self) -> tuple[Look, ...]:
        """The looks in a list."""
        return tuple(look for look in self.looks if look.in_list)

    def cancels(self) -> tuple[Exchange, ...]:
        """The cancels of this operation that succeeded."""
        return tuple(call for call in self.calls if call.calls(Method.CANCEL) and call.succeeded())

    def pairs(self, shown: Callable[[Look], Hashable]) -> Iterator[tuple[Look, Look]]:
        """Looks of which the first is before the second: one pair for each two things that were `shown` in this order.

        Of looks that show the same, the one that was answered first stands for what was seen before, and the one that
        was sent last for what was seen later: where any two are a pair, these are. A list may show thousands of
        operations that never change, and be asked for a hundred times.
        """
        first: dict[Hashable, Look] = {}
        last: dict[Hashable, Look] = {}
        for look in self.looks:
            what = shown(look)
            first.setdefault(what, look)
            last[what] = max(last.get(what, look), look, key=lambda each: (each.exchange.sent_at, each.exchange.number))
        for earlier in first.values():
            for later in last.values():
                if earlier.is_before(later):
                    yield earlier, later


def operation_in(exchange: Exchange) -> Operation | None:
    """The operation that a successful get returned, else None."""
    members = exchange.view.message if exchange.calls(Method.GET) else None
    return Operation(members) if members is not None else None


def operations_in(exchange: Exchange) -> tuple[Operation, ...]:
    """The operations that a successful list returned; empty for anything else."""
    if not exchange.calls(Method.LIST) or exchange.response is None:
        return ()
    return _operations_in(exchange.call, exchange.over, exchange.response)


@lru_cache(maxsize=64)
def _operations_in(call: Call | None, wire: Wire, page: Response) -> tuple[Operation, ...]:
    """Read once for all the rules that ask for it, one after the other: a page may be large."""
    listed = (view_of(call, wire, page).message or {}).get("operations")
    if not isinstance(listed, list):
        return ()
    return tuple(Operation(members) for members in listed if isinstance(members, dict))


def next_page_token(page: Exchange) -> str:
    """The token of the page after this one; empty where a list has ended, or was not answered with one."""
    message = page.view.message or {}
    # ProtoJSON has parsers accept both names; that there is one in the description, a requirement of its own says.
    return str(message.get("nextPageToken") or message.get("next_page_token") or "")


class Traffic(tuple[Exchange, ...]):
    """Exchanges to which many rules are applied; what several rules need is computed once."""

    @classmethod
    def of(cls, exchanges: Iterable[Exchange]) -> Traffic:
        return exchanges if isinstance(exchanges, Traffic) else cls(exchanges)

    @cached_property
    def without_retries(self) -> Traffic:
        """Those whose answers do not only ask for a retry."""
        left = Traffic(exchange for exchange in self if not exchange.asks_for_retry)
        return self if len(left) == len(self) else left

    def over(self, wire: Wire | None) -> Traffic:
        """Those over one wire; None means any."""
        return self if wire is None else self._by_wire[wire]

    @cached_property
    def _by_wire(self) -> Mapping[Wire, Traffic]:
        parts = {wire: Traffic(exchange for exchange in self if exchange.over is wire) for wire in Wire}
        return {wire: self if len(part) == len(self) else part for wire, part in parts.items()}

    def those(self, conditions: tuple[Callable[[Exchange], bool], ...]) -> Traffic:
        """Those for which the conditions hold, each asked where those before it do.

        Many rules begin with the same conditions, such as that it is a cancel: these are asked once for all of them.
        """
        if not conditions:
            return self
        if conditions not in self._found:
            *before, last = conditions
            self._found[conditions] = Traffic(filter(last, self.those(tuple(before))))
        return self._found[conditions]

    @cached_property
    def _found(self) -> dict[tuple[Callable[[Exchange], bool], ...], Traffic]:
        return {}

    @cached_property
    def histories(self) -> list[History]:
        return _histories(self)


def histories(exchanges: Iterable[Exchange]) -> list[History]:
    """The exchanges sorted into one history per operation name that was called or listed.

    A look after the delete of an operation does not count, for another one may have its name by then; neither does a
    list entry without a name that is a text.
    """
    return Traffic.of(exchanges).histories


def _texts_in(value: Any, depth: int = 4) -> Iterator[str]:
    """The texts of a JSON value, as far down as an answer to a start may have a name."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list) and depth:
        for each in value.values() if isinstance(value, dict) else value:
            yield from _texts_in(each, depth - 1)


def _histories(exchanges: Traffic) -> list[History]:
    calls: dict[str, list[Exchange]] = {}
    looks: dict[str, list[Look]] = {}
    deleted: set[str] = set()
    names = {
        each.request.path: each.call.name for each in exchanges if each.call is not None and each.calls(Method.GET)
    }
    posts: dict[str, list[Exchange]] = {}
    given: dict[str, list[Exchange]] = {}
    read: list[Exchange] = []
    for exchange in sorted(exchanges, key=lambda exchange: (exchange.received_at, exchange.number)):
        if exchange.call is None:
            if exchange.request.method == "POST" and exchange.request.path in names:
                posts.setdefault(names[exchange.request.path], []).append(exchange)
            if exchange.request.method == "POST" and exchange.succeeded() and exchange.response is not None:
                for text in _texts_in(exchange.response.json_object()):
                    given.setdefault(text, []).append(exchange)
            continue
        if exchange.calls(Method.LIST):
            for operation in operations_in(exchange):
                if isinstance(operation.name, str) and operation.name not in deleted:
                    looks.setdefault(operation.name, []).append(Look(exchange, operation))
            continue
        calls.setdefault(exchange.call.name, []).append(exchange)
        if exchange.calls(Method.DELETE) and exchange.succeeded():
            deleted.add(exchange.call.name)
        shown = operation_in(exchange)
        if shown is not None:
            read.append(exchange)
        if shown is not None and exchange.call.name not in deleted:
            looks.setdefault(exchange.call.name, []).append(Look(exchange, shown))
    everything_read, deletes = tuple(read), Deletes(exchanges)
    return [
        History(
            name,
            tuple(calls.get(name, ())),
            tuple(looks.get(name, ())),
            everything_read,
            tuple(posts.get(name, ())),
            tuple(given.get(name, ())),
            deletes,
        )
        for name in sorted(calls.keys() | looks.keys())
    ]
