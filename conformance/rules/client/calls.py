"""Rules about which calls are made: the get that was asked for, and no cancel of anything else."""

from __future__ import annotations

from urllib.parse import parse_qsl

from conformance.exchange import Exchange, Method, Wire
from conformance.rules.client.reading import about, line_of, names_an_operation, something_arrived
from conformance.rules.client.turn import Turn, turn_rule
from conformance.rules.rule import Complaint


@turn_rule(
    "client-request.get-is-sent",
    when=lambda turn: turn.asks(Method.GET) and (turn.said.is_ok or _is_listed(turn)),
)
def a_get_is_sent(turn: Turn) -> Complaint | None:
    if turn.answers:
        return None
    instead = f", but {line_of(turn.arrived[0])}" if turn.arrived else ""
    said = "an operation was shown" if turn.said.is_ok else f"the driver said {turn.said.in_words()}"
    return turn.complain(f"{said}, and no get of {turn.request.name} had arrived{instead}")


@turn_rule("client-request.list-is-sent", when=lambda turn: turn.asks(Method.LIST) and turn.said.is_ok)
def a_list_is_sent(turn: Turn) -> Complaint | None:
    if turn.answers:
        return None
    return turn.complain(f"operations were shown, and no list of those below {turn.request.name} had arrived")


@turn_rule("client-request.list-is-not-narrowed", when=lambda turn: turn.asks(Method.LIST) and bool(turn.answers))
def a_list_asks_for_all(turn: Turn) -> Complaint | None:
    """No driver is told of a filter."""
    for exchange in turn.answers:
        given = dict(parse_qsl(exchange.request.query)).get("filter")
        if given:
            return turn.complain(f"all operations below {turn.request.name} were to be listed; the filter is {given!r}")
    return None


@turn_rule("client-request.delete-is-sent", when=lambda turn: turn.asks(Method.DELETE) and turn.said.is_ok)
def a_delete_is_sent(turn: Turn) -> Complaint | None:
    if turn.answers:
        return None
    return turn.complain(f"the driver said ok, and no delete of {turn.request.name} had arrived")


@turn_rule(
    "client-request.get-has-no-body",
    when=lambda turn: bool(_without_body(turn)),
    reads=Wire.HTTP,
)
def a_get_has_no_body(turn: Turn) -> Complaint | None:
    full = [exchange for exchange in _without_body(turn) if exchange.request.body]
    return about(turn, full, lambda exchange: f"{line_of(exchange)} has a body of {len(exchange.request.body)} bytes")


@turn_rule(
    "client-request.no-other-operation-is-cancelled",
    when=lambda turn: something_arrived(turn) and names_an_operation(turn),
)
def no_other_operation_is_cancelled(turn: Turn) -> Complaint | None:
    others = [
        exchange
        for exchange in turn.arrived
        if exchange.call is not None and exchange.calls(Method.CANCEL) and exchange.call.name != turn.request.name
    ]
    return about(
        turn,
        others,
        lambda exchange: (
            f"asked for a {turn.request.method.value} of {turn.request.name}, the client cancelled"
            f" {exchange.call.name if exchange.call is not None else ''}"
        ),
    )


def _without_body(turn: Turn) -> list[Exchange]:
    """The calls whose HTTP methods have no content: all but the cancels."""
    calls = (Method.GET, Method.LIST, Method.DELETE)
    return [exchange for exchange in turn.arrived if exchange.call is not None and exchange.call.method in calls]


def _is_listed(turn: Turn) -> bool:
    return any(exchange.calls(Method.LIST) for exchange in turn.arrived)
