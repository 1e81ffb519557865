"""The page: everything of the report is on it, what matters most comes first, and every colour can be read."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from time import process_time
from typing import Any

import pytest

import conformance.reports.html as html_report
from conformance.exchange import Response
from conformance.judging.report import build_report, violation_as_json
from conformance.judging.verdict import CheckResult, Finding, Verdict, judge, judge_run
from conformance.reports.html import VERDICTS, render_html
from conformance.rules import Complaint
from conformance.rules.rule import TimedCall
from conformance.spec.catalogue import Level
from tests.reports.html_page import Page
from tests.reports.making import broken, facts, report_of, requirement, result, violation
from tests.reports.printing import exchange
from tests.rules.traffic import OPERATION, Traffic

PAGE = Path(html_report.__file__).parent / "page"


def test_what_the_report_says_is_on_the_page() -> None:
    report = report_of(
        broken(violation("it is not so")),
        (requirement(Level.SHOULD, "other.kept"), [result(Finding.KEPT, name="other.kept")]),
        messages=("the target is slow",),
    )
    page = Page(render_html(report))
    for words in (
        "not conformant",
        "emulator",
        "http://127.0.0.1:1",
        "3 requests, 2 operations",
        "the target is slow",
        "chapter.slug",
        "It is so.",
        "The document",
        "section 1",
        "it is not so",
        "POST /v1/A:cancel HTTP/1.1",
        OPERATION,
        "204",
        "test_x.py::test_x",
        "lro-conformance replay report.json chapter.slug",
    ):
        assert words in page.text, words
    assert requirements_on(page) == ["chapter.slug", "other.kept"]
    curl = report["requirements"][0]["reproduction"]["curl"]
    assert ("code", curl) in page.texts


def requirements_on(page: Page) -> list[str | None]:
    """The requirements in the order in which they stand on the page."""
    return [entry["id"] for entry in page.all("details") if entry.get("class") == "requirement"]


def judged(name: str, finding: Finding, reason: str = "", level: Level = Level.MUST) -> tuple[Any, list[CheckResult]]:
    return requirement(level, name), [result(finding, reason, name)]


def test_what_fails_comes_first_and_what_is_kept_last() -> None:
    report = report_of(
        judged("a.kept", Finding.KEPT),
        judged("a.open", Finding.NOT_TESTED, "no operation ran"),
        judged("b.advice", Finding.VIOLATED, "better not", Level.SHOULD),
        judged("b.other", Finding.NOT_APPLICABLE, "there is no list"),
        broken(violation(), name="c.broken"),
        judged("c.ours", Finding.ERROR, "a bug"),
    )
    page = Page(render_html(report))
    assert requirements_on(page) == ["c.broken", "c.ours", "b.advice", "a.open", "a.kept", "b.other"]
    for words in ("What fails this run (2)", "Warnings (1)", "Not tested (1), 1 of them MUST"):
        assert words in page.text


def test_the_head_says_what_a_release_is_decided_on(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "GITHUB_SHA": "0123456789abcdef",
        "GITHUB_SERVER_URL": "https://example.com",
        "GITHUB_REPOSITORY": "team/server",
        "GITHUB_RUN_ID": "7",
    }.items():
        monkeypatch.setenv(name, value)
    report = report_of(
        judged("a.kept", Finding.KEPT),
        judged("a.open", Finding.NOT_TESTED, "no operation ran"),
        judged("a.other", Finding.NOT_APPLICABLE, "there is no list"),
        broken(violation(), name="c.broken"),
        iut={
            "name": "emulator",
            "url": "",
            "version": "1.2.3",
            "statement": {
                "declared": {"cancel": "guaranteed"},
                "found": {"list": {"value": False, "because": "a list is answered with 404"}},
            },
        },
        messages=("the target is slow", "the target is slow"),
    )
    page = Page(render_html(report))
    head = page.text[: page.text.index("What fails this run")]
    for words in (
        "emulator 1.2.3",
        "1 of 3 MUST kept; 1 violated, 1 not tested",
        "0123456789ab",
        "took 1.0 s",
        "cancel = guaranteed declared",
        "list = false found out: a list is answered with 404",
        "Not applicable, because there is no list: a.other",
    ):
        assert words in head, words
    assert head.count("the target is slow") == 1
    assert "https://example.com/team/server/actions/runs/7" in [link["href"] for link in page.all("a")]


def test_a_client_is_called_as_its_driver_says_and_its_exchanges_by_their_scenario() -> None:
    driver = {"sdk": "my-sdk", "version": "1.2", "command": "python driver.py --all"}
    iut = {"name": "python driver.py", "url": "", "statement": {"declared": {}, "found": {}}, "driver": driver}
    one = replace(requirement(), actor="client")
    traffic = Traffic()
    traffic.exchanges.append(replace(traffic.cancel(status=204), check="plain-cancel"))
    found = result(Finding.VIOLATED, violations=(violation(traffic=traffic),))
    page = Page(render_html(report_of((one, [found]), iut=iut)))
    assert [text for tag, text in page.texts if tag == "h1"] == ["my-sdk 1.2"]
    assert "python driver.py --all" in page.text
    assert "in the scenario plain-cancel" in page.text


def test_what_the_baseline_excuses_is_shown_with_its_reason_and_link() -> None:
    report = report_of(judged("a.known", Finding.VIOLATED), judged("a.gap", Finding.NOT_TESTED))
    excuse = {"link": "https://tracker.example/1", "expires": "2027-01-01"}
    known, gap = report["requirements"]
    known |= {"verdict": "known-failure", "known_failures": [{"check": "", "reason": "we are slow", **excuse}]}
    gap["accepted_gap"] = {"requirement": "a.gap", "reason": "no second account", **excuse}
    page = Page(render_html(report))
    for title, reason in (("Known failures (1)", "we are slow"), ("Accepted gaps (1)", "no second account")):
        shown = page.text[page.text.index(title) :]
        assert shown.index(reason) < shown.index("(until 2027-01-01)") < shown.index("It is so.")
    assert [link["href"] for link in page.all("a")].count("https://tracker.example/1") == 2


def test_a_run_that_is_incomplete_shows_first_what_was_not_tested() -> None:
    warned = (requirement(Level.SHOULD, "a.warned"), [result(Finding.VIOLATED, "", "a.warned")])
    page = Page(render_html(report_of(warned, judged("a.open", Finding.NOT_TESTED))))
    assert page.text.index("Not tested (1)") < page.text.index("Warnings (1)")


def test_a_reason_that_many_share_is_said_once() -> None:
    page = Page(
        render_html(
            report_of(*(judged(f"a.open-{number}", Finding.NOT_TESTED, "no operation ran") for number in range(5)))
        )
    )
    assert page.text.count("no operation ran") == 1


def test_what_was_found_is_said_once() -> None:
    page = Page(render_html(report_of(broken(violation("it is not so"), violation("it is not so")))))
    assert page.text.count("it is not so") == 1
    assert "The same 1 time more" in page.text


def test_long_names_are_letters_with_a_legend() -> None:
    names = [f"projects/demo/locations/us/operations/operation-{digit * 20}" for digit in "ab"]
    traffic = Traffic()
    for name in names:
        traffic.cancel(name=name, query=f"?name={names[0]}")
    shown = violation(f"{names[1]} was cancelled, {names[1]}x and {names[1]}#b were not", traffic)
    page = Page(render_html(report_of(broken(shown))))
    assert [data for tag, data in page.texts if tag in ("dt", "dd")][-4:] == ["A", names[1], "B", names[0]]
    assert page.text.count("A was cancelled, ") == 1, "in the order in which they are told"
    assert page.text.count("cancel?name=B HTTP/1.1") == 2
    for end in ("x", "#b"):
        assert f"{names[1]}{end}" in page.text, "another name is another name"


def test_what_is_kept_shows_the_exchange_that_decided_it() -> None:
    traffic = Traffic()
    decided = traffic.cancel(status=200)
    told = [judge(requirement(), [result(Finding.KEPT)], None)]
    report = build_report(told, judge_run(told), facts(), {"chapter.slug": [decided]})
    page = Page(render_html(report))
    assert "Decided by" in page.text
    assert "POST /v1/A:cancel HTTP/1.1" in page.text


def test_many_checks_that_found_it_kept_are_folded() -> None:
    found = [result(Finding.KEPT) for _ in range(9)]
    text = Page(
        render_html(report_of((requirement(), [*found, result(Finding.VIOLATED, "so", violations=(violation(),))])))
    ).text
    assert "9 checks that found it kept" in text
    assert text.index("violated 0.250 s") < text.index("9 checks that found it kept") < text.index("kept 0.250 s")


def test_a_history_is_drawn_with_a_scale() -> None:
    traffic = Traffic()
    first = traffic.cancel(during=(0, 0.010))
    second = traffic.cancel(status=500, during=(0.002, 0.020))
    calls = (TimedCall(first, "cancel → 200"), TimedCall(second, "cancel → 500"))
    page = Page(render_html(report_of(broken(violation_as_json(Complaint("so", (second,), calls))))))
    (line,) = page.all("svg")
    assert "cancel → 500 [2] 2.0–20.0 ms" in str(line["aria-label"])
    assert [(bar["x"], bar["width"]) for bar in page.all("rect")] == [("0.00%", "50.00%"), ("10.00%", "90.00%")]
    assert [data for tag, data in page.texts if tag == "text"][:5] == ["0.0", "5.0", "10.0", "15.0", "20.0 ms"]


def test_two_thousand_exchanges_take_less_than_a_second() -> None:
    many = [violation(f"it is not so {number}") for number in range(10)]
    report = report_of(*(broken(*many, name=f"chapter.slug-{number}") for number in range(200)))
    render_html(report)
    begin = process_time()
    render_html(report)
    assert process_time() - begin < 1.0


def test_every_verdict_has_a_mark_and_a_filter() -> None:
    assert set(VERDICTS) == {verdict.value for verdict in Verdict}
    assert len(set(VERDICTS.values())) == len(VERDICTS), "colour alone says nothing"
    page = Page(render_html(report_of(broken(violation()))))
    assert [button["data-verdict"] for button in page.all("button") if "data-verdict" in button] == ["fail"]


def test_what_fails_is_open_and_the_rest_is_closed() -> None:
    kept = (requirement(name="chapter.kept"), [result(Finding.KEPT, name="chapter.kept")])
    page = Page(render_html(report_of(broken(violation()), kept)))
    states = {details.get("id"): "open" in details for details in page.all("details") if details.get("id")}
    assert states == {"chapter.slug": True, "chapter-chapter": False, "chapter.kept": False}


def test_long_bodies_and_many_violations_say_where_the_rest_is() -> None:
    long = violation_as_json(Complaint("it is not so", (exchange(outcome=Response(200, (), b"x" * 50_000)),)))
    text = Page(render_html(report_of(broken(*[long] * 12)))).text
    assert "42000 more characters, in report.json" in text
    assert "2 more violations in report.json" in text


def test_a_sentence_shows_code_as_code() -> None:
    told = requirement(name="chapter.slug")
    report = report_of((told, [result(Finding.KEPT)]))
    report["requirements"][0]["statement"] = "`:cancel` is <not> `a<b`"
    page = Page(render_html(report))
    assert ("code", ":cancel") in page.texts
    assert ("code", "a<b") in page.texts
    report["requirements"][0]["statement"] = "one ` alone"
    assert "one ` alone" in Page(render_html(report)).text


def test_a_violation_without_an_exchange_and_one_with_a_time_line() -> None:
    shown = {
        "message": "it is not so",
        "exchanges": [],
        "timeline": [{"at": 0.0123, "event": "told", "text": "cancel\nop-1"}],
    }
    text = Page(render_html(report_of(broken(shown)))).text
    assert "12.3 ms told cancel\\nop-1" in text


# --- light and dark ---------------------------------------------------------------------------------------------------


def palettes() -> dict[str, dict[str, str]]:
    """The colours of the style sheet, by scheme."""
    style = (PAGE / "report.css").read_text("utf-8")
    light, dark, _ = re.findall(r":root \{(.*?)\}", style, re.DOTALL)
    return {
        scheme: dict(re.findall(r"--([a-z]+): (#[0-9a-f]{6})", block))
        for scheme, block in (("light", light), ("dark", dark))
    }


def luminance(colour: str) -> float:
    def channel(value: int) -> float:
        part = value / 255
        return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4

    red, green, blue = (channel(int(colour[at : at + 2], 16)) for at in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_colour_can_be_read_on_every_ground(scheme: str) -> None:
    """WCAG 2.2, level AA: a contrast of 4.5 to 1."""
    palette = palettes()[scheme]
    for front in ("text", "faint", "link", "pass", "fail", "warn", "known", "none"):
        for ground in ("page", "card", "code"):
            light, dark = sorted((luminance(palette[front]), luminance(palette[ground])), reverse=True)
            assert (light + 0.05) / (dark + 0.05) >= 4.5, (front, ground)


def test_both_schemes_have_the_same_colours() -> None:
    light, dark = palettes()["light"], palettes()["dark"]
    assert set(light) == set(dark)
