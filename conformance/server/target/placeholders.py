"""Placeholders in what starts operations: in paths, in commands, and in the texts of JSON values.

`{parent}` becomes the parent of the operation. `{unique}` and `{id}` become a new id; if a check tries an id of its
choice, `{id}` becomes that one.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

PARENT, UNIQUE, ID = "{parent}", "{unique}", "{id}"

_BEGINNING = "lroc"
"""Marks the operations of a run, for a person who finds one that was left over."""


class FreshIds:
    """New ids: only letters and digits, a letter first, so that each can also be a name in SQL.

    With a seed they are the same in every run, for servers that live no longer than one.
    """

    def __init__(self, seed: int | None = None) -> None:
        self._draw = random.SystemRandom() if seed is None else random.Random(seed)

    def __call__(self) -> str:
        return f"{_BEGINNING}{self._draw.getrandbits(80):020x}"


def filled(value: Any, words: Mapping[str, str]) -> Any:
    """The JSON value with each placeholder replaced in every text, but not in the names of members."""
    if isinstance(value, str):
        for placeholder, word in words.items():
            value = value.replace(placeholder, word)
        return value
    if isinstance(value, list):
        return [filled(entry, words) for entry in value]
    if isinstance(value, dict):
        return {key: filled(entry, words) for key, entry in value.items()}
    return value


def is_in(placeholder: str, value: Any) -> bool:
    """Whether some text of a JSON value has the placeholder."""
    return bool(filled(value, {placeholder: ""}) != value)
