"""The generated pages are current: what they list is what the program lists."""

from __future__ import annotations

import pytest

from tests.pages import DOCS, PAGES


@pytest.mark.parametrize("page", PAGES)
def test_page_is_current(page: str) -> None:
    current = (DOCS / page).read_text(encoding="utf-8")
    # No comparison of pytest's: its difference of two long pages would bury the remedy.
    is_current = current == PAGES[page]("markdown")
    assert is_current, (
        f"docs/{page} is generated and not current: run `python -m tests.pages`, and commit what it wrote"
    )
