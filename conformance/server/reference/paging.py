"""Pages of a list (AIP-158) and its filter (AIP-160, of which one comparison is understood).

A page token names the last operation that was seen, signed together with the request it belongs to: a page stays
right while operations come and go, and a token of another list, or an invented one, is refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from conformance.server.reference.api_error import ApiError, invalid_argument
from conformance.server.reference.invocation import Invocation
from conformance.server.reference.store import Snapshot

if TYPE_CHECKING:
    from conformance.server.reference.service import Service

DEFAULT_PAGE = 50
LARGEST_PAGE = 1000

_DONE = re.compile(r"\s*done\s*[=:]\s*(true|false)\s*")
_NUMBER = re.compile(r"[+-]?[0-9]{1,10}")


def page_of_operations(service: Service, call: Invocation) -> tuple[list[Snapshot], str]:
    """The wanted page of the operations below `call.target`, and the token of the next page, or "".

    Raises ApiError, INVALID_ARGUMENT, for parameters that make no sense.
    """
    size = _page_size(call.query.get("pageSize", ""))
    wanted = _filter(call.query.get("filter", ""))
    after = _position(service, call)
    if call.query.get("returnPartialSuccess", "false") not in ("true", "false", ""):
        raise _invalid("returnPartialSuccess", "must be true or false")
    rest = [
        operation for operation in service.store.list(call.target) if operation.number > after and wanted(operation)
    ]
    page = rest[:size]
    return page, _token(service, call, page[-1].number) if len(rest) > size else ""


def _page_size(text: str) -> int:
    if not text:
        return DEFAULT_PAGE
    if not _NUMBER.fullmatch(text) or int(text) >= 1 << 31:
        raise _invalid("pageSize", "must be a 32-bit integer")
    if int(text) < 0:
        raise _invalid("pageSize", "must not be negative")
    return min(int(text) or DEFAULT_PAGE, LARGEST_PAGE)


def _filter(text: str) -> Callable[[Snapshot], bool]:
    if not text.strip():
        return lambda _: True
    comparison = _DONE.fullmatch(text)
    if comparison is None:
        raise _invalid("filter", "can only be done=true or done=false")
    return lambda operation: operation.done is (comparison[1] == "true")


def _token(service: Service, call: Invocation, number: int) -> str:
    signed = f"{number} {call.query.get('filter', '')} {call.target}"
    return f"{number:x}-{service.store.sign(signed)}"


def _position(service: Service, call: Invocation) -> int:
    """The number of the last operation that the caller has seen; 0 without a token."""
    token = call.query.get("pageToken", "")
    if not token:
        return 0
    number = token.partition("-")[0]
    if not re.fullmatch(r"[0-9a-f]{1,16}", number) or token != _token(service, call, int(number, 16)):
        raise _invalid("pageToken", "was not given out for this list")
    return int(number, 16)


def _invalid(parameter: str, problem: str) -> ApiError:
    return invalid_argument(f"The parameter '{parameter}' {problem}.", reason="INVALID_PARAMETER", field=parameter)
