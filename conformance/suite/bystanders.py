"""Bystanders: operations that run from the beginning to the end of a run, and that nobody cancels.

Stimuli that must not touch an operation aim at one of them, and the last look shows whether they did. If the operations
of the supply end at once, bystanders are done, and only show that they are not deleted or changed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from conformance.errors import NotTested
from conformance.exchange import Exchange
from conformance.exchange.history import operation_in
from conformance.lro import Operation, State
from conformance.rules.server.conditions import failed
from conformance.rules.server.errors import form_of_errors
from conformance.server.target.iut import Iut
from conformance.server.target.unknown import unknown_name
from conformance.suite.stimuli import stimulus


@dataclass(frozen=True, slots=True)
class Bystander:
    """An operation that nobody cancels, and how it looked when it was started."""

    name: str
    exchange: Exchange
    operation: Operation


_AT_ONCE = 4


class Bystanders:
    """Running operations that are meant to stay untouched, the `oldest` first; `looks` are the first looks at each.

    `unknown` is a get of no operation. It finds out, where the statement is silent, in which form errors come.
    """

    def __init__(self, iut: Iut, looks: list[Exchange], oldest: str) -> None:
        self._iut = iut
        self.name = oldest
        self.looks = looks
        first, self.unknown = iut.get_all([oldest, unknown_name(oldest, "get")])
        self._find_out_whether_they_run(first)
        self.oldest = self._seen(oldest, first)
        _find_out_about_errors(iut, self.unknown)

    def _find_out_whether_they_run(self, first: Exchange) -> None:
        """One operation may end by itself. If a second one is done at once, too, all are."""
        if shows_the_end(first):
            second = self._iut.running(1)[0]
            if shows_the_end(self._iut.get(second)):
                self._iut.ends_at_once = self._iut.too_short(self.name, first)

    def met(self, name: str) -> Bystander:
        """The bystander of a name, which has just been started. Raises NotTested when it does not run."""
        return self.all_met([name])[0]

    def all_met(self, names: Sequence[str]) -> list[Bystander]:
        """The bystanders of names, which have just been started. Raises NotTested when one does not run."""
        return [self._seen(name, exchange) for name, exchange in zip(names, self._iut.get_all(names), strict=True)]

    def new(self) -> Bystander:
        """A new bystander from the supply, for a stimulus that needs one of its own."""
        return self.some(1)[0]

    def some(self, count: int) -> list[Bystander]:
        """So many fresh ones. Raises NotTested when the supply's do not run."""
        # Few at once: a start that a full backlog cuts off is not repeated.
        sizes = [min(_AT_ONCE, count - begun) for begun in range(0, count, _AT_ONCE)]
        return self.all_met([name for size in sizes for name in self._iut.running(size)])

    def _seen(self, name: str, exchange: Exchange) -> Bystander:
        self.looks.append(exchange)
        operation = operation_in(exchange)
        if operation is None:
            raise NotTested(f"a get of {name}, which the supply has just given, does not show the operation")
        if operation.done and not self._iut.ends_at_once:
            raise NotTested(self._iut.too_short(name, exchange))
        return Bystander(name, exchange, operation)


def shows_the_end(look: Exchange) -> bool:
    """Whether a look shows an operation that is done."""
    operation = operation_in(look)
    return operation is not None and operation.done


def ended_by_itself(look: Exchange) -> bool:
    """Whether a look after a cancel shows an end that is no cancellation: it may have come before the cancel."""
    operation = operation_in(look)
    return operation is not None and operation.done and operation.state is not State.CANCELLED


@stimulus
def first_looks() -> list[Exchange]:
    """The first look at each bystander; there is one even where nothing else could be had."""
    return []


@stimulus
def bystanders(iut: Iut, first_looks: list[Exchange], oldest_name: str) -> Bystanders:
    """Running operations that nobody cancels."""
    return Bystanders(iut, first_looks, oldest_name)


@stimulus
def older(bystanders: Bystanders, older_name: str) -> Bystander:
    """The bystander that was started right before all that are cancelled.

    When it was seen to run after the cancellations, it is read as clients read, named by cancels that nobody has to
    accept, and by deletes of callers who may not delete. Whoever finds it touched asks who it was.
    """
    return bystanders.met(older_name)


@stimulus
def younger(bystanders: Bystanders, younger_name: str) -> Bystander:
    """The bystander that was started right after them."""
    return bystanders.met(younger_name)


@stimulus
def known_auth(iut: Iut, oldest_name: str) -> None:
    """Finds out whether the server asks for credentials, if the statement does not say it."""
    iut.find_out_about_auth(oldest_name)


def _find_out_about_errors(iut: Iut, unknown: Exchange) -> None:
    found = form_of_errors([unknown] if failed(unknown) else [])
    if found is not None:
        value, form = found
        iut.statement.find("errors", value, f"a get of an unknown operation answers with {form}")
