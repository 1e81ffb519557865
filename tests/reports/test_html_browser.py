"""The page in a real browser, opened from a file: filter, copy, keyboard, both colour schemes, and no error."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from conformance.judging.verdict import CheckResult, Finding
from conformance.reports.html import render_html
from conformance.spec.catalogue import Level
from tests.reports.making import report_of, requirement, result, violation
from tests.reports.test_html import broken, hostile_report

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
    press(page, "n", "n")
    focused = page.switch_to.active_element
    assert focused.tag_name == "summary"
    assert focused.find_element("xpath", "..").get_attribute("id") == "chapter.kept"
    press(page, Keys.ENTER)
    assert page.find_element("id", "chapter.kept").get_attribute("open") is not None
    press(page, "p")
    assert page.switch_to.active_element.find_element("xpath", "..").get_attribute("id") == "chapter.slug"
    page.find_element("id", "text").send_keys(Keys.TAB, Keys.TAB, Keys.TAB)
    assert page.switch_to.active_element.get_attribute("data-verdict") == "fail", "past the two buttons to the verdicts"
    press(page, Keys.SPACE)
    assert shown(page) == ["chapter.slug"]


def test_all_can_be_opened_and_closed(page: Any) -> None:
    page.find_element("id", "expand").click()
    assert all(element.get_attribute("open") for element in page.find_elements("css selector", "details.requirement"))
    page.find_element("id", "collapse").click()
    assert not any(
        element.get_attribute("open") for element in page.find_elements("css selector", "details.requirement")
    )


def test_a_link_to_a_requirement_opens_it_whatever_is_filtered(page: Any, tmp_path: Path) -> None:
    opened(page, tmp_path, report(), "#other.kept")
    assert page.find_element("id", "other.kept").get_attribute("open") is not None
    page.find_element("id", "text").send_keys("nothing-has-this")
    page.find_element("css selector", ".untested a[href='#other.open']").click()
    wait_for(page, lambda: "other.open" in shown(page))
    assert page.find_element("id", "other.open").get_attribute("open") is not None


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
