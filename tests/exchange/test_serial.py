"""Exchanges as JSON values: what was written is what is read, and nothing else is."""

from __future__ import annotations

import base64
import json
from dataclasses import astuple, fields, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.exchange import Call, CurlContext, Exchange, Failure, FailureKind, Method, Request, Response
from conformance.exchange.serial import exchange_as_json, exchange_from_json
from conformance.secrets.secret import Secret

TEXTS = st.text(max_size=8)
HEADERS = st.lists(st.tuples(TEXTS, st.text(st.characters(max_codepoint=255), max_size=8)), max_size=3).map(tuple)
BODIES = st.binary(max_size=20) | TEXTS.map(str.encode)
MICROSECONDS = st.integers(0, 10**9).map(lambda microseconds: round(microseconds / 1e6, 6))
EXCHANGES = st.builds(
    Exchange,
    number=st.integers(1, 10**6),
    request=st.builds(Request, TEXTS, TEXTS, HEADERS, BODIES, TEXTS),
    outcome=st.builds(Response, st.integers(100, 599), HEADERS, BODIES, TEXTS, TEXTS)
    | st.builds(Failure, st.sampled_from(FailureKind), TEXTS, TEXTS),
    sent_at=MICROSECONDS,
    received_at=MICROSECONDS,
    call=st.none() | st.builds(Call, st.sampled_from(Method), TEXTS),
    check=TEXTS,
    origin=TEXTS,
    note=TEXTS,
    curl=st.builds(CurlContext, st.lists(TEXTS, max_size=2).map(tuple), st.lists(TEXTS, max_size=2).map(tuple)),
    may_be_unrouted=st.booleans(),
    repeats=st.integers(0, 10**6),
    process=st.integers(min_value=0),
    credentials=st.lists(TEXTS.map(Secret), max_size=2).map(tuple),
)


def through_json(exchange: Exchange) -> Exchange:
    return exchange_from_json(json.loads(json.dumps(exchange_as_json(exchange))))


@given(EXCHANGES)
def test_every_field_that_was_written_is_read(exchange: Exchange) -> None:
    """Fields that are no part of the comparison, too: a rule may read any."""
    read = exchange_from_json(json.loads(json.dumps(exchange_as_json(exchange, reveal=True))))
    assert astuple(read) == astuple(exchange)


@given(EXCHANGES)
def test_credentials_are_left_out_unless_they_are_to_be_revealed(exchange: Exchange) -> None:
    assert astuple(through_json(exchange)) == astuple(replace(exchange, credentials=()))


def test_the_strategy_draws_every_field() -> None:
    drawn = {field.name for field in fields(Exchange)} - {"wire"}  # what was on the wire is what is written
    told = set(EXCHANGES.wrapped_strategy.kwargs)  # type: ignore[attr-defined]
    assert told == drawn


@given(EXCHANGES)
def test_bodies_are_text_where_they_are_text(exchange: Exchange) -> None:
    body = exchange.request.body
    shown = exchange_as_json(exchange)["request"]
    if "body" in shown:
        assert shown["body"].encode() == body
    else:
        assert body.decode("utf-8", "replace").encode() != body
        assert base64.b64decode(shown["body_base64"]) == body


def at(number: int, sent_at: float, received_at: float) -> Exchange:
    return Exchange(number, Request("GET", "/"), Response(200), sent_at, received_at)


def test_calls_that_overlap_by_less_than_a_microsecond_still_overlap_when_they_are_read() -> None:
    """Of looks that overlap nothing follows; a rounded clock must not put them in order."""
    first, second = at(1, 0.0, 1.0000004), at(2, 1.0000001, 2.0)
    assert not first.precedes(second)
    assert not through_json(first).precedes(through_json(second))


WRITTEN = exchange_as_json(
    Exchange(
        1, Request("POST", "/v1/a:cancel", (("Host", "h"),), b"{}"), Response(200, (), b"{}"), 0.0, 1.0,
        Call(Method.CANCEL, "a"),
    )
)  # fmt: skip
FAILED = exchange_as_json(Exchange(1, Request("POST", "/"), Failure(FailureKind.RESET), 0.0, 1.0))


@pytest.mark.parametrize(
    "damage",
    [
        {},
        {**WRITTEN, "request": None},
        {**WRITTEN, "request": []},
        {**WRITTEN, "request": {"method": "GET"}},
        {**WRITTEN, "request": {**WRITTEN["request"], "headers": None}},
        {**WRITTEN, "request": {**WRITTEN["request"], "headers": [["a"]]}},
        {**WRITTEN, "request": {**WRITTEN["request"], "headers": [1]}},
        {**WRITTEN, "response": "200"},
        {**WRITTEN, "response": {"status": 200, "headers": [], "body_base64": "?"}},
        {**WRITTEN, "call": {"method": "wait", "name": "a"}},
        {**WRITTEN, "call": "cancel"},
        {**FAILED, "failure": {"kind": "BORED", "detail": ""}},
        {**FAILED, "failure": None},
        {key: WRITTEN[key] for key in WRITTEN if key != "response"},
        {key: WRITTEN[key] for key in WRITTEN if key != "sent_at"},
    ],
)
def test_a_damaged_value_is_refused(damage: dict[str, Any]) -> None:
    with pytest.raises((KeyError, ValueError)):
        exchange_from_json(damage)
