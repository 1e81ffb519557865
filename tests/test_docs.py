"""The generated pages are current: what they list is what the program lists."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.commands.faults import listing
from conformance.kill_matrix import faults_by_requirement
from conformance.suite.listing import render_requirements

DOCS = Path(__file__).parent.parent / "docs"


def _requirements() -> str:
    return render_requirements("markdown", faults_by_requirement())


def _faults() -> str:
    return listing("markdown")


PAGES = {"requirements.md": ("requirements", _requirements), "faults.md": ("faults", _faults)}


@pytest.mark.parametrize("page", PAGES)
def test_page_is_current(page: str) -> None:
    command, render = PAGES[page]
    current = (DOCS / page).read_text(encoding="utf-8")
    assert current == render(), f"make it again: lro-conformance {command} --format markdown > docs/{page}"
