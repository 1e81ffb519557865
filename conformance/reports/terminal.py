"""What the output can show: colours, and a line that is rewritten."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TextIO

_COLOURS = {"fail": "31", "error": "31", "unexpected-pass": "31", "warn": "33", "not-tested": "33", "pass": "32"}


def wants_colour(stream: TextIO, environment: Mapping[str, str]) -> bool:
    """Whether to print in colour: `NO_COLOR` forbids it, `FORCE_COLOR` asks for it, else a terminal that can."""
    if environment.get("NO_COLOR"):
        return False
    if environment.get("FORCE_COLOR"):
        return environment["FORCE_COLOR"] != "0"
    return is_rewritable(stream, environment)


def is_rewritable(stream: TextIO, environment: Mapping[str, str]) -> bool:
    """Whether the stream is a terminal that knows more than plain lines."""
    return stream.isatty() and environment.get("TERM") != "dumb"


def painted(text: str, verdict: str, colour: bool) -> str:
    """The text in the colour of a verdict."""
    code = _COLOURS.get(verdict)
    return f"\x1b[{code}m{text}\x1b[0m" if colour and code else text
