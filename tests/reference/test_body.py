"""Request bodies: four kinds of empty, and everything that is not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from conformance.exchange import Header
from conformance.server.reference.body import MAXIMUM
from conformance.server.reference.flavour import Flavour
from conformance.server.reference.service import Service

from .caller import Caller, error_of

CONTENT_TYPES: list[tuple[Header, ...]] = [
    (),
    (("Content-Type", "application/json"),),
    (("content-type", "application/json; charset=UTF-8"),),
    (("Content-Type", "text/plain"),),
]


@pytest.mark.parametrize("headers", CONTENT_TYPES, ids=str)
@pytest.mark.parametrize("body", ["", "{}", ' \r\n{ "name" : "NAME" } ', '{"name": null}', '{"name": ""}'])
def test_empty_in_every_way(caller: Caller, body: str, headers: tuple[Header, ...]) -> None:
    name = caller.start()
    response = caller.send("POST", f"/v1/{name}:cancel", body.replace("NAME", name).encode(), headers)
    assert (response.status, response.body) == (200, b"{}")
    assert caller.get(name)["done"] is True


MALFORMED = [
    b"{",
    b"hello",
    b"{} x",
    b"{}{}",
    b" \n ",
    b"[]",
    b"0",
    b'"x"',
    b"null",
    b"{'name': 1}",
    b'{"name": NaN}',
    b"\xff",
    b"\xef\xbb\xbf{}",
    b'{"name": 1}',
    b'{"foo": 1}',
    b'{"\\ud800": 1}',
    b"[" * 100_000,
    b'{"name": ' + b"9" * 10_000 + b"}",
    b" " * MAXIMUM + b"{}",
    b"\x1f\x8b\x08\x00",
]


@pytest.mark.parametrize("body", MALFORMED, ids=lambda body: repr(body[:24]))
def test_refused_and_nothing_happens(caller: Caller, body: bytes) -> None:
    name = caller.start()
    assert error_of(caller.cancel(name, body)) == (400, "INVALID_ARGUMENT")
    assert caller.get(name)["done"] is False


def test_member_that_occurs_twice_is_refused(caller: Caller) -> None:
    name = caller.start()
    twice = f'{{"name": "{name}", "name": "{name}"}}'.encode()
    assert error_of(caller.cancel(name, twice)) == (400, "INVALID_ARGUMENT")
    assert caller.get(name)["done"] is False


@pytest.mark.parametrize("policy", ["same-only", "ignored"])
def test_name_in_the_body_never_redirects(caller: Caller, service: Service, policy: str) -> None:
    caller.service = replace(service, flavour=Flavour(body_name="same-only" if policy == "same-only" else "ignored"))
    first, second = caller.start(), caller.start()
    assert caller.cancel(first, {"name": second}).status == (400 if policy == "same-only" else 200)
    assert caller.get(first)["done"] is (policy == "ignored")
    assert caller.get(second)["done"] is False


def test_content_of_a_method_without_body_is_not_looked_at(caller: Caller) -> None:
    name = caller.start()
    assert caller.send("GET", f"/v1/{name}", b"{").json()["name"] == name
    assert caller.send("DELETE", f"/v1/{name}", b"{").json() == {}
