"""The page needs nothing from elsewhere, and what a peer sent is text on it."""

from __future__ import annotations

import base64
import hashlib
import re
from typing import Any

import pytest

from conformance.exchange import Failure, FailureKind, Response
from conformance.judging.report import violation_as_json
from conformance.judging.verdict import Finding
from conformance.reports.html import render_html
from conformance.rules import Complaint
from tests.reports.html_page import Page
from tests.reports.making import broken, report_of, requirement, result, violation
from tests.reports.printing import exchange
from tests.reports.test_console_peers import ESCAPES, steering


def test_the_page_needs_nothing_from_elsewhere() -> None:
    text = render_html(report_of(broken(violation())))
    page = Page(text)
    for tag, attributes in page.elements:
        assert not {"src", "srcset", "action", "data", "poster"} & set(attributes), tag
        assert tag not in ("link", "img", "iframe", "object", "base")
    links = {attributes["href"] for attributes in page.all("a")}
    assert links == {"https://example.com/document", "#chapter.slug"}
    assert not re.search(r"@import|url\(|fetch\(|XMLHttp|import\(", text)


def test_only_our_own_script_and_style_may_run() -> None:
    text = render_html(report_of(broken(violation())))
    page = Page(text)
    policy = next(
        str(meta["content"]) for meta in page.all("meta") if meta.get("http-equiv") == "Content-Security-Policy"
    )
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    for tag in ("script", "style"):
        (own,) = re.findall(rf"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(own.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
    for _, attributes in page.elements:
        assert not any(name.startswith("on") or name == "style" for name in attributes)


HOSTILE = "</pre></code><script>window.owned=1</script><img src=x onerror=window.owned=1>\"'`{{7*7}}{% x %}"


def hostile_report() -> dict[str, Any]:
    latin = HOSTILE.encode("latin-1", "replace").decode("latin-1")
    answered = Response(200, (("X-A", latin), (latin, "b")), HOSTILE.encode(), latin)
    shown = [
        exchange(("X-A", latin), outcome=answered, target=f"/v1/{latin}", body=HOSTILE.encode()),
        exchange(outcome=Failure(FailureKind.MALFORMED, HOSTILE)),
    ]
    report = report_of(
        broken(violation_as_json(Complaint(HOSTILE, tuple(shown)))),
        (requirement(name="chapter.open"), [result(Finding.NOT_TESTED, HOSTILE, "chapter.open")]),
        iut={"name": HOSTILE, "url": HOSTILE},
        messages=(HOSTILE,),
    )
    report["requirements"][0]["source"]["url"] = "javascript:window.owned=1"
    report["requirements"][0]["known_failures"] = [
        {"check": HOSTILE, "reason": HOSTILE, "link": "javascript:window.owned=1", "expires": None}
    ]
    return report


def test_what_a_peer_sent_is_text() -> None:
    page = Page(render_html(hostile_report()))
    assert len(page.all("script")) == 1
    assert page.all("img") == []
    assert all(not str(attributes.get("href", "")).startswith("javascript") for attributes in page.all("a"))
    assert page.text.count(HOSTILE) > 5
    assert "49" not in page.text, "nor is it a template"


@pytest.mark.parametrize("escape", ESCAPES.values(), ids=ESCAPES)
def test_what_is_not_printable_is_an_escape(escape: str) -> None:
    """A reversal would show other bytes than there are."""
    shown = violation_as_json(
        Complaint(escape, (exchange(outcome=Response(200, (), escape.encode("utf-8", "replace"))),))
    )
    page = Page(render_html(report_of(broken(shown), iut={"name": escape, "url": ""}, messages=(escape,))))
    texts = [data for tag, data in page.texts if tag not in ("script", "style", "title") and "curl" not in data]
    assert set().union(*(steering(text) for text in texts)) == set()


def test_bytes_that_are_no_text_are_shown() -> None:
    shown = violation_as_json(Complaint("it is not so", (exchange(outcome=Response(200, (), b"\xff\xfe\x00")),)))
    assert "\\xff\\xfe\\x00" in Page(render_html(report_of(broken(shown)))).text
