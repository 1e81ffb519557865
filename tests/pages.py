"""The pages of docs that are made by the program. `python -m tests.pages` writes them again."""

from __future__ import annotations

from pathlib import Path

from conformance.commands import faults, requirements

DOCS = Path(__file__).parent.parent / "docs"

PAGES = {"requirements.md": requirements.listing, "faults.md": faults.listing}


def main() -> None:
    """Write every page and name it."""
    for page, render in PAGES.items():
        (DOCS / page).write_text(render("markdown"), encoding="utf-8")
        print(f"docs/{page}")


if __name__ == "__main__":
    main()
