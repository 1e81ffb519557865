"""Reads texts as conformance.toml."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from conformance.errors import UsageError
from conformance.server.target.configuration import (
    Configuration,
)

Read = Callable[[str], Configuration]
NAME = "projects/demo/locations/us/operations/op-1"


def mistake(read: Read, text: str) -> UsageError:
    """The error of a text, which always names the file and has a remedy."""
    with pytest.raises(UsageError) as caught:
        read(text)
    assert "conformance.toml: " in caught.value.message
    assert caught.value.remedy
    assert str(caught.value).endswith(f"remedy: {caught.value.remedy}")
    return caught.value
