"""A text that must not be seen: masked by its type, wherever it is printed."""

from __future__ import annotations


class Secret:
    """Holds a credential; `str`, `repr` and formatting show a mask. Only `reveal()` gives the text, for the wire."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The text itself. To be called where bytes go to the wire, and nowhere else."""
        return self._text

    def __repr__(self) -> str:
        return "Secret('[redacted]')"

    def __str__(self) -> str:
        return "[redacted]"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        return hash(self._text)
