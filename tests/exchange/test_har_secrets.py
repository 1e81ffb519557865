"""No secret of somebody else's recording gets any further: a canary in every place where one can be."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from urllib.parse import quote

import pytest

from conformance.exchange import Exchange, Failure, FailureKind, Header, Request, Response
from conformance.exchange.masking import StrangersMasking
from conformance.exchange.serial import exchange_as_json
from conformance.secrets.redaction import MASK, is_masked

CANARY = "canary-3f9a/7+b=="
OPERATION = "projects/demo/locations/us/operations/op-1"


def exchange(
    *headers: Header,
    target: str = f"/v1/{OPERATION}:cancel",
    sent: bytes = b"",
    answered: Response | Failure = Response(200, (), b"{}"),  # noqa: B008
) -> Exchange:
    return Exchange(1, Request("POST", target, headers, sent), answered, 0, 1, origin="https://api.example")


def without_secrets(exchanges: Sequence[Exchange]) -> list[Exchange]:
    return list(map(StrangersMasking(exchanges).exchange, exchanges))


def everything(*exchanges: Exchange) -> str:
    """All that is said of the exchanges once their secrets are taken out."""
    masked = without_secrets(exchanges)
    shown = json.dumps([exchange_as_json(one) for one in masked]) + repr(masked)
    return shown + repr([one.request.body for one in masked])


def assert_gone(*exchanges: Exchange, secret: str = CANARY) -> None:
    shown = everything(*exchanges)
    for spelling in (secret, quote(secret, safe=""), quote(secret), json.dumps(secret)[1:-1]):
        assert spelling not in shown
    assert is_masked(shown)


FIELDS = (
    "Authorization",
    "authorization",
    "Proxy-Authorization",
    "X-Serverless-Authorization",
    "Cookie",
    "X-Goog-Api-Key",
    "X-API-Key",
    "Api-Key",
    "X-Auth-Token",
    "X-Amz-Security-Token",
    "X-CSRF-Token",
    "X-Goog-Iap-Jwt-Assertion",
    "X-Client-Secret",
    "X-Session-Id",
)


@pytest.mark.parametrize("name", FIELDS)
def test_a_secret_field_loses_its_value(name: str) -> None:
    value = f"sid={CANARY}; other={CANARY}" if name == "Cookie" else CANARY
    assert_gone(exchange((name, value)))
    assert_gone(exchange((name, f"Bearer {value}")))


def test_a_scheme_stays_for_the_reader() -> None:
    (masked,) = without_secrets([exchange(("Authorization", f"Bearer {CANARY}"))])
    assert masked.request.header("authorization") == "Bearer [secret 1]"


def test_set_cookie_and_its_echo() -> None:
    answered = Response(200, (("Set-Cookie", f"sid={CANARY}; Path=/; Domain=api.example"),), CANARY.encode())
    assert_gone(exchange(answered=answered))
    assert "api.example" in everything(exchange(answered=answered)), "an attribute is no secret"


@pytest.mark.parametrize(
    "name",
    ["key", "access_token", "token", "id_token", "sig", "signature", "X-Amz-Signature", "client_secret", "api_key",
     "apikey", "password", "code", "k%65y", "oauth_token", "upload_token"],
)  # fmt: skip
def test_a_secret_parameter_loses_its_value(name: str) -> None:
    assert_gone(exchange(target=f"/v1/{OPERATION}:cancel?alt=json&{name}={quote(CANARY, safe='')}&x=1"))
    (masked,) = without_secrets([exchange(target=f"/v1/x?alt=json&{name}=short&x=1")])
    assert masked.request.target == f"/v1/x?alt=json&{name}={MASK}&x=1"


def test_what_is_no_secret_stays() -> None:
    target = f"/v1/{OPERATION}?alt=json&pageToken=abcdefgh&page_token=abcdefgh&filter=state%3DRUNNING&fields=*"
    original = exchange(
        ("Accept", "*/*"),
        ("X-Goog-Request-Params", f"name={OPERATION}"),
        ("X-Request-Id", "abcdefgh"),
        target=target,
        sent=b'{"name": "x"}',
        answered=Response(200, (("WWW-Authenticate", 'Bearer realm="x"'),), b'{"nextPageToken": "abcdefgh"}'),
    )
    assert without_secrets([original]) == [original]
    binary = exchange(sent=b"\xff\x00\xfe", answered=Response(200, (), b"\x80{}"))
    assert without_secrets([binary]) == [binary]


def test_a_secret_is_found_wherever_it_is_echoed() -> None:
    """In another exchange, too: a server may show in a log what it was sent before."""
    source = exchange(("Authorization", f"Bearer {CANARY}"))
    body = json.dumps({"message": f"bad token {CANARY}"}).encode()
    echo = exchange(
        ("X-Echo", CANARY),
        target=f"/v1/{quote(CANARY, safe='')}?x={quote(CANARY)}",
        sent=b"\xff" + CANARY.encode(),
        answered=Response(400, (("X-Echo", f"<{CANARY}>"),), body, CANARY),
    )
    failed = exchange(answered=Failure(FailureKind.RESET, f"after {CANARY}"))
    assert_gone(source, echo, failed)


def test_the_password_of_a_basic_authorisation_is_found_in_an_echo() -> None:
    credentials = base64.b64encode(b"me:hunter2hunter2").decode()
    basic = exchange(("Authorization", f"Basic {credentials}"), answered=Response(200, (), b"hunter2hunter2"))
    assert_gone(basic, secret="hunter2hunter2")
    assert_gone(exchange(("Authorization", "Basic !!!")), secret="!!!")


@pytest.mark.parametrize(
    "token",
    [
        "ya29.a0AfH6SMBx-long_token",
        "AIzaSyA1234567890abcdefghijklmnopqrstuv",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
    ],
)
def test_what_looks_like_a_token_is_masked_wherever_it_stands(token: str) -> None:
    answered = Response(200, (("X-Debug", token),), f'{{"text": "{token}"}}'.encode())
    assert_gone(exchange(("X-Debug", f"x {token}"), target=f"/v1/{token}", answered=answered), secret=token)


def test_a_token_in_a_url_in_a_field_or_a_body() -> None:
    url = "https://me:hunter2hunter2@x.example/?access_token=abc123&a=1"
    shown = everything(exchange(("Referer", url), answered=Response(302, (("Location", url),), url.encode())))
    assert "abc123" not in shown
    assert "hunter2hunter2" not in shown


@pytest.mark.parametrize(
    "member", ["access_token", "refresh_token", "id_token", "client_secret", "private_key", "password"]
)
def test_a_secret_member_of_a_json_body(member: str) -> None:
    body = json.dumps({member: CANARY, "expires_in": 3600}).encode()
    assert_gone(exchange(sent=body, answered=Response(200, (), body)))
    (masked,) = without_secrets([exchange(answered=Response(200, (), body))])
    assert masked.response is not None
    assert masked.response.json() == {member: "[secret 1]", "expires_in": 3600}


def test_a_short_value_does_not_blot_out_the_rest() -> None:
    (masked,) = without_secrets([exchange(("X-Api-Key", "1"), answered=Response(200, (), b'{"code": 1}'))])
    assert masked.request.headers == (("X-Api-Key", MASK),)
    assert masked.response is not None
    assert masked.response.body == b'{"code": 1}'


def test_masking_twice_is_masking_once() -> None:
    once = without_secrets([exchange(("Authorization", f"Bearer {CANARY}"), ("Cookie", "a=b"), target="/x?key=y")])
    assert without_secrets(once) == once
