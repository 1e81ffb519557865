"""Rules and oracles about what a client sends."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, unquote, unquote_plus

from conformance.errors import NotApplicable, NotTested
from conformance.exchange import Exchange, Failure, Method, Wire, can_be_undone, content_of, header_values
from conformance.exchange.protobuf import fields_of
from conformance.rules.client.reading import (
    PATH,
    about,
    asks_for_a_cancel,
    calls_of,
    cancels_of,
    gets_and_deletes_of,
    has_the_verb,
    http_method_of,
    is_wait,
    line_of,
    names_an_operation,
    other_rpcs_of,
    path_without_verb,
    posts_of,
    reply_in_words,
    requests_of,
    something_arrived,
)
from conformance.rules.client.turn import Turn, TurnJudge, turn_rule
from conformance.rules.rule import Complaint

_SYSTEM_PARAMETERS = frozenset(
    [
        "alt",
        "callback",
        "fields",
        "key",
        "prettyPrint",
        "quotaUser",
        "userProject",
        "userIp",
        "access_token",
        "oauth_token",
        "uploadType",
        "upload_protocol",
        "apiVersion",
        "ct",
        "outputDefaults",
        "unique",
        "trace",
        "httpMethod",
        "req",
        ".xgafv",
        "xgafv",
    ]
)

_OF_A_LIST = frozenset(
    ["filter", "pageSize", "page_size", "pageToken", "page_token", "returnPartialSuccess", "return_partial_success"]
)
"""The fields of ListOperationsRequest besides the name, in either spelling of ProtoJSON."""

_NAME = 1
"""The number of the one field that CancelOperationRequest, GetOperationRequest and DeleteOperationRequest have."""


_OVERRIDE = "x-http-method-override"
_WAIT = "/google.longrunning.Operations/WaitOperation"


@turn_rule(
    "client-request.cancel-is-sent",
    when=lambda turn: asks_for_a_cancel(turn) and turn.said.is_ok and turn.said.cancelled is not False,
)
def a_cancel_that_is_ok_was_sent(turn: Turn) -> Complaint | None:
    if turn.answers:
        return None
    return turn.complain(f"the driver said ok, and no cancel of {turn.request.name} had arrived{_instead(turn)}")


@turn_rule(
    "client-request.method-is-bound",
    when=lambda turn: names_an_operation(turn) and bool(calls_of(turn) or other_rpcs_of(turn)),
)
def the_http_method_is_that_of_the_binding(turn: Turn) -> Complaint | None:
    # Whoever waits over gRPC may ask the server to, and look again and again where it cannot.
    waits = [exchange for exchange in other_rpcs_of(turn) if is_wait(turn) and exchange.request.path.endswith(_WAIT)]
    others = [exchange for exchange in other_rpcs_of(turn) if exchange not in waits]
    if others and not calls_of(turn):
        return about(turn, others, lambda exchange: f"the RPC {exchange.request.path} was called instead")
    expected = http_method_of(turn)
    # What binds to another method is not this call badly made, but another call. So is a look at an id that ends in
    # `:cancel`, whose path has that verb by chance.
    wrong = [
        exchange
        for exchange in calls_of(turn)
        if exchange.request.method != expected
        and exchange.call is None
        and exchange not in waits
        and not (exchange.request.method == "GET" and unquote(exchange.request.path).endswith(f"/{turn.request.name}"))
        # Of calls that are made at once nobody knows which one a path without any of their names was to be.
        and not (turn.is_at_once and turn.request.name not in unquote(exchange.request.path))
    ]
    overridden = [exchange for exchange in calls_of(turn) if (_override(exchange) or expected) != expected]
    return about(turn, wrong, lambda exchange: f"{line_of(exchange)} instead of {expected}") or about(
        turn, overridden, lambda exchange: f"{line_of(exchange)} is to be taken for a {_override(exchange)}"
    )


def _override(exchange: Exchange) -> str:
    """The method that many servers take in place of that of the request, where its head says so; else nothing."""
    return (exchange.request.header(_OVERRIDE) or "").strip().upper()


@turn_rule(
    "client-request.verb-is-kept",
    when=lambda turn: asks_for_a_cancel(turn) and names_an_operation(turn) and bool(posts_of(turn)),
    reads=Wire.HTTP,
)
def the_verb_ends_the_path(turn: Turn) -> Complaint | None:
    lost = [exchange for exchange in posts_of(turn) if not has_the_verb(exchange)]
    return about(turn, lost, lambda exchange: f"{line_of(exchange)} does not end in the verb :cancel")


@turn_rule(
    "client-request.path-is-bound",
    when=lambda turn: names_an_operation(turn) and bool(requests_of(turn)),
    reads=Wire.HTTP,
)
def the_path_has_the_shape_of_the_binding(turn: Turn) -> Complaint | None:
    unbound = [
        exchange
        for exchange in requests_of(turn)
        if not turn.paths.fullmatch(path_without_verb(exchange))
        and (exchange.call is None or exchange.call.method is not Method.LIST)
    ]
    return about(turn, unbound, lambda exchange: f"{line_of(exchange)} has a path that no binding has")


@turn_rule(
    "client-request.name-is-escaped",
    # The name of another call that was under way is a matter of who mixes calls up, and not of escapes.
    when=lambda turn: names_an_operation(turn) and bool(requests_of(turn)) and not turn.is_at_once,
)
def the_path_names_the_operation(turn: Turn) -> Complaint | None:
    # A request whose verb or shape is lost is charged to the rules about these; over gRPC only the name can be wrong.
    wrong = [
        exchange
        for exchange in requests_of(turn)
        if has_the_verb(exchange) is asks_for_a_cancel(turn)
        and (turn.over is Wire.GRPC or _has_the_shape(turn, exchange))
        and exchange not in other_rpcs_of(turn)
        and (
            exchange.call is None
            or exchange.call.name != turn.request.name
            or not PATH.fullmatch(exchange.request.path)
        )
        and exchange.request.method == http_method_of(turn)
        and not _has_the_name_that_was_answered(turn, exchange)
    ]
    return about(turn, wrong, lambda exchange: f"{line_of(exchange)} names {_named(exchange)}, not {turn.request.name}")


def _has_the_name_that_was_answered(turn: Turn, exchange: Exchange) -> bool:
    """Whether a wait goes on with the name that a look has shown: the service assigns the names of operations."""
    if not is_wait(turn) or exchange.call is None:
        return False
    shown = [answered.response.json_object() for answered in turn.answers if answered.response is not None]
    return any(members is not None and members.get("name") == exchange.call.name for members in shown)


def _has_the_shape(turn: Turn, exchange: Exchange) -> bool:
    if turn.asks(Method.LIST):
        return exchange.calls(Method.LIST)
    return turn.paths.fullmatch(path_without_verb(exchange)) is not None


@turn_rule("client-request.nothing-else-is-called", when=something_arrived)
def no_other_method_is_called(turn: Turn) -> Complaint | None:
    allowed = (turn.request.method, Method.GET, Method.LIST)
    others = [
        exchange for exchange in turn.arrived if exchange.call is not None and exchange.call.method not in allowed
    ]
    return about(turn, others, lambda exchange: f"{line_of(exchange)} was sent for a {turn.request.method.value}")


@turn_rule("client-request.body-is-empty", when=lambda turn: bool(cancels_of(turn)))
def the_body_says_nothing(turn: Turn) -> Complaint | None:
    if turn.over is Wire.GRPC:
        return _only_the_name(turn, cancels_of(turn))
    full = [exchange for exchange in cancels_of(turn) if not _says_nothing(exchange, turn.request.name)]
    return about(turn, full, lambda exchange: f"the cancel has the body {_shown(exchange)}")


@turn_rule("client-request.body-does-not-repeat-the-name", when=lambda turn: bool(cancels_of(turn)), reads=Wire.HTTP)
def the_name_is_only_in_the_path(turn: Turn) -> Complaint | None:
    repeated = [exchange for exchange in cancels_of(turn) if _object(_content(exchange)) == {"name": turn.request.name}]
    return about(turn, repeated, lambda exchange: f"the cancel has the body {_shown(exchange)}")


@turn_rule("client-request.length-is-declared", when=lambda turn: bool(cancels_of(turn)), reads=Wire.HTTP)
def the_length_of_the_body_is_declared(turn: Turn) -> Complaint | None:
    undeclared = [
        exchange
        for exchange in cancels_of(turn)
        if exchange.request.header("content-length") is None and exchange.request.header("transfer-encoding") is None
    ]
    return about(turn, undeclared, lambda _: "the cancel has neither Content-Length nor Transfer-Encoding")


@turn_rule(
    "client-request.body-is-labelled-json",
    when=lambda turn: any(exchange.request.body for exchange in cancels_of(turn)),
    reads=Wire.HTTP,
)
def a_body_is_labelled_json(turn: Turn) -> Complaint | None:
    mislabelled = [
        exchange
        for exchange in cancels_of(turn)
        if exchange.request.body and _media_type(exchange.request.header("content-type")) != "application/json"
    ]
    return about(turn, mislabelled, lambda exchange: f"the body is labelled {exchange.request.header('content-type')}")


@turn_rule(
    "client-request.no-foreign-query",
    when=lambda turn: bool(cancels_of(turn) or gets_and_deletes_of(turn) or _lists_of(turn)),
)
def the_query_has_system_parameters_only(turn: Turn) -> Complaint | None:
    if turn.over is Wire.GRPC:
        return _only_the_name(turn, gets_and_deletes_of(turn))
    calls = (*cancels_of(turn), *gets_and_deletes_of(turn), *_lists_of(turn))
    foreign = [exchange for exchange in calls if _foreign_parameters(exchange)]
    return about(turn, foreign, lambda exchange: f"the query has {', '.join(_foreign_parameters(exchange))}")


@turn_rule(
    "client-request.routing-header-agrees",
    when=lambda turn: any(_routing(exchange) is not None for exchange in turn.answers),
)
def the_routing_header_names_the_operation(turn: Turn) -> Complaint | None:
    wrong = [exchange for exchange in turn.answers if _routing(exchange) not in (None, turn.request.name)]
    return about(turn, wrong, lambda exchange: f"x-goog-request-params names {_routing(exchange)}")


def is_accepted(turn: Turn) -> Complaint | None:
    """The name is legal, so a request is sent for it; the rules judge the request."""
    if turn.arrived:
        return None
    if turn.said.is_ok:
        raise NotTested("the driver said ok, and nothing was sent, which is judged elsewhere")
    return turn.complain(f"nothing was sent for the name {turn.request.name}; the driver said {reply_in_words(turn)}")


def nothing_is_sent(turn: Turn) -> Complaint | None:
    """No request may be sent for this name."""
    if not turn.arrived:
        return None
    return turn.complain(
        f"the name {turn.request.name!r} matches no binding, and {line_of(turn.arrived[0])} was sent for it"
    )


def slash_stays_in_its_segment(turn: Turn) -> Complaint | None:
    """An id with a slash is refused, or its slash is escaped; it never becomes another segment."""
    split = [exchange for exchange in turn.arrived if "%2f" not in exchange.request.path.lower()]
    return about(
        turn, split, lambda exchange: f"the slash of {turn.request.name!r} separates segments in {line_of(exchange)}"
    )


def credentials_are_in_the_header(carries: Callable[[str], bool]) -> TurnJudge:
    """An oracle: the credential goes in `Authorization: Bearer` and nowhere else. `carries` recognises it in a text."""

    def judge(turn: Turn) -> Complaint | None:
        used = [exchange for exchange in turn.arrived if carries(_everything(exchange))]
        if not used:
            raise NotApplicable("the driver sends no credentials")
        exposed = [
            exchange
            for exchange in used
            if carries(exchange.request.target)
            or carries(exchange.request.body.decode("utf-8", "replace"))
            or any(carries(value) for name, value in exchange.request.headers if name.lower() != "authorization")
        ]
        return about(turn, exposed, lambda exchange: f"the credential is outside Authorization in {line_of(exchange)}")

    return judge


def credentials_stay_with_their_origin(carries: Callable[[str], bool]) -> TurnJudge:
    """An oracle: after a redirect to another origin the credential is not sent there."""

    def judge(turn: Turn) -> Complaint | None:
        # Credentials of the driver's own are not known; that there are some has to do.
        used = [
            exchange
            for exchange in turn.arrived
            if carries(_everything(exchange)) or exchange.request.header("authorization") is not None
        ]
        if not used:
            raise NotApplicable("the driver sends no credentials")
        leaked = [exchange for exchange in used if exchange.origin != turn.request.endpoint]
        return about(turn, leaked, lambda exchange: f"the credential was sent to {exchange.origin}")

    return judge


def _only_the_name(turn: Turn, calls: list[Exchange]) -> Complaint | None:
    """Over gRPC: the messages of these calls have one field, the name; what cannot be read names nothing, at that."""
    more = [exchange for exchange in calls if any(number > _NAME for number, _ in _fields(exchange))]
    return about(turn, more, lambda exchange: f"the message has more fields than the name: {line_of(exchange)}")


def _fields(exchange: Exchange) -> list[tuple[int, Any]]:
    return fields_of(exchange.wire.request.body) if exchange.wire is not None else []


def _instead(turn: Turn) -> str:
    if not turn.arrived:
        return ""
    outcome = turn.arrived[0].outcome
    if isinstance(outcome, Failure) and not turn.arrived[0].request.method:
        return f"; {outcome.detail}"
    return f", but {line_of(turn.arrived[0])}"


def _named(exchange: Exchange) -> str:
    if exchange.call is None:
        return "nothing that can be decoded"
    return exchange.call.name if PATH.fullmatch(exchange.request.path) else "nothing, for it is no URI,"


def _content(exchange: Exchange) -> bytes | None:
    """The body with its content codings undone (RFC 9110, section 8.4); None when that cannot be done."""
    return content_of(exchange.request.headers, exchange.request.body)


def _object(body: bytes | None) -> Any:
    try:
        # RFC 8259, section 8.1: JSON is UTF-8, without a byte order mark; of bytes Python reads other codings, too.
        return json.loads((body or b"null").decode("utf-8"))
    except (ValueError, RecursionError):
        return None


def _says_nothing(exchange: Exchange, name: str) -> bool:
    """No bytes, an object without values, or one that repeats the name, which another requirement judges.

    In ProtoJSON null leaves a field unset, and a serialiser may write a default value: either is the empty message.

    A body in a coding that the gate does not know was refused with 415 and cannot be read.
    """
    if not exchange.request.body or not can_be_undone(exchange.request.headers):
        return True
    content = _content(exchange)
    return content == b"" or _object(content) in ({}, *({"name": value} for value in (None, "", name)))


def _shown(exchange: Exchange) -> str:
    content = _content(exchange)
    return repr((exchange.request.body if content is None else content)[:80].decode("utf-8", "replace"))


def _media_type(value: str | None) -> str:
    return (value or "").partition(";")[0].strip().lower()


def _lists_of(turn: Turn) -> list[Exchange]:
    """The lists of the parent that the driver was told."""
    return [exchange for exchange in turn.answers if exchange.calls(Method.LIST)]


def _foreign_parameters(exchange: Exchange) -> list[str]:
    pairs = parse_qsl(exchange.request.query, keep_blank_values=True)
    known = _SYSTEM_PARAMETERS | _OF_A_LIST if exchange.calls(Method.LIST) else _SYSTEM_PARAMETERS
    return [name for name, _ in pairs if name.removeprefix("$") not in known]


def _routing(exchange: Exchange) -> str | None:
    """The name in `x-goog-request-params`; None when there is none."""
    for value in header_values(exchange.request.headers, "x-goog-request-params"):
        for pair in value.split("&"):
            key, _, named = pair.partition("=")
            if unquote_plus(key) == "name":
                return unquote_plus(named)
    return None


def _everything(exchange: Exchange) -> str:
    request = exchange.request
    headers = "\n".join(f"{name}: {value}" for name, value in request.headers)
    return f"{request.target}\n{headers}\n{request.body.decode('utf-8', 'replace')}"
