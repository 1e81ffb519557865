"""The generated pages are current, and README says nothing that is not so: commands, options, keys, links."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from conformance.cli import main
from conformance.server.target.configuration_file import read_configuration
from tests.pages import DOCS, PAGES


@pytest.mark.parametrize("page", PAGES)
def test_page_is_current(page: str) -> None:
    current = (DOCS / page).read_text(encoding="utf-8")
    # No comparison of pytest's: its difference of two long pages would bury the remedy.
    is_current = current == PAGES[page]()
    assert is_current, (
        f"docs/{page} is generated and not current: run `python -m tests.pages`, and commit what it wrote"
    )


README = (Path(__file__).parent.parent / "README.md").read_text("utf-8")


def test_the_configuration_of_the_readme_can_be_read(tmp_path: Path) -> None:
    """Its two parts are one file; no key of it is one that there is not."""
    parts = re.findall(r"```toml\n(.*?)```", README, re.DOTALL)
    assert len(parts) == 2
    path = tmp_path / "conformance.toml"
    path.write_text("\n".join(parts), "utf-8")
    configuration = read_configuration(path)
    assert configuration.operations.completed.start is not None


def test_the_readme_names_commands_and_options_that_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    lines = re.findall(r"lro-conformance ([a-z]+)((?: [^`|\n&]*)?)", README)
    assert len(lines) > 10
    for command, words in lines:
        with pytest.raises(SystemExit):
            main([command, "--help"])
        described = capsys.readouterr().out
        for option in re.findall(r"--[a-z-]+", words.partition(" -- ")[0]):
            assert option in described, (command, option)


def test_every_link_of_the_readme_leads_somewhere() -> None:
    for link in re.findall(r"\]\(([^)#]+)\)", README):
        assert link.startswith("https://") or (Path(__file__).parent.parent / link).exists(), link


@pytest.mark.parametrize("example", ["fastapi", "express"])
def test_the_configuration_of_an_example_can_be_read(example: str) -> None:
    path = Path(__file__).parent.parent / "examples" / example / "conformance.toml"
    assert read_configuration(path).operations.running.is_given
