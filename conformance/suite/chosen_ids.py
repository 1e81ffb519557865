"""Operations whose ids the suite has chosen, each cancelled by its name.

A server may refuse an id when it is asked to start an operation of it, or give another: then nobody can ask it to
cancel one. What it has taken, and so has made the name of an operation, it must cancel by that name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import unquote

from conformance.errors import NotApplicable, NotTested, TargetError
from conformance.exchange import Exchange, Method
from conformance.server.target.iut import Iut
from conformance.server.target.starts import StartRefused
from conformance.suite.bystanders import Bystanders
from conformance.suite.stimuli import stimulus

LONGEST = 63
"""Characters of an id that a name in DNS can have, and so one of Google's resources (AIP-122)."""

EVERYTHING = "everything"
TOGETHER = {"9-CAPITALS-63": ("digit-first", "capitals", "long"), "_.~": ("underscore", "period", "tilde")}
"""Kinds that have several things in one id, each with the kinds that have one of these. They are asked for where a
server refuses to start an operation of everything at once, and those of one thing where it refuses these."""
APART = tuple(part for parts in TOGETHER.values() for part in parts)
NONE_CHOSEN = "the request of [operations] start does not choose an id: {id} stands nowhere in it"
RARER = ("hyphen-last", "two-periods", "suffix")
COLON, COLON_FIRST = "colon", "colon-first"


@dataclass(frozen=True, slots=True)
class Chosen:
    """What became of an id: the name of its operation, and the cancel by it; or why there is none."""

    identifier: str
    name: str = ""
    cancel: Exchange | None = None
    with_plain_colon: Exchange | None = None
    once_more: Exchange | None = None
    why_not: NotApplicable | NotTested | None = None
    was_refused: bool = False

    def cancelled(self) -> Exchange:
        """The cancel. Raises NotApplicable where there is no operation of that id, NotTested where nobody knows."""
        if self.cancel is None:
            assert self.why_not is not None
            raise self.why_not
        return self.cancel


def id_with(kind: str, fresh: str) -> str:
    """An id of a kind, made of a fresh one."""
    return {
        EVERYTHING: f"9{fresh}_a~b.c-Ab-".ljust(LONGEST, "Z"),
        "9-CAPITALS-63": f"9{fresh}-Ab-".ljust(LONGEST, "Z"),
        "_.~": f"{fresh}_a~b.c",
        "capitals": fresh.upper() + "xY",
        "digit-first": f"9{fresh}",
        "hyphen-last": f"{fresh}-",
        "underscore": f"_{fresh}_a",
        "tilde": f"~{fresh}",
        "period": f"{fresh}.a",
        "two-periods": f"{fresh}..a",
        "suffix": f"{fresh}.json",
        "long": fresh.ljust(LONGEST, "x"),
        COLON: f"{fresh}:a",
        COLON_FIRST: f":{fresh}",
    }[kind]


def start_chosen(iut: Iut, kinds: Sequence[str]) -> dict[str, Chosen]:
    """Start an operation of each kind of id.

    Raises NotApplicable where the start chooses no id.
    """
    if not iut.supply.takes_ids:
        raise NotApplicable(NONE_CHOSEN)
    return start_called(iut, {kind: id_with(kind, iut.fresh_id()) for kind in kinds})


def start_called(iut: Iut, identifiers: Mapping[str, str]) -> dict[str, Chosen]:
    """Start an operation of each id; what became of it, by the key of the id."""
    started = zip(identifiers.items(), iut.supply.take_called(list(identifiers.values())), strict=True)
    return {key: _seen(identifier, start) for (key, identifier), start in started}


@stimulus
def unusual(iut: Iut, older_name: str, bystanders: Bystanders) -> dict[str, Chosen]:
    """The operations that are always asked for: of everything at once, and with a colon."""
    return start_chosen(iut, [EVERYTHING, COLON])


def cancel_chosen(iut: Iut, kinds: Sequence[str]) -> dict[str, Chosen]:
    """Start an operation of each kind of id, and cancel it by its name."""
    return cancel_started(iut, start_chosen(iut, kinds))


def cancel_started(iut: Iut, chosen: Mapping[str, Chosen]) -> dict[str, Chosen]:
    """Cancel each operation by its name; with a colon twice, escaped and plain."""
    there = {kind: one for kind, one in chosen.items() if one.name}
    cancels = iut.send_all(
        [iut.cancel_request(one.name, note=f"cancel of the id {one.identifier}") for one in there.values()]
    )
    cancelled = dict(chosen)
    for (kind, one), cancel in zip(there.items(), cancels, strict=True):
        plain = _cancel_with_plain_colon(iut, one.name) if kind == COLON else None
        # A second cancel is compared with a second cancel, at once: later the operation is in another state.
        is_worse = plain is not None and cancel.succeeded() and not plain.succeeded()
        once_more = iut.cancel(one.name, note=f"second cancel of the id {one.identifier}") if is_worse else None
        cancelled[kind] = replace(one, cancel=cancel, with_plain_colon=plain, once_more=once_more)
    return cancelled


def _seen(identifier: str, started: str | TargetError) -> Chosen:
    if isinstance(started, StartRefused):
        why_not = NotApplicable(f"no operation has the id {identifier!r}: {started.message}")
        return Chosen(identifier, why_not=why_not, was_refused=True)
    if isinstance(started, TargetError):
        return Chosen(identifier, why_not=NotTested(f"no operation of the id {identifier!r}: {started.message}"))
    if identifier not in started:
        why = f"the start with the id {identifier!r} was answered with {started}: the server gives ids of its own"
        return Chosen(identifier, why_not=NotApplicable(why))
    return Chosen(identifier, started)


def _cancel_with_plain_colon(iut: Iut, name: str) -> Exchange:
    head, _, identifier = iut.contract.path(Method.CANCEL, name).rpartition("/")
    path = f"{head}/{unquote(identifier)}"
    return iut.send(
        iut.request(
            iut.cancel_method,
            path,
            body=iut.plain_body,
            content_type="application/json",
            note="cancel with a plain colon in the id",
        )
    )
