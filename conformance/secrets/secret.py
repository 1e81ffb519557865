"""A text that must not be seen: masked by its type, wherever it is printed."""

from __future__ import annotations

from typing import NoReturn, Self

from conformance.secrets.redaction import MASK


class Secret:
    """Holds a credential; `str`, `repr` and formatting show a mask. Only `reveal()` gives the text, for the wire."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The text itself. To be called where bytes go to the wire, and nowhere else."""
        return self._text

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not stored")

    def __getstate__(self) -> NoReturn:
        raise TypeError("a secret is not stored")

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, _: object) -> Self:
        return self

    def __repr__(self) -> str:
        return f"Secret({MASK!r})"

    def __str__(self) -> str:
        return MASK

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        return hash(self._text)
