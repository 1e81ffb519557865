"""The generated pages are current: what they list is what the program lists."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.commands import faults, requirements

DOCS = Path(__file__).parent.parent / "docs"


PAGES = {"requirements.md": ("requirements", requirements.listing), "faults.md": ("faults", faults.listing)}


@pytest.mark.parametrize("page", PAGES)
def test_page_is_current(page: str) -> None:
    command, render = PAGES[page]
    current = (DOCS / page).read_text(encoding="utf-8")
    assert current == render("markdown"), f"make it again: lro-conformance {command} --format markdown > docs/{page}"
