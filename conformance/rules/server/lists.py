"""Rules about lists: what a page may show, and which sizes of a page may be asked for (AIP-158)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import parse_qsl

from conformance.exchange import Exchange, Wire
from conformance.exchange.history import next_page_token, operation_in, operations_in
from conformance.rules.rule import Complaint, When, exchange_rule, traffic_rule
from conformance.rules.server.conditions import get, list_, of_the_same_caller, succeeded
from conformance.rules.server.errors import answer_in_words, status_of

_NO_LIST_HERE = frozenset({401, 403, 404, 405, 429, 501, 503})
"""Statuses that a server may answer before it looks at a parameter: caller refused, not found, unsupported, busy."""
_LARGEST = (1 << 31) - 1
_SURELY_LARGE = 1000
_INTEGER = re.compile(r"[+-]?[0-9]{1,19}")


def parameter(exchange: Exchange, name: str) -> str | None:
    """The value of a query parameter that was sent once; None when it was not, or several times."""
    values = [value for key, value in parse_qsl(exchange.request.query, keep_blank_values=True) if key == name]
    return values[0] if len(values) == 1 else None


def _page_size(exchange: Exchange) -> int | None:
    text = parameter(exchange, "pageSize") or ""
    return int(text) if _INTEGER.fullmatch(text) else None


def _asks_for(sizes: range) -> When:
    return When(lambda exchange: (size := _page_size(exchange)) is not None and size in sizes)


_says_what_it_thinks = When(
    lambda exchange: exchange.response is not None and exchange.response.status not in _NO_LIST_HERE
)
_asked_for_less_than_none = list_ & _says_what_it_thinks & _asks_for(range(-_LARGEST - 1, 0))
_has_a_next_page = When(lambda exchange: bool(next_page_token(exchange)))
_is_cut_to_size = list_ & succeeded & _asks_for(range(1, _SURELY_LARGE)) & _has_a_next_page
_lists = list_ & succeeded & When(lambda exchange: bool(operations_in(exchange)))
_asks_for_some = _asks_for(range(1, _LARGEST + 1))
_asks_for_very_many = _asks_for(range(_SURELY_LARGE + 1, _LARGEST + 1))


@exchange_rule(
    "list.page-size-is-a-maximum", when=list_ & succeeded & _asks_for_some & ~_has_a_next_page, reads=Wire.HTTP
)
def whole_list_is_no_larger_than_asked_for(exchange: Exchange) -> str | None:
    return _larger_than_asked_for(exchange)


@exchange_rule(
    "list.page-is-no-larger-than-its-size", when=list_ & succeeded & _asks_for_some & _has_a_next_page, reads=Wire.HTTP
)
def page_is_no_larger_than_asked_for(exchange: Exchange) -> str | None:
    return _larger_than_asked_for(exchange)


def _larger_than_asked_for(exchange: Exchange) -> str | None:
    # "an `int32 page_size` field, allowing users to specify the maximum number of results to return" (AIP-158)
    size, shown = _page_size(exchange), len(operations_in(exchange))
    assert size is not None
    return f"a page of at most {size} operations was asked for, and {shown} were shown" if shown > size else None


@traffic_rule("list.negative-page-size-is-refused", reads=Wire.HTTP)
def negative_page_size_is_an_invalid_argument(exchanges: Sequence[Exchange]) -> Iterator[Complaint | None]:
    # "If the user specifies a negative value for `page_size`, the API must send an `INVALID_ARGUMENT` error" (AIP-158)
    # Whoever never pages does not read the parameter: of a list that ignores it, list.page-size-is-a-maximum speaks.
    reads_sizes = any(map(_is_cut_to_size, exchanges))
    for exchange in filter(_asked_for_less_than_none, exchanges):
        if exchange.succeeded():
            shows_pages = Complaint(f"the pageSize {_page_size(exchange)} was answered with a page", (exchange,))
            yield from [shows_pages] if reads_sizes else []
        else:
            yield _no_invalid_argument(exchange)


_asked_for_the_default = list_ & _says_what_it_thinks & _asks_for(range(1))


@traffic_rule("list.page-size-may-be-zero", reads=Wire.HTTP, about=_asked_for_the_default)
def page_size_zero_is_none(exchanges: Sequence[Exchange]) -> Iterator[Complaint | None]:
    # "If the user does not specify `page_size` (or specifies `0`), the API chooses an appropriate default [and] must
    # not return an error" (AIP-158)
    for exchange in filter(_asked_for_the_default, exchanges):
        if not exchange.succeeded():
            yield Complaint(f"the pageSize 0 was answered with {answer_in_words(exchange)}", (exchange,))
        else:
            yield _taken_for_a_size(exchange, exchanges)


def _taken_for_a_size(exchange: Exchange, exchanges: Sequence[Exchange]) -> Complaint | None:
    """A last page with nothing on it, between two that show the same operation: that was there all the time."""
    if operations_in(exchange) or next_page_token(exchange):
        return None
    same = [one for one in exchanges if one.call == exchange.call and of_the_same_caller(one, exchange)]
    before = [one for one in same if _names(one) and one.precedes(exchange)]
    after = [one for one in same if _names(one) and exchange.precedes(one)]
    around = next(((one, other) for one in before for other in after if _names(one) & _names(other)), None)
    if around is None:
        return None
    name = min(_names(around[0]) & _names(around[1]))
    message = f"the pageSize 0 was answered with an empty last page, and lists before and after it show {name}"
    return Complaint(message, (around[0], exchange, around[1]))


def _names(page: Exchange) -> set[str]:
    return {each.name for each in operations_in(page) if isinstance(each.name, str)}


@exchange_rule(
    "list.large-page-size-is-coerced", when=list_ & _says_what_it_thinks & _asks_for_very_many, reads=Wire.HTTP
)
def large_page_size_is_no_error(exchange: Exchange) -> str | None:
    # "If the user specifies `page_size` greater than the maximum permitted by the API, the API should coerce down"
    if exchange.succeeded():
        return None
    return f"the pageSize {_page_size(exchange)} was answered with {answer_in_words(exchange)}"


@exchange_rule("list.shows-its-parent-only", when=_lists)
def listed_operations_are_below_the_parent(exchange: Exchange) -> str | None:
    assert exchange.call is not None
    parent = exchange.call.name
    if "-" in parent.split("/"):
        return None  # AIP-159: reading across collections
    for operation in operations_in(exchange):
        if isinstance(operation.name, str) and not _is_below(parent, operation.name):
            return f"the list of {parent} shows {operation.name}"
    return None


def _is_below(parent: str, name: str) -> bool:
    """Whether a name begins with a parent; the id and the number of a project are the same (AIP-2510)."""
    ours = parent.split("/")
    theirs = name.split("/")[: len(ours)]
    if len(theirs) < len(ours):
        return False
    return all(
        one == other or (ours[at - 1 : at] == ["projects"] == theirs[at - 1 : at] and one.isdigit() != other.isdigit())
        for at, (one, other) in enumerate(zip(ours, theirs, strict=True))
    )


@exchange_rule("list.pages-show-each-once", when=_lists)
def page_shows_no_operation_twice(exchange: Exchange) -> str | None:
    times = Counter(operation.name for operation in operations_in(exchange) if isinstance(operation.name, str))
    name, count = max(times.items(), key=lambda each: each[1], default=("", 0))
    return f"one page shows {name} {count} times" if count > 1 else None


_IN_OTHER_WORDS = ("create_time", "end_time", "status_message", "requested_cancellation", "api_version")
"""Members of an OperationMetadata of Google's services, as its proto writes them."""


