"""Names that no operation has, of the shape of one that exists: a server may refuse what cannot be a name at all."""

from __future__ import annotations

import random
import re
import string
import uuid
from itertools import pairwise

_CHANGED = 12
"""So many characters of the id are random: enough that no operation has it, few enough that a UUID stays valid."""
_SHORT_NUMBER = 9
"""Servers that count give small numbers; one of nine digits is far ahead and fits into 32 bits."""
_WORD = re.compile(r"[A-Za-z0-9]+")
_RUN = re.compile(r"[0-9a-f]+|[0-9A-F]+")
_HEXADECIMAL = re.compile(r"(?=.*\d)(?:[0-9a-f]+|[0-9A-F]+)")


def nonce(like: str, distinction: str) -> str:
    """Twelve random letters and digits, which no id has; the first is a letter, so that no number begins with them."""
    draw = random.Random(f"nonce {like} {distinction}")
    rest = draw.choices(string.ascii_lowercase + string.digits, k=_CHANGED - 1)
    return draw.choice(string.ascii_lowercase) + "".join(rest)


def long_name(like: str, length: int) -> str:
    """A name with an id of so many characters. It begins with the random part, which a server that cuts it keeps."""
    parent = like.rpartition("/")[0]
    return f"{parent}/{nonce(like, f'long {length}').ljust(length, 'x')}"


def unknown_uuid(like: str) -> str:
    """A UUID that no operation has; it begins with a letter."""
    number = random.Random(f"uuid {like}").getrandbits(128) | 0xA << 124
    return str(uuid.UUID(int=number, version=4))


def unknown_name(like: str, distinction: str) -> str:
    """A name like an existing one that no operation has; different distinctions give different names.

    The last word of the id is drawn anew, each character from its own class; what goes before it is kept.
    """
    parent, _, identifier = like.rpartition("/")
    draw = random.Random(f"{like} {distinction}")
    words = list(_WORD.finditer(identifier))
    if not words:
        return f"{parent}/{identifier}{draw.randrange(10**11, 10**12)}"
    start, end = words[-1].span()
    return f"{parent}/{identifier[:start]}{_another(words[-1].group(), draw)}{identifier[end:]}"


def is_drawn(identifier: str) -> bool:
    """Whether an id was surely drawn at random: then whatever contains nearly all of it is nobody else's.

    Twelve hexadecimal digits, letters and digits in turns: no counter, no date and no word looks like that. A sixth of
    what was drawn does not either. So of a random UUID all 32 digits are asked; then it is one in a thousand.
    """
    runs = [run for run in _RUN.findall(identifier) if len(run) >= _CHANGED]
    uuids = [found.replace("-", "") for found in _RANDOM_UUID.findall(identifier)]
    return any(_are_mixed(run, _TURNS) for run in runs) or any(_are_mixed(digits, _TURNS_OF_UUID) for digits in uuids)


# RFC 9562, section 5.4: "UUIDv4 is meant for generating UUIDs from truly random or pseudorandom numbers."
_RANDOM_UUID = re.compile(r"(?i)\b[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\b")
_TURNS = 4
_TURNS_OF_UUID = 6
_FILLING = re.compile(r"(.)\1{4}")
"""Before a counter stand zeros, also where it is written as a UUID."""


def _are_mixed(digits: str, turns: int) -> bool:
    found = sum(a.isdigit() != b.isdigit() for a, b in pairwise(digits))
    return found >= turns and not _FILLING.search(digits)


def _another(word: str, draw: random.Random) -> str:
    if word.isdigit() and len(word) < _SHORT_NUMBER:
        return f"9{draw.randrange(10 ** (_SHORT_NUMBER - 1)):0{_SHORT_NUMBER - 1}}"
    letters = "abcdef" if _HEXADECIMAL.fullmatch(word) else string.ascii_lowercase
    classes = [_class_of(character, letters) for character in word]
    kept = max(0, len(word) - _CHANGED)
    # A short word grows: its few neighbours may exist. A first digit that is not 0 stays so.
    classes += [classes[-1]] * (_CHANGED - len(word))
    drawn = [draw.choice(known) for known in classes[kept:]]
    if kept == 0 and drawn[0] == "0":
        drawn[0] = "9"
    return word[:kept] + "".join(drawn)


def _class_of(character: str, letters: str) -> str:
    if character.isdigit():
        return string.digits
    return letters if character.islower() else letters.upper()
