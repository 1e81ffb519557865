"""How a secret may be spelled where somebody repeats it: as it is, in JSON, percent-encoded, in base64.

A server that echoes what it was sent may put it into a JSON text, a URL or a dump of the request.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Iterator
from urllib.parse import quote, quote_plus

_SHORTEST_BASE64 = 8
"""Of a shorter text base64 is not looked for: three letters that happen to stand somewhere are no secret."""


def spellings(secret: str) -> set[str]:
    """Every spelling of a text in which somebody could read it; the text itself among them."""
    found = {secret, json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]}
    for quoted in (quote(secret), quote(secret, safe=""), quote_plus(secret)):
        found |= {quoted, re.sub("%..", lambda escape: escape[0].lower(), quoted)}
    found |= {secret.replace("/", "\\/"), json.dumps(secret)[1:-1].replace("/", "\\/")}
    if len(secret) >= _SHORTEST_BASE64:
        found |= set(_in_base64(secret.encode()))
    return found - {""}


def all_spellings(secrets: Iterable[str]) -> list[str]:
    """The spellings of several secrets, the longest first: what is left of a longer one would not be found later."""
    return sorted(
        {spelling for secret in secrets for spelling in spellings(secret)}, key=lambda text: (-len(text), text)
    )


def _in_base64(octets: bytes) -> Iterator[str]:
    """What of a text stands in the base64 of any longer one that contains it: three alignments, two alphabets."""
    for before in range(3):
        encoded = base64.b64encode(bytes(before) + octets).decode()
        # The first characters depend on what stands before the text, the last ones on what comes after it.
        first = (0, 2, 3)[before]
        last = (before + len(octets)) * 8 // 6
        core = encoded[first:last]
        yield core
        yield core.translate(str.maketrans("+/", "-_"))
