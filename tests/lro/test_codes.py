"""Canonical codes and what they map to."""

from __future__ import annotations

import pytest

from conformance.lro import Code, code_named, code_numbered

# google/rpc/code.proto: the number of every code, and its "HTTP Mapping" line.
WRITTEN = {
    "OK": (0, 200),
    "CANCELLED": (1, 499),
    "UNKNOWN": (2, 500),
    "INVALID_ARGUMENT": (3, 400),
    "DEADLINE_EXCEEDED": (4, 504),
    "NOT_FOUND": (5, 404),
    "ALREADY_EXISTS": (6, 409),
    "PERMISSION_DENIED": (7, 403),
    "RESOURCE_EXHAUSTED": (8, 429),
    "FAILED_PRECONDITION": (9, 400),
    "ABORTED": (10, 409),
    "OUT_OF_RANGE": (11, 400),
    "UNIMPLEMENTED": (12, 501),
    "INTERNAL": (13, 500),
    "UNAVAILABLE": (14, 503),
    "DATA_LOSS": (15, 500),
    "UNAUTHENTICATED": (16, 401),
}


def test_codes_are_those_of_code_proto() -> None:
    assert {code.name: (code.value, code.http_status) for code in Code} == WRITTEN


def test_a_code_is_found_by_its_exact_name() -> None:
    assert all(code_named(name) is Code[name] for name in WRITTEN)


@pytest.mark.parametrize("name", ["", "cancelled", "CANCELED", " OK", "1", 1, None, [], {}, True, Code.OK])
def test_nothing_else_is_a_name(name: object) -> None:
    assert code_named(name) is None


def test_a_code_is_found_by_its_number() -> None:
    assert all(code_numbered(number) is Code[name] for name, (number, _) in WRITTEN.items())


@pytest.mark.parametrize("number", [-1, 17, 404, 499, "1", 1.0, True, False, None, [], {}])
def test_nothing_else_is_a_number(number: object) -> None:
    """A boolean is an integer in Python and none in JSON."""
    assert code_numbered(number) is None
