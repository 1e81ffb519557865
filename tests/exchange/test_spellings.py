"""A secret is found however it is spelled, and nothing else is."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote, quote_plus

from hypothesis import given
from hypothesis import strategies as st

from conformance.exchange.spellings import all_spellings, spellings

SECRET = 's3cr3t/"t0ken"+\\x y'


def test_the_usual_spellings() -> None:
    found = spellings(SECRET)
    assert {SECRET, json.dumps(SECRET)[1:-1], quote(SECRET), quote(SECRET, safe=""), quote_plus(SECRET)} <= found
    assert quote(SECRET, safe="").lower() in {spelling.lower() for spelling in found}


@given(
    st.binary(max_size=9),
    st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=8),
    st.binary(max_size=9),
)
def test_in_the_base64_of_anything_that_contains_it_no_more_than_its_ends_are_left(
    before: bytes, secret: str, after: bytes
) -> None:
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        encoded = encode(before + secret.encode() + after).decode()
        assert any(spelling in encoded for spelling in spellings(secret) if spelling != secret)


def test_the_longest_come_first() -> None:
    texts = all_spellings(["short", "short-and-long"])
    assert [len(text) for text in texts] == sorted((len(text) for text in texts), reverse=True)


def test_of_a_short_text_base64_is_not_looked_for() -> None:
    assert spellings("abc") == {"abc"}
