"""The page in a real browser, opened from a file: filter, copy, keyboard, both colour schemes, and no error."""

from __future__ import annotations

import base64
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from conformance.judging.report import violation_as_json
from conformance.judging.verdict import CheckResult, Finding
from conformance.reports.html import render_html
from conformance.rules import Complaint
from conformance.rules.rule import TimedCall
from conformance.spec.catalogue import Level
from tests.reports.making import broken, report_of, requirement, result, violation
from tests.reports.test_html_foreign import hostile_report
from tests.rules.traffic import OPERATION, Traffic

webdriver = pytest.importorskip("selenium.webdriver", reason="selenium is not installed (pip install selenium)")
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """A headless Chromium, the system's own: nothing is downloaded for a test."""
    from selenium.webdriver.chrome.service import Service

    browser = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    driver = shutil.which("chromedriver")
    if browser is None or driver is None:
        pytest.skip("no Chromium with its chromedriver is installed (Debian: chromium, chromium-driver)")
    options = webdriver.ChromeOptions()
    options.binary_location = browser
    for argument in (
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--window-size=1200,900",
    ):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    started = webdriver.Chrome(options=options, service=Service(driver))
    yield started
    started.quit()


def report() -> dict[str, Any]:
    def judged(name: str, finding: Finding, level: Level = Level.MUST) -> tuple[Any, list[CheckResult]]:
        return requirement(level, name), [result(finding, f"because of {name}", name)]

    return report_of(
        broken(violation("it is not so")),
        judged("chapter.kept", Finding.KEPT),
        judged("other.kept", Finding.KEPT),
        judged("other.open", Finding.NOT_TESTED),
        judged("other.warned", Finding.VIOLATED, Level.SHOULD),
    )


@pytest.fixture
def page(chromium: Any, tmp_path: Path) -> Iterator[Any]:
    """The page of that report; whatever is done with it, the browser has no complaint."""
    yield opened(chromium, tmp_path, report())
    assert chromium.get_log("browser") == []


def opened(browser: Any, directory: Path, shown: dict[str, Any], anchor: str = "") -> Any:
    path = directory / "report.html"
    path.write_text(render_html(shown), "utf-8")
    browser.get(path.as_uri() + anchor)
    return browser


def shown(page: Any) -> list[str]:
    """The requirements that can be seen."""
    return [
        element.get_attribute("id")
        for element in page.find_elements("css selector", "details.requirement:not([hidden])")
    ]


def count(page: Any) -> str:
    return str(page.find_element("id", "count").text)


def press(page: Any, *keys: str) -> None:
    from selenium.webdriver.common.action_chains import ActionChains

    ActionChains(page).send_keys(*keys).perform()


def chip(page: Any, verdict: str) -> Any:
    return page.find_element("css selector", f"[data-verdict='{verdict}'].chip")


def test_text_filters_by_every_word(page: Any) -> None:
    assert count(page) == "5 requirements"
    page.find_element("id", "text").send_keys("KEPT other")
    assert shown(page) == ["other.kept"]
    assert count(page) == "1 of 5 requirements"
    assert not page.find_element("id", "chapter-chapter").is_displayed(), "an empty chapter has no title"
    page.find_element("id", "text").send_keys(" nothing-has-this")
    assert shown(page) == []
    assert page.find_element("id", "nothing").is_displayed()


def test_verdicts_filter_alone_and_together_with_text(page: Any) -> None:
    chip(page, "pass").click()
    assert shown(page) == ["chapter.kept", "other.kept"]
    assert chip(page, "pass").get_attribute("aria-pressed") == "true"
    chip(page, "fail").click()
    assert shown(page) == ["chapter.slug", "chapter.kept", "other.kept"]
    page.find_element("id", "text").send_keys("chapter.")
    assert shown(page) == ["chapter.slug", "chapter.kept"]
    chip(page, "pass").click()
    assert shown(page) == ["chapter.slug"]


def test_what_is_copied_is_what_is_shown(page: Any) -> None:
    """Pasted into the filter, for a page from a file may not read the clipboard."""
    from selenium.webdriver.common.keys import Keys

    curl = report()["requirements"][0]["reproduction"]["curl"]
    line = page.find_element("css selector", ".exchange .copyable")
    line.find_element("tag name", "button").click()
    wait_for(page, lambda: line.find_element("tag name", "button").text == "Copied")
    field = page.find_element("id", "text")
    field.send_keys(Keys.CONTROL, "v")
    assert field.get_property("value") == curl
    field.send_keys(Keys.ESCAPE)
    again = page.find_element("css selector", ".body > .copyable button")
    again.click()
    wait_for(page, lambda: again.text == "Copied")
    field.send_keys(Keys.CONTROL, "v")
    assert field.get_property("value") == "lro-conformance replay report.json chapter.slug"


