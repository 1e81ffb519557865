"""Letters in place of long names of operations, so that a sentence with two of them can be read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

_LONG = 24
_END = r"""(?=$|[\s:?"',;)\]}&<\\]|\.(?:\s|$))"""
"""What may follow a name in a URL, in JSON and in a sentence."""


class Names:
    """Which letter stands for which name, in the order in which the names first occur."""

    def __init__(self, names: Iterable[str], texts: Iterable[str]) -> None:
        # A name that begins like another one is looked for after it.
        known = sorted({name for name in names if len(name) > _LONG}, key=len, reverse=True)
        pattern = "|".join(map(re.escape, known))
        # A name that goes on is another name: the near miss of a check, or one with characters that few names have.
        self._pattern = re.compile(rf"(?<![\w%.-])(?:{pattern}){_END}") if known else None
        seen = dict.fromkeys(found for text in texts for found in self._found(text))
        self.letters = {name: _letter(number) for number, name in enumerate(seen)}

    def _found(self, text: str) -> Iterator[str]:
        if self._pattern is not None:
            yield from self._pattern.findall(text)

    def replaced(self, text: str) -> str:
        """The text with letters in place of names."""
        return "".join(piece for piece, _ in self.parts(text))

    def parts(self, text: str) -> Iterator[tuple[str, str]]:
        """The text in pieces: (plain text, "") or (letter, the name that it stands for)."""
        at = 0
        if self._pattern is not None:
            for found in self._pattern.finditer(text):
                letter = self.letters.get(found[0])
                if letter is not None:
                    yield text[at : found.start()], ""
                    yield letter, found[0]
                    at = found.end()
        yield text[at:], ""


def _letter(number: int) -> str:
    """A to Z, then AA, AB, …"""
    before, last = divmod(number, 26)
    return (_letter(before - 1) if before else "") + chr(ord("A") + last)


def names_of(entry: Mapping[str, Any], shown: Iterable[str] | None = None) -> Names:
    """The names in the evidence of one requirement, in the order in which it is shown.

    Where only some texts of it are `shown`, only names that occur in these have letters.
    """
    evidence = [*entry["evidence"], {"message": "", "exchanges": entry.get("decided_by", ())}]
    called = [exchange["call"]["name"] for one in evidence for exchange in one["exchanges"] if exchange.get("call")]
    return Names(called, (text for one in evidence for text in texts_of(one)) if shown is None else shown)


def texts_of(violation: Mapping[str, Any]) -> Iterator[str]:
    """The message of a violation, and the targets of its requests."""
    yield violation["message"]
    for exchange in violation["exchanges"]:
        yield exchange["request"]["target"]
