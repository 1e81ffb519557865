"""The deletes of some traffic, and whether they take other operations with them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from conformance.exchange.exchange import Exchange
from conformance.exchange.view import Method
from conformance.lro import Code


@dataclass(frozen=True)
class Deletes:
    """The successful deletes of some traffic."""

    traffic: tuple[Exchange, ...]

    @cached_property
    def all(self) -> tuple[Exchange, ...]:
        return tuple(call for call in self.traffic if call.calls(Method.DELETE) and call.succeeded())

    @cached_property
    def take_others(self) -> bool:
        """Whether one took another operation with it: a get had found that right before, and one right after does not.

        Whoever sent the three changed nothing else in between, and nobody what is missing: others may send at any time.
        """
        gets = [call for call in self.traffic if call.calls(Method.GET)] if self.all else []
        found: dict[tuple[str, str], Exchange] = {}
        for get in sorted(gets, key=lambda get: (get.received_at, get.number)):
            told = (_name(get), get.check)
            if get.succeeded():
                found[told] = get
            elif get.view.code is Code.NOT_FOUND and told in found and self._took(found[told], get):
                return True
        return False

    def _took(self, found: Exchange, missing: Exchange) -> bool:
        deleted = self.of_another(found, missing)
        changes = deleted and [
            call
            for call in self.traffic
            if _may_change(call)
            and not (call.precedes(found) or missing.precedes(call))
            and (_name(missing) == _name(call) or call.check == missing.check)
        ]
        return len(changes) == 1 and changes[0] in deleted

    def of_another(self, before: Exchange, after: Exchange) -> list[Exchange]:
        """Those between two calls on one operation that deleted another one."""
        return [
            delete
            for delete in self.all
            if _name(delete) != _name(before) and before.precedes(delete) and delete.precedes(after)
        ]


def _may_change(exchange: Exchange) -> bool:
    """Whether a request is no read; one that is no call says by its method that it is safe (RFC 9110, 9.2.1)."""
    if exchange.call is None:
        return exchange.request.method not in ("GET", "HEAD", "OPTIONS")
    return exchange.call.method not in (Method.GET, Method.LIST)


def _name(exchange: Exchange) -> str:
    return exchange.call.name if exchange.call is not None else ""
