"""Faults with unusual ids: the operation is started, shown and listed, and its cancel does not find it.

The operation then runs on. That is no second defect, because no cancel of it was accepted.
"""

from __future__ import annotations

import contextlib
import re
import uuid
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import unquote

from conformance.exchange import Request
from conformance.server.reference.bindings import Rpc
from conformance.server.reference.faults.lies import NO_SUCH_PAGE, resembling, without_metadata
from conformance.server.reference.faults.registry import fault
from conformance.server.reference.invocation import Invocation, Message
from conformance.server.reference.naming import id_of, with_ids
from conformance.server.reference.service import Service
from conformance.server.reference.store import UnknownOperation

_COLUMN = 48
"""Characters that are enough for every id that this server gives itself."""


def _looked_up_as(honest: Service, meant: Callable[[str], str]) -> Service:
    """A cancel looks for the operation whose id is what `meant` makes of the one in the path, and finds none."""

    def lie(service: Service, call: Invocation) -> str:
        identifier = id_of(call.name)
        if call.rpc is Rpc.CANCEL and meant(identifier) != identifier:
            raise UnknownOperation(call.name)
        return honest.choose_target(service, call)

    return replace(honest, choose_target=lie)


def _not_routed(honest: Service, when: Callable[[str], bool]) -> Service:
    """A cancel is answered as an unknown path where `when` is true of the raw last segment, without its verb."""

    def lie(service: Service, request: Request) -> Invocation:
        last = request.path.rpartition("/")[2]
        if request.method == "POST" and last.endswith(":cancel") and when(last.removesuffix(":cancel")):
            raise NO_SUCH_PAGE
        return honest.route(service, request)

    return replace(honest, route=lie)


@fault(breaks="routing.every-id-is-bound")
def capitals_are_lowered(honest: Service) -> Service:
    """Looks an operation up by its id in small letters, as a host name would be."""
    return _looked_up_as(honest, str.lower)


@fault(breaks="routing.every-id-is-bound")
def id_ends_at_its_first_period(honest: Service) -> Service:
    """Takes what is after the first period of an id for the format of the answer."""
    return _looked_up_as(honest, lambda identifier: identifier.partition(".")[0])


@fault(breaks="routing.every-id-is-bound", profile="ci")
def known_suffix_is_cut(honest: Service) -> Service:
    """Takes `.json` at the end of an id for the format of the answer, and knows no other suffix."""
    return _looked_up_as(honest, lambda identifier: identifier.removesuffix(".json"))


@fault(breaks="routing.every-id-is-bound")
def long_id_is_cut_to_its_column(honest: Service) -> Service:
    """Looks an operation up by as much of its id as the column of an index holds."""
    return _looked_up_as(honest, lambda identifier: identifier[:_COLUMN])


@fault(breaks="routing.every-id-is-bound")
def underscore_is_a_hyphen(honest: Service) -> Service:
    """Writes hyphens for underscores before it looks an operation up, as in names of hosts."""
    return _looked_up_as(honest, lambda identifier: identifier.replace("_", "-"))


@fault(breaks="routing.every-id-is-bound")
def tilde_stays_escaped(honest: Service) -> Service:
    """Normalises ids with an old list of unreserved characters, which has no tilde, and compares what comes of it."""
    return _looked_up_as(honest, lambda identifier: identifier.replace("~", "%7E"))


@fault(breaks="routing.every-id-is-bound", profile="ci")
def hyphens_around_are_trimmed(honest: Service) -> Service:
    """Trims hyphens from an id, which a name in DNS does not begin or end with."""
    return _looked_up_as(honest, lambda identifier: identifier.strip("-"))


@fault(breaks="routing.every-id-is-bound")
def id_begins_with_a_letter(honest: Service) -> Service:
    """Has a pattern for ids in its router that begins with a letter."""
    return _not_routed(honest, lambda last: last[:1].isdigit())


@fault(breaks="routing.every-id-is-bound", profile="ci")
def two_periods_are_an_attack(honest: Service) -> Service:
    """Stands behind a filter that takes every `..` in a path for a way out of it."""
    return _not_routed(honest, lambda last: ".." in last)


@fault(breaks=("routing.escaped-colon-is-data", "routing.colon-in-identifier"))
def first_colon_separates_the_verb(honest: Service) -> Service:
    """Decodes the last segment, and takes what is after its first colon for the verb."""
    return _not_routed(honest, lambda last: ":" in unquote(last))


@fault(breaks="routing.escaped-colon-is-data")
def escaped_colon_stays_escaped(honest: Service) -> Service:
    """Leaves reserved characters escaped when it reads the name from a path, as Envoy does by default."""
    return _not_routed(honest, lambda last: re.search("%3[Aa]", last) is not None)


@fault(breaks="routing.escaped-colon-is-data", profile="ci")
def id_before_a_colon_is_never_empty(honest: Service) -> Service:
    """Decodes the last segment, and finds no id before the colon with which it begins."""
    return _not_routed(honest, lambda last: unquote(last).startswith(":"))


@fault(breaks="routing.every-id-is-bound")
def tilde_is_not_routed(honest: Service) -> Service:
    """Has a pattern for ids in its router without a tilde, which the service takes for a part of one."""
    return _not_routed(honest, lambda last: "~" in unquote(last))


@fault(breaks="routing.colon-in-identifier")
def plain_colon_is_no_part_of_an_id(honest: Service) -> Service:
    """Has every colon of a path escaped, but for that of the verb."""
    return _not_routed(honest, lambda last: ":" in last)


@fault(breaks="routing.colon-in-identifier")
def plain_colon_of_its_own_id_is_no_part_of_it(honest: Service) -> Service:
    """Gives ids with a colon, and takes what is after it for the verb, unless it is escaped."""
    return _not_routed(with_ids(honest, lambda number: f"job:{number}"), lambda last: ":" in last)


@fault(breaks="target.whole-name-counts")
def id_is_read_as_a_number(honest: Service) -> Service:
    """Reads the id as a number, so that one with its sign or with a zero before it is the same."""

    return _reading(with_ids(honest, lambda number: str(1767225600000 + 7919 * number)), int)


@fault(breaks="target.whole-name-counts")
def id_is_read_as_a_uuid(honest: Service) -> Service:
    """Reads the id as a UUID, which has other forms: without hyphens, in braces, as a URN."""

    return _reading(with_ids(honest, lambda number: str(uuid.uuid5(uuid.NAMESPACE_URL, f"{number}"))), uuid.UUID)


def _reading(honest: Service, value: Callable[[str], object]) -> Service:
    """A cancel hits the operation of the same parent whose id has the same `value`."""

    def same(asked: str, known: str) -> bool:
        (parent, _, one), (home, _, other) = asked.rpartition("/"), known.rpartition("/")
        with contextlib.suppress(ValueError):
            return parent == home and value(one) == value(other)
        return False

    return resembling(honest, same)


@fault(breaks="outcome.guaranteed")
def cancel_of_a_long_id_is_lost(honest: Service) -> Service:
    """Accepts a cancel, and loses it in a queue whose keys are shorter than the id."""

    def lie(service: Service, call: Invocation) -> Message:
        if len(id_of(call.target)) > _COLUMN:
            service.look_up(service, call.target)
            return {}
        return honest.cancel(service, call)

    return without_metadata(replace(honest, cancel=lie))
