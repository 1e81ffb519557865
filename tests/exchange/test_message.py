"""Requests and responses as values: what is read out of them, and how JSON is told from what is none."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.exchange import (
    Call,
    Exchange,
    Failure,
    FailureKind,
    Method,
    NotJson,
    Request,
    Response,
    header_values,
)


def response(body: bytes) -> Response:
    return Response(200, (("Content-Type", "application/json"),), body)


@pytest.mark.parametrize(
    ("target", "path", "query"),
    [
        ("/v1/a:cancel", "/v1/a:cancel", ""),
        ("/v1/a:cancel?", "/v1/a:cancel", ""),
        ("/v1/a%2Fb?x=1&y=%zz", "/v1/a%2Fb", "x=1&y=%zz"),
        ("/v1/a?x=1?y", "/v1/a", "x=1?y"),
        ("http://h:80/v1/a:cancel?x", "/v1/a:cancel", "x"),
        ("http://h", "/", ""),
        ("http://h?x", "/", "x"),
        ("/v1/a:cancel?callback=http://elsewhere/x", "/v1/a:cancel", "callback=http://elsewhere/x"),
        ("/v1/http://h/a", "/v1/http://h/a", ""),
        ("//v1//a", "//v1//a", ""),
        ("*", "*", ""),
        ("", "", ""),
    ],
)
def test_path_and_query_of_a_target(target: str, path: str, query: str) -> None:
    """Raw: no escape is decoded, no slash is merged."""
    request = Request("POST", target)
    assert (request.path, request.query) == (path, query)


def test_header_names_compare_without_case_and_values_keep_their_order() -> None:
    headers = (("X-A", "1"), ("x-a", "2"), ("X-B", ""))
    assert header_values(headers, "x-A") == ["1", "2"]
    assert Request("GET", "/", headers).header("X-a") == "1"
    assert Response(200, headers).header("x-b") == ""
    assert Response(200, headers).header("x-c") is None


@pytest.mark.parametrize(
    ("value", "media_type"),
    [
        ("application/json", "application/json"),
        ("Application/JSON ; charset=UTF-8", "application/json"),
        ("", ""),
        (";", ""),
        (None, None),
    ],
)
def test_media_type(value: str | None, media_type: str | None) -> None:
    headers = (("content-type", value),) if value is not None else ()
    assert Response(200, headers).media_type == media_type


@pytest.mark.parametrize("status", [200, 204, 299])
def test_2xx_is_success(status: int) -> None:
    assert Response(status).is_success


@pytest.mark.parametrize("status", [100, 199, 300, 304, 400, 599])
def test_nothing_else_is(status: int) -> None:
    assert not Response(status).is_success


def test_429_and_503_are_not_now() -> None:
    assert [status for status in range(200, 600) if Response(status).is_busy] == [429, 503]


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b"{}", {}),
        (b" \n{ }\t", {}),
        (b"null", None),
        (b'[1, 1.5, true, "\\u00e9"]', [1, 1.5, True, "é"]),
        ('"é“🜁"'.encode(), "é“🜁"),
        (b"1" * 50, int("1" * 50)),
    ],
)
def test_json(body: bytes, value: object) -> None:
    assert response(body).json() == value
    assert response(body).json_object() == (value if isinstance(value, dict) else None)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"{",
        b"{}{}",
        b"{} x",
        b"{'a': 1}",
        b"{a: 1}",
        b'{"a": 1,}',
        b"NaN",
        b'{"a": NaN}',
        b"[Infinity]",
        b"-Infinity",
        b"\xff",
        b'{"a": "\xe9"}',
        b'{"a": "\xed\xa0\x80"}',
        b"\xef\xbb\xbf{}",
        "{}".encode("utf-16"),
        "{}".encode("utf-32"),
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"9" * 100_000,
        b'{"a": "\n"}',
        b"<html>",
        b'{"a": 1}\0',
    ],
    ids=repr,
)
def test_not_json(body: bytes) -> None:
    """Python's parser takes more than JSON (NaN, UTF-16) and breaks on some of it (nesting); neither shows."""
    with pytest.raises(NotJson):
        response(body).json()
    assert response(body).json_object() is None


def test_of_two_members_of_one_name_the_last_counts() -> None:
    """RFC 8259 leaves it open; most parsers that clients use read it so."""
    assert response(b'{"done": true, "done": false}').json() == {"done": False}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)


@given(JSON)
def test_every_json_text_is_read_back(value: Any) -> None:
    assert response(json.dumps(value).encode()).json() == value
    assert response(json.dumps(value, ensure_ascii=False).encode()).json() == value


@given(st.binary())
def test_any_bytes_are_json_or_are_not(body: bytes) -> None:
    found = response(body).json_object()
    assert found is None or isinstance(found, dict)


def exchange(outcome: Response | Failure, call: Call | None = None) -> Exchange:
    return Exchange(1, Request("POST", "/"), outcome, 0.0, 1.0, call)


def test_a_failure_is_no_response_and_no_success() -> None:
    failed = exchange(Failure(FailureKind.RESET))
    assert failed.response is None
    assert not failed.succeeded()
    assert not exchange(Response(404)).succeeded()
    assert exchange(Response(204)).succeeded()


def test_a_request_is_a_call_of_one_method_or_of_none() -> None:
    cancel = exchange(Response(200), Call(Method.CANCEL, "x"))
    assert [method for method in Method if cancel.calls(method)] == [Method.CANCEL]
    assert not any(exchange(Response(200)).calls(method) for method in Method)