def wait_for(page: Any, condition: Any) -> None:
    from selenium.webdriver.support.ui import WebDriverWait

    WebDriverWait(page, 5, poll_frequency=0.05).until(lambda _: condition())


def test_everything_can_be_done_with_the_keyboard(page: Any) -> None:
    from selenium.webdriver.common.keys import Keys

    press(page, "/")
    assert page.switch_to.active_element.get_attribute("id") == "text"
    press(page, "open")
    assert shown(page) == ["other.open"]
    press(page, Keys.ESCAPE)
    assert count(page) == "5 requirements"
    page.execute_script("document.activeElement.blur()")
    press(page, "n", "n", "n", "n")
    assert page.switch_to.active_element.tag_name == "summary"
    assert focused(page) == "chapter.kept"
    press(page, Keys.ENTER)
    assert is_open(page, "chapter.kept")
    press(page, "p", "p", "p")
    assert focused(page) == "chapter.slug"
    page.find_element("id", "text").send_keys(*[Keys.TAB] * 4)
    assert page.switch_to.active_element.get_attribute("data-verdict") == "fail", "past the buttons to the verdicts"
    press(page, Keys.SPACE)
    assert shown(page) == ["chapter.slug"]


def test_all_can_be_opened_and_closed(page: Any) -> None:
    page.find_element("id", "expand").click()
    assert all(element.get_attribute("open") for element in page.find_elements("css selector", "details.requirement"))
    page.find_element("id", "collapse").click()
    assert not any(
        element.get_attribute("open") for element in page.find_elements("css selector", "details.requirement")
    )


def focused(page: Any) -> str:
    """The requirement whose line has the focus."""
    return str(page.switch_to.active_element.find_element("xpath", "..").get_attribute("id"))


def is_open(page: Any, requirement_id: str) -> bool:
    """Whether what is said of a requirement can be seen."""
    return bool(page.find_element("css selector", f"[id='{requirement_id}'] > .body").is_displayed())


def test_a_link_to_a_requirement_opens_it_whatever_is_filtered(page: Any, tmp_path: Path) -> None:
    opened(page, tmp_path, report(), "#other.kept")
    assert is_open(page, "other.kept"), "and the chapter in which it is folded"
    assert focused(page) == "other.kept"
    page.find_element("id", "text").send_keys("nothing-has-this")
    page.execute_script("location.hash = '#other.open'")
    wait_for(page, lambda: "other.open" in shown(page))
    assert is_open(page, "other.open")
    assert focused(page) == "other.open"


def test_a_second_click_on_a_link_opens_it_again(page: Any) -> None:
    link = page.find_element("css selector", "[id='other.warned'] .anchor")
    for _ in range(2):
        link.click()
        assert is_open(page, "other.warned")
        assert focused(page) == "other.warned"
        assert page.execute_script("return location.hash") == "#other.warned"
        page.find_element("css selector", "[id='other.warned'] > summary .badge").click()
        assert not is_open(page, "other.warned")


def test_the_address_follows_what_is_opened(page: Any) -> None:
    page.find_element("css selector", "[id='other.open'] > summary .badge").click()
    assert is_open(page, "other.open")
    assert page.execute_script("return location.hash") == "#other.open"


def test_levels_filter_and_a_filter_opens_the_chapters_it_finds_something_in(page: Any) -> None:
    page.find_element("css selector", ".chip[data-level='SHOULD']").click()
    assert shown(page) == ["other.warned"]
    page.find_element("css selector", ".chip[data-level='SHOULD']").click()
    chapter = page.find_element("id", "chapter-other")
    assert chapter.get_attribute("open") is None
    page.find_element("id", "text").send_keys("other.kept")
    assert page.find_element("id", "other.kept").is_displayed()
    page.find_element("id", "text").clear()
    press(page, "\ue00c")
    assert chapter.get_attribute("open") is None, "as it was"


def test_full_names_are_a_click_away(page: Any) -> None:
    request = page.find_element("css selector", "[id='chapter.slug'] .request")
    assert "POST /v1/A:cancel" in request.text
    page.find_element("id", "names").click()
    assert f"POST /v1/{OPERATION}:cancel" in request.text
    page.find_element("id", "names").click()
    assert "POST /v1/A:cancel" in request.text


