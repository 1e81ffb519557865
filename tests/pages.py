"""The pages of docs that are made by the program. `python -m tests.pages` writes them again."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from conformance.commands import faults, requirements
from conformance.server.target import waits

DOCS = Path(__file__).parent.parent / "docs"

PAGES: dict[str, Callable[[], str]] = {
    "requirements.md": partial(requirements.listing, "markdown"),
    "faults.md": partial(faults.listing, "markdown"),
    "waits.md": waits.as_markdown,
}


def main() -> None:
    """Write every page and name it."""
    for page, render in PAGES.items():
        (DOCS / page).write_text(render(), encoding="utf-8")
        print(f"docs/{page}")


if __name__ == "__main__":
    main()
