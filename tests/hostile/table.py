"""The whole table: importing a file of behaviours adds its rows."""

from __future__ import annotations

from tests.hostile import bodies, framing, lawful, listeners, protocols, redirects, size, texts, timing
from tests.hostile.behaviour import TABLE

__all__ = ["TABLE", "bodies", "framing", "lawful", "listeners", "protocols", "redirects", "size", "texts", "timing"]