@exchange_rule(
    "operation.members-are-lower-camel-case",
    when=succeeded & (get | list_) & When(lambda exchange: bool(list(_shown(exchange)))),
    reads=Wire.HTTP,
)
def members_are_in_lower_camel_case(exchange: Exchange) -> str | None:
    # "Message field names are mapped to lowerCamelCase and become JSON object keys" (ProtoJSON)
    for members, names in _shown(exchange):
        for name in names:
            if name in members:
                return f"an answer has the member {name!r}"
    return None


def _shown(exchange: Exchange) -> Iterator[tuple[Mapping[str, object], tuple[str, ...]]]:
    """The messages of an answer, each with the members that the proto gives it."""
    operations = list(operations_in(exchange))
    single = operation_in(exchange)
    if single is not None:
        operations.append(single)
    for operation in operations:
        metadata = operation.members.get("metadata")
        if isinstance(metadata, Mapping) and str(metadata.get("@type", "")).endswith("OperationMetadata"):
            yield metadata, _IN_OTHER_WORDS
    members = exchange.response.json_object() if exchange.response is not None else None
    if members is not None and operations_in(exchange):
        yield members, ("next_page_token",)


# --- oracles ----------------------------------------------------------------------------------------------------------


def refused_as_an_argument(exchange: Exchange) -> Complaint | None:
    """If a list with an invalid parameter is refused, then with INVALID_ARGUMENT."""
    if exchange.response is None or exchange.response.status in _NO_LIST_HERE or exchange.succeeded():
        return None
    message = _not_invalid(exchange, exchange.note)
    return Complaint(message, (exchange,)) if message else None


def not_ignored(exchange: Exchange) -> Complaint | None:
    """A list with an invalid parameter does not show operations as if the parameter were absent."""
    if not operations_in(exchange):
        return None
    return Complaint(f"{exchange.note} was ignored: the list shows operations", (exchange,))


def _no_invalid_argument(exchange: Exchange) -> Complaint | None:
    """A refusal is no client error, or is one with another canonical code than INVALID_ARGUMENT."""
    assert exchange.response is not None
    says = (status_of(exchange) or {}).get("status", "INVALID_ARGUMENT")
    if exchange.response.status < 500 and says in ("INVALID_ARGUMENT", "OUT_OF_RANGE"):
        return None
    return Complaint(f"the pageSize {_page_size(exchange)} was answered with {answer_in_words(exchange)}", (exchange,))


def _not_invalid(exchange: Exchange, what: str) -> str | None:
    assert exchange.response is not None
    says = (status_of(exchange) or {}).get("status", "INVALID_ARGUMENT")
    is_invalid = exchange.response.status == 400 and says in ("INVALID_ARGUMENT", "OUT_OF_RANGE")
    return None if is_invalid else f"{what} was answered with {answer_in_words(exchange)}"
