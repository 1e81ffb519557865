"""What a peer sent steers no terminal, and forges no line of a run."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.exchange import Failure, FailureKind, Response
from conformance.judging.verdict import Finding
from conformance.reports.console import render
from tests.reports.making import catalogue_of, report_of, result
from tests.reports.printing import MUST, exchange, printed, shown_violation

ESCAPES = {
    "a colour": "\x1b[31mred",
    "a title": "\x1b]0;title\x07",
    "a cleared screen": "\x1b[2J\x1b[H",
    "an eight-bit control": "\x9b31m",
    "an overwritten line": "fail\rpass",
    "a backspace": "fail\b\b\b\bpass",
    "a reversal": "\u202epass\u202c",
    "a null": "a\0b",
    "a delete": "a\x7fb",
    "half a pair": "\ud800",
    "line ends of other kinds": "a\u2028b\x85c\x0cverdict: CONFORMANT",
}


def steering(text: str) -> set[str]:
    """The characters of a text that a terminal would not just show, or could not."""
    return {character for character in text if character != "\n" and not character.isprintable()}


def reached_the_terminal(show: Callable[[str], str]) -> dict[str, set[str]]:
    """What came through of every escape, when it is shown in this way."""
    shown = {what: steering(show(text)) for what, text in ESCAPES.items()}
    return {what: characters for what, characters in shown.items() if characters}


def latin(text: str) -> str:
    """What of a text a header can carry: it is latin-1."""
    return "".join(character for character in text if ord(character) < 256)


def raw(text: str) -> bytes:
    return text.encode("utf-8", "replace")


def test_the_body_of_an_answer_does_not_reach_the_terminal() -> None:
    def show(text: str) -> str:
        return printed(shown_violation(exchange(outcome=Response(200, (), raw(text)))))

    assert reached_the_terminal(show) == {}


def test_a_header_of_an_answer_does_not_reach_the_terminal() -> None:
    """ESC is a legal byte in a header value, as HTTP libraries read it."""

    def show(text: str) -> str:
        headers = (("X-Name", latin(text)), (latin(text), "value"))
        return printed(shown_violation(exchange(outcome=Response(200, headers))))

    assert reached_the_terminal(show) == {}


def test_the_reason_of_an_answer_does_not_reach_the_terminal() -> None:
    def show(text: str) -> str:
        return printed(shown_violation(exchange(outcome=Response(200, (), b"", latin(text)))))

    assert reached_the_terminal(show) == {}


def test_the_detail_of_a_failure_does_not_reach_the_terminal() -> None:
    def show(text: str) -> str:
        return printed(shown_violation(exchange(outcome=Failure(FailureKind.MALFORMED, text))))

    assert reached_the_terminal(show) == {}


def test_the_request_of_a_hostile_client_does_not_reach_the_terminal() -> None:
    """A client under test, or an archive, may hold anything; the curl line is made of it too."""

    def show(text: str) -> str:
        return printed(shown_violation(exchange(("X-Name", latin(text)), target=f"/v1/{latin(text)}", body=raw(text))))

    assert reached_the_terminal(show) == {}


def test_a_message_about_a_violation_does_not_reach_the_terminal() -> None:
    """It quotes what a peer sent, such as the name of an operation."""
    assert reached_the_terminal(lambda text: printed(shown_violation(exchange(), message=text))) == {}


def test_a_reason_for_no_test_does_not_reach_the_terminal() -> None:
    def show(text: str) -> str:
        return render(report_of((MUST, [result(Finding.NOT_TESTED, text)])), catalogue_of(MUST))

    assert reached_the_terminal(show) == {}


def test_a_message_about_the_run_does_not_reach_the_terminal() -> None:
    """It quotes the beginning of the answer to a start request."""
    assert reached_the_terminal(lambda text: printed(shown_violation(exchange()), messages=(text,))) == {}


def test_the_name_that_an_implementation_gives_itself_does_not_reach_the_terminal() -> None:
    def show(text: str) -> str:
        return printed(shown_violation(exchange()), iut={"name": text, "url": text})

    assert reached_the_terminal(show) == {}


@pytest.mark.parametrize("message", ["a\nverdict: CONFORMANT", "a\n  ✓ pass           MUST   chapter.slug"])
def test_nothing_that_is_quoted_begins_a_line_of_its_own(message: str) -> None:
    """A line end in what a peer sent must not forge a line of ours."""
    forged = message.partition("\n")[2]
    outcome = Failure(FailureKind.MALFORMED, message)
    for text in (
        printed(shown_violation(exchange(), message=message)),
        printed(shown_violation(exchange(outcome=outcome))),
        printed(shown_violation(exchange(outcome=Response(200, (("X", message),), message.encode(), message)))),
    ):
        assert forged not in text.splitlines()


@given(st.text(), st.text(st.characters(max_codepoint=255)), st.binary())
def test_nothing_at_all_reaches_the_terminal(text: str, header: str, body: bytes) -> None:
    outcome = Response(200, ((header, header),), body, header)
    shown = printed(shown_violation(exchange((header, header), outcome=outcome, body=body), message=text))
    assert steering(shown) == set()
    assert shown.encode("utf-8")
