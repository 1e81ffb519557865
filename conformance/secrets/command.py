"""Credentials in the arguments of a command, which every user of a machine can see in the list of processes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from conformance.secrets.redaction import MASK

_SECRET_OPTION = re.compile(r"--?[a-z0-9_-]*(?:token|secret|password|key)", re.I)
_SECRET_SETTING = re.compile(r"([a-z0-9_-]*(?:token|secret|password|key)[a-z0-9_-]*=)(.*)", re.I | re.S)


def command_without_secrets(command: Sequence[str]) -> list[str]:
    """A command's words, with the values of options that look like credentials masked."""
    shown: list[str] = []
    for word in command:
        belongs_to_option = bool(shown) and _SECRET_OPTION.fullmatch(shown[-1]) is not None
        shown.append(MASK if belongs_to_option else _SECRET_SETTING.sub(lambda found: found[1] + MASK, word))
    return shown


def secrets_of_command(command: Sequence[str]) -> Iterator[str]:
    """The values that are masked."""
    for word, shown in zip(command, command_without_secrets(command), strict=True):
        if shown != word:
            yield word.removeprefix(shown.removesuffix(MASK))
