"""A secret is blotted out however it is spelled, and nothing else is."""

from __future__ import annotations

import base64
import html
import json
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.secrets.redaction import Redaction

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
    redacted = Redaction([SECRET], "*").text(f"before {spelling} after")
    for quote_or_escape in ('"', "\\", "&quot;"):
        redacted = redacted.replace(quote_or_escape, "")
    assert redacted == "before * after"


@given(st.binary(max_size=9), VISIBLE, st.binary(max_size=9))
def test_in_the_base64_of_anything_that_contains_it_no_more_than_its_ends_are_left(
    before: bytes, secret: str, after: bytes
) -> None:
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        encoded = encode(before + secret.encode() + after)
        assert b"*" in Redaction([secret], "*").octets(encoded)
        assert b"*" in Redaction([secret], "*").octets(quote(encoded.decode(), safe="").encode())


@given(VISIBLE, st.binary(), st.binary())
def test_bytes_around_it_stay_what_they_are(secret: str, before: bytes, after: bytes) -> None:
    redacted = Redaction([secret], "\0").octets(before + b"\xff" + secret.encode() + b"\xff" + after)
    assert b"\xff\0\xff" in redacted


def test_of_two_that_overlap_nothing_is_left() -> None:
    assert Redaction(["token-1", "token-1-weak"], "*").text("token-1-weak token-1") == "* *"


def test_other_letters_and_no_secrets_change_nothing() -> None:
    assert Redaction(["c2VjcmV0"], "*").text("C2VJCMV0 c2VjcmV") == "C2VJCMV0 c2VjcmV"
    assert Redaction([], "*").octets(b"\xff\0") == b"\xff\0"
    assert Redaction([""], "*").text("a") == "a"


def test_a_mask_may_contain_anything() -> None:
    assert Redaction(["secret"], r"\1[redacted]").text("a secret") == r"a \1[redacted]"


def test_what_is_no_ascii_is_found_as_text_and_as_bytes() -> None:
    secret = "schl\xfcssel"
    assert Redaction([secret], "*").text(secret) == "*"
    assert Redaction([secret], "*").octets(secret.encode()) == b"*"
    assert Redaction([secret], "*").octets(secret.encode("latin-1")) == b"*"


@pytest.mark.parametrize("filler", ["\\", "&amp;", "%25", "/", "&#0"])
def test_a_body_of_escapes_takes_no_longer_than_another(filler: str) -> None:
    """Where it could, a server would stop the run with a few kilobytes: this takes minutes without a limit."""
    body = filler * 200_000
    assert Redaction(["//////////secret//////////"], "*").text(body) == body
