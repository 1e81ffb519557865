"""Canonical codes of google.rpc and their HTTP mapping (google/rpc/code.proto, the "HTTP Mapping" lines)."""

from __future__ import annotations

from enum import IntEnum


class Code(IntEnum):
    """google.rpc.Code; the integer is what stands in `Operation.error.code`."""

    OK = 0
    CANCELLED = 1
    UNKNOWN = 2
    INVALID_ARGUMENT = 3
    DEADLINE_EXCEEDED = 4
    NOT_FOUND = 5
    ALREADY_EXISTS = 6
    PERMISSION_DENIED = 7
    RESOURCE_EXHAUSTED = 8
    FAILED_PRECONDITION = 9
    ABORTED = 10
    OUT_OF_RANGE = 11
    UNIMPLEMENTED = 12
    INTERNAL = 13
    UNAVAILABLE = 14
    DATA_LOSS = 15
    UNAUTHENTICATED = 16

    @property
    def http_status(self) -> int:
        """The HTTP status this code maps to."""
        return _HTTP_STATUS[self]


_HTTP_STATUS = {
    Code.OK: 200,
    Code.CANCELLED: 499,
    Code.UNKNOWN: 500,
    Code.INVALID_ARGUMENT: 400,
    Code.DEADLINE_EXCEEDED: 504,
    Code.NOT_FOUND: 404,
    Code.ALREADY_EXISTS: 409,
    Code.PERMISSION_DENIED: 403,
    Code.RESOURCE_EXHAUSTED: 429,
    Code.FAILED_PRECONDITION: 400,
    Code.ABORTED: 409,
    Code.OUT_OF_RANGE: 400,
    Code.UNIMPLEMENTED: 501,
    Code.INTERNAL: 500,
    Code.UNAVAILABLE: 503,
    Code.DATA_LOSS: 500,
    Code.UNAUTHENTICATED: 401,
}


def code_named(name: object) -> Code | None:
    """The code with this enum name, or None when the name is not canonical."""
    return Code.__members__.get(name) if isinstance(name, str) else None


def code_numbered(number: object) -> Code | None:
    """The code with this number, or None when it is not an integer of the enum (a boolean is not an integer)."""
    if isinstance(number, bool) or not isinstance(number, int):
        return None
    return Code(number) if number in Code._value2member_map_ else None
