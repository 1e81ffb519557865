"""What the rules about clients read in a turn: conditions, the requests of one kind, and words for messages."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import pairwise

from conformance.exchange import Exchange, Method, Response, Wire
from conformance.exchange.grpc import call_in_words
from conformance.lro.codes import Code
from conformance.rules.client.turn import Outcome, Turn
from conformance.rules.rule import Complaint

PATH = re.compile(r"[A-Za-z0-9._~!$&'()*+,;=:@/%-]*")

_VERB = ":cancel"

_NEEDLESS_ESCAPE = re.compile(r"%(2[de]|3\d|4[1-9a-f]|5[\daf]|6[1-9a-f]|7[\dae])", re.IGNORECASE)
"""An escape of an unreserved character: a letter, a digit, or one of `-._~`."""

_RPC = re.compile(r"/\w+(\.\w+)+/\w+")
"""The path of a method over gRPC: its service and its name."""


def asks_for_a_cancel(turn: Turn) -> bool:
    return turn.asks(Method.CANCEL)


def is_wait(turn: Turn) -> bool:
    """Whether the driver was asked to wait for the end of an operation, with many gets."""
    return turn.request.asks_for == "wait"


def http_method_of(turn: Turn) -> str:
    """The HTTP method of the call that the driver was asked for."""
    return {Method.CANCEL: "POST", Method.DELETE: "DELETE"}.get(turn.request.method, "GET")


def something_arrived(turn: Turn) -> bool:
    return any(exchange.request.method for exchange in turn.arrived)


def names_an_operation(turn: Turn) -> bool:
    """Whether the name in the request to the driver has a path; the scenario judges what is sent for any other name."""
    return turn.request.is_bound and not _has_dot_segment(turn.request.name)


def was_answered(turn: Turn) -> bool:
    return any(exchange.response is not None for exchange in turn.arrived)


_GROWTH = 8
"""So many times as long as the longest pause so far may be the next one: they are doubled, and drawn by chance."""


def time_was_over(turn: Turn) -> bool:
    """Whether the client may have given up because of its deadline, whatever answers it got."""
    if turn.said.at - turn.request.at > 0.8 * turn.request.timeout / 1000:
        return True
    return says_that_time_is_over(turn) and _next_pause_may_not_fit(turn)


def says_that_time_is_over(turn: Turn) -> bool:
    """Whether the reply is what clients say when they give up by themselves."""
    return turn.said.outcome is Outcome.TRANSPORT_ERROR or turn.said.code is Code.DEADLINE_EXCEEDED


def _next_pause_may_not_fit(turn: Turn) -> bool:
    """Whether the next attempt would have come after the deadline: who sees that need not wait for it."""
    pauses = [later.sent_at - earlier.received_at for earlier, later in pairwise(turn.answers)]
    left = turn.request.timeout / 1000 - (turn.said.at - turn.request.at)
    return bool(pauses) and _GROWTH * max(pauses) > left


def requests_of(turn: Turn) -> list[Exchange]:
    """The requests of the turn that are HTTP and did not follow a redirect."""
    return [
        exchange
        for number, exchange in enumerate(turn.arrived)
        if exchange.request.method and not any(is_redirect(earlier) for earlier in turn.arrived[:number])
    ]


def posts_of(turn: Turn) -> list[Exchange]:
    return [exchange for exchange in requests_of(turn) if exchange.request.method == "POST"]


def calls_of(turn: Turn) -> list[Exchange]:
    """The requests that are meant to be the wanted call, by their path."""
    return [exchange for exchange in requests_of(turn) if has_the_verb(exchange) or not asks_for_a_cancel(turn)]


def other_rpcs_of(turn: Turn) -> list[Exchange]:
    """The calls over gRPC of methods without a binding; such a request has the path of the method itself."""
    if turn.over is not Wire.GRPC:
        return []
    return [exchange for exchange in turn.arrived if _RPC.fullmatch(exchange.request.path)]


def cancels_of(turn: Turn) -> list[Exchange]:
    """The cancels among all that arrived, those that followed a redirect too."""
    return [exchange for exchange in turn.arrived if exchange.request.method == "POST" and has_the_verb(exchange)]


def gets_and_deletes_of(turn: Turn) -> list[Exchange]:
    """The gets and deletes of the operation that the driver was told, among all that arrived.

    If a raw `?` cuts a name in two, the first part is another name, and the rest is its query.
    """
    return [
        exchange
        for exchange in turn.arrived
        if exchange.call is not None
        and exchange.call.method in (Method.GET, Method.DELETE)
        and exchange.call.name == turn.request.name
    ]


def is_error(exchange: Exchange) -> bool:
    return exchange.view.is_error


def is_redirect(exchange: Exchange) -> bool:
    return exchange.response is not None and 300 <= exchange.response.status < 400


def path_of(exchange: Exchange) -> str:
    """The path of a request as it is compared: an escape of a character that needs none says the same.

    "URIs that differ in the replacement of an unreserved character with its corresponding percent-encoded US-ASCII
    octet are equivalent" (RFC 3986, section 2.3).
    """
    return _NEEDLESS_ESCAPE.sub(lambda escape: chr(int(escape[1], 16)), exchange.request.path)


def has_the_verb(exchange: Exchange) -> bool:
    """Whether the path of a request ends in the verb of a cancel."""
    return path_of(exchange).endswith(_VERB)


def path_without_verb(exchange: Exchange) -> str:
    """The path of a request, as it is compared, before the verb of a cancel."""
    return path_of(exchange).removesuffix(_VERB)


def _has_dot_segment(name: str) -> bool:
    return any(segment in (".", "..") for segment in name.split("/"))


def line_of(exchange: Exchange) -> str:
    """A request in a line, as it was sent: over gRPC the call, with its message."""
    if exchange.wire is not None:
        return call_in_words(exchange.wire.request)
    return f"{exchange.request.method} {exchange.request.target}" if exchange.request.method else "something else"


def statuses_of(turn: Turn) -> str:
    """What the server answered, in order."""
    return ", ".join(
        str(exchange.outcome.status) if isinstance(exchange.outcome, Response) else exchange.outcome.kind.value
        for exchange in turn.arrived
    )


def reply_in_words(turn: Turn) -> str:
    message = message_of(turn)
    return turn.said.in_words() + (f" ({message})" if message else "")


def message_of(turn: Turn) -> str:
    message = turn.said.message
    return message if len(message) <= 200 else message[:200] + "…"


def about(turn: Turn, wrong: list[Exchange], say: Callable[[Exchange], str]) -> Complaint | None:
    if not wrong:
        return None
    more = f", and so {len(wrong) - 1} more" if len(wrong) > 1 else ""
    return turn.complain(say(wrong[0]) + more, *wrong)
