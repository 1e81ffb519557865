"""What a driver finds in its environment, for clients that are called in this process."""

from __future__ import annotations

import pytest

from conformance.sdk.credentials import TOKEN, TOKEN_VARIABLE


@pytest.fixture(autouse=True)
def _token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(TOKEN_VARIABLE, TOKEN)
