"""Blots secrets out of what somebody else says, however they are spelled there.

A server that echoes what it was sent may put it into a JSON text, into another JSON text within that, a URL, a page, or
the base64 of a dump of the request. So a secret is looked for with every character that is no letter or digit in any of
its escapes, and in base64 at any place of a longer text.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator
from html.entities import html5

_SHORTEST_BASE64 = 8
"""Of a shorter text base64 is not looked for: three letters that happen to stand somewhere are no secret."""


class Redaction:
    """Replaces every spelling of some secrets by a mask."""

    def __init__(self, secrets: Iterable[str], mask: str) -> None:
        self._mask = mask
        # The longest first: what is left of it would not be found when a part of it had gone before.
        texts = {text for secret in secrets if secret for text in _texts(secret)}
        longest_first = sorted(texts, key=lambda text: (-len(text), text))
        self._patterns = [re.compile("".join(map(_any_spelling, text))) for text in longest_first]

    def text(self, value: str) -> str:
        """The text without the secrets; itself when it has none."""
        for pattern in self._patterns:
            value = pattern.sub(lambda _: self._mask, value)
        return value

    def octets(self, value: bytes) -> bytes:
        """The same for bytes, which need not be text: they are read one to one as characters."""
        return self.text(value.decode("latin-1")).encode("latin-1") if self._patterns else value


def _texts(secret: str) -> Iterator[str]:
    """What to look for: the secret, its bytes read one to one as characters, and its base64."""
    octets = secret.encode("utf-8", "surrogateescape")
    yield secret
    yield octets.decode("latin-1")
    if len(octets) >= _SHORTEST_BASE64:
        yield from _in_base64(octets)


def _in_base64(octets: bytes) -> Iterator[str]:
    """What of a text stands in the base64 of any longer one that contains it: three alignments, two alphabets."""
    for before in range(3):
        encoded = base64.b64encode(bytes(before) + octets).decode()
        # The first characters depend on what stands before the text, the last ones on what comes after it.
        core = encoded[(0, 2, 3)[before] : (before + len(octets)) * 8 // 6]
        yield core
        yield core.translate(str.maketrans("+/", "-_"))


def _any_spelling(character: str) -> str:
    """A pattern for one character; a letter or a digit is never escaped by anybody.

    Escapes of escapes have a limit, for a body may consist of nothing else.
    """
    if character.isalnum():
        return re.escape(character)
    code = ord(character)
    percent = "".join(f"%(?:25){{0,4}}(?i:{octet:02x})" for octet in character.encode("utf-8", "surrogateescape"))
    names = [name.rstrip(";") for name, meaning in _NAMES.items() if meaning == character]
    entity = "|".join([*names, f"#0{{0,4}}{code}", f"#[xX]0{{0,4}}(?i:{code:x})"])
    forms = [re.escape(character), percent, f"u(?i:{code:04x})", f"&(?:amp;){{0,4}}(?:{entity});"]
    if character == " ":
        forms.append(r"\+")
    return rf"\\{{0,8}}(?:{'|'.join(forms)})"


_NAMES = {name: meaning for name, meaning in html5.items() if name.endswith(";") and len(meaning) == 1}
