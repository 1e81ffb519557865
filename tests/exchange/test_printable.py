"""What a stranger says can be printed, and steers nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.exchange.printable import in_one_line, printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain, é, 中, 😀", "plain, é, 中, 😀"),
        ("\x1b[2J\x07\x9b31m", r"\x1b[2J\x07\x9b31m"),
        ("\u202egnp\ud800", r"\u202egnp\ud800"),
    ],
)
def test_what_is_seen_stays_and_all_else_is_an_escape(text: str, shown: str) -> None:
    assert printable(text) == in_one_line(text) == shown


def test_line_ends_stay_or_are_shown() -> None:
    assert printable("one\r\ntwo") == "one\\r\ntwo"
    assert in_one_line("one\r\ntwo") == "one\\r\\ntwo"


@given(st.text())
def test_any_text_can_be_written_anywhere(text: str) -> None:
    assert in_one_line(text).isprintable()
    assert printable(text).replace("\n", "").isprintable()
