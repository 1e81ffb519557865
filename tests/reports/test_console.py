"""What a run prints: the evidence, the way to see it again, the verdict."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from conformance.exchange import Call, Exchange, Failure, FailureKind, Method, Request, Response
from conformance.exchange.serial import exchange_as_json
from conformance.judging.report import violation_as_json
from conformance.judging.verdict import Finding
from conformance.reports.console import Size, explain, render, verdict_lines
from conformance.rules import Complaint
from conformance.rules.rule import TimedCall
from conformance.spec.catalogue import Catalogue, Level
from tests.reports.making import catalogue_of, report_of, requirement, result
from tests.reports.printing import MUST, PAGE, SHOULD, exchange, printed, shown_violation
from tests.rules.traffic import OPERATION


def test_the_evidence_is_printed_as_it_was_exchanged() -> None:
    text = printed(shown_violation(exchange(("Host", "127.0.0.1:1"), ("Accept", "*/*")), message="it is a page"))
    assert text.splitlines() == [
        "",
        "✗ FAIL  chapter.slug  (MUST)",
        "  requirement  It is so.",
        "  source       The document; section 1",
        "               https://example.com/document",
        f"  A            {OPERATION}",
        "  found        it is a page",
        "",
        "    > POST /v1/A:cancel HTTP/1.1  [request 7]",
        "    > Host: 127.0.0.1:1",
        "    > Accept: */*",
        "    >",
        "    > {}",
        "    < 200 OK",
        "    < Content-Type: text/html",
        "    <",
        "    < <html>",
        "",
        f"  again        {exchange_as_json(exchange())['curl']}",
        "",
        "requirements by chapter",
        "The chapter  1 fail",
        "",
        "emulator, 1 requirement: 1 fail",
        "3 requests, 2 operations, profile quick",
        "✗ FAIL  chapter.slug  (MUST)",
        "verdict: NOT CONFORMANT",
    ]


def test_a_name_of_a_thousand_characters_is_cut_for_eyes_and_whole_in_files() -> None:
    name = f"projects/demo/locations/us/operations/{'x' * 1000}"
    long = exchange(target=f"/v1/{name}:cancel")
    seen = shown_violation(replace(long, call=Call(Method.CANCEL, name)))
    text = printed(seen)
    assert f"  A            {name[:200]}… {len(name) - 200} more characters, in report.json\n" in text
    entry = report_of((MUST, [result(Finding.VIOLATED, "so", violations=[seen])]))["requirements"][0]
    assert f"  A            {name}\n" in explain(entry)


@pytest.mark.parametrize("kind", FailureKind)
def test_a_failure_is_printed_in_place_of_an_answer(kind: FailureKind) -> None:
    text = printed(shown_violation(exchange(outcome=Failure(kind, "in detail"))), width=200)
    assert f"    < no response: {kind.value} (in detail)\n" in text
    assert f"    < no response: {kind.value}\n" in printed(shown_violation(exchange(outcome=Failure(kind))), width=200)


def test_long_bodies_and_many_violations_are_cut_and_say_where_the_rest_is() -> None:
    long = Response(200, (), b"x" * 5000)
    text = printed(*(shown_violation(exchange(outcome=long), message=f"so {at}") for at in range(25)), width=9999)
    assert text.count("[request 7]") == 3
    assert "  and 5 more; report.json shows the first 20\n" in text
    assert "    < … 4000 more characters, in report.json\n" in text
    assert "x" * 1001 not in text


def test_what_was_found_often_is_told_once() -> None:
    text = printed(*(shown_violation(exchange()) for _ in range(4)))
    assert text.count("it is not so") == 1
    assert "  found        it is not so (4 times)\n" in text
    assert text.count("[request 7]") == 1


def test_no_line_but_one_to_copy_is_wider_than_a_terminal() -> None:
    long = exchange(("X-Long", "y " * 80), outcome=Response(200, (), b"x" * 900))
    lines = printed(shown_violation(long, message="it is " + "not so " * 30)).splitlines()
    assert [line for line in lines if len(line) > 80 and not line.startswith("  again ")] == []
    broken = [line for line in lines if set(line.strip(" <")) == {"x"}]
    assert sum(line.count("x") for line in broken) == 900, "broken, and whole"


def test_a_time_line_is_in_place_of_the_exchanges_and_never_wrapped() -> None:
    first, second = exchange(number=1), exchange(number=2)
    calls = (TimedCall(first, "cancel → 200"), TimedCall(second, "cancel → 500"))
    history = violation_as_json(Complaint("no order explains it", (first, second), calls))
    text = printed(history)
    assert "    ├────────────────────────────────┤ 0.0–1000 ms  cancel → 500 [2]\n" in text
    assert "[request 2]" not in text
    assert "[request 2]" in printed(history, size=Size.VERBOSE)
    assert max(len(line) for line in text.splitlines() if not line.startswith("  again")) <= 80
    (entry,) = report_of((MUST, [result(Finding.VIOLATED, "so", violations=(history,))]))["requirements"]
    assert "├────────────────────────────────┤ 0.0–1000 ms  cancel → 500 [2]\n" in explain(entry)


def test_three_sizes() -> None:
    kept = requirement(name="chapter.kept")
    report = report_of(
        (MUST, [result(Finding.VIOLATED, "so", violations=(shown_violation(exchange()),))]),
        (SHOULD, [result(Finding.VIOLATED, "better not", "chapter.should", violations=(shown_violation(exchange()),))]),
        (kept, [result(Finding.KEPT, name="chapter.kept")]),
    )
    texts = {size: render(report, catalogue_of(MUST, SHOULD, kept), size=size) for size in Size}
    said = {
        "✗ FAIL  chapter.slug": [2, 2, 2],  # with its evidence, and in the last lines
        "! WARN  chapter.should": [0, 1, 1],
        "chapter.kept": [0, 0, 1],
        "[request 7]": [1, 2, 2],
        "The chapter  1 pass, 1 fail, 1 warn": [0, 1, 1],
        "verdict: NOT CONFORMANT": [1, 1, 1],
    }
    for words, counts in said.items():
        assert [texts[size].count(words) for size in Size] == counts, words


def test_a_warning_names_the_request_that_shows_it() -> None:
    control, shown = exchange(number=6), exchange(number=7, target=f"/v1/{OPERATION}:cancel?foo=bar")
    found = result(Finding.VIOLATED, "so", "chapter.should", violations=(shown_violation(control, shown),))
    lines = render(report_of((SHOULD, [found])), catalogue_of(SHOULD)).splitlines()
    at = lines.index("  found        it is not so")
    assert lines[at + 1 : at + 3] == [
        "  answer to    POST /v1/A:cancel?foo=bar  [request 7]",
        f"  A            {OPERATION}",
    ]


def test_bytes_that_are_no_text_are_printed_in_base64() -> None:
    assert "    < //4=\n" in printed(shown_violation(exchange(outcome=Response(200, (), b"\xff\xfe"))))


def test_one_requirement_is_explained_alone() -> None:
    found = result(Finding.VIOLATED, "so", violations=(shown_violation(exchange(), message="so"),))
    (entry,) = report_of((SHOULD, [found]))["requirements"]
    text = explain(entry)
    assert text.startswith("! WARN  chapter.should  (SHOULD)\n")
    assert "  found        so\n" in text
    assert "  again        curl " in text


def test_a_line_that_would_fill_the_screen_is_replaced_by_the_replay() -> None:
    text = printed(shown_violation(exchange(body=b"[" * 10_000)))
    assert "  again        lro-conformance replay REPORT.json chapter.slug" in text
    assert max(map(len, text.splitlines())) < 2000


def test_a_reason_that_many_share_is_told_once() -> None:
    may = requirement(Level.MAY, "chapter.may", not_tested_reason="no text decides")
    other = requirement(name="chapter.other")
    open_ones = [(one, [result(Finding.NOT_TESTED, "no operation ran", one.id)]) for one in (MUST, other)]
    kept = (requirement(name="chapter.kept"), [result(Finding.KEPT, name="chapter.kept")])
    text = render(report_of(*open_ones, (may, []), kept), catalogue_of(MUST, other, may, kept[0]))
    assert "· not-tested\n  no operation ran\n    chapter.slug (MUST), chapter.other (MUST)\n" in text
    assert "no text decides" not in text, "that it is a MAY says enough"
    assert "2 MUST not tested: chapter.slug, chapter.other\n" in text
    assert text.endswith("verdict: INCOMPLETE\n")


def test_a_reason_that_very_many_share_has_a_few_of_them() -> None:
    names = [f"chapter.slug-{number}" for number in range(30)]
    report = report_of(*((requirement(name=name), [result(Finding.NOT_TESTED, "so", name)]) for name in names))
    assert "chapter.slug-5 (MUST) and 24 more (-v lists them)\n" in render(report, catalogue_of()).replace(
        "\n    ", " "
    )
    assert "chapter.slug-29" in render(report, catalogue_of(), size=Size.VERBOSE)


def test_the_most_frequent_reason_stands_beside_the_verdict() -> None:
    """`-q` and plain pytest show no other, and said "INCOMPLETE" alone."""
    reasons = ["the limit is used up", "the limit is used up", "nothing was listed"]
    judged = [(requirement(name=f"chapter.{at}"), [result(Finding.NOT_TESTED, why)]) for at, why in enumerate(reasons)]
    kept = (MUST, [result(Finding.KEPT)])
    assert "  2 of them because the limit is used up" in list(verdict_lines(report_of(kept, *judged)))
    assert "  because the limit is used up" in list(verdict_lines(report_of(kept, *judged[:2])))


def test_where_nothing_was_judged_the_cause_comes_first_and_once() -> None:
    report = report_of((MUST, [result(Finding.NOT_TESTED, "no call")]), messages=("the recording is empty",))
    assert render(report, catalogue_of(MUST)).split("\n") == [
        "",
        "the recording is empty",
        "",
        "· not-tested",
        "  no call",
        "    chapter.slug (MUST)",
        "",
        "emulator, 1 requirement: 1 not-tested",
        "3 requests, 2 operations, profile quick",
        "verdict: INCOMPLETE: NOTHING WAS JUDGED",
        "",
    ]


def test_a_verdict_names_what_is_under_test() -> None:
    report = report_of((MUST, [result(Finding.KEPT)]), messages=("the baseline is old",))
    assert list(verdict_lines(report)) == [
        "emulator, 1 requirement: 1 pass",
        "3 requests, 2 operations, profile quick",
        "the baseline is old",
        "verdict: CONFORMANT",
    ]
    nameless = report_of((MUST, [result(Finding.KEPT)]), iut={"name": "", "url": "http://127.0.0.1:1"})
    assert next(verdict_lines(nameless)).startswith("http://127.0.0.1:1, ")


def test_colour_only_where_it_is_asked_for() -> None:
    found = shown_violation(exchange())
    assert "\x1b" not in printed(found)
    coloured = printed(found, colour=True)
    assert "\x1b[31m" in coloured
    assert re.sub(r"\x1b\[\d+m", "", coloured) == printed(found)


def test_the_remedy_of_a_message_stands_on_a_line_of_its_own() -> None:
    told = report_of((MUST, [result(Finding.KEPT)]), messages=("nobody\nlistens\n  remedy: start\nit",))
    assert list(verdict_lines(told))[-3:-1] == [r"nobody\nlistens", r"  remedy: start\nit"]


def test_a_legend_has_the_letters_that_are_shown() -> None:
    """Of a warning what was found is shown and one request, so that names of its other requests stand for nothing."""
    other = Exchange(6, Request("GET", "/v1/operations/other"), PAGE, 0, 1, Call(Method.GET, "operations/other"))

    def warned(message: str) -> str:
        shown = shown_violation(other, exchange(target="/v1/x"), message=message)
        found = result(Finding.VIOLATED, violations=(shown,), name=SHOULD.id)
        return render(report_of((SHOULD, [found])), catalogue_of(SHOULD))

    assert "operations/other" not in warned("it is not so")
    assert f"  A            {OPERATION}\n" in warned(f"{OPERATION} is not so")


def test_the_counts_of_a_chapter_fit_into_the_output() -> None:
    of_all = [
        (requirement(level, f"chapter.{finding.value}-{level.value}".lower()), [result(finding, "so")])
        for finding in Finding
        for level in Level
    ]
    catalogue = Catalogue({one.id: one for one, _ in of_all}, {"chapter": "A chapter with a title of some length"})
    lines = render(report_of(*of_all), catalogue).splitlines()
    first = lines.index("requirements by chapter") + 1
    assert lines[first : first + 2] == [
        "A chapter with a title of some length  3 pass, 1 fail, 2 warn, 3 not-applicable,",
        "                                       3 not-tested, 3 error",
    ]
