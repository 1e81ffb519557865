"""Rules about an operation as a get shows it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from conformance.exchange import Exchange, Wire
from conformance.exchange.history import operation_in, operations_in
from conformance.lro import Code, Operation, code_numbered
from conformance.rules.rule import When, exchange_rule
from conformance.rules.server.conditions import get, list_, succeeded

_shows_operations = When(lambda exchange: bool(list(_shown(exchange))))


_MEMBERS = frozenset({"name", "metadata", "done", "error", "response"})


def _shown(exchange: Exchange) -> Iterator[Operation]:
    single = operation_in(exchange)
    if single is not None:
        yield single
    yield from operations_in(exchange)


@exchange_rule("operation.get-returns-it", when=get & succeeded, reads=Wire.HTTP)
def get_returns_an_operation(exchange: Exchange) -> str | None:
    assert exchange.response is not None
    if exchange.response.status != 200:
        return f"a successful get was answered with status {exchange.response.status}"
    members = exchange.response.json_object()
    if members is None:
        return "the body of a successful get is not a JSON object"
    return None if members.keys() & _MEMBERS else "the body of a successful get has no member of an Operation"


_shows_one = When(lambda exchange: operation_in(exchange) is not None)
_may_be_unrouted = When(lambda exchange: exchange.may_be_unrouted)
"""A spelling that may be another name for the server: target.whole-name-counts judges what it finds."""


@exchange_rule("operation.name-is-kept", when=get & _shows_one & ~_may_be_unrouted)
def get_returns_the_name_it_was_asked_for(exchange: Exchange) -> str | None:
    operation = operation_in(exchange)
    assert operation is not None
    assert exchange.call is not None
    if not operation.members.keys() & _MEMBERS:
        return None  # it is no operation: operation.get-returns-it says so
    if isinstance(operation.name, str) and same_name(operation.name, exchange.call.name):
        return None
    return f"asked for {exchange.call.name!r}, got {operation.name!r}"


def same_name(returned: str, asked: str) -> bool:
    """Equal, or equal but for a project id returned as a project number (AIP-2510 allows either)."""
    if returned == asked:
        return True
    ours, theirs = asked.split("/", 2), returned.split("/", 2)
    if not len(ours) == len(theirs) == 3:
        return False
    return ours[0] == theirs[0] == "projects" and ours[2] == theirs[2] and ours[1].isdigit() != theirs[1].isdigit()


_IN_ITS_COLLECTION = re.compile(r"(?:.+/)?(?:operations|[a-z]+Operations)/.+")


@exchange_rule(
    "operation.name-has-its-collection",
    when=When(lambda exchange: any(isinstance(operation.name, str) for operation in _shown(exchange))),
)
def name_ends_in_operations_and_an_id(exchange: Exchange) -> str | None:
    for operation in _shown(exchange):
        if isinstance(operation.name, str) and _IN_ITS_COLLECTION.fullmatch(operation.name) is None:
            return f"the name {operation.name!r} does not end in `operations/` and an id"
    return None


@exchange_rule("operation.done-is-boolean", when=_shows_operations, reads=Wire.HTTP)
def done_is_a_boolean(exchange: Exchange) -> str | None:
    for operation in _shown(exchange):
        done = operation.members.get("done")
        if done is not None and not isinstance(done, bool):
            return f"`done` of {operation.name} is {done!r}"
    return None


@exchange_rule("operation.running-has-no-result", when=_shows_operations)
def running_operation_has_no_result(exchange: Exchange) -> str | None:
    for operation in _shown(exchange):
        if not operation.done and operation.result != (None, None):
            present = "error" if operation.error is not None else "response"
            return f"{operation.name} is not done and has `{present}`"
    return None


@exchange_rule("operation.one-result", when=_shows_operations, reads=Wire.HTTP)
def operation_has_one_result_at_most(exchange: Exchange) -> str | None:
    for operation in _shown(exchange):
        if operation.error is not None and operation.response is not None:
            return f"{operation.name} has both `error` and `response`"
    return None


@exchange_rule(
    "operation.done-has-a-result",
    when=When(lambda exchange: (operation := operation_in(exchange)) is not None and operation.done),
)
def done_operation_has_a_result(exchange: Exchange) -> str | None:
    operation = operation_in(exchange)  # a list may leave results out (AIP-157)
    assert operation is not None
    return (
        f"{operation.name} is done and has neither `error` nor `response`" if operation.result == (None, None) else None
    )


@exchange_rule(
    "operation.error-is-a-status",
    when=When(lambda exchange: any(operation.error is not None for operation in _shown(exchange))),
)
def error_is_a_status(exchange: Exchange) -> str | None:
    for operation in _shown(exchange):
        if operation.error is not None:
            complaint = _status_complaint(operation.error)
            if complaint:
                return f"`error` of {operation.name}: {complaint}"
    return None


def _status_complaint(error: Any) -> str | None:
    if not isinstance(error, Mapping):
        return f"it is {error!r}, not an object"
    code = error.get("code", 0)
    if code_numbered(code) is None:
        return f"`code` is {code!r}, not a canonical code (an integer from 1 to 16)"
    if code == Code.OK:
        return "`code` is 0 (OK), which is no error"
    message, details = error.get("message"), error.get("details")
    if message is not None and not isinstance(message, str):
        return f"`message` is {message!r}, not text"
    if details is not None and not isinstance(details, list):
        return f"`details` is {details!r}, not a list"
    return None


@exchange_rule(
    "operation.any-has-a-type",
    when=When(lambda exchange: any(_anys(operation) for operation in _shown(exchange))),
)
def every_any_names_its_type(exchange: Exchange) -> str | None:
    for operation in _shown(exchange):
        for member, value in _anys(operation):
            if not (isinstance(value, Mapping) and isinstance(value.get("@type"), str)):
                return f"{member} of {operation.name} does not name its type in `@type`"
    return None


def _anys(operation: Operation) -> list[tuple[str, object]]:
    """What an operation has of google.protobuf.Any, each with the words for where it stands."""
    details = operation.error.get("details") if isinstance(operation.error, Mapping) else None
    members = [(f"`{member}`", operation.members.get(member)) for member in ("metadata", "response")]
    return [
        *((where, value) for where, value in members if value is not None),
        *(("a detail of `error`", detail) for detail in (details if isinstance(details, list) else ())),
    ]


@exchange_rule("list.is-a-list", when=list_ & succeeded, reads=Wire.HTTP)
def list_returns_operations(exchange: Exchange) -> str | None:
    assert exchange.response is not None
    members = exchange.response.json_object()
    if members is None:
        return "the body of a successful list is not a JSON object"
    operations = members.get("operations")
    if operations is None:
        return None
    if not isinstance(operations, list):
        return f"`operations` is {type(operations).__name__}, not an array"
    for entry in operations:
        if not (isinstance(entry, Mapping) and isinstance(entry.get("name"), str)):
            return "an entry of `operations` is not an operation with a name"
    return None


_has_an_error = When(
    lambda exchange: any(
        isinstance(operation.error, Mapping) and code_numbered(operation.error.get("code")) not in (None, Code.OK)
        for operation in _shown(exchange)
    )
)


@exchange_rule("operation.error-has-a-message", when=_has_an_error)
def error_of_an_operation_has_a_message(exchange: Exchange) -> str | None:
    for operation in _shown(exchange):
        if isinstance(operation.error, Mapping):
            message = operation.error.get("message")
            if message is None or (isinstance(message, str) and not message.strip()):
                return f"`error` of {operation.name} has no message"
    return None


_CONDITIONS = ("if-none-match", "if-modified-since")
_is_not_modified = get & When(lambda exchange: exchange.response is not None and exchange.response.status == 304)


@exchange_rule("operation.not-modified-answers-a-condition", when=_is_not_modified, reads=Wire.HTTP)
def not_modified_answers_a_condition(exchange: Exchange) -> str | None:
    is_conditional = any(map(exchange.request.header, _CONDITIONS))
    return None if is_conditional else "a get without a condition was answered with 304"
