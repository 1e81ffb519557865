"""A secret is blotted out however it is spelled, and nothing else is."""

from __future__ import annotations

import base64
import html
import json
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from conformance.secrets.redaction import Redaction, Spelling

SECRET = 's3cr3t/"t0ken"+\\x y&<=>'
VISIBLE = st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=8)

SPELLINGS = {
    "itself": SECRET,
    "JSON": json.dumps(SECRET)[1:-1],
    "JSON in JSON": json.dumps(json.dumps(SECRET)),
    "JSON with escaped slashes": json.dumps(SECRET)[1:-1].replace("/", "\\/"),
    "JSON with escaped letters": json.dumps(SECRET).replace("<", "\\u003c").replace(">", "\\u003E"),
    "percent": quote(SECRET, safe=""),
    "percent, partly": quote(SECRET),
    "percent, lower case": quote(SECRET, safe="").replace("%2F", "%2f").replace("%2B", "%2b"),
    "percent, twice": quote(quote(SECRET, safe=""), safe=""),
    "form": quote_plus(SECRET),
    "HTML": html.escape(SECRET),
    "HTML, numbers": SECRET.replace('"', "&#34;").replace("/", "&#x2F;"),
    "HTML of JSON": html.escape(json.dumps(SECRET)),
}


@pytest.mark.parametrize("spelling", SPELLINGS.values(), ids=SPELLINGS)
def test_the_usual_spellings(spelling: str) -> None:
    redacted = Redaction([SECRET]).text(f"before {spelling} after")
    for quote_or_escape in ('"', "\\", "&quot;"):
        redacted = redacted.replace(quote_or_escape, "")
    assert redacted == "before [secret 1] after"


@given(st.binary(max_size=9), VISIBLE, st.binary(max_size=9))
def test_in_the_base64_of_anything_that_contains_it_no_more_than_its_ends_are_left(
    before: bytes, secret: str, after: bytes
) -> None:
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        encoded = encode(before + secret.encode() + after)
        assert b"[secret 1]" in Redaction([secret]).octets(encoded)
        assert b"[secret 1]" in Redaction([secret]).octets(quote(encoded.decode(), safe="").encode())


@given(VISIBLE, st.binary(), st.binary())
def test_bytes_around_it_stay_what_they_are(secret: str, before: bytes, after: bytes) -> None:
    redacted = Redaction([secret]).octets(before + b"\xff" + secret.encode() + b"\xff" + after)
    assert b"\xff[secret 1]\xff" in redacted


def test_of_two_that_overlap_nothing_is_left() -> None:
    assert Redaction(["token-1", "token-1-weak"]).text("token-1-weak token-1") == "[secret 2] [secret 1]"


def test_other_letters_and_no_secrets_change_nothing() -> None:
    assert Redaction(["c2VjcmV0"]).text("d2VjcmV0 c2VjcmV") == "d2VjcmV0 c2VjcmV"
    assert Redaction([]).octets(b"\xff\0") == b"\xff\0"
    assert Redaction([""]).text("a") == "a"


def test_what_is_no_ascii_is_found_as_text_and_as_bytes() -> None:
    secret = "schl\xfcssel"
    assert Redaction([secret]).text(secret) == "[secret 1]"
    assert Redaction([secret]).octets(secret.encode()) == b"[secret 1]"
    assert Redaction([secret]).octets(secret.encode("latin-1")) == b"[secret 1]"


@pytest.mark.parametrize("filler", ["\\", "&amp;", "%25", "/", "&#0"])
def test_a_body_of_escapes_takes_no_longer_than_another(filler: str) -> None:
    """Where it could, a server would stop the run with a few kilobytes: this takes minutes without a limit."""
    body = filler * 200_000
    assert Redaction(["//////////secret//////////"]).text(body) == body


TOKEN = "ya30.Qx7Lk2PzWv9TgB4mNc8RdY1s"
OTHER_SPELLINGS = {
    "in the other case": TOKEN.swapcase(),
    "in hexadecimal": TOKEN.encode().hex(),
    "in upper hexadecimal": TOKEN.encode().hex().upper(),
    "its first half": TOKEN[: len(TOKEN) // 2 + 1],
    "cut in the middle": f"{TOKEN[:-6]}…",
    "its end": TOKEN[8:],
}


@pytest.mark.parametrize("spelling", OTHER_SPELLINGS.values(), ids=OTHER_SPELLINGS)
def test_spellings_that_change_it(spelling: str) -> None:
    for text in (f"before {spelling} after", spelling):
        redacted = Redaction([TOKEN]).text(text)
        assert "[secret 1]" in redacted
        assert not any(TOKEN[at : at + 8].lower() in redacted.lower() for at in range(len(TOKEN) - 7))
        assert Spelling(TOKEN).is_in(text.encode())


def test_the_user_and_the_password_of_basic_credentials() -> None:
    secret = base64.b64encode(b"somebody:pa55w0rd!").decode()
    assert Redaction([secret]).text('"somebody:pa55w0rd!" and pa55w0rd!') == '"[secret 1]" and [secret 1]'
    assert Spelling(secret).is_in(b'{"password": "pa55w0rd!"}')


def test_a_part_of_the_password_of_basic_credentials() -> None:
    """As pytest cuts long values in the middle."""
    secret = base64.b64encode(b"somebody:correct-horse-battery-staple").decode()
    assert Redaction([secret]).text("...horse-battery-staple'") == "...[secret 1]'"


def test_letters_that_differ_from_its_own_in_case_alone() -> None:
    """The sign of kelvin is a capital K, and no ASCII."""
    assert Redaction([TOKEN]).text(TOKEN.replace("k", "\u212a")) == "[secret 1]"


def test_a_short_one_goes_where_it_stands_alone() -> None:
    redaction = Redaction(["k3y-9"])
    assert redaction.text('{"key": "k3y-9"} mk3y-99') == '{"key": "[secret 1]"} mk3y-99'
    assert not Spelling("k3y-9").is_in(b'{"key": "k3y-9"}')


@pytest.mark.parametrize("word", ["true", "1", "12345", "no"])
def test_what_is_no_secret_stays(word: str) -> None:
    assert Redaction([word]).text(f'{{"done": {word}}}') == f'{{"done": {word}}}'


def test_the_same_number_is_the_same_secret() -> None:
    redaction = Redaction(["first-secret", "second-secret"])
    assert redaction.text("second-secret first-secret second-secret") == "[secret 2] [secret 1] [secret 2]"


@given(VISIBLE, st.text(max_size=30), st.text(max_size=30))
def test_no_run_of_it_is_left(secret: str, before: str, after: str) -> None:
    """Half of it, or 16 characters in a row, stand nowhere in what is shown."""
    assume(secret.lower() not in "[secret 1]")
    redacted = Redaction([secret]).text(f"{before}{secret}{after}").replace("[secret 1]", "\0")
    length = max(9, min((len(secret) + 1) // 2, 16))
    assert not any(secret[at : at + length] in redacted for at in range(len(secret) - length + 1))