_CONTRASTS = """
const channel = (value) => {
  const part = value / 255;
  return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
};
const parts = (colour) => colour.match(/[\\d.]+/g).map(Number);
const luminance = ([red, green, blue]) => 0.2126 * channel(red) + 0.7152 * channel(green) + 0.0722 * channel(blue);
const ground = (element) => {
  for (let at = element; at; at = at.parentElement) {
    const colour = parts(getComputedStyle(at).backgroundColor);
    if (colour.length < 4 || colour[3] > 0) return colour;
  }
};
const contrast = (front, back) => {
  const [light, dark] = [luminance(parts(front)), luminance(back)].sort((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
};
const poor = [];
for (const element of document.querySelectorAll("body *")) {
  const says = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
  const style = getComputedStyle(element);
  if (says && !element.closest("script") && element.checkVisibility()) {
    const front = element instanceof SVGElement ? style.fill : style.color;
    if (contrast(front, ground(element)) < 4.5) poor.push(element.outerHTML.slice(0, 90));
  }
  if (element.placeholder) {
    const front = getComputedStyle(element, "::placeholder").color;
    if (contrast(front, ground(element)) < 4.5) poor.push("placeholder");
  }
}
return poor;
"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_can_be_read(page: Any, scheme: str, tmp_path: Path) -> None:
    """WCAG 2.2, level AA: a contrast of 4.5 to 1, placeholders included."""
    page.execute_cdp_cmd(
        "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    )
    try:
        opened(page, tmp_path, race())
        page.find_element("id", "expand").click()
        assert page.execute_script(_CONTRASTS) == []
    finally:
        page.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


def race() -> dict[str, Any]:
    """The report of a run in which no order explains what overlapped; its answers say much."""
    traffic = Traffic()
    calls = [
        TimedCall(traffic.cancel(status=200, during=(at / 1000, (at + 9) / 1000)), f"cancel → {200 + at}")
        for at in range(7)
    ]
    history = Complaint("no order explains it", tuple(call.exchange for call in calls), tuple(calls))
    shown_by = violation_as_json(history)
    return report_of(
        broken(shown_by),
        (requirement(name="chapter.kept"), [result(Finding.KEPT, name="chapter.kept")]),
        (requirement(name="chapter.open"), [result(Finding.NOT_TESTED, "why", "chapter.open")]),
    )


def test_a_time_line_can_be_read_on_a_telephone(page: Any, tmp_path: Path) -> None:
    size = {"width": 390, "height": 800, "deviceScaleFactor": 1, "mobile": False}
    page.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    try:
        opened(page, tmp_path, race())
        assert page.execute_script(
            "return [...document.querySelectorAll('.time-line text, .time-line rect')].every((part) => {"
            " const box = part.getBoundingClientRect(); return box.left >= 0 && box.right <= innerWidth; })"
        )
        smallest = page.execute_script(
            "return Math.min(...[...document.querySelectorAll('.time-line text')]"
            ".map((text) => parseFloat(getComputedStyle(text).fontSize)))"
        )
        assert smallest >= 12
    finally:
        page.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


@pytest.mark.parametrize("failing", [1, 3, 8, 24, 90])
def test_a_printed_report_is_two_pages_at_most(page: Any, tmp_path: Path, failing: int) -> None:
    """However much of it fails: the more there is, the less is printed of each."""
    long = "Each of these sentences is as long as those of a catalogue are, or a little longer than that."
    traffic = Traffic()
    for number in range(4):
        traffic.cancel(name=OPERATION + str(number) * 500)
    broken_ones = [broken(violation(long), violation(long, traffic), name=f"f.slug-{n}") for n in range(failing)]

    def judged(verdict: str, number: int, finding: Finding, level: Level = Level.MUST) -> Any:
        name = f"{verdict[number % len(verdict)]}.so-named-are-others-{number}"
        return requirement(level, name), [result(finding, f"{long} {number % 4}", name)]

    kept = [judged("abcdeghijklmnopq", number, Finding.KEPT) for number in range(100)]
    untested = [judged("uv", number, Finding.NOT_TESTED) for number in range(20)]
    warned = [judged("w", number, Finding.VIOLATED, Level.SHOULD) for number in range(10)]
    opened(page, tmp_path, report_of(*broken_ones, *kept, *untested, *warned))
    printed = base64.b64decode(page.print_page())
    assert 1 <= len(re.findall(rb"/Type\s*/Page\b", printed)) <= 2


@pytest.mark.parametrize("width", [360, 1200])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_fits_and_follows_the_colour_scheme(page: Any, scheme: str, width: int) -> None:
    emulated = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    page.execute_cdp_cmd("Emulation.setEmulatedMedia", emulated)
    size = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": False}
    page.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    try:
        ground = page.execute_script("return getComputedStyle(document.body).backgroundColor")
        assert ground == {"light": "rgb(246, 247, 249)", "dark": "rgb(20, 23, 28)"}[scheme]
        assert page.execute_script("return document.documentElement.scrollWidth <= innerWidth")
    finally:
        page.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
        page.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


def test_nothing_that_a_peer_sent_is_run(page: Any, tmp_path: Path) -> None:
    opened(page, tmp_path, hostile_report())
    page.find_element("id", "expand").click()
    assert page.execute_script("return window.owned === undefined && document.scripts.length === 1")
    assert page.execute_script("return performance.getEntriesByType('resource').length") == 0
