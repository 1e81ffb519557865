"""What several tests of targets are given."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from conformance.server.target.configuration import Configuration
from conformance.server.target.configuration_file import read_configuration
from tests.targets.configuring import Read


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Reads a text as the file conformance.toml."""

    def read(text: str) -> Configuration:
        path = tmp_path / "conformance.toml"
        path.write_text(text, encoding="utf-8")
        return read_configuration(path)

    return read


@pytest.fixture
def modules_of_its_own() -> Iterator[None]:
    """What the test writes and imports is forgotten after it."""
    path, modules = list(sys.path), set(sys.modules)
    yield
    sys.path[:] = path
    for name in set(sys.modules) - modules:
        if not name.startswith("conformance"):
            del sys.modules[name]
