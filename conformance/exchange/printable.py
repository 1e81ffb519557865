"""Makes the text of a peer safe to print: it must not control the terminal. And breaks long lines."""

from __future__ import annotations

import textwrap

WIDTH = 80
"""Columns that every terminal has."""


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


def wrapped(text: str, indent: str = "", width: int = WIDTH) -> list[str]:
    """The text in lines that begin where its first word does. A word is never broken: it may be a name, or a URL."""
    lines = textwrap.wrap(
        in_one_line(text),
        width,
        initial_indent=indent,
        subsequent_indent=" " * len(indent),
        break_long_words=False,
        break_on_hyphens=False,
    )
    return lines or [indent.rstrip()]


def cut(line: str, indent: str, width: int = WIDTH) -> list[str]:
    """The line in pieces that fit, wherever that cuts it; each but the first begins with `indent`."""
    step = width - len(indent)
    return [line[:width], *(indent + line[at : at + step] for at in range(width, len(line), step))]
