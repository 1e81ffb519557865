"""Makes the text of a peer safe to print: it must not control the terminal."""

from __future__ import annotations


def printable(text: str) -> str:
    """The text with every control character but line ends shown as an escape."""
    if all(map(str.isprintable, text.split("\n"))):
        return text  # nearly always, and a report has thousands of texts
    return "".join(
        character if character.isprintable() or character == "\n" else character.encode("unicode_escape").decode()
        for character in text
    )


def in_one_line(text: str) -> str:
    """The same, with line ends shown as escapes: text of a peer must not look like a line of ours."""
    return printable(text).replace("\n", "\\n")
