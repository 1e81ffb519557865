"""What every near miss is registered with: its family, its label, and the reason why the path is another one."""

from __future__ import annotations

import re
from collections.abc import Callable

from conformance.spec.good_path import Family, GoodPath

LETTER = re.compile(r"(?<!%)(?<!%[0-9A-Fa-f])[A-Za-z]")
"""A letter of a raw text that is no digit of a percent-escape (those are not case-sensitive)."""

MakePath = Callable[[GoodPath], str | None]
"""Makes the path of a near miss; None where the template has no such one."""

NEAR_MISSES: list[tuple[str, Family, str, MakePath]] = []
"""The label, the family, the reason and the path of each, in the order of their registration."""


def near_miss(label: str, family: Family, why: str) -> Callable[[MakePath], MakePath]:
    """Register a near miss by the function that makes its path."""

    def register(make: MakePath) -> MakePath:
        NEAR_MISSES.append((label, family, why, make))
        return make

    return register


def other_case(word: str) -> str | None:
    """A raw word with the case of its first letter changed; None when it has no letter."""
    letter = LETTER.search(word)
    return word[: letter.start()] + letter.group().swapcase() + word[letter.end() :] if letter else None
