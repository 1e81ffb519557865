"""The credentials that a server knows, as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

CLOUD_PLATFORM = "https://www.googleapis.com/auth/cloud-platform"
"""The one scope that the reference page asks for."""


@dataclass(frozen=True, slots=True)
class Auth:
    """The tokens that this server knows, each with its scopes; a token without `scope` may do nothing."""

    tokens: Mapping[str, frozenset[str]]
    scope: str = CLOUD_PLATFORM

    def __repr__(self) -> str:
        return f"Auth(<{len(self.tokens)} tokens>, scope={self.scope!r})"
